"""Limits: one bucket an agent, counted before anything is sent (THREATS rows 14 and 23)."""

from dataclasses import replace

import anyio
import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code, LimitError, NotAvailableError, RowLimitError, StateUnavailableError
from crashgate.gate.call import Ask
from crashgate.model.message import Request, Response
from crashgate.policy.policy import PolicySet
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from tests.gate.gate import AGENT, IOS, Gate, ok, open_gate, policy, principal

GRANTS = (
    '[[grant]]\nconnection = "{}"\nprojects = ["checkout-ios"]\n'
    'access.error = "full"\naccess.event = "read"\naccess.project = "read"\n'
)
LIST = {"project_id": IOS.id}
ONE = {"project_id": IOS.id, "error_id": IOS.error}


def gate(limits: str, *, connections: tuple[str, ...] = ("bugsnag",)) -> Gate:
    grants = "".join(GRANTS.format(name) for name in connections)
    return open_gate(policy(f"{grants}[limits]\n{limits}\n", connections=connections), connections=connections)


@pytest.mark.ablation(
    "a limit or a missing approval is recorded", "calls are counted", "a rate that is used up refuses"
)
@pytest.mark.threats(23)
async def test_a_call_beyond_the_limit_is_refused_with_the_time_to_wait_and_nothing_is_sent() -> None:
    # Guards: Limiter.call in plan, before the look-ups.
    opened = gate("calls_per_minute = 2")
    for _ in range(2):
        assert (await opened.call("list_errors", LIST)).error is None
        opened.clock.passed += 10
    sent = list(opened.upstream.lines)
    answer = await opened.call("list_errors", LIST)

    assert (answer.content["error"]["code"], answer.content["error"]["retry_after_seconds"]) == ("rate_limited", 40)
    assert answer.text == (
        "The limit of 2 calls a minute is reached. The policy sets it for all connections and sessions of the agent"
        " together. Try again in 40 seconds, not sooner. Nothing was sent. Your policy belongs to owner@example.com."
    )
    assert opened.upstream.lines == sent
    last = opened.log.decisions[-1]
    assert (last.effect, last.reason) == (Effect.DENY, "rate_limited")
    assert last.sentence.endswith(
        "was refused: the limit of 2 calls a minute is reached; the next call is possible in 40 s. Nothing was sent."
    )


async def test_after_the_time_that_was_told_there_is_room() -> None:
    opened = gate("calls_per_minute = 1")
    await opened.call("list_errors", LIST)
    opened.clock.passed += 59
    refused = await opened.call("list_errors", LIST)
    opened.clock.passed += refused.content["error"]["retry_after_seconds"]

    assert (await opened.call("list_errors", LIST)).error is None


@pytest.mark.threats(23)
async def test_all_connections_of_an_agent_share_one_bucket() -> None:
    opened = gate("calls_per_hour = 3", connections=("bugsnag", "bugsnag-eu"))
    answers = [await opened.call("list_errors", {**LIST, "connection": name}) for name in ("bugsnag", "bugsnag-eu") * 2]

    assert [each.error for each in answers] == [None, None, None, Code.RATE_LIMITED]


@pytest.mark.threats(23)
async def test_another_agent_has_a_bucket_of_its_own() -> None:
    mine = f"{GRANTS.format('bugsnag')}[limits]\ncalls_per_hour = 1\n"
    opened = open_gate(policy(mine), policy(mine, agent="another"))

    for agent in (AGENT, "another"):
        assert (await opened.call("list_errors", LIST, agent=agent)).error is None
    assert (await opened.call("list_errors", LIST)).error is Code.RATE_LIMITED


@pytest.mark.ablation("changes are counted")
@pytest.mark.threats(23)
@pytest.mark.parametrize(
    ("limits", "calls", "errors"),
    [
        ("writes_per_day = 1", ("resolve_error", "list_errors", "resolve_error"), (None, None, Code.RATE_LIMITED)),
        ("deletes_per_day = 1", ("resolve_error", "delete_error", "delete_error"), (None, None, Code.RATE_LIMITED)),
        ("writes_per_day = 1", ("delete_error", "delete_error", "resolve_error"), (None, None, None)),
        ("calls_per_day = 2", ("delete_error", "resolve_error", "list_errors"), (None, None, Code.RATE_LIMITED)),
    ],
)
async def test_writes_and_deletes_are_counted_apart(
    limits: str, calls: tuple[str, ...], errors: tuple[Code | None, ...]
) -> None:
    # Guards: Limiter.change in Gateway._permitted.
    opened = gate(limits)
    answers = [await opened.call(tool, LIST if tool == "list_errors" else ONE) for tool in calls]

    assert tuple(each.error for each in answers) == errors


@pytest.mark.ablation("what no grant could allow is neither counted nor looked up")
async def test_what_no_grant_could_allow_is_not_counted_and_is_refused_as_ever() -> None:
    opened = gate("calls_per_minute = 1")
    for _ in range(3):
        assert (await opened.call("list_releases", LIST)).error is Code.NOT_AVAILABLE
        assert (await opened.call("list_errors", {"project_id": "Not a slug"})).error is Code.INVALID_ARGUMENTS

    assert (await opened.call("list_errors", LIST)).error is None


