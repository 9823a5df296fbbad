"""A person between reading what outsiders can write and changing anything, as a client meets it (THREATS row 5)."""

from pathlib import Path

import pytest

from tests.house import everything
from tests.mcp.asked import ERAS, KEEPER, SIDES, YES, User, Where, code_of, open_side, rounds
from tests.system.served import Era

GRANTS = f"{everything('bugsnag')}{everything('bugspulse')}[approve]\nafter_untrusted_minutes = 60\n"
WHY = "Text that outsiders can write was asked for less than 60 minutes ago."


@pytest.mark.threats(5, 22)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("where", SIDES)
async def test_after_reading_a_user_is_asked_about_a_change_and_told_why(
    tmp_path: Path, where: Where, era: Era
) -> None:
    # Guards: UntrustedExposure in the wiring.
    user = User(YES)
    async with open_side(tmp_path, where, grants=GRANTS) as side:
        delete, errors = side.delete, {"project_id": side.house.project().id}
        async with side.client(user, era) as client:
            before = await client.call_tool("delete_error", side.delete_another)
            asked_before = len(user.asked)
            await client.call_tool("list_errors", errors)
            made = await client.call_tool("delete_error", delete)
        (request,) = await side.requests()
        told, changes = side.told, side.changes

    assert (before.is_error, asked_before, made.is_error, changes) == (False, 0, False, 2)
    assert [each[1:3] for each in told[:2]] == [("allow", "granted")] * 2
    assert told[2:] == rounds(era, request.id, "allow", "granted")
    (asked,) = user.asked
    assert asked.message.startswith(f"{WHY} May the agent {KEEPER} delete error {delete['error_id']} in checkout-ios")


@pytest.mark.threats(5, 23)
@pytest.mark.parametrize("era", ERAS)
async def test_what_one_connection_read_holds_for_another_and_after_a_restart(tmp_path: Path, era: Era) -> None:
    codes: list[object] = []
    async with open_side(tmp_path, "http", grants=GRANTS) as side:
        errors = {"project_id": side.house.project().id}
        async with side.client(None, era) as reading, side.client(None, era) as changing:
            await reading.call_tool("list_errors", errors)
            codes.append(code_of(await changing.call_tool("delete_error", side.delete)))
    async with open_side(tmp_path, "http", grants=GRANTS) as side, side.client(None, era) as again:
        codes.append(code_of(await again.call_tool("delete_error", side.delete_another)))

    assert (codes, side.changes) == (["approval_required"] * 2, 0)


@pytest.mark.threats(5)
@pytest.mark.parametrize("era", ERAS)
async def test_an_export_is_such_reading(tmp_path: Path, era: Era) -> None:
    async with open_side(tmp_path, "memory", grants=GRANTS) as side, side.client(None, era) as client:
        made = await client.call_tool("export_crashes", {})
        change = await client.call_tool("delete_error", side.delete)

    assert (made.is_error, code_of(change), side.changes) == (False, "approval_required", 0)
