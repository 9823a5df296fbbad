"""What counts as reading what outsiders can write, and when it is noted (THREATS rows 5, 28 and 33)."""

from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from crashgate.audit.record import DecisionRecord
from crashgate.errors import Code, LogUnavailableError, StateUnavailableError
from crashgate.gate.call import Ask
from crashgate.model.message import Request, Response
from crashgate.model.own import READ_EXPORT
from crashgate.model.result import Page
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from tests.gate.approvals import answer_newest, changes_sent
from tests.gate.gate import ACME, ANDROID, IOS, PAYMENTS, Gate, PlayedUpstream, ok, open_gate, policy, principal
from tests.gate.untrusted import BUCKETS, GRANTS, HERE, HOUR, MINUTE, ONE, gate


async def test_what_holds_no_such_text_does_not_count_and_nor_do_look_ups_of_the_gate() -> None:
    # Each call looks the project up, and its name is somebody's text.
    opened = gate()
    answers = [
        await opened.call("my_access"),
        await opened.call("get_trend", BUCKETS),
        await opened.call("delete_error", ONE),
        await opened.call("delete_error", ONE),
    ]

    assert [each.error for each in answers] == [None] * 4
    assert (opened.counter.untrusted, f"GET /projects/{IOS.id}" in opened.upstream.lines) == ({}, True)


async def test_what_was_refused_does_not_count() -> None:
    opened = gate(more="[limits]\ncalls_per_hour = 3\n")
    refused = [
        await opened.call("list_errors", {"project_id": PAYMENTS.id}),
        await opened.call("list_releases", HERE),
        await opened.call("get_error", {**HERE, "error_id": "nonsense"}),
        await opened.call("get_trend", BUCKETS),
        await opened.call("delete_error", ONE),
        await opened.call("list_errors", HERE),
    ]

    assert [each.error for each in refused if each.error] == [
        Code.NOT_AVAILABLE,
        Code.NOT_AVAILABLE,
        Code.INVALID_ARGUMENTS,
        Code.RATE_LIMITED,
    ]
    assert opened.counter.untrusted == {}


@pytest.mark.threats(5)
async def test_a_change_that_answers_with_such_text_counts_too() -> None:
    opened = gate()
    first = await opened.call("resolve_error", ONE)
    second = await opened.call("resolve_error", ONE)

    assert (first.error, second.error, len(changes_sent(opened))) == (None, Code.APPROVAL_REQUIRED, 1)


@pytest.mark.ablation("an approved change that answers with outsiders' text is noted")
@pytest.mark.threats(5)
async def test_such_a_change_counts_too_where_a_person_approved_it() -> None:
    opened = gate()
    await opened.call("list_errors", HERE)
    opened.clock.passed += 59 * MINUTE
    await opened.call("resolve_error", ONE)
    await answer_newest(opened)
    made = await opened.call("resolve_error", ONE)
    opened.clock.passed += 59 * MINUTE

    assert (made.error, (await opened.call("delete_error", ONE)).error) == (None, Code.APPROVAL_REQUIRED)


@pytest.mark.ablation("reading an export back is reading outsiders' text")
@pytest.mark.threats(5)
async def test_reading_an_export_back_counts() -> None:
    # Guards: gives_back of READ_EXPORT.
    opened = gate()

    async def file() -> Page[Any]:
        return Page(rows=())

    ask = Ask(
        principal=principal(),
        tool=None,
        operation=READ_EXPORT,
        connection="crashgate",
        arguments={"export_id": "0" * 24},
        answer=file,
    )
    await opened.gateway.run(ask)

    assert (await opened.call("delete_error", ONE)).error is Code.APPROVAL_REQUIRED


def _export() -> Ask:
    return Ask(
        principal=principal(), tool="list_errors", operation=LIST_ERRORS, connection="bugsnag", arguments=dict(HERE)
    )


@pytest.mark.ablation("an export of outsiders' text is noted to its end")
@pytest.mark.threats(5)
async def test_a_long_export_counts_to_its_end() -> None:
    # Guards: UntrustedExposure.note in Gateway._next_of.
    opened = gate()
    async with opened.gateway.reading(_export()) as reading:
        opened.clock.passed += 59 * MINUTE
        assert len([page async for page in reading.pages(None)]) == 1
    opened.clock.passed += 59 * MINUTE

    assert (await opened.call("delete_error", ONE)).error is Code.APPROVAL_REQUIRED


async def _none_read(opened: Gate) -> None:
    async with opened.gateway.reading(_export()):
        """No page is read."""


@pytest.mark.threats(5)
async def test_an_export_counts_from_its_start() -> None:
    opened = gate()
    await _none_read(opened)

    assert (await opened.call("delete_error", ONE)).error is Code.APPROVAL_REQUIRED


@pytest.mark.ablation("reading outsiders' text is noted before it is asked for")
@pytest.mark.threats(5)
async def test_it_is_noted_before_anything_is_sent() -> None:
    # Guards: UntrustedExposure.note in Gateway._permitted.
    opened, noted = gate(), list[bool]()

    def answer(_: Request) -> Response:
        noted.append("triage-agent" in opened.counter.untrusted)
        return ok([])

    opened.upstream.answers[f"/projects/{IOS.id}/errors"] = answer
    await opened.call("list_errors", HERE)

    assert noted == [True]


@dataclass(kw_only=True)
class _Slow(PlayedUpstream):
    """Holds the lists of errors back until the test lets them go."""

    asked: anyio.Event = field(default_factory=anyio.Event)
    go: anyio.Event = field(default_factory=anyio.Event)

    async def send(self, request: Request) -> Response:
        if request.url.partition("?")[0].endswith("/errors"):
            self.asked.set()
            await self.go.wait()
        return await super().send(request)


@pytest.mark.threats(5)
async def test_a_change_while_such_reading_is_under_way_is_asked_about() -> None:
    upstream = _Slow(organizations={ACME: "acme"}, sites=(IOS, ANDROID, PAYMENTS))
    opened = open_gate(policy(GRANTS + HOUR), upstream=upstream)
    errors: list[Code | None] = []
    async with anyio.create_task_group() as group:
        group.start_soon(opened.call, "list_errors", HERE)
        await upstream.asked.wait()
        errors.append((await opened.call("delete_error", ONE)).error)
        upstream.go.set()

    assert (errors, changes_sent(opened)) == ([Code.APPROVAL_REQUIRED], [])


@pytest.mark.threats(5, 33)
async def test_an_export_ends_where_its_pages_cannot_be_noted() -> None:
    opened = gate()

    async def read() -> None:
        async with opened.gateway.reading(_export()) as reading:
            opened.counter.broken = StateUnavailableError("No state.", because="it cannot be noted")
            async for _ in reading.pages(None):
                pytest.fail("a page was read")

    with pytest.raises(StateUnavailableError):
        await read()


@pytest.mark.threats(28)
async def test_what_is_noted_is_no_record_and_replaces_none() -> None:
    opened = gate()

    def refuse(record: object) -> bool:
        return isinstance(record, DecisionRecord) and record.parent is None

    opened.log.refuse = refuse
    answer = await opened.call("list_errors", HERE)

    assert (answer.error, opened.upstream.lines) == (LogUnavailableError("").code, [f"GET /projects/{IOS.id}"])
