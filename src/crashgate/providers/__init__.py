"""One folder a vendor: operations, result fields, wire format, errors and tools."""

DEFAULT_PROVIDER = "bugsnag"
"""The provider of a connection that names none."""
