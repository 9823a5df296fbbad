"""Traces. Rule: ``fields`` never takes a key away, it empties it; the parameter ``filter`` is refused, not ignored.

Observations and scores are never there: the sandbox takes them in and keeps none. Latency is in seconds as Langfuse
has it; an example of BrowserStack's looks like milliseconds. Source: docs/upstreams/browserstack.md#traces.
"""

from collections.abc import Callable, Sequence

from starlette.responses import Response

from crashgate_sandbox.browserstack.answers import JsonObject, json_answer, listed
from crashgate_sandbox.browserstack.call import Call, Route
from crashgate_sandbox.browserstack.deprecation import noted
from crashgate_sandbox.browserstack.errors import RefusedError, invalid_query, trace_not_found
from crashgate_sandbox.browserstack.query import ListQuery, read_list_query
from crashgate_sandbox.browserstack.records import PROJECT_ID, Trace

_GROUPS = frozenset({"core", "io", "scores", "observations", "metrics"})
_KEYS: dict[str, Callable[[Trace], str]] = {
    "id": lambda one: one.id,
    "timestamp": lambda one: one.timestamp.isoformat(timespec="milliseconds"),
    "name": lambda one: one.name or "",
    "userId": lambda one: one.user_id or "",
    "release": lambda one: one.release or "",
    "version": lambda one: one.version or "",
    "public": lambda one: str(one.public),
    "bookmarked": lambda one: str(one.bookmarked),
    "sessionId": lambda one: one.session_id or "",
}


def list_traces(call: Call) -> Response:
    """``GET /api/public/traces``."""
    query = read_list_query(call.query)
    if query.one("filter"):
        raise _unknown("filter", "The sandbox does not know this parameter")
    groups = _groups(query.one("fields"))
    found = [one for one in call.store.traces() if _matches(one, query, inclusive=call.manners.inclusive_to_timestamp)]
    found = _ordered(found, query.one("orderBy") or "timestamp.desc")
    first = (query.page - 1) * query.limit
    rows = [_row(one, groups) for one in found[first : first + query.limit]]
    return json_answer(noted(listed(rows, page=query.page, limit=query.limit, total=len(found)), call.manners))


def get_trace(call: Call) -> Response:
    """``GET /api/public/traces/{traceId}``."""
    groups = _groups(next((value for name, value in call.query if name == "fields"), None))
    trace = call.store.trace(call.id)
    if trace is None:
        raise trace_not_found(call.id)
    return json_answer(noted(_row(trace, groups), call.manners))


ROUTES = (
    Route(method="GET", path="/api/public/traces", handler=list_traces, legacy=True),
    Route(method="GET", path="/api/public/traces/{traceId}", handler=get_trace, legacy=True),
)


def _row(trace: Trace, groups: frozenset[str]) -> JsonObject:
    return {
        **trace.as_json(io="io" in groups),
        "htmlPath": f"/project/{PROJECT_ID}/traces/{trace.id}",
        "latency": trace.latency if "metrics" in groups else -1,
        "totalCost": trace.total_cost if "metrics" in groups else -1,
        "observations": [],
        "scores": [],
    }


def _groups(given: str | None) -> frozenset[str]:
    return _GROUPS if not given else frozenset(given.split(",")) & _GROUPS


def _matches(trace: Trace, query: ListQuery, *, inclusive: bool) -> bool:
    same = (
        (query.one("userId"), trace.user_id),
        (query.one("name"), trace.name),
        (query.one("sessionId"), trace.session_id),
        (query.one("version"), trace.version),
        (query.one("release"), trace.release),
    )
    until = query.before(inclusive=inclusive)
    return (
        all(asked is None or asked == value for asked, value in same)
        and set(query.all("tags")) <= set(trace.tags)
        and (query.environments is None or trace.environment in query.environments)
        and (query.from_timestamp is None or trace.timestamp >= query.from_timestamp)
        and (until is None or trace.timestamp < until)
    )


def _ordered(traces: Sequence[Trace], order: str) -> list[Trace]:
    field, _, direction = order.partition(".")
    if field not in _KEYS or direction not in {"asc", "desc"}:
        raise _unknown("orderBy", "Invalid input")
    return sorted(traces, key=_KEYS[field], reverse=direction == "desc")


def _unknown(name: str, message: str) -> RefusedError:
    """The words are a guess (G)."""
    return invalid_query([{"code": "custom", "path": [name], "message": message}])
