"""The decision log in formats of other programs."""
