"""What an HTTP status means where a provider documents nothing of its own, and how long it asks us to stay away.

No word of an upstream's leaves in an error. No pause is longer than a provider's window, for all agents share a
connection, so that a wrong number has to pass by itself.
"""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, cast

from crashgate.errors import Code, UpstreamError
from crashgate.model.access import Access
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Connection

LONGEST = 300.0
"""Seconds: the longest window over which a provider is known to count."""

_MOST_DIGITS = 9
_LONGEST_BODY = 100_000


def failure(  # noqa: PLR0913 - an answer to an operation at a connection, with what the dialect knows of it
    response: Response,
    operation: AnyOperation,
    connection: Connection,
    *,
    code: str = "",
    why: str = "",
    wait: float = 60.0,
    longest: float = LONGEST,
) -> UpstreamError | None:
    """Our error for a status; None for 2xx.

    ``code`` is the provider's own, from a documented list; ``why`` is what the dialect knows of the cause, in our own
    words; of a refusal it is all that is said of it. ``wait`` and ``longest`` are in seconds: ``wait`` is for an
    exhausted limit whose answer has no ``Retry-After``, and no longer one than ``longest`` is believed.
    """
    if response.ok:
        return None
    what, usually, remedy, kind = _meaning(response.status, operation, connection)
    shown = f"{response.status}, code {code}" if code else f"{response.status}"
    given = retry_after(response.headers, longest=longest)
    limited = kind is Code.UPSTREAM_RATE_LIMITED
    pause = (wait if given is None else given) if limited else given if kind is Code.UPSTREAM_UNAVAILABLE else None
    return UpstreamError(
        f"{what} ({shown}).",
        why=why if why and kind is Code.UPSTREAM_FORBIDDEN else " ".join(part for part in (why, usually) if part),
        remedy=f"Wait {pause:.0f} s; then {remedy}" if limited else remedy,
        code=kind,
        status=response.status,
        retry_after=pause,
    )


def _meaning(  # noqa: PLR0911 - one answer for each class of failure
    status: int, operation: AnyOperation, connection: Connection
) -> tuple[str, str, str, Code]:
    """What without its full stop, why, remedy and code, in our own words."""
    name, tell = connection.provider.title, f"Tell the operator of crashgate (connection {connection.name})."
    match status:
        case 401:
            return (
                f"{name} did not accept crashgate's own credential",
                "The credential of the connection is wrong, expired or revoked; yours is not the cause.",
                f"Tell the operator of crashgate to renew the credential of connection {connection.name}.",
                Code.UPSTREAM_CREDENTIAL,
            )
        case 402 | 403:
            why = "The account or the plan behind crashgate's credential does not allow it."
            return f"{name} refused", why, tell, Code.UPSTREAM_FORBIDDEN
        case 404:
            return f"{name} has no such thing, or shows it to others only", "", "", Code.NOT_AVAILABLE
        case 405:
            why = "The address of the connection may be wrong."
            return f"{name} does not take such a request there", why, tell, Code.UPSTREAM_REJECTED
        case 409:
            why = "It does not go with what is there."
            return f"{name} refused the call", why, "Look at what is there first.", Code.UPSTREAM_REJECTED
        case 413:
            return f"{name} refused the call", "It is too large.", "Send less.", Code.UPSTREAM_REJECTED
        case 400 | 422:
            check = "Check the values of the arguments."
            return f"{name} refused the arguments", "", check, Code.UPSTREAM_REJECTED
        case 429:
            return (
                f"{name}'s rate limit is used up",
                "All agents share the limit of the connection.",
                "ask for more rows per page rather than for more pages.",
                Code.UPSTREAM_RATE_LIMITED,
            )
        case _:
            unknown = operation.access is not Access.READ
            return (
                f"{name} failed",
                "The change may or may not have happened." if unknown else "",
                "Check before you try again." if unknown else "Try again in a minute.",
                Code.UPSTREAM_UNAVAILABLE,
            )


def told(body: bytes) -> Mapping[str, Any]:
    """The object in an error's body, however odd the body is; empty where there is none."""
    try:
        document = json.loads(body[:_LONGEST_BODY])
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def retry_after(headers: Mapping[str, str], *, longest: float = LONGEST) -> float | None:
    """The seconds that ``Retry-After`` gives, as a number or as a date (RFC 9110, section 10.2.3).

    None where it is absent or neither. A date is seen from the answer's own ``Date``, which is what is now over there.
    """
    given = headers.get("retry-after", "")
    whole = seconds(given, longest=longest)
    if whole is not None:
        return whole
    try:
        left = (parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    # check[unwrap]: a date to come back at is no later than a provider's window
    return min(max(left, 0.0), longest)


def seconds(given: object, *, longest: float = LONGEST) -> float | None:
    """A whole number of seconds, as a header or in a body; None for anything else."""
    if isinstance(given, str) and given.isascii() and given.isdigit():
        return (
            longest
            if len(given) > _MOST_DIGITS
            # check[unwrap]: a pause is no longer than a provider's window
            else min(float(given), longest)
        )
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return float(min(given, longest))
    return None
