"""One folder a vendor: operations, result fields, wire format, errors and tools."""
