"""At every provider, what is elsewhere and what is not there read the same (THREATS row 21); the log has the truth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.audit.record import Effect, Ending
from tests.catalogue import BY_NAME
from tests.gate.gate import Gate, policy
from tests.house import SESSION_PROVIDERS, bytes_below
from tests.tools.asks import RIGHT, SESSION_ASKS
from tests.tools.played import ELSEWHERE, HERE, WEB, Spot, open_played

PLACES: Mapping[str, str] = {
    "bugspulse": "",
    "browserstack": 'environments = ["production", "test"]\n',
    "devrev": 'platforms = ["ios", "tv"]\napps = ["com.acme.checkout", "com.acme.test"]\n',
}
RESOURCES: Mapping[str, tuple[str, ...]] = {
    "bugspulse": ("session", "session_event"),
    "browserstack": ("session",),
    "devrev": ("session", "session_event"),
}
_NOWHERE = Path("never-written-to")
SPOTTED = [(provider, tool) for provider, asks in SESSION_ASKS.items() for tool in asks]
ABROAD = [
    (provider, tool, spot)
    for provider, tool in SPOTTED
    for spot in (ELSEWHERE, WEB, Spot(environment="none", app="none", platform="ios"))
    if provider != "bugspulse"
]


def gate(provider: str, level: str = "write", folder: Path = _NOWHERE) -> Gate:
    """An agent that may write in the first place of the played upstream, and in one that is not there."""
    access = "".join(f'access.{name} = "{level}"\n' for name in RESOURCES[provider])
    grants = f'[[grant]]\nconnection = "{provider}"\n{PLACES[provider]}{access}'
    return open_played(policy(grants, connections=(provider,)), connections=(provider,), folder=folder)


def _may(provider: str, tool: str) -> bool:
    return {each.resource for each in BY_NAME[tool].operations} <= set(RESOURCES[provider])


@pytest.mark.parametrize(("provider", "tool"), SPOTTED)
async def test_in_its_own_place_the_agent_gets_an_answer(tmp_path: Path, provider: str, tool: str) -> None:
    # Without this the tests below could pass because everything is refused.
    answer = await gate(provider, folder=tmp_path).call(tool, SESSION_ASKS[provider][tool](HERE))

    assert (answer.error is None) is _may(provider, tool), answer


@pytest.mark.threats(14, 21)
@pytest.mark.parametrize(("provider", "tool", "spot"), ABROAD)
async def test_every_refusal_is_the_same_bytes(tmp_path: Path, provider: str, tool: str, spot: Spot) -> None:
    refused = await gate(provider).wire(f"{tool}_")
    opened = gate(provider, folder=tmp_path)

    assert await opened.wire(tool, SESSION_ASKS[provider][tool](spot)) == refused
    assert bytes_below(tmp_path) == b""
    # What is sent, if anything, is what tells whose it is.
    assert {line.partition("?")[0] for line in opened.upstream.lines} <= {
        f"GET /api/public/sessions/{spot.chat}",
        "GET /observability.sessions.get",
    }


MISSING: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "a chat": ("browserstack", "get_session", {"session_id": "no-such"}),
    "a run": ("devrev", "get_session", {**RIGHT["devrev", "get_session"], "session_id": "no-such"}),
    "the data of a run": (
        "devrev",
        "list_session_events",
        {**RIGHT["devrev", "list_session_events"], "session_id": "no-such"},
    ),
    "a run in an app that is not there": (
        "devrev",
        "get_session",
        {**RIGHT["devrev", "get_session"], "app_id": "com.acme.test"},
    ),
    "a run on another platform": (
        "devrev",
        "list_session_events",
        {**SESSION_ASKS["devrev"]["list_session_events"](ELSEWHERE), "app_id": HERE.app, "platform": "ios"},
    ),
}


@pytest.mark.threats(21)
@pytest.mark.parametrize("case", MISSING)
async def test_what_is_not_there_reads_like_what_is_not_allowed(case: str) -> None:
    provider, tool, arguments = MISSING[case]
    opened = gate(provider)

    assert await opened.wire(tool, arguments) == await gate(provider).wire(f"{tool}_")
    assert [record.result for record in opened.log.outcomes] == [Ending.REFUSED]
    assert "404" in opened.log.sentences[0]


@pytest.mark.threats(21)
@pytest.mark.parametrize("provider", SESSION_PROVIDERS)
async def test_bad_arguments_are_told_only_to_who_may_use_the_tool(provider: str) -> None:
    # Guards: the order in plan, and that an export's own arguments are no exception.
    bad = {"surprise": 1, "session_id": "", "format": "xlsx", "resume": "x", "cursor": "x", "detail": "most"}

    for tool in SESSION_ASKS[provider]:
        opened = gate(provider, "off")
        assert await opened.wire(tool, bad) == await gate(provider, "off").wire(f"{tool}_")
        assert opened.upstream.received == []
        assert [each.effect for each in opened.log.decisions] == [Effect.DENY]


@pytest.mark.ablation("exports are there where there is a place for them")
@pytest.mark.threats(21)
@pytest.mark.parametrize("provider", SESSION_PROVIDERS)
async def test_an_export_where_there_is_no_place_for_any_reads_the_same(provider: str) -> None:
    grants = f'[[grant]]\nconnection = "{provider}"\n{PLACES[provider]}access.session = "read"\n'
    connections = (provider,)
    opened = open_played(policy(grants, connections=connections), connections=connections)

    for tool in ("export_sessions", "list_exports"):
        assert await opened.wire(tool, {}) == await opened.wire(f"{tool}_", {})
    assert not {"export_sessions", "list_exports"} & {each.name for each in opened.toolbox.listed("triage-agent")}
    assert opened.upstream.received == []
