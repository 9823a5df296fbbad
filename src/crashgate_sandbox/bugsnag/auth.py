"""Who is calling. Rule: ``Authorization: token …``; a Bearer token is somebody else's, and a wrong one is a 401."""

import hmac
from collections.abc import Mapping

from crashgate_sandbox.bugsnag.answers import RefusedError
from crashgate_sandbox.world.accounts import ADMINISTRATOR, PLAIN_MEMBER, READER

SANDBOX_TOKEN = "sandbox-token"  # noqa: S105 - documented, opens invented data only
"""Avery's token: an administrator of both organizations."""
MEMBER_TOKEN = "sandbox-member-token"  # noqa: S105 - documented, opens invented data only
"""Mateo's token: a plain member of acme, who may triage and may not lose data."""
READ_ONLY_TOKEN = "sandbox-read-only-token"  # noqa: S105 - documented, opens invented data only
"""Rin's token: sees acme and may change nothing."""


def token_holders(token: str | None) -> Mapping[str, str]:
    """E-mail address of each token's holder; ``token`` replaces the administrator's, None leaves all three out."""
    if token is None:
        return {}
    return {token: ADMINISTRATOR, MEMBER_TOKEN: PLAIN_MEMBER, READ_ONLY_TOKEN: READER}


def presented_token(authorization: str | None, query: tuple[tuple[str, str], ...]) -> str | None:
    """The token of a request: the header, or the ``auth_token`` query parameter (A D)."""
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "token" and value.strip():
        return value.strip()
    return next((value for name, value in query if name == "auth_token"), None)


def holder(token: str | None, holders: Mapping[str, str]) -> str:
    """The e-mail address of the token's holder. Without any holders every token is the administrator's.

    The status of the refusal was probed, its words are a guess (L, G).
    """
    if token is not None and not holders:
        return ADMINISTRATOR
    for known, email in holders.items():
        if token is not None and hmac.compare_digest(known.encode(), token.encode()):
            return email
    raise RefusedError(401, "Invalid or missing auth token")
