"""Whose request goes next: budgets in any window, and agents in turn. In virtual time: the loop's clock is exact."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import Code, UpstreamError
from crashgate.model.provider import Budget
from crashgate.upstream.budget import Turns
from tests.catalogue import PROVIDERS
from tests.upstream.virtual_time import run

SIXTY = Budget(requests=60)


async def _one(turns: Turns, agent: str, sent: list[tuple[str, float]], *, takes: float, bulk: bool) -> None:
    async with turns.turn(agent, bulk=bulk, patience=3600):
        sent.append((agent, anyio.current_time()))
        await anyio.sleep(takes)


async def _in_a_row(  # noqa: PLR0917 - a reader and what it reads
    turns: Turns,
    agent: str,
    sent: list[tuple[str, float]],
    many: int,
    takes: float,
    begins: float,
    bulk: bool,  # noqa: FBT001 - the same
) -> None:
    await anyio.sleep(begins)
    for _ in range(many):
        await _one(turns, agent, sent, takes=takes, bulk=bulk)


def read(turns: Callable[[], Turns], *readers: tuple[str, int, float, float, bool]) -> list[tuple[str, float]]:
    """Agent, requests, seconds of each, when it begins, and whether it is a long read."""
    sent: list[tuple[str, float]] = []

    async def main() -> None:
        queue = turns()
        async with anyio.create_task_group() as group:
            for agent, many, takes, begins, bulk in readers:
                group.start_soon(_in_a_row, queue, agent, sent, many, takes, begins, bulk)

    run(main())
    return sent


def most_in_a_window(times: list[float], seconds: float) -> int:
    """As an upstream counts that looks back from each request."""
    return max(sum(begin <= each < begin + seconds for each in times) for begin in times)


def test_the_vendor_that_documents_a_budget_has_it_from_the_start() -> None:
    assert {name: each.budget for name, each in PROVIDERS.items() if each.budget} == {"bugspulse": SIXTY}


@pytest.mark.ablation("no window holds more than the budget")
@pytest.mark.threats(23)
def test_a_long_read_uses_nearly_all_of_the_budget_and_never_more() -> None:
    # Guards: Turns._pause. 601 pages at 60 a minute cannot take less than ten minutes.
    sent = [at for _, at in read(lambda: Turns(SIXTY), ("exporter", 601, 0.007, 0.0, True))]

    assert most_in_a_window(sent, 60.0) == 60
    assert 600 <= sent[-1] <= 600 / 0.98


@pytest.mark.threats(23)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.integers(1, 30),
            st.floats(0.0, 20.0),
            st.floats(0.0, 90.0),
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_agents_ask_no_window_holds_more_than_the_budget(
    readers: list[tuple[str, int, float, float, bool]],
) -> None:
    # Upstream may count a request when it arrives or when it answers: each moment in between must do.
    ten = Budget(requests=10, seconds=60.0)
    sent = [at for _, at in read(lambda: Turns(ten), *readers)]

    assert len(sent) == sum(many for _, many, *_ in readers)
    assert most_in_a_window(sent, 60.0) <= 10


@pytest.mark.ablation("agents take turns")
def test_agents_take_turns_whoever_asks_more() -> None:
    # Guards: Turns._leave, which puts whoever was served behind the others.
    greedy, modest = [("greedy", 40, 1.0, 0.0, False)] * 8, [("modest", 1, 1.0, 5.0, False)] * 5
    sent = read(lambda: Turns(Budget(requests=10)), *greedy, *modest)
    second_window = Counter(agent for agent, at in sent if 60.0 <= at < 70.0)

    assert Counter(agent for agent, _ in sent) == {"greedy": 320, "modest": 5}
    assert second_window["modest"] == 5


@pytest.mark.ablation("a long read leaves room for others")
def test_a_long_read_leaves_room_for_others_from_its_first_minute() -> None:
    # Guards: _BURST. Without it the whole budget would be gone at once, and the other would wait for a minute.
    sent = read(lambda: Turns(SIXTY), ("exporter", 200, 0.01, 0.0, True), ("triage", 1, 0.01, 3.0, False))
    (asked,) = [at for agent, at in sent if agent == "triage"]

    assert 3.0 <= asked < 3.1


def test_a_long_read_beside_busy_agents_gets_its_share_in_turn() -> None:
    # Guards: pacing only who waits alone. Six agents share sixty requests a minute, so ten a minute are each one's.
    busy = [(f"busy-{number}", 40, 0.5, 0.0, False) for number in range(5)]
    sent = read(lambda: Turns(SIXTY), ("exporter", 40, 0.1, 0.0, True), *busy)

    assert sum(agent == "exporter" for agent, at in sent if at < 180.0) >= 25


def test_without_a_budget_nobody_waits() -> None:
    sent = read(lambda: Turns(None), ("exporter", 500, 0.0, 0.0, True))

    assert {at for _, at in sent} == {0.0}


def test_after_the_upstream_said_wait_nobody_sends_before() -> None:
    def held() -> Turns:
        turns = Turns(None)
        turns.hold(30.0)
        return turns

    ((_, at),) = read(held, ("a", 1, 0.0, 0.0, False))

    assert 30.0 <= at <= 30.01


@pytest.mark.ablation("a connection is held no longer than any window")
@pytest.mark.threats(24)
def test_whatever_the_upstream_says_it_stops_nobody_for_longer_than_any_window() -> None:
    def held() -> Turns:
        turns = Turns(None)
        turns.hold(99_999.0)
        return turns

    ((_, at),) = read(held, ("a", 1, 0.0, 0.0, False))

    assert 300.0 <= at <= 300.01


def test_who_would_wait_too_long_is_told_the_seconds_and_sends_nothing() -> None:
    async def main() -> UpstreamError:
        turns, sent = Turns(Budget(requests=1)), list[tuple[str, float]]()
        await _one(turns, "first", sent, takes=1.0, bulk=False)
        with pytest.raises(UpstreamError) as caught:
            async with turns.turn("second", bulk=False, patience=30.0):
                sent.append(("second", 0.0))
        assert [agent for agent, _ in sent] == ["first"]
        assert anyio.current_time() == 1.0
        return caught.value

    problem = run(main())

    assert (problem.code, problem.retry_after) == (Code.UPSTREAM_RATE_LIMITED, 61.0)
    assert "Wait 61 s" in str(problem)


def test_who_gives_up_waiting_is_in_nobodys_way() -> None:
    async def main() -> float:
        turns, sent = Turns(Budget(requests=1, seconds=10.0)), list[tuple[str, float]]()
        await _one(turns, "first", sent, takes=0.0, bulk=False)
        with anyio.move_on_after(5.0):
            await _one(turns, "gives-up", sent, takes=0.0, bulk=False)
        await _one(turns, "third", sent, takes=0.0, bulk=False)
        assert [agent for agent, _ in sent] == ["first", "third"]
        return sent[-1][1]

    assert 10.0 <= run(main()) <= 10.05


def test_what_is_left_of_a_budget_and_who_waits_is_told_as_time_goes_by() -> None:
    told: list[tuple[int | None, int]] = []

    async def main() -> None:
        turns, sent = Turns(Budget(requests=2, seconds=60)), list[tuple[str, float]]()
        told.append((turns.left, turns.waiting))
        async with anyio.create_task_group() as group:
            for agent in ("a", "b", "c"):
                group.start_soon(partial(_one, turns, agent, sent, takes=10.0, bulk=False))
            await anyio.sleep(5)
            told.append((turns.left, turns.waiting))
            await anyio.sleep(66)
            told.append((turns.left, turns.waiting))
        await anyio.sleep(120)
        told.append((turns.left, turns.waiting))

    run(main())

    assert told == [(2, 0), (0, 1), (1, 0), (2, 0)]
    assert Turns(None).left is None
