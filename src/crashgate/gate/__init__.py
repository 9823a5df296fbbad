"""The one door to the upstreams. Rule: decide, record, send, narrow, record; in this order, and nothing around it."""
