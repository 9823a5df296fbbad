"""The parameters of a list. Rule: all that is wrong is said at once, in the issues of the vendor's validator.

Parameters that nobody declared are ignored. The words for too large and for a bad time were observed (zod 4.3.6), the
others are a guess (G). Source: docs/upstreams/browserstack.md#list-of-sessions and #refusals.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crashgate_sandbox.browserstack.answers import JsonObject
from crashgate_sandbox.browserstack.errors import invalid_query

MOST_ROWS = 100
_USUAL_ROWS = 50
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d)(:[0-5]\d)?(\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_PATTERN = r"/^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/"
_MILLISECONDS = 4
"""A dot and three digits: what is finer is dropped, as JavaScript dates do."""
_MILLISECOND = timedelta(milliseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _MILLISECOND


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery:
    """What sessions and traces are both asked with. ``environments`` None is all of them."""

    page: int
    limit: int
    from_timestamp: datetime | None
    to_timestamp: datetime | None
    environments: frozenset[str] | None
    given: tuple[tuple[str, str], ...]
    """All parameters, for those of one route alone."""

    def before(self, *, inclusive: bool) -> datetime | None:
        """The first moment that is too late; with ``inclusive`` the end of the time still belongs."""
        if self.to_timestamp is None or not inclusive:
            return self.to_timestamp
        return min(self.to_timestamp, _LAST) + _MILLISECOND

    def one(self, name: str) -> str | None:
        """The value of a filter; None where it was not given. A repeated one counts by its last value (G)."""
        return next((value for key, value in reversed(self.given) if key == name), None)

    def all(self, name: str) -> tuple[str, ...]:
        """The values of a filter that may be repeated."""
        return tuple(value for key, value in self.given if key == name)


def read_list_query(given: Sequence[tuple[str, str]]) -> ListQuery:
    """The parameters of a list. Raises RefusedError (400) with one issue for each that is wrong."""
    issues: list[JsonObject] = []
    page = _whole_number(given, "page", 1, None, issues)
    limit = _whole_number(given, "limit", _USUAL_ROWS, MOST_ROWS, issues)
    start = _moment(given, "fromTimestamp", issues)
    end = _moment(given, "toTimestamp", issues)
    if issues:
        raise invalid_query(issues)
    environments = [value for name, value in given if name == "environment"]
    return ListQuery(
        page=page,
        limit=limit,
        from_timestamp=start,
        to_timestamp=end,
        environments=frozenset(environments) if environments else None,
        given=tuple(given),
    )


def read_moment(text: object) -> datetime | None:
    """An ISO 8601 date-time with a zone, in UTC; None for anything else, such as a date alone."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None or (found[3] and not found[2]):
        return None
    minute, seconds, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{minute}{seconds or ':00'}{(fraction or '')[:_MILLISECONDS]}{zone}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def bad_moment(name: str) -> JsonObject:
    """The issue of a time that is none."""
    return {
        "origin": "string",
        "code": "invalid_format",
        "format": "datetime",
        "pattern": _PATTERN,
        "path": [name],
        "message": "Invalid ISO datetime",
    }


def _whole_number(
    given: Sequence[tuple[str, str]], name: str, default: int, most: int | None, issues: list[JsonObject]
) -> int:
    values = [value for key, value in given if key == name]
    if not values or values == [""]:
        return default
    text = values[0].strip()
    if len(values) > 1 or _NUMBER.fullmatch(text) is None:
        words = "Invalid input: expected number, received NaN"
        issues.append(
            {"expected": "number", "code": "invalid_type", "received": "NaN", "path": [name], "message": words}
        )
        return default
    number = float(text)
    if not number.is_integer() or abs(number) >= 2**53:
        words = "Invalid input: expected int, received number"
        issues.append(
            {"expected": "int", "format": "safeint", "code": "invalid_type", "path": [name], "message": words}
        )
        return default
    if number <= 0:
        issues.append(_bound("too_small", "minimum", 0, name, "Too small: expected number to be >0"))
    if most is not None and number > most:
        issues.append(_bound("too_big", "maximum", most, name, f"Too big: expected number to be <={most}"))
    return int(number)


def _bound(code: str, side: str, number: int, name: str, words: str) -> JsonObject:
    inclusive = side == "maximum"
    return {"origin": "number", "code": code, side: number, "inclusive": inclusive, "path": [name], "message": words}


def _moment(given: Sequence[tuple[str, str]], name: str, issues: list[JsonObject]) -> datetime | None:
    values = [value for key, value in given if key == name]
    if not values:
        return None
    if len(values) > 1:
        words = "Invalid input: expected string, received array"
        issues.append({"expected": "string", "code": "invalid_type", "path": [name], "message": words})
        return None
    moment = read_moment(values[0])
    if moment is None:
        issues.append(bad_moment(name))
    return moment
