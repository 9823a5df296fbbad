"""One event of a batch. Rule: what is wrong with it is said for it alone, and its neighbours go in.

Types are those of Langfuse and of BrowserStack together. Of a trace every field is checked, of other events what they
cannot do without. The words of the refusals are a guess (G). Source: docs/upstreams/browserstack.md#ingestion.
"""

import re
from collections.abc import Mapping
from typing import cast

from crashgate_sandbox.browserstack.query import read_moment

TRACE_CREATE = "trace-create"
SCORE_CREATE = "score-create"
SDK_LOG = "sdk-log"
_OBSERVATIONS = frozenset({"span", "generation", "event", "observation"})
_UPDATED = frozenset({"span", "generation", "observation"})
_OTHERS = frozenset({"agent", "tool", "chain", "retriever", "evaluator", "embedding", "guardrail"})
_TYPES = frozenset(
    {TRACE_CREATE, SCORE_CREATE, SDK_LOG}
    | {f"{kind}-create" for kind in _OBSERVATIONS | _OTHERS}
    | {f"{kind}-update" for kind in _UPDATED}
)
_LONGEST_ID = 800
_LONGEST_NAME = 1000
_LONGEST_ENVIRONMENT = 40
_ENVIRONMENT = re.compile(r"(?!langfuse)[a-z0-9_-]{1,40}", re.ASCII)
_TEXTS = ("id", "name", "userId", "sessionId", "release", "version", "environment")


class InvalidEventError(Exception):
    """The event is answered with 400; the text says what is wrong."""


def event_id(event: object) -> str:
    """The id to answer with: "unknown" where there is none to read."""
    found = cast("Mapping[str, object]", event).get("id") if isinstance(event, dict) else None
    return found if isinstance(found, str) else "unknown"


def read_event(event: object, *, strict_environment: bool) -> tuple[str, Mapping[str, object]]:
    """Type and body of an event. Raises InvalidEventError."""
    if not isinstance(event, dict):
        raise InvalidEventError(f"Invalid input: expected object, received {javascript_type(event)}")
    given = cast("Mapping[str, object]", event)
    _check_id(given.get("id"))
    if read_moment(given.get("timestamp")) is None:
        raise InvalidEventError("Invalid ISO datetime at timestamp")
    kind, body = given.get("type"), given.get("body")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise InvalidEventError("Invalid input at type")
    if not isinstance(body, dict):
        raise _expected("object", body, "body")
    fields = cast("Mapping[str, object]", body)
    _check_texts(fields, _TEXTS)
    if kind == TRACE_CREATE:
        _check_trace(fields)
        return kind, {**fields, "environment": _environment(fields.get("environment"), strict=strict_environment)}
    if kind == SCORE_CREATE:
        _check_score(fields)
    if kind in {"span-update", "generation-update"} and not isinstance(fields.get("id"), str):
        raise _expected("string", fields.get("id"), "body.id")
    return kind, fields


def javascript_type(value: object) -> str:
    """What the vendor's validator calls the type of a JSON value; None is null."""
    kinds = ((bool, "boolean"), (int, "number"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _check_id(value: object) -> None:
    if not isinstance(value, str):
        raise _expected("string", value, "id")
    if not 1 <= len(value) <= _LONGEST_ID or "\r" in value:
        raise InvalidEventError(f"Invalid string: 1 to {_LONGEST_ID} characters without carriage returns at id")


def _check_texts(body: Mapping[str, object], names: tuple[str, ...]) -> None:
    for name in names:
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            raise _expected("string", value, f"body.{name}")


def _check_trace(body: Mapping[str, object]) -> None:
    if body.get("id") is not None:
        _check_id(body["id"])
    name, tags, public = body.get("name"), body.get("tags"), body.get("public")
    if isinstance(name, str) and len(name) > _LONGEST_NAME:
        raise InvalidEventError(f"Too big: expected string to have <={_LONGEST_NAME} characters at body.name")
    if tags is not None and not isinstance(tags, list):
        raise _expected("array", tags, "body.tags")
    if any(not isinstance(tag, str) for tag in cast("list[object]", tags or [])):
        raise InvalidEventError("Invalid input: expected string at body.tags")
    if public is not None and not isinstance(public, bool):
        raise _expected("boolean", public, "body.public")
    if body.get("timestamp") is not None and read_moment(body["timestamp"]) is None:
        raise InvalidEventError("Invalid ISO datetime at body.timestamp")


def _check_score(body: Mapping[str, object]) -> None:
    if not isinstance(body.get("name"), str):
        raise _expected("string", body.get("name"), "body.name")
    if not isinstance(body.get("value"), str | int | float):
        raise _expected("number", body.get("value"), "body.value")


def _environment(given: object, *, strict: bool) -> str | None:
    """The name to keep: today's servers mend a bad one, older ones refuse it. None where none was given."""
    if not isinstance(given, str):
        return None
    if strict:
        if _ENVIRONMENT.fullmatch(given) is None:
            raise InvalidEventError("Invalid string: must match pattern at body.environment")
        return given
    mended = given.lower().removeprefix("langfuse")[:_LONGEST_ENVIRONMENT]
    return mended if _ENVIRONMENT.fullmatch(mended) else "default"


def _expected(kind: str, value: object, where: str) -> InvalidEventError:
    received = "undefined" if value is None else javascript_type(value)
    return InvalidEventError(f"Invalid input: expected {kind}, received {received} at {where}")
