"""DevRev's observability sessions. Rule: what the documents do not show is guessed aloud, with (G) beside it.

Source: docs/upstreams/devrev.md. What holds for the vendor's other lists, and is taken to hold here, is marked (V).
"""
