"""Sessions as an agent sees them: the same names and units whoever keeps them, and no answer without an end."""

import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, cast

import pytest
import pytest_asyncio

from crashgate.model.field_table import Visibility, shown_fields
from crashgate_sandbox.browserstack.drawn import EMPTY_ID, HUGE_ID, HUGE_TRACES
from crashgate_sandbox.bugspulse.sessions import session_id
from tests.catalogue import BY_NAME
from tests.house import OPERATOR, House, open_house, policies_of_all
from tests.system.session_samples import run_of
from tests.tools.counting import tokens

LISTS: Mapping[str, Mapping[str, Any]] = {
    "bugspulse": {"per_page": 240},
    "browserstack": {"per_page": 100},
    "devrev": {"app_id": "com.acme.checkout", "platform": "android", "per_page": 100},
}
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    """Nothing here changes anything."""
    folder = tmp_path_factory.mktemp("house")
    async with open_house(folder, policies=policies_of_all(folder / "policies")) as opened:
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _asked(house: House, tool: str, **arguments: object) -> Mapping[str, Any]:
    answer = await house.call(OPERATOR, tool, arguments)
    assert answer.error is None, answer
    return answer.content


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**{key: value for key, value in row.items() if key != "untrusted"}, **row.get("untrusted", {})}


def _leaves(node: object) -> Iterator[object]:
    if isinstance(node, Mapping):
        for value in cast("Mapping[str, object]", node).values():
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in cast("list[object]", node):
            yield from _leaves(value)
    else:
        yield node


@pytest.mark.parametrize("connection", LISTS)
async def test_a_row_has_the_common_names_and_nothing_empty(house: House, connection: str) -> None:
    content = await _asked(house, "list_sessions", connection=connection, **LISTS[connection])
    rows = [_flat(row) for row in content["sessions"]]

    assert len(rows) >= 60
    models = [operation.result for operation in BY_NAME["list_sessions"].operations]
    assert {name for row in rows for name in row} <= {
        each for model in models for each in shown_fields(model, Visibility.ROW)
    }
    assert [row for row in rows if None in row.values() or "" in row.values()] == []
    assert [row["started_at"] for row in rows if UTC_TIME.fullmatch(row["started_at"]) is None] == []
    assert [row for row in rows if not isinstance(row.get("duration_ms", 0), int)] == []
    # Newest first, as the tool says.
    assert [row["started_at"] for row in rows] == sorted((row["started_at"] for row in rows), reverse=True)


async def test_an_active_session_has_neither_end_nor_duration(house: House) -> None:
    content = await _asked(house, "list_sessions", connection="bugspulse", per_page=240)
    active = [row for row in content["sessions"] if row.get("status") == "active"]

    assert len(active) >= 5
    assert [row for row in active if "duration_ms" in row or "ended_at" in row] == []


@pytest.mark.parametrize(("detail", "most", "cost"), [("summary", 20, 8_000), ("full", 50, 25_000)])
async def test_a_session_of_a_thousand_traces_is_bounded_and_the_rest_is_counted(
    house: House, detail: str, most: int, cost: int
) -> None:
    # Guards: bounded in views.present; upstream gives all traces of a session at once.
    content = await _asked(house, "get_session", connection="browserstack", session_id=HUGE_ID, detail=detail)
    session = content["session"]

    assert 5 < len(session["traces"]) <= most
    assert session["traces_total"] == HUGE_TRACES
    assert session["not_shown"]["count"] == HUGE_TRACES - len(session["traces"])
    assert ("full" in session["not_shown"]["remedy"]) is (detail == "summary")
    assert tokens(dict(content)) < cost


async def test_full_detail_shows_more_of_a_trace(house: House) -> None:
    asked = {"connection": "browserstack", "session_id": HUGE_ID}
    short = (await _asked(house, "get_session", **asked))["session"]["traces"]
    full = (await _asked(house, "get_session", **asked, detail="full"))["session"]["traces"]

    assert [_flat(trace)["id"] for trace in short][: len(full)] == [_flat(trace)["id"] for trace in full][: len(short)]
    assert set(_flat(short[1])) < set(_flat(full[1]))
    # A JSON that is too long is the start of its text; one that fits is itself.
    assert (type(_flat(short[1])["input"]), type(_flat(full[1])["input"])) == (str, dict)
    assert _flat(short[1])["input"].startswith('{"messages":[')
    assert {trace["environment"] for trace in full} == {"qa-eu"}


async def test_a_session_whose_traces_are_gone_is_shown_without_any(house: House) -> None:
    content = await _asked(house, "get_session", connection="browserstack", session_id=EMPTY_ID)

    assert {"traces", "traces_total", "not_shown"}.isdisjoint(content["session"])


async def test_the_events_of_a_session_come_in_their_order(house: House) -> None:
    content = await _asked(house, "list_session_events", connection="bugspulse", session_id=session_id(0))

    assert [event["sequence_number"] for event in content["events"]] == list(range(42))
    assert content["total"] == 42


async def test_replay_data_comes_only_to_who_asks_for_it_and_for_all(house: House) -> None:
    where, session = run_of("mobile")
    asked = {**where, "session_id": session.id, "recording_id": session.parts[0]}
    shown = [
        "replay_data" in (await _asked(house, "list_session_events", **asked, **more))["recording"].get("untrusted", {})
        for more in ({}, {"detail": "full"}, {"include_replay_data": True, "detail": "full"})
    ]
    bodies = [each for each in house.requests if each.path.endswith("sessions.data.get")]

    assert shown == [False, False, True]
    assert len({each.body_sha256 for each in bodies[-3:]}) == 2


async def test_no_header_of_a_pages_request_is_shown(house: House) -> None:
    where, session = run_of("web")
    asked = {**where, "session_id": session.id, "tab_id": session.parts[0], "detail": "full"}
    content = await _asked(house, "list_network_logs", **asked)

    assert content["network_logs"] != []
    assert {name for row in content["network_logs"] for name in _flat(row)} <= {"type", "method", "url", "status_code"}
    assert "authorization" not in str(content).lower()


async def test_what_a_provider_does_not_say_is_left_out(house: House) -> None:
    assert [value for value in _leaves(await _asked(house, "list_crashes", per_page=1000)) if value is None] == []
