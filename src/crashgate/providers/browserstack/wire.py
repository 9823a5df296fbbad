"""Times as JavaScript prints a Date. Rule: read by the letter, so that no locale of ours changes a month.

``Thu Jan 01 2026 00:00:00 GMT+0000 (Coordinated Universal Time)`` stands in Langfuse's ``X-RateLimit-Reset``.

BrowserStack AI Evals on the wire, and any Langfuse. Rule: a change happened when the answer says so of our event.

Source: docs/upstreams/browserstack.md#keys, #ingestion, #refusals and #rate-limits. What is said of errors holds for
all versions: ``error`` is a name, a list or not there, and a 429 is JSON or plain text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from crashgate.errors import Code, UpstreamError
from crashgate.model import status_errors
from crashgate.model.access import Access
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.params import In
from crashgate.model.provider import Wire
from crashgate.model.status_errors import seconds
from crashgate.providers.browserstack import keys

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FORM = re.compile(
    rf"[A-Z][a-z]{{2}} ({'|'.join(_MONTHS)}) ([0-9]{{2}}) ([0-9]{{4}}) ([0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})"
    r" GMT([+-][0-9]{2})([0-9]{2})(?: \([^()]{1,60}\))?"
)


def parsed(text: str) -> datetime:
    """The moment, with its zone. Raises ValueError for every other text."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("no date as JavaScript prints it")
    month, day, year, time, hours, minutes = found.groups()
    return datetime.fromisoformat(f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{time}{hours}:{minutes}")


WINDOW = 60.0
"""Seconds: every documented limit counts the requests of a minute."""

_SUCCESSES = range(200, 300)
_NOT_FOUND = 404
_NO_SUCH_METHOD = 405
_UNPROCESSABLE = 422
_EVENTS_ONLY = "events_only"
_TIMED_OUT = "Timeout error"
_KNOWN_CAUSES = {
    "Access denied - insufficient permissions for this endpoint": "The key may not do this.",
    "Project ID not found for API token. Are you using an organization key?": (
        "The key is that of an organization; a project's own is needed."
    ),
    "Ingestion suspended: Usage threshold exceeded. Please upgrade your plan.": (
        "The usage that the plan includes is used up, and nothing more is taken in."
    ),
}
"""The vendor's exact texts for causes that its status does not tell, with what we say for each."""


@dataclass(frozen=True, slots=True)
class BrowserStack(Wire):
    """The dialect of sessions and ingestion; the credential is a pair of keys, or one key that may only write."""

    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The credential. Raises UpstreamError for a read with a key that may only write: nothing is sent then."""
        credential = self.connection.credential.get_secret_value()
        # check: a key that may only write reads nothing
        if not with_body and keys.writes_only(credential):
            raise UpstreamError(
                "The key of the connection may only write; nothing was sent.",
                why="Reading takes the public and the secret key of the project.",
                remedy=self._tell,
                code=Code.UPSTREAM_FORBIDDEN,
            )
        return {
            "Authorization": keys.authorization(credential),
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if with_body else {}),
        }

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our error for a status, or for what a success says of our event; None where all went well."""
        body, status = status_errors.told(response.body), response.status
        if response.ok:
            return None if operation.envelope is None else self._of_event(body)
        if status == _NO_SUCH_METHOD or (status == _NOT_FOUND and not _is_about_an_object(body, operation)):
            return self._not_offered(status, body)
        if operation.access is Access.READ and (status == _UNPROCESSABLE or body.get("message") == _TIMED_OUT):
            return self._too_slow(status, operation)
        why = _cause(body, operation)
        wait = _wait(response, body)
        return status_errors.failure(response, operation, self.connection, why=why, wait=wait, longest=WINDOW)

    def _of_event(self, body: Mapping[str, Any]) -> UpstreamError | None:
        """Our error for what an answer says of the one event that was sent; None where it was taken in."""
        name = self.connection.provider.title
        refused, taken = _statuses(body.get("errors")), _statuses(body.get("successes"))
        if not refused and any(status in _SUCCESSES for status in taken):
            return None
        match next(iter(refused), None):
            case 401 | 403 as status:
                what, why, remedy = f"{name} refused the trace ({status}).", "The key may not send one.", self._tell
                code = Code.UPSTREAM_FORBIDDEN
            case int(status) if 400 <= status < 500:  # noqa: PLR2004 - the class of refusals
                what, why = f"{name} refused the trace ({status}).", "Nothing was created."
                remedy, code = "Check name, environment, tags and the other arguments.", Code.UPSTREAM_REJECTED
            case None:
                what = f"{name}'s answer cannot be used:"
                why = "it does not say what became of the trace, which may or may not have been taken in."
                status, remedy, code = None, "Check before you try again.", Code.UPSTREAM_MALFORMED
            case status:
                what, why = f"{name} failed with the trace ({status}).", "It may or may not have been taken in."
                remedy, code = "Check before you try again.", Code.UPSTREAM_UNAVAILABLE
        return UpstreamError(what, why=why, remedy=remedy, code=code, status=status)

    def _not_offered(self, status: int, body: Mapping[str, Any]) -> UpstreamError:
        """What is not there for anybody is no missing session."""
        newer = _EVENTS_ONLY in str(body.get("message"))
        return UpstreamError(
            f"{self.connection.provider.title} does not offer this at the connection's address ({status}).",
            why="The server is a Langfuse v4 that keeps events only; it no longer has sessions."
            if newer
            else "The base URL of the connection may be wrong.",
            remedy=self._tell,
            code=Code.UPSTREAM_REJECTED,
            status=status,
        )

    def _too_slow(self, status: int, operation: AnyOperation) -> UpstreamError:
        paged = operation.per_page is not None
        return UpstreamError(
            f"{self.connection.provider.title} took too long to find the answer ({status}).",
            why="" if paged else "The session is large, and its traces do not come in pages.",
            remedy="Ask for a shorter time, with since and until, or for fewer rows per page."
            if paged
            else f"Look at the session in the pages of {self.connection.provider.title}.",
            code=Code.UPSTREAM_TIMEOUT,
            status=status,
        )

    @property
    def _tell(self) -> str:
        return f"Tell the operator of crashgate (connection {self.connection.name})."


def _is_about_an_object(body: Mapping[str, Any], operation: AnyOperation) -> bool:
    """Whether a 404 speaks of what the path names, and not of the path: the web pages around it have no message."""
    message = body.get("message")
    names_one = any(field.travels is In.PATH for field in operation.fields)
    return names_one and isinstance(message, str) and _EVENTS_ONLY not in message


def _statuses(entries: object) -> Sequence[int]:
    """The statuses of a list of events; 0 for an entry without one."""
    if not isinstance(entries, list):
        return ()
    found = [
        cast("dict[str, Any]", entry).get("status") for entry in cast("list[Any]", entries) if isinstance(entry, dict)
    ]
    return [status if isinstance(status, int) and 0 < status < 1000 else 0 for status in found]  # noqa: PLR2004 - three digits


def _cause(body: Mapping[str, Any], operation: AnyOperation) -> str:
    """What the body tells beside its status: a text that we know, or which of our parameters it is about."""
    known = _KNOWN_CAUSES.get(str(body.get("message")))
    if known is not None:
        return known
    wires = {path for issue in _objects(body.get("error")) for path in _texts(issue.get("path"))}
    names = [field.name for field in operation.fields if field.wire in wires]
    return f"It is about {' and '.join(names)}." if names else ""


def _objects(given: object) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; none where it is no list, as ``error`` often is a name."""
    return [cast("dict[str, Any]", one) for one in _items(given) if isinstance(one, dict)]


def _texts(given: object) -> Sequence[str]:
    return [one for one in _items(given) if isinstance(one, str)]


def _items(given: object) -> Sequence[Any]:
    return cast("list[Any]", given) if isinstance(given, list) else ()


def _wait(response: Response, body: Mapping[str, Any]) -> float:
    """Seconds until the limit is open again where there is no ``Retry-After``, of which the caller knows.

    The reset is a moment, and the answer's own ``Date`` says what is now over there.
    """
    details = body.get("details")
    told = cast("dict[str, Any]", details).get("retryAfterSeconds") if isinstance(details, dict) else None
    given = seconds(told, longest=WINDOW)
    if given is not None:
        return given
    try:
        reset = parsed(response.headers.get("x-ratelimit-reset", ""))
        left = (reset - parsedate_to_datetime(response.headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return WINDOW
    return min(max(left, 1.0), WINDOW)
