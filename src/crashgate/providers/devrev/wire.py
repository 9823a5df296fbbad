"""DevRev on the wire: a token, and typed failures. Rule: its words never leave, the types of its documents do.

Source: docs/upstreams/devrev.md#access, #refusals and #rate-limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from crashgate.errors import Code, UpstreamError
from crashgate.model import status_errors
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Wire
from crashgate.model.status_errors import seconds

WINDOW = 300.0
"""Seconds: the limit counts all requests of the token's owner in five minutes."""

_NO_ROUTE = "route not found"
"""The gateway's own answer, which has no type."""

_LARGEST = 10**12

_CAUSES = {
    "artifact_already_attached_to_a_parent": "",
    "bad_request": "",
    "customization_validation_error": "",
    "invalid_api_version": "The version of its interface is not one that it knows.",
    "invalid_enum_value": "A value is not in its list.",
    "invalid_field": "A field is not one that it takes.",
    "invalid_id": "An id is not of its form.",
    "merge_works_error": "",
    "missing_dependency": "Something that the call depends on is missing.",
    "missing_required_field": "A field that it needs is missing.",
    "parse_error": "It cannot read a value.",
    "stale_schema_fragments": "",
    "unexpected_id_type": "An id is of another kind of thing.",
    "unexpected_json_type": "A value is of another type.",
    "value_not_permitted": "A value is not permitted.",
    "workflow_component_validation_errors": "",
    "unauthenticated": "",
    "dev_org_deactivated": "The organization there is deactivated.",
    "forbidden": "",
    "request_entity_too_large": "",
    "too_many_requests": "",
    "internal_error": "",
    "service_unavailable": "",
}
"""The documented types, with what we say for each beside its status."""


@dataclass(frozen=True, slots=True)
class DevRev(Wire):
    """The dialect of the observability sessions; the credential is a personal access token."""

    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The token, which has all rights of its owner: what is asked is for the policy alone to limit."""
        return {
            "Authorization": f"Bearer {self.connection.credential.get_secret_value()}",
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if with_body else {}),
        }

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our error for a status and type, and None for 2xx."""
        if response.ok:
            return None
        body = status_errors.told(response.body)
        given = body.get("type")
        kind = given if isinstance(given, str) and given in _CAUSES else ""
        if response.status == 404 and given is None and body.get("message") == _NO_ROUTE:  # noqa: PLR2004 - not found
            return self._no_route(response.status)
        why = " ".join(part for part in (_CAUSES.get(kind, ""), _part(body, operation), _most(body)) if part)
        wait = _wait(response, body)
        return status_errors.failure(
            response, operation, self.connection, code=kind, why=why, wait=wait, longest=WINDOW
        )

    def _no_route(self, status: int) -> UpstreamError:
        return UpstreamError(
            f"DevRev has no such route ({status}).",
            why="The address of the connection may be wrong.",
            remedy=f"Tell the operator of crashgate (connection {self.connection.name}).",
            code=Code.UPSTREAM_REJECTED,
            status=status,
        )


def _part(body: Mapping[str, Any], operation: AnyOperation) -> str:
    """Which of our parameters ``field_name`` is about, where it is one of them."""
    name = next((f.name for f in operation.fields if f.wire == body.get("field_name")), None)
    return "" if name is None else f"It is about {name}."


def _most(body: Mapping[str, Any]) -> str:
    """How large a request may be, where the answer says it."""
    most = body.get("max_bytes")
    plain = isinstance(most, int) and not isinstance(most, bool) and 0 <= most < _LARGEST
    return f"The most is {most} bytes." if plain else ""


def _wait(response: Response, body: Mapping[str, Any]) -> float:
    """Seconds until the limit is open again where there is no ``Retry-After``, of which the caller knows.

    ``X-Ratelimit-Reset`` is a moment in epoch seconds; the answer's own ``Date`` says what is now over there.
    """
    given = seconds(body.get("retry_after"), longest=WINDOW)
    if given is not None:
        return given
    reset = response.headers.get("x-ratelimit-reset", "")
    try:
        now = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return WINDOW
    left = float(reset) - now if reset.isascii() and reset.isdigit() and len(reset) <= len(str(_LARGEST)) else WINDOW
    return min(max(left, 1.0), WINDOW)
