"""Sessions. Rule: the list is paged and newest first; one session brings all its traces, however many.

Source: docs/upstreams/browserstack.md#list-of-sessions and #one-session.
"""

from starlette.responses import Response

from crashgate_sandbox.browserstack.answers import json_answer, listed
from crashgate_sandbox.browserstack.call import Call, Route
from crashgate_sandbox.browserstack.deprecation import noted
from crashgate_sandbox.browserstack.drawn import HUGE_TRACES
from crashgate_sandbox.browserstack.errors import query_took_too_long, server_error, session_not_found, timed_out
from crashgate_sandbox.browserstack.manners import HugeSession
from crashgate_sandbox.browserstack.query import read_list_query


def list_sessions(call: Call) -> Response:
    """``GET /api/public/sessions``."""
    query = read_list_query(call.query)
    rows, total = call.store.sessions(query, inclusive=call.manners.inclusive_to_timestamp)
    body = listed([row.as_json() for row in rows], page=query.page, limit=query.limit, total=total)
    return json_answer(noted(body, call.manners))


def get_session(call: Call) -> Response:
    """``GET /api/public/sessions/{sessionId}``."""
    if "\0" in call.id:
        # The database behind it cannot hold this character (G).
        raise server_error('invalid byte sequence for encoding "UTF8": 0x00')
    session = call.store.session(call.id)
    if session is None:
        raise session_not_found()
    traces = call.store.traces_of(session.id)
    if len(traces) >= HUGE_TRACES and call.manners.huge_session is not HugeSession.ANSWERED:
        raise query_took_too_long() if call.manners.huge_session is HugeSession.UNPROCESSABLE else timed_out()
    return json_answer(noted({**session.as_json(), "traces": [one.as_json() for one in traces]}, call.manners))


ROUTES = (
    Route(method="GET", path="/api/public/sessions", handler=list_sessions, legacy=True),
    Route(method="GET", path="/api/public/sessions/{sessionId}", handler=get_session, legacy=True),
)
