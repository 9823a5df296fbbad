"""BugSnag on the wire: headers and the meaning of its failures. Rule: its words never leave, its codes do.

Source: docs/upstreams/bugsnag.md#transport, #rate-limits and #refusals.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from crashgate.errors import Code, UpstreamError
from crashgate.model import status_errors
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Auth, Wire
from crashgate.providers.bugsnag.bulk_changes import CREATE_ISSUES
from crashgate.providers.bugsnag.error_changes import CREATE_ISSUE

SORTED_RESULTS_LIMITED = 60000
INSUFFICIENT_ROLE = 40000
_UNPROCESSABLE = 422
_NOT_FOUND = 404
_OPENS_ISSUES = frozenset({CREATE_ISSUE.id, CREATE_ISSUES.id})
"""Their 404 is often about the issue tracker. It reads the same where the error is missing and where it is another
project's, so it tells nobody what exists (THREATS row 21)."""
ACCOUNT_CODES = frozenset({30000, 31000, 32000})
WINDOW = 60.0
"""Seconds: the window is one minute (docs/upstreams/bugsnag.md#rate-limits), so nothing longer is ever needed."""

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
class BugSnag(Wire):
    """The dialect of the Data Access API v2."""

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
        if response.ok:
            return None
        body, status = status_errors.told(response.body), response.status
        code = _code(body)
        if code in ACCOUNT_CODES:
            return UpstreamError(
                f"BugSnag refused ({status}, code {code}):",
                why="the account behind the connection has a lapsed payment, an expired trial or no seat.",
                remedy=f"Tell the operator of crashgate (connection {self.connection.name}).",
                code=Code.UPSTREAM_FORBIDDEN,
                status=status,
            )
        if (status, code) == (_UNPROCESSABLE, SORTED_RESULTS_LIMITED):
            return UpstreamError(
                f"BugSnag cannot return complete results for this query ({status}, code {code}).",
                why="It sorts only so many rows.",
                remedy="Add filters (event.since, error.status…), or set sort to unsorted from the start.",
                code=Code.UPSTREAM_TOO_DEEP,
                status=status,
            )
        if status == _NOT_FOUND and operation.id in _OPENS_ISSUES:
            return UpstreamError(
                f"BugSnag did not open the issue ({status}).",
                why="It has no such error in the project, or the project has no issue tracker that BugSnag can reach.",
                remedy="Read the error first. If it is there, have a tracker set up in BugSnag, or use link_issue.",
                code=Code.UPSTREAM_REJECTED,
                status=status,
            )
        why = "The user behind crashgate's token has no role for it." if code == INSUFFICIENT_ROLE else _known(body)
        return status_errors.failure(response, operation, self.connection, why=why, wait=WINDOW, longest=WINDOW)


def _code(body: Mapping[str, Any]) -> int | None:
    """The vendor's number for the cause, where there is one."""
    code = body.get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _known(body: Mapping[str, Any]) -> str:
    """What we say for those of the ``errors`` that we know."""
    errors = body.get("errors")
    texts = cast("list[Any]", errors) if isinstance(errors, list) else []
    return " ".join(_KNOWN_REFUSALS[text] for text in texts if isinstance(text, str) and text in _KNOWN_REFUSALS)
