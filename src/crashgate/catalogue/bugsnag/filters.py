"""The ``filters`` parameter of errors, events and trends. Rule: only well-formed comparisons exist as values.

On the wire a comparison is two adjacent pairs, ``filters[f][][type]=eq&filters[f][][value]=v``; several ``eq`` on a
field mean or, several ``ne`` mean and, different fields mean and.
Source: https://docs.bugsnag.com/api/data-access/#filtering
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Annotated, Any, cast
from urllib.parse import quote

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from crashgate.catalogue.params import NamesField, Params

MOST_FIELDS = 20
MOST_COMPARISONS = 20
LONGEST = 6_000
"""Characters that all filters may take in an address; web servers commonly read 8 kB of one."""


@unique
class Match(StrEnum):
    """How a comparison compares; ``empty`` takes ``true`` or ``false``."""

    EQ = "eq"
    NE = "ne"
    EMPTY = "empty"


class Comparison(Params):
    """One comparison of one event field."""

    model_config = ConfigDict(str_max_length=500)

    type: Match = Match.EQ
    value: str

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
        """A bare value means ``eq``; true and false travel as words."""
        if isinstance(given, Mapping):
            long = dict(cast("Mapping[str, Any]", given))
            if isinstance(long.get("value"), bool):
                long["value"] = "true" if long["value"] else "false"
            return long
        return {"value": "true" if given is True else "false" if given is False else given}

    @model_validator(mode="after")
    def _empty_is_a_question(self) -> "Comparison":
        if self.type is Match.EMPTY and self.value not in {"true", "false"}:
            raise ValueError("an `empty` comparison takes the value true or false")
        return self


def _listed(given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
    """``{"error.status": "open"}`` means the same as a list of one."""
    if not isinstance(given, Mapping):
        return given
    fields = cast("Mapping[str, Any]", given)
    return {name: cast("Any", value) if isinstance(value, list | tuple) else [value] for name, value in fields.items()}


def _short_enough(given: dict[str, tuple[Comparison, ...]]) -> dict[str, tuple[Comparison, ...]]:
    signs = len(f"filters{quote('[][][type]')}=empty&filters{quote('[][][value]')}=&")
    length = sum(
        signs + 2 * len(quote(name)) + len(quote(each.value)) for name, several in given.items() for each in several
    )
    if length > LONGEST:
        raise ValueError("take too much room in one request: use fewer or shorter ones")
    return given


_PATHS = {
    "app.context": "context",
    "event.class": "exceptions.error_class",
    "event.message": "exceptions.message",
    "event.file": "exceptions.stacktrace.file",
    "event.method": "exceptions.stacktrace.method",
    "event.severity": "severity",
    "event.unhandled": "unhandled",
    "request.ip": "request.clientIp",
    "browser.name": "device.browserName",
    "browser.version": "device.browserVersion",
    "os.name": "device.osName",
    "os.version": "device.osVersion",
    "version.seen_in": "app.version",
    "version_code.seen_in": "app.versionCode",
    "app.release_stage": "app.releaseStage",
    "app.in_foreground": "app.inForeground",
    "search": "*",
}
"""Event fields that stand elsewhere in an event than their names say; ``search`` looks into all of it."""


def event_path(name: str) -> str:
    """Where an event has the field of that name. A project's own fields stand somewhere in its custom data."""
    known = _PATHS.get(name)
    return known or (name if name in DEFAULT_FIELDS or name in ALWAYS_KNOWN else "metaData.*")


EVENT_FIELDS = NamesField("event", event_path)
"""The mark of what holds names of event fields."""

FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_. -]+$", max_length=100)]
Comparisons = Annotated[tuple[Comparison, ...], Field(min_length=1, max_length=MOST_COMPARISONS)]
Filters = Annotated[
    dict[FieldName, Comparisons],
    BeforeValidator(_listed),
    Field(max_length=MOST_FIELDS),
    AfterValidator(_short_enough),
    EVENT_FIELDS,
]

DEFAULT_FIELDS = (
    "user.id", "user.email", "user.name", "error.id", "error.status", "error.assigned_to", "error.has_issue",
    "app.release_stage", "app.context", "app.type", "app.in_foreground", "version.introduced_in", "version.seen_in",
    "version_code.introduced_in", "version_code.seen_in", "release.introduced_in", "release.seen_in",
    "feature_flag.seen_in", "feature_flag.exclusive_to", "event.class", "event.message", "event.file", "event.method",
    "event.severity", "event.since", "event.before", "browser.name", "browser.version", "os.name", "os.version",
    "device.hostname", "device.manufacturer", "device.model", "device.jailbroken", "request.url", "request.ip",
)  # fmt: skip
"""The built-in filter keys; a project may have more or fewer (list event fields tells)."""

ALWAYS_KNOWN = frozenset({"error", "event", "event.unhandled"})
"""Keys that upstream takes although the list of event fields does not show them."""
