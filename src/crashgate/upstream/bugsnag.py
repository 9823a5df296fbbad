"""BugSnag on the wire: headers and the meaning of its failures. Rule: its words never leave, its codes do.

Source: docs/upstreams/bugsnag.md#transport, #rate-limits and #refusals.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from crashgate.catalogue.access import Access
from crashgate.catalogue.operation import AnyOperation
from crashgate.errors import Code, UpstreamError
from crashgate.upstream.connection import Auth, Connection
from crashgate.upstream.message import Response

SORTED_RESULTS_LIMITED = 60000
INSUFFICIENT_ROLE = 40000
ACCOUNT_CODES = frozenset({30000, 31000, 32000})
_MOST_DIGITS = 6
DEFAULT_RETRY_AFTER = 60.0
"""The window is one minute (docs/upstreams/bugsnag.md#rate-limits), so nothing longer is ever needed."""

_KNOWN_REFUSALS = {
    "Buckets count must be between 1 and 50": "buckets_count must be between 1 and 50.",
    "Too many data points requested. Please use a narrower time range or lower resolution.": (
        "The trend would have too many points: narrow event.since and event.before, or choose a coarser resolution."
    ),
    "Pagination Offset is invalid": "This page cannot be reached with sort=unsorted: start again without a cursor.",
    "favorites cannot be sorted descending": "sort=favorite goes with direction=asc only.",
    "base must be iso8601 format": "A time must be ISO 8601 in UTC ending in Z.",
    "Issue url must not be blank": "issue_url must be the address of a ticket.",
}
"""The vendor's exact texts for causes that a caller can mend, with what we say for each."""


@dataclass(frozen=True, slots=True)
class BugSnag:
    """The dialect of the Data Access API v2."""

    connection: Connection

    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The credential; the version always; the on-premise header is harmless elsewhere."""
        return {
            "Authorization": self._authorization(),
            "X-Version": "2",
            "X-Bugsnag-API": "true",
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if with_body else {}),
        }

    def _authorization(self) -> str:
        """The word is ``token``, not Bearer; on-premise installations may take HTTP Basic instead."""
        secret = self.connection.credential.get_secret_value()
        if self.connection.auth is Auth.BASIC:
            return f"Basic {base64.b64encode(secret.encode()).decode()}"
        return f"token {secret}"

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our error for a status and code, and None for 2xx."""
        if 200 <= response.status < 300:  # noqa: PLR2004 - the class of successes
            return None
        texts, code = _envelope(response.body)
        what, why, remedy, kind = self._meaning(response.status, code, texts, operation)
        given = response.headers.get("retry-after")
        limited = kind is Code.UPSTREAM_RATE_LIMITED
        wait = _seconds(given) if limited or (given is not None and kind is Code.UPSTREAM_UNAVAILABLE) else None
        remedy = f"Wait {wait:.0f} s; then {remedy}" if limited else remedy
        return UpstreamError(what, why=why, remedy=remedy, code=kind, status=response.status, retry_after=wait)

    def _meaning(  # noqa: PLR0911 - one answer for each class of failure
        self, status: int, code: int | None, texts: list[str], operation: AnyOperation
    ) -> tuple[str, str, str, Code]:
        """What, why, remedy and code, in our own words."""
        name = self.connection.name
        if code in ACCOUNT_CODES:
            return (
                f"BugSnag refused ({status}, code {code}):",
                "the account behind the connection has a lapsed payment, an expired trial or no seat.",
                f"Tell the operator of crashgate (connection {name}).",
                Code.UPSTREAM_FORBIDDEN,
            )
        match status:
            case 401:
                return (
                    "BugSnag did not accept crashgate's own credential (401).",
                    "The token of the connection is wrong, expired or revoked; yours is not the cause.",
                    f"Tell the operator of crashgate to renew the token of connection {name}.",
                    Code.UPSTREAM_CREDENTIAL,
                )
            case 402 | 403:
                return (
                    f"BugSnag refused ({status}).",
                    "The user behind crashgate's token has no role for it."
                    if code == INSUFFICIENT_ROLE
                    else "The user or the plan behind crashgate's token does not allow it.",
                    f"Tell the operator of crashgate (connection {name}).",
                    Code.UPSTREAM_FORBIDDEN,
                )
            case 404:
                return "BugSnag has no such thing, or shows it to others only (404).", "", "", Code.NOT_AVAILABLE
            case 422 if code == SORTED_RESULTS_LIMITED:
                return (
                    "BugSnag cannot return complete results for this query (422, code 60000).",
                    "It sorts only so many rows.",
                    "Add filters (event.since, error.status…), or set sort to unsorted from the start.",
                    Code.UPSTREAM_TOO_DEEP,
                )
            case 429:
                return (
                    "BugSnag's rate limit is used up (429).",
                    "All agents share its budget of requests per minute.",
                    "ask for more rows per page rather than for more pages.",
                    Code.UPSTREAM_RATE_LIMITED,
                )
            case 400 | 409 | 422:
                known = [_KNOWN_REFUSALS[text] for text in texts if text in _KNOWN_REFUSALS]
                return (
                    f"BugSnag refused the arguments ({status}).",
                    " ".join(known),
                    "" if known else "Check the values of filters and of the other arguments.",
                    Code.UPSTREAM_REJECTED,
                )
            case _:
                unknown = operation.access is not Access.READ
                return (
                    f"BugSnag failed ({status}).",
                    "The change may or may not have happened." if unknown else "",
                    "Look before you try again." if unknown else "Try again in a minute.",
                    Code.UPSTREAM_UNAVAILABLE,
                )


def _envelope(body: bytes) -> tuple[list[str], int | None]:
    """The ``errors`` and the ``code`` of an error body, however odd the body is."""
    try:
        document = json.loads(body[:100_000])
    except (ValueError, RecursionError):
        return [], None
    if not isinstance(document, dict):
        return [], None
    fields = cast("dict[str, Any]", document)
    errors, code = fields.get("errors"), fields.get("code")
    texts = [text for text in cast("list[Any]", errors) if isinstance(text, str)] if isinstance(errors, list) else []
    return texts, code if isinstance(code, int) and not isinstance(code, bool) else None


def _seconds(header: str | None) -> float:
    """``Retry-After`` in seconds; the whole window where it is absent or odd."""
    if header is not None and header.isascii() and header.isdigit() and len(header) < _MOST_DIGITS:
        return float(header)
    return DEFAULT_RETRY_AFTER
