"""What an answer tells of a file, compared with what the sandbox's world holds; and exports of errors and events."""

import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from crashgate.identity import Principal, Via
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.machine_clock import MachineClock
from tests.house import NOW, OPERATOR, House, everything, open_house, write_policies
from tests.session_providers import BUGSPULSE_PREFIX, SessionProviders
from tests.tools.exporting import exported, file_of, interrupted, long_bugspulse

READER = "reader"
_READ = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n'
_EVENTS = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\naccess.event = "read"\n'
_POLICIES = {
    OPERATOR: everything("bugsnag") + everything("bugspulse"),
    READER: _EVENTS + _READ + '[redact]\nfields = ["has_crash", "user", "severity"]\n',
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    async with open_house(tmp_path, policies=write_policies(tmp_path / "policies", _POLICIES)) as opened:
        yield opened


def _rows(house: House, export: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file_of(house, export).splitlines()]


def _content(path: str) -> bytes:
    return Path(path).read_bytes()


async def test_the_file_of_errors_has_every_error_of_the_project_and_the_answer_their_counts(house: House) -> None:
    export = await exported(house, "export_errors", project_id="checkout-ios")

    errors = {error.id: error for error in house.errors()}
    rows = _rows(house, export)
    assert {row["id"]: row["events"] for row in rows} == {each.id: each.events for each in errors.values()}
    assert len(rows) == len(errors)
    status = {id_: house.world.state(error).status for id_, error in errors.items()}
    assert {row["id"]: row["status"] for row in rows} == status
    assert export["summary"]["counts"]["status"] == Counter(status.values())
    days = Counter(error.first_seen.date().isoformat() for error in errors.values())
    newest = sorted(days)[-31:]
    assert export["summary"]["per_day"]["days"] == [[day, days[day]] for day in newest]
    assert export["summary"]["per_day"].get("earlier", [0])[0] == sum(days.values()) - sum(days[day] for day in newest)


async def test_filters_leave_what_is_exported(house: House) -> None:
    export = await exported(house, "export_errors", project_id="checkout-ios", filters={"error.status": "fixed"})

    fixed = {error.id for error in house.errors() if house.world.state(error).status == "fixed"}
    assert {row["id"] for row in _rows(house, export)} == fixed


async def test_the_file_of_events_has_every_crash_of_the_week_once(house: House) -> None:
    export = await exported(house, "export_events", project_id="checkout-ios", filters={"event.since": "2d"})

    since = NOW.timestamp() - 2 * 86_400
    crashes = [one for error in house.errors() for one in house.world.occurrences(error) if one.at.timestamp() >= since]
    rows = _rows(house, export)
    assert sorted(row["id"] for row in rows) == sorted(one.id for one in crashes)
    assert len(rows) > 100
    assert export["summary"]["counts"]["unhandled"] == Counter(str(one.error.kind.unhandled).lower() for one in crashes)
    days = Counter(one.at.date().isoformat() for one in crashes)
    assert export["summary"]["per_day"]["days"] == [[day, days[day]] for day in sorted(days)]


async def test_whole_reports_have_device_and_user_and_no_credentials(house: House) -> None:
    export = await exported(
        house, "export_events", project_id="payments-api", filters={"event.since": "1d"}, full_reports=True
    )

    rows = _rows(house, export)
    known = {one.id: one for error in house.errors("payments-api") for one in house.world.occurrences(error)}
    assert {row["user"]["id"] == known[row["id"]].customer.id for row in rows} == {True}
    assert {row["app"]["version"] == known[row["id"]].release.version for row in rows} == {True}
    assert b"Bearer" not in file_of(house, export)
    assert all({"Authorization", "Cookie"}.isdisjoint(row["request"]["headers"]) for row in rows)


async def test_the_crash_free_rate_and_the_days_are_those_of_the_sessions_in_the_file(house: House) -> None:
    answer = await house.call(OPERATOR, "export_sessions", {"since": "2026-11-13", "until": "2026-11-19"})

    export = answer.content["export"]
    rows = _rows(house, export)
    crashed = [row for row in rows if row["has_crash"]]
    rate = 1 - len(crashed) / len(rows)
    assert export["summary"]["crashed"] == len(crashed) > 0
    assert export["summary"]["crash_free_rate"] == round(rate, 4)
    assert f"{round(rate, 4):.2%} without a crash." in answer.text
    every, bad = (Counter(row["started_at"][:10] for row in each) for each in (rows, crashed))
    assert export["summary"]["per_day"] == {
        "columns": ["day", "rows", "crashed"],
        "days": [[day, every[day], bad[day]] for day in sorted(every)],
    }
    assert export["summary"]["counts"]["status"] == Counter(row["status"] for row in rows)


async def test_a_file_that_took_several_runs_is_added_up_as_a_whole(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", _POLICIES)
    async with open_house(tmp_path, policies=policies, session_providers=long_bugspulse(4)) as house:
        id_ = await interrupted(house, "export_sessions", 2)
        export = await exported(house, "export_sessions", resume=id_)

        rows = _rows(house, export)
        assert export["summary"]["crashed"] == sum(row["has_crash"] for row in rows)
        assert export["summary"]["counts"]["status"] == Counter(row["status"] for row in rows)
        listed = (await house.call(OPERATOR, "list_exports")).content["exports"]
        assert [each["summary"] for each in listed] == [export["summary"]]


async def test_what_the_policy_redacts_is_in_no_summary(house: House) -> None:
    sessions = await exported(house, "export_sessions", READER)
    errors = await exported(house, "export_errors", READER, project_id="checkout-ios")

    assert sessions["summary"].keys() == {"counts", "per_day"}
    assert sessions["summary"]["per_day"]["columns"] == ["day", "rows"]
    assert errors["summary"]["counts"]["severity"] == {"unknown": errors["rows"]}


@pytest.mark.ablation("only who runs on this machine is told where a file is")
async def test_the_path_of_a_file_is_told_over_stdio_and_not_over_http(house: House) -> None:
    async def path(via: Via) -> str | None:
        answer = await house.toolbox.call(Principal(agent=OPERATOR, via=via), "export_sessions", {})
        found: str | None = answer.content["export"].get("path")
        name = answer.content["export"]["file"]
        assert found is None or Path(found).name == name
        return found

    local = await path(Via.STDIO)

    assert local is not None
    assert _content(local).count(b"\n") == 240
    assert (await path(Via.HTTP), await path(Via.MEMORY)) == (None, None)


class _Damaged(BugsPulse):
    """One whose third and fifth session of each page have no id."""

    def answer(self, request: Request, body: bytes) -> Response:
        answered = super().answer(request, body)
        document = json.loads(bytes(answered.body))
        for place in (2, 4):
            document["data"][place]["id"] = None
        return Response(json.dumps(document).encode(), media_type="application/json")


async def test_rows_that_cannot_be_read_are_counted_and_said(tmp_path: Path) -> None:
    usual = SessionProviders.usual(NOW, MachineClock(), limited=False)
    pulse = _Damaged(prefix=BUGSPULSE_PREFIX, requests_per_minute=None, now=NOW, clock=MachineClock())
    policies = write_policies(tmp_path / "policies", _POLICIES)
    async with open_house(tmp_path, policies=policies, session_providers=replace(usual, bugspulse=pulse)) as house:
        answer = await house.call(OPERATOR, "export_sessions", {})

        export = answer.content["export"]
        assert (export["rows"], export["unusable_rows"]) == (238, 2)
        assert "Left out because they could not be read: 2." in answer.text
