"""An id is one segment of the path, whatever is in it."""

import json
from typing import cast
from urllib.parse import quote, unquote

from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY
from crashgate_sandbox.browserstack.service import BrowserStack
from tests.held_clock import HeldClock
from tests.sandbox.browserstack.harness import INGESTION, NOW, SESSIONS, basic, trace_event

# A null byte breaks the server, as its own test has it; half a surrogate pair has no UTF-8.
IDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=60)


def ask(service: BrowserStack, method: str, path: str, body: object = None) -> tuple[int, object]:
    headers = basic(PUBLIC_KEY, SECRET_KEY) | {"Content-Type": "application/json"}
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    answer = service.answer(Request(scope), json.dumps(body).encode())
    return answer.status_code, json.loads(bytes(answer.body))


@given(IDS)
@example("../../projects")
@example("..")
@example("?limit=1")
@example("%2F")
@example("%252F")
@example("a\nb")
@example("\u202e")
def test_any_session_that_came_in_is_found_by_its_encoded_id_and_no_other_is(session_id: str) -> None:
    service = BrowserStack(sessions=0, now=NOW, clock=HeldClock())
    ask(service, "POST", INGESTION, {"batch": [trace_event("e", id="t", sessionId=session_id)]})

    status, found = ask(service, "GET", f"{SESSIONS}/{quote(session_id, safe='')}")
    assert (status, isinstance(found, dict) and found["id"]) == (200, session_id)
    assert ask(service, "GET", f"{SESSIONS}/{quote(session_id + '/', safe='')}")[0] == 404


@given(IDS)
def test_no_other_text_is_the_id_of_a_drawn_session(text: str) -> None:
    service = BrowserStack(sessions=40, now=NOW, clock=HeldClock())
    drawn = {row["id"] for row in _rows(ask(service, "GET", SESSIONS)[1])}

    for session_id in (text, f"chat-{text}", f"chat-{text[:8].rjust(8, '0')}"):
        status, _ = ask(service, "GET", f"{SESSIONS}/{quote(session_id, safe='')}")
        assert (status == 200) == (session_id in drawn)


def _rows(body: object) -> list[dict[str, str]]:
    assert isinstance(body, dict)
    return cast("dict[str, list[dict[str, str]]]", body)["data"]
