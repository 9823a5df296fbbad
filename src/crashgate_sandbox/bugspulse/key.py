"""Whose request it is. Rule: one key for a project, as a Bearer token; it reads exports and writes ingestion alike.

Source: docs/upstreams/bugspulse.md#access: 401 for a missing, unknown or deactivated key.
"""

import hmac

from crashgate_sandbox.bugspulse.answers import RefusedError

BUGSPULSE_KEY = "bp_sandbox_key"
"""Opens invented data only."""
DEACTIVATED_KEY = "bp_sandbox_deactivated_key"
"""Once valid; refused where keys are checked at all."""


def require_key(authorization: str | None, key: str | None) -> str:
    """The key that was presented. With ``key`` None any will do. Raises RefusedError 401 with words of ours (G)."""
    scheme, _, value = (authorization or "").partition(" ")
    presented = value.strip()
    if scheme.lower() != "bearer" or not presented:
        raise RefusedError(401, "Missing API key")
    if key is None or hmac.compare_digest(presented.encode(), key.encode()):
        return presented
    raise RefusedError(401, "API key is deactivated" if presented == DEACTIVATED_KEY else "Invalid API key")
