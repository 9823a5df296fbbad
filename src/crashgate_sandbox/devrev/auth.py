"""Who is calling. Rule: ``Authorization: Bearer …`` and nothing else; whose token it is decides what it opens."""

import hmac

from crashgate_sandbox.devrev.errors import RefusedError

DEVREV_TOKEN = "sandbox-pat"  # noqa: S105 - documented, opens invented data only
"""A personal access token: it sees all of acme's apps."""
DEACTIVATED_TOKEN = "sandbox-deactivated-pat"  # noqa: S105 - documented, opens nothing
"""A token of an organization that has been switched off."""


def presented_token(authorization: str | None) -> str | None:
    """The token of a request, if it has one."""
    scheme, _, value = (authorization or "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def is_known(token: str | None, expected: str | None) -> bool:
    """Whether somebody holds that token; ``expected`` None takes any."""
    return token is not None and (expected is None or hmac.compare_digest(token.encode(), expected.encode()))


def check_token(token: str | None, expected: str | None) -> None:
    """Let a known token through. Raises RefusedError (401)."""
    if token == DEACTIVATED_TOKEN:
        raise RefusedError(401, "dev_org_deactivated", "The dev organization is deactivated")
    if not is_known(token, expected):
        raise RefusedError(401, "unauthenticated", "The token is missing, expired or invalid")
