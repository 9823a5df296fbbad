"""The local upstreams: real HTTP, invented data. Rule: they read HTTP themselves, never with our codec."""
