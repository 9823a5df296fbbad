"""Speaking to an upstream, without I/O. Rule: pure functions over values; the adapter that sends is elsewhere."""
