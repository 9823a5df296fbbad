"""DevRev observability sessions. Rule: a session is in one app on one platform, and every call names both.

The vendor's public document has none of these routes; its reference pages do.
"""

REFERENCE = "https://developer.devrev.ai/api-reference/observability"
