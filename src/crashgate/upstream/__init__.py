"""Speaking to an upstream. Rule: nothing here does I/O; the adapter that sends is elsewhere.

What is sent and what an answer means are functions over values (``codec``, ``pages``, ``retry``, the dialects). What
carries a call through is not: ``exchange``, ``turns`` and ``flights`` know what is under way, wait by the event loop's
clock, and draw ids and the spread of retries.
"""
