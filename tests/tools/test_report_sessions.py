"""Session counts: split where too many, brought to UTC minutes, and never sent twice by crashgate itself."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from crashgate.mcp import render
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import OPERATOR, REPORTS, House, open_house, write_policies

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PATH = "/bugsnag-sessions/"
REPORTER, STRANGER = "reporter", "stranger"
READS = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "read"\n'


@asynccontextmanager
async def _house(folder: Path) -> AsyncGenerator[House]:
    policies = write_policies(folder / "policies", {REPORTER: REPORTS, STRANGER: READS})
    async with open_house(folder, policies=policies) as house:
        yield house


def _counts(number: int) -> list[dict[str, Any]]:
    return [
        {"startedAt": (START + timedelta(minutes=each)).strftime("%Y-%m-%dT%H:%MZ"), "sessionsStarted": each % 7 + 1}
        for each in range(number)
    ]


def _ask(counts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"app": {"version": "4.18.0", "releaseStage": "production"}, "session_counts": list(counts)}


def _reports(house: House) -> list[int | None]:
    """The status of every report that arrived; None where no answer began."""
    return [each.status for each in house.requests if each.path == PATH]


def _kept(house: House) -> dict[datetime, int]:
    """What the sandbox counted for the project of the key."""
    return {
        minute: number
        for (project, minute), number in house.world.sessions.minutes().items()
        if project == house.project().id
    }


async def test_2500_counts_are_three_requests_that_sum_to_the_same(tmp_path: Path) -> None:
    counts = _counts(2_500)
    async with _house(tmp_path) as house:
        answer = await house.call(REPORTER, "report_sessions", _ask(counts))
        kept, statuses = _kept(house), _reports(house)
        recorded = [each.decision.record.operation for each in house.entries]

    whole = sum(each["sessionsStarted"] for each in counts)
    assert answer.content == {"report": {"counts_accepted": 2_500, "counts_not_accepted": 0, "sessions": whole}}
    assert answer.text == f"2500 of 2500 counts accepted, in their order, {whole} sessions in all."
    assert statuses == [202, 202, 202]
    assert kept == {START + timedelta(minutes=number): each["sessionsStarted"] for number, each in enumerate(counts)}
    assert recorded == ["bugsnag-sessions.sessions.report"] * 3


@pytest.mark.parametrize(("number", "requests"), [(1, 1), (1_000, 1), (1_001, 2), (10_000, 10)])
async def test_each_request_holds_at_most_1000_counts(tmp_path: Path, number: int, requests: int) -> None:
    async with _house(tmp_path) as house:
        answer = await house.call(REPORTER, "report_sessions", _ask(_counts(number)))
        assert len(_reports(house)) == requests
    assert answer.content["report"]["counts_accepted"] == number


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T17:18Z",
        "2026-11-20T17:18:00Z",
        "2026-11-20T17:18:59.999Z",
        "2026-11-20T17:18:30",
        "2026-11-20T18:18:07+01:00",
        "2026-11-20T22:48:07+05:30",
        "2026-11-20T12:18:00-05:00",
        "2026-11-21T02:18:00+09:00",
    ],
)
async def test_every_form_of_a_time_becomes_its_utc_minute(tmp_path: Path, written: str) -> None:
    async with _house(tmp_path) as house:
        answer = await house.call(REPORTER, "report_sessions", _ask([{"startedAt": written, "sessionsStarted": 5}]))
        kept = _kept(house)

    assert answer.error is None, answer
    assert kept == {datetime(2026, 11, 20, 17, 18, tzinfo=UTC): 5}


async def test_a_minute_that_is_given_twice_counts_both(tmp_path: Path) -> None:
    rows = [("2026-11-20T17:18:01Z", 2), ("2026-11-20T17:18:59Z", 3), ("2026-11-20T17:19Z", 4)]
    async with _house(tmp_path) as house:
        given = _ask([{"startedAt": at, "sessionsStarted": number} for at, number in rows])
        await house.call(REPORTER, "report_sessions", given)
        kept = Counter({minute.minute: number for minute, number in _kept(house).items()})

    assert kept == {18: 5, 19: 4}


FAULTS = {
    "500": Fault(kind=FaultKind.STATUS, status=500, skip=1, path=PATH),
    "503": Fault(kind=FaultKind.STATUS, status=503, skip=1, path=PATH),
    "429": Fault(kind=FaultKind.STATUS, status=429, retry_after=1, skip=1, path=PATH),
}


@pytest.mark.parametrize("case", ["500", "503", "429"])
async def test_after_a_failure_nothing_is_sent_again_and_what_was_counted_is_told(tmp_path: Path, case: str) -> None:
    # Guards: that a POST is not retried, and the break in take_steps: a third batch must not hide the second's failure.
    fault = FAULTS[case]
    counts = _counts(2_500)
    async with _house(tmp_path) as house:
        house.faults.add(fault)
        answer = await house.call(REPORTER, "report_sessions", _ask(counts))
        statuses, kept = _reports(house), _kept(house)

    first = sum(each["sessionsStarted"] for each in counts[:1_000])
    report = dict(answer.content["report"])
    assert statuses == [202, int(case)]
    assert sum(kept.values()) == first
    stopped = Code.UPSTREAM_RATE_LIMITED if case == "429" else Code.UPSTREAM_UNAVAILABLE
    assert report["stopped_by"] == stopped.value
    assert (report["counts_accepted"], report["sessions"]) == (1_000, first)
    # What may have been counted is told apart from what was not: only the latter may be reported again.
    uncertain = 0 if case == "429" else 1_000
    assert report.get("counts_uncertain", 0) == uncertain
    assert report["counts_not_accepted"] == 1_500 - uncertain
    assert ("do not report them again" in answer.text) is (uncertain > 0)


async def test_a_refusal_in_the_middle_does_not_hide_what_was_counted(tmp_path: Path) -> None:
    # A second report by an agent that was told "refused" would count the first batch twice.
    async with _house(tmp_path) as house:
        house.faults.add(Fault(kind=FaultKind.STATUS, status=404, skip=1, path=PATH))
        answer = await house.call(REPORTER, "report_sessions", _ask(_counts(1_500)))

    assert answer.error is None
    assert answer.content["report"]["counts_accepted"] == 1_000
    assert answer.content["report"]["counts_uncertain"] == 500
    assert answer.content["report"]["counts_not_accepted"] == 0


async def test_a_failure_of_the_first_batch_is_an_error_that_says_not_to_repeat_it(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        house.faults.add(Fault(kind=FaultKind.STATUS, status=500, path=PATH, times=None))
        answer = await house.call(REPORTER, "report_sessions", _ask(_counts(2_500)))
        statuses = _reports(house)

    assert statuses == [500]
    assert answer.error is Code.UPSTREAM_UNAVAILABLE
    assert "Do not send the same counts again" in answer.text


@pytest.mark.threats(21)
async def test_who_may_not_report_is_refused_and_nothing_is_sent(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        for agent in (STRANGER, OPERATOR):
            refused = [
                render.answer(await house.call(agent, tool, given)).model_dump_json()
                for tool, given in (("report_sessions", _ask(_counts(1))), ("no_such_tool", {}))
            ]
            assert refused[0] == refused[1]
            assert "report_sessions" not in {each.name for each in house.toolbox.listed(agent)}
        assert list(house.requests) == []


BAD: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "nothing": ({}, "app is required"),
    "no counts": (_ask([]), "session_counts "),
    "too many": (_ask(_counts(10_001)), "session_counts "),
    "no time": (_ask([{"startedAt": "yesterday", "sessionsStarted": 1}]), "session_counts: startedAt must be a time"),
    "nothing started": (
        _ask([{"startedAt": "2026-11-20T17:18Z", "sessionsStarted": 0}]),
        "session_counts: sessionsStarted must be at least 1",
    ),
    "a part that is none": (
        _ask([{"startedAt": "2026-11-20T17:18Z", "sessionsStarted": 1, "x": 1}]),
        "session_counts ",
    ),
    "a foreign part of app": ({**_ask(_counts(1)), "app": {"apiKey": "x"}}, "app has an unknown part"),
    "a foreign argument": ({**_ask(_counts(1)), "notifier": {}}, "unknown argument notifier; this tool takes"),
    "a foreign key": ({**_ask(_counts(1)), "api_key": "x"}, "unknown argument api_key; this tool takes"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_report_is_told_and_nothing_is_sent(tmp_path: Path, case: str) -> None:
    given, told = BAD[case]
    async with _house(tmp_path) as house:
        answer = await house.call(REPORTER, "report_sessions", given)
        sent = list(house.requests)

    assert (answer.error, sent) == (Code.INVALID_ARGUMENTS, [])
    assert told in answer.text


async def test_the_key_of_the_project_is_in_no_answer_and_not_in_the_log(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        answer = await house.call(REPORTER, "report_sessions", _ask(_counts(3)))
        key = house.project().api_key
        told = str(answer) + "".join(house.sentences) + str([each.decision.record for each in house.entries])
    assert answer.error is None
    assert key not in told
