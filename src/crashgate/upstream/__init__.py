"""How crashgate speaks to an upstream. Rule: only ``http`` and ``network`` do I/O.

What is sent and what an answer means are functions over values (``codec``, ``request``, ``paging``, ``retry``, and the
wire format of each provider). ``client``, ``budget`` and ``shared_reads`` know what is under way and wait by the event
loop's clock.
"""
