"""What is in another environment, app or platform stays there, whatever is asked (THREATS rows 14 and 20)."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from crashgate_sandbox.browserstack.drawn import AWKWARD_IDS, HUGE_ID
from crashgate_sandbox.browserstack.manners import SELF_HOSTED
from crashgate_sandbox.browserstack.service import BrowserStack
from crashgate_sandbox.devrev.apps import APPS, Platform
from crashgate_sandbox.machine_clock import MachineClock
from tests.house import NOW, OPERATOR, House, open_house, policies_of_all, texts, write_policies
from tests.session_providers import BROWSERSTACK_PREFIX, SessionProviders

NARROW, WIDE, PATTERN, COUNTER = "narrow", OPERATOR, "pattern", "counter"
STAGED = '[[grant]]\nconnection = "browserstack"\nenvironments = ["staging"]\naccess.session = "write"\n'
ANDROID = (
    '[[grant]]\nconnection = "devrev"\nplatforms = ["android"]\napps = ["com.acme.checkout"]\n'
    'access.session = "read"\naccess.session_event = "read"\naccess.network_log = "read"\n'
)
PULSE = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n'
PRODUCTION = AWKWARD_IDS[0]
"""A session in production."""
CHECKOUT, COURIER, WEB = APPS


@asynccontextmanager
async def _house(folder: Path) -> AsyncGenerator[House]:
    """What is ingested can be read at once."""
    policies = policies_of_all(folder / "policies")
    write_policies(
        policies,
        {
            NARROW: STAGED + ANDROID + PULSE,
            PATTERN: STAGED.replace('"staging"', '"stag*", "qa-*"'),
            COUNTER: '[[grant]]\nconnection = "bugspulse"\naccess.crash = "read"\naccess.network_log = "read"\n',
        },
    )
    clock = MachineClock()
    at_once = BrowserStack(
        prefix=BROWSERSTACK_PREFIX, manners=replace(SELF_HOSTED, read_after_write_seconds=0), now=NOW, clock=clock
    )
    others = replace(SessionProviders.usual(NOW, clock, limited=False), browserstack=at_once)
    async with open_house(folder, policies=policies, session_providers=others) as house:
        yield house


def _lines(house: House) -> list[str]:
    return [f"{each.method} {each.path}" for each in house.requests]


async def _wire(house: House, agent: str, tool: str, arguments: Mapping[str, Any]) -> str:
    return (await house.result(agent, tool, arguments)).model_dump_json()


def _environments(rows: list[dict[str, Any]]) -> set[str]:
    return {row["environment"] for row in rows}


@pytest.mark.threats(20)
async def test_a_list_has_the_environments_of_the_policy_and_a_total_of_these(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        answer = await house.call(NARROW, "list_sessions", {"connection": "browserstack", "per_page": 100})
        every = await house.call(WIDE, "list_sessions", {"connection": "browserstack", "per_page": 100})
        queries = [each.query for each in house.requests]

    staged = [row for row in every.content["sessions"] if row["environment"] == "staging"]
    assert len(staged) > 5
    assert answer.content["sessions"] == staged
    assert answer.content["total"] == len(staged)
    # What the policy fixes is asked for, so that upstream counts only that.
    assert queries == ["environment=staging&limit=100", "limit=100"]


@pytest.mark.ablation(
    "a row is allowed in its own place",
    "rows of other environments are dropped",
    "the total of environments that are not open is not told",
)
@pytest.mark.threats(20)
async def test_where_the_policy_has_patterns_rows_are_dropped_and_the_total_with_them(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    async with _house(tmp_path) as house:
        for _ in range(40):
            answer = await house.call(PATTERN, "list_sessions", {"per_page": 3, **cursor})
            assert "total" not in answer.content
            seen += answer.content["sessions"]
            if "next_cursor" not in answer.content:
                break
            cursor = {"cursor": answer.content["next_cursor"]}
        every = await house.call(WIDE, "list_sessions", {"connection": "browserstack", "per_page": 100})

    assert _environments(seen) == {"staging", "qa-eu"}
    assert seen == [row for row in every.content["sessions"] if row["environment"] in {"staging", "qa-eu"}]


@pytest.mark.threats(14)
async def test_another_environment_cannot_be_asked_for(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        for given in (["production"], ["staging", "production"], "production", ["no-such-environment"]):
            for tool in ("list_sessions", "export_sessions"):
                asked = {"connection": "browserstack", "environment": given}
                assert await _wire(house, NARROW, tool, asked) == await _wire(house, NARROW, f"{tool}_", {})
        assert list(house.requests) == []


@pytest.mark.threats(14, 20, 21)
async def test_a_session_of_another_environment_reads_like_one_that_is_not_there(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        foreign = await _wire(house, NARROW, "get_session", {"connection": "browserstack", "session_id": PRODUCTION})
        missing = await _wire(house, NARROW, "get_session", {"connection": "browserstack", "session_id": "no-such"})
        sentences = house.sentences

    assert foreign == missing
    # The log has the truth.
    assert "out of scope, or about something else, and was not shown" in sentences[0]
    assert "refused with 404" in sentences[1]


@pytest.mark.ablation("parts of other environments are cut out")
@pytest.mark.threats(14, 20)
async def test_traces_of_other_environments_are_cut_out_of_a_session_and_not_counted(tmp_path: Path) -> None:
    # Guards: _with_parts in gateway.narrow.
    turn = {"connection": "browserstack", "session_id": "mixed"}
    async with _house(tmp_path) as house:
        for environment in ("staging", "production", "staging", "default"):
            made = {"session_id": "mixed", "name": f"in-{environment}", "environment": environment}
            assert (await house.call(WIDE, "create_session", made)).error is None
        wide = (await house.call(WIDE, "get_session", turn)).content["session"]
        narrow = await house.call(NARROW, "get_session", turn)

    assert (wide["traces_total"], narrow.content["session"]["traces_total"]) == (4, 2)
    assert _environments(narrow.content["session"]["traces"]) == {"staging"}
    assert not {text for text in texts(dict(narrow.content)) if "production" in text or "default" in text}


@pytest.mark.threats(14)
@pytest.mark.parametrize("environment", ["production", "default", "no-such-environment"])
async def test_nothing_is_made_in_another_environment(tmp_path: Path, environment: str) -> None:
    async with _house(tmp_path) as house:
        made = {"session_id": "new", "name": "turn", "environment": environment}
        answer = await _wire(house, NARROW, "create_session", made)
        assert answer == await _wire(house, NARROW, "create_session_", {})
        assert list(house.requests) == []


@pytest.mark.ablation("nothing is added to what is in another environment")
@pytest.mark.threats(14, 21)
async def test_no_trace_is_added_to_a_session_of_another_environment(tmp_path: Path) -> None:
    # Guards: plan._find_added_to; upstream would take a staging trace into a production session.
    async with _house(tmp_path) as house:
        before = [len(house.session_providers.browserstack.store.traces_of(each)) for each in (PRODUCTION, HUGE_ID)]
        answers = [
            await _wire(house, NARROW, "create_session", {"session_id": each, "name": "turn", "environment": "staging"})
            for each in (PRODUCTION, HUGE_ID)
        ]
        after = [len(house.session_providers.browserstack.store.traces_of(each)) for each in (PRODUCTION, HUGE_ID)]
        missing = await _wire(house, NARROW, "create_session_", {})
        written = [line for line in _lines(house) if line.startswith("POST")]
        own = await house.call(NARROW, "create_session", {"session_id": "own", "name": "turn"})
        places = [(each.operation, each.environment) for each in (entry.decision.record for entry in house.entries)]

    assert (set(answers), before, written) == ({missing}, after, [])
    # What the policy fixes need not be given, and is what is written to: not upstream's own default.
    assert own.error is None
    assert places[-1] == ("browserstack.sessions.create", "staging")


async def test_an_agent_adds_to_its_own_session(tmp_path: Path) -> None:
    # Without this the tests above could pass because nothing is ever added.
    turn = {"connection": "browserstack", "session_id": "own"}
    async with _house(tmp_path) as house:
        for _ in range(2):
            assert (await house.call(NARROW, "create_session", {"session_id": "own", "name": "turn"})).error is None
        found = await house.call(NARROW, "get_session", turn)

    assert found.content["session"]["environment"] == "staging"
    assert found.content["session"]["traces_total"] == 2


def _run(house: House, app: int, platform: Platform) -> tuple[str, str]:
    """The newest session of an app on a platform, and its first part."""
    session = house.session_providers.devrev.store.of(APPS[app], platform)[0]
    return session.id, session.parts[0]


@pytest.mark.threats(14, 21)
async def test_a_session_on_another_platform_reads_like_one_that_is_not_there(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        ios, _ = _run(house, 0, Platform.IOS)
        claimed = await _wire(house, NARROW, "get_session", {"connection": "devrev", "session_id": ios})
        missing = await _wire(house, NARROW, "get_session", {"connection": "devrev", "session_id": "no-such"})
        open_about_it = {"connection": "devrev", "session_id": ios, "platform": "ios"}
        refused = await _wire(house, NARROW, "get_session", open_about_it)
        sent = [each.query for each in house.requests]

    assert claimed == missing == refused
    # Both were asked on the platform of the policy, and the third not at all.
    assert sent == [f"version_key=com.acme.checkout&platform=android&session_id={each}" for each in (ios, "no-such")]


@pytest.mark.threats(14)
@pytest.mark.parametrize("given", [{}, {"platform": "android"}, {"platform": "ios"}, {"app_id": "com.acme.courier"}])
async def test_the_data_of_a_session_elsewhere_is_never_asked_for(tmp_path: Path, given: dict[str, str]) -> None:
    # Guards: plan._find_object; the route of the data knows no platform, so upstream would give it.
    async with _house(tmp_path) as house:
        for app, platform in ((0, Platform.IOS), (1, Platform.ANDROID), (2, Platform.WEB)):
            session, part = _run(house, app, platform)
            for name in ("recording_id", "tab_id"):
                asked = {"session_id": session, name: part, **given}
                answer = await house.call(NARROW, "list_session_events", asked)
                assert answer.error is Code.NOT_AVAILABLE
        assert {line.rpartition(".")[2] for line in _lines(house)} <= {"get"}
        assert not [line for line in _lines(house) if "data" in line]
        own, part = _run(house, 0, Platform.ANDROID)
        mine = {"session_id": own, "recording_id": part}
        answer = await house.call(NARROW, "list_session_events", mine)

    assert answer.error is None
    assert answer.content["events"] != []


@pytest.mark.threats(14, 20)
@pytest.mark.parametrize("tool", ["list_sessions", "export_sessions"])
@pytest.mark.parametrize(
    "given", [{"platform": "ios"}, {"app_id": "com.acme.courier"}, {"app_id": "acme-web", "platform": "web"}]
)
async def test_another_app_or_platform_cannot_be_asked_for(tmp_path: Path, tool: str, given: dict[str, str]) -> None:
    async with _house(tmp_path) as house:
        answer = await _wire(house, NARROW, tool, {"connection": "devrev", **given})
        assert answer == await _wire(house, NARROW, f"{tool}_", {})
        assert list(house.requests) == []
        listed = await house.call(NARROW, "list_sessions", {"connection": "devrev"})

    assert {row["platform"] for row in listed.content["sessions"]} == {"android"}


@pytest.mark.threats(14)
async def test_a_connection_without_places_opens_the_resources_that_are_granted(tmp_path: Path) -> None:
    calls = {
        "list_sessions": {},
        "list_crashes": {},
        "list_network_logs": {},
        "list_session_events": {"session_id": "sess_1780000000_abc123"},
        "export_sessions": {},
        "export_crashes": {},
        "export_network_logs": {},
        "export_session_events": {"session_id": "sess_1780000000_abc123"},
    }
    async with _house(tmp_path) as house:
        open_to_it = [tool for tool, given in calls.items() if (await house.call(COUNTER, tool, given)).error is None]
        sent = {line.rpartition("/")[2] for line in _lines(house)}
        listed = {each.name for each in house.toolbox.listed(COUNTER)}

    assert open_to_it == ["list_crashes", "list_network_logs", "export_crashes", "export_network_logs"]
    assert listed == {*open_to_it, "my_access", "list_exports"}
    assert sent == {"crashes", "network"}


@pytest.mark.threats(14, 20)
@pytest.mark.parametrize("agent", [NARROW, PATTERN])
async def test_an_export_holds_nothing_of_elsewhere(tmp_path: Path, agent: str) -> None:
    # Guards: that Gateway.reading narrows each page as run does.
    wanted = {NARROW: {"staging"}, PATTERN: {"staging", "qa-eu"}}[agent]
    async with _house(tmp_path) as house:
        asked = {"connection": "browserstack"} if agent == NARROW else {}
        answer = await house.call(agent, "export_sessions", asked)
        assert answer.error is None, answer
        written = tmp_path / "state" / "exports" / answer.content["export"]["file"]
        rows = [json.loads(line) for line in written.read_text(encoding="utf-8").splitlines()]
        every = await house.call(WIDE, "list_sessions", {"connection": "browserstack", "per_page": 100})

    there = [row for row in every.content["sessions"] if row["environment"] in wanted]
    assert _environments(rows) == wanted
    assert [row["id"] for row in rows] == [row["untrusted"]["id"] for row in there]
    assert answer.content["export"]["rows"] == len(there)
