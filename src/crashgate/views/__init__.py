"""Shared helpers that turn results into what an agent sees. Whatever they leave out, they say so."""
