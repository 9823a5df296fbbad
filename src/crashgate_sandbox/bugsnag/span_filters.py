"""Filters of spans, by trace fields. Rule: an unknown field is refused (O), where an unknown event field is ignored.

That is what the published document says; the keys ``app.version`` and ``app.release_stage`` are a guess (G).
"""

from collections.abc import Callable, Mapping

from crashgate_sandbox.bugsnag.answers import RefusedError
from crashgate_sandbox.bugsnag.call import Call
from crashgate_sandbox.bugsnag.filters import filter_time
from crashgate_sandbox.world.spans import Span

TYPES = ("eq", "ne", "lt", "gt", "empty")
TIMES = ("span.since", "span.before")

FIELDS: Mapping[str, Callable[[Span], str]] = {
    "span_group.category": lambda one: one.timed.category if one.timed else "custom",
    "app.version": lambda one: one.trace.release.version,
    "app.release_stage": lambda one: one.trace.release.stage,
    "os.name": lambda one: one.trace.device.os_name,
    "os.version": lambda one: one.trace.os_version,
    "device.model": lambda one: one.trace.device.model,
    "device.connection_type": lambda one: one.trace.connection,
    "http.response_code": lambda one: str(one.code or ""),
    "account.plan": lambda one: one.trace.customer.plan,
}
CUSTOM = frozenset({"account.plan"})


def filtered(call: Call, spans: tuple[Span, ...]) -> list[Span]:
    """The spans that the request's filters leave."""
    tests = [_test(call, field, comparisons) for field, comparisons in _read(call).items()]
    return [one for one in spans if all(test(one) for test in tests)]


def _read(call: Call) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    kind: str | None = None
    for name, value in call.query:
        if not name.startswith("filters["):
            continue
        field, _, key = name.removeprefix("filters[").partition("][][")
        if field not in FIELDS and field not in TIMES:
            raise RefusedError(400, f"Invalid Filter: invalid filter key: {field}")
        if key == "type]" and kind is None and value in TYPES:
            kind = value
        elif key == "value]" and kind is not None:
            found.setdefault(field, []).append((kind, value))
            kind = None
        else:
            raise RefusedError(400, f"Invalid Filter: invalid filter: {field}")
    return found


def _test(call: Call, field: str, comparisons: list[tuple[str, str]]) -> Callable[[Span], bool]:
    if field in TIMES:
        edges = [filter_time(value, call.world.now) for kind, value in comparisons if kind == "eq"]
        edge = edges[0] if len(edges) == len(comparisons) == 1 else None
        if edge is None:
            raise RefusedError(400, f"Invalid Filter: invalid time: {field}")
        if field == "span.since":
            return lambda one: one.trace.at >= edge
        return lambda one: one.trace.at < edge
    read = FIELDS[field]
    wanted = {value for kind, value in comparisons if kind == "eq"}
    unwanted = {value for kind, value in comparisons if kind == "ne"} if not wanted else set[str]()
    others = [(kind, value) for kind, value in comparisons if kind not in {"eq", "ne"}]

    def passes(one: Span) -> bool:
        value = read(one)
        return (
            (not wanted or value in wanted)
            and value not in unwanted
            and all(_compares(kind, value, other) for kind, other in others)
        )

    return passes


def _compares(kind: str, value: str, other: str) -> bool:
    if kind == "empty":
        return (not value) is (other == "true")
    if not (value.isdigit() and other.isdigit()):
        return False
    return int(value) < int(other) if kind == "lt" else int(value) > int(other)