@pytest.mark.threats(23)
async def test_an_agent_at_its_limit_cannot_make_the_gate_look_things_up() -> None:
    # Guards: that calls are counted before the look-ups; refused ones too, once something was to be looked up.
    opened = gate("calls_per_minute = 3")
    for number in range(10):
        await opened.call("get_error", {"project_id": f"guess-{number}", "error_id": IOS.error})

    assert opened.upstream.lines == [f"GET /projects/guess-{number}" for number in range(3)]
    assert [each.reason for each in opened.log.decisions if each.parent is None] == [
        *["no_such_project"] * 3,
        *["rate_limited"] * 7,
    ]


@pytest.mark.threats(23)
async def test_each_call_of_a_composite_tool_counts() -> None:
    opened = gate("calls_per_minute = 2")
    answer = await opened.call("triage_error", ONE)

    assert answer.error is None
    assert len(opened.counter.taken[AGENT, "calls"]) == 2
    assert [each.reason for each in opened.log.decisions if each.parent is None].count("rate_limited") > 0


@pytest.mark.threats(23, 33)
async def test_who_cannot_count_lets_nothing_through() -> None:
    # Guards: NotNowError in Gateway._admitted; without the count there is no call.
    opened = gate("calls_per_minute = 5")
    opened.counter.broken = StateUnavailableError("No state.", because="its calls cannot be counted")
    answer = await opened.call("list_errors", LIST)

    assert (answer.error, opened.upstream.lines) == (Code.STATE_UNAVAILABLE, [])
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "state_unavailable")]


@pytest.mark.threats(33)
async def test_a_defect_in_counting_lets_nothing_through() -> None:
    opened = gate("calls_per_minute = 5")
    opened.counter.broken = RuntimeError("a defect")
    answer = await opened.call("list_errors", LIST)

    assert (answer.error, opened.upstream.lines) == (Code.INTERNAL, [])
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "internal")]


async def test_without_limits_nothing_is_counted() -> None:
    opened = open_gate(policy(GRANTS.format("bugsnag")))
    opened.counter.broken = RuntimeError("never asked")

    assert (await opened.call("list_errors", LIST)).error is None


@pytest.mark.threats(23)
async def test_calls_at_the_same_time_pass_no_more_than_the_limit() -> None:
    opened = gate("calls_per_minute = 3")
    errors: list[Code | None] = []

    async def call() -> None:
        errors.append((await opened.call("list_errors", LIST)).error)

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(call)

    assert sorted(map(str, errors)) == sorted(["None"] * 3 + ["rate_limited"] * 7)


def _pages(opened: Gate, pages: int, rows: int) -> None:
    """So many pages of errors, with so many rows each."""
    answered = iter(range(pages))

    def answer(_: Request) -> Response:
        page = next(answered)
        found = [{"id": f"5f{page:018x}{row:04x}", "project_id": IOS.id} for row in range(rows)]
        more = {"next": f"https://api.bugsnag.com/projects/{IOS.id}/errors?offset={page + 1}"}
        return replace(ok(found), links=more if page < pages - 1 else {})

    opened.upstream.answers[f"/projects/{IOS.id}/errors"] = answer


async def _read(opened: Gate, *, before: int = 0) -> int:
    """How many rows a reading to the end gives."""
    ask = Ask(principal=principal(), tool="a_tool", operation=LIST_ERRORS, connection="bugsnag", arguments=LIST)
    rows = 0
    async with opened.gateway.reading(ask) as reading:
        async for page in reading.pages(None, before=before):
            rows += len(page.rows)
    return rows


@pytest.mark.ablation("rows of one export are bounded")
async def test_an_export_stops_before_the_page_that_goes_beyond_its_rows() -> None:
    # Guards: Reading.bound.
    opened = gate("rows_per_export = 5")
    _pages(opened, 4, 2)
    with pytest.raises(RowLimitError, match="The export has more than 5 rows"):
        await _read(opened)

    last = opened.log.outcomes[-1]
    assert (last.result.value, last.error, last.rows) == ("failed", Code.TOO_MANY_ROWS, 4)


async def test_an_export_may_hold_as_many_rows_as_its_limit() -> None:
    opened = gate("rows_per_export = 6")
    _pages(opened, 3, 2)

    assert await _read(opened) == 6


@pytest.mark.ablation("rows from before an interruption count")
async def test_rows_from_before_an_interruption_count_too() -> None:
    opened = gate("rows_per_export = 6")
    _pages(opened, 3, 2)
    with pytest.raises(RowLimitError):
        await _read(opened, before=1)


async def test_a_reading_counts_as_one_call() -> None:
    opened = gate("calls_per_minute = 1")
    _pages(opened, 3, 2)

    assert await _read(opened) == 6
    with pytest.raises(LimitError):
        await _read(opened)


@pytest.mark.ablation("a call counts once")
@pytest.mark.threats(31)
async def test_a_reading_goes_on_under_a_new_policy_without_being_counted_again_and_ends_when_that_refuses() -> None:
    # Guards: Case.counted, and Gateway._check_again.
    opened = gate("calls_per_minute = 1")
    _pages(opened, 4, 2)
    ask = Ask(principal=principal(), tool="a_tool", operation=LIST_ERRORS, connection="bugsnag", arguments=LIST)
    seen: list[int] = []

    async def read() -> None:
        async with opened.gateway.reading(ask) as reading:
            async for page in reading.pages(None):
                seen.append(len(page.rows))
                limits = f"# {len(seen)}\n{GRANTS.format('bugsnag')}[limits]\ncalls_per_minute = 1\n"
                opened.policies.policies = PolicySet([policy(limits if len(seen) == 1 else "")])

    with pytest.raises(NotAvailableError):
        await read()

    assert 2 <= len(seen) < 4
