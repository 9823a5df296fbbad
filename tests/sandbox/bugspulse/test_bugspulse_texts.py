import json

import pytest

from crashgate_sandbox.bugspulse.texts import AWKWARD, FORMULAS
from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES
from tests.sandbox.bugspulse.harness import Pulse, Start

ODD = (*HOSTILE, *FORMULAS, *AWKWARD)


async def test_crash_messages_have_every_odd_text(start: Start) -> None:
    async with start(crashes=100) as pulse:
        messages = {row["message"] for row in await pulse.rows("/export/crashes")}

    assert set(ODD) <= messages


async def test_the_usual_crashes_have_attacks_formulas_and_ordinary_text(pulse: Pulse) -> None:
    messages = {row["message"] for row in await pulse.rows("/export/crashes")}

    assert set(HOSTILE) <= messages
    assert set(FORMULAS) <= messages
    assert "NetworkOnMainThreadException" in messages


async def test_network_errors_and_addresses_have_every_odd_text(pulse: Pulse) -> None:
    rows = await pulse.rows("/export/network", limit=1000)

    assert set(ODD) <= {row["error"] for row in rows}
    assert {f"https://api.shop.example/v2/search?q={text}" for text in ODD} <= {row["url"] for row in rows}
    assert FORMULAS[0] in {row["url"] for row in rows}


async def test_users_have_odd_names_and_some_sessions_nobodys(pulse: Pulse) -> None:
    users = {row["userId"] for row in await pulse.rows("/export/sessions")}

    assert {None, *HOSTILE_NAMES, *FORMULAS[:4]} <= users


async def test_a_long_sessions_events_have_every_odd_text(pulse: Pulse) -> None:
    session = (await pulse.json("/export/sessions", limit=4))["data"][3]
    rows = (await pulse.json("/export/events", sessionId=session["id"]))["data"]

    assert set(ODD) <= {row["data"].get("properties", {}).get("query") for row in rows}
    assert {row["type"] for row in rows} == {"navigate", "custom", "tap"}


@pytest.mark.parametrize("path", ["/export/crashes", "/export/network"])
async def test_formulas_go_out_as_they_are(path: str, pulse: Pulse) -> None:
    cells = [one for line in await pulse.cells(path, limit=1000) for one in line]

    assert set(FORMULAS) <= set(cells)
    assert json.dumps(FORMULAS[0]) not in cells
