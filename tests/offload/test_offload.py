"""A large answer is worked on aside from the event loop, and a small one on it; what comes of it is the same."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from anyio import from_thread
from anyio.lowlevel import checkpoint

from crashgate.audit.record import Ending
from crashgate.gate import projection
from crashgate.gate.narrowing import redact
from crashgate.model.message import Response
from crashgate.offload import LARGE, LARGE_PAGE, limiter, offload
from crashgate.providers.bugsnag import errors as bugsnag_errors
from crashgate.providers.bugsnag import event as events
from crashgate.upstream.codec import AnswerReader
from tests.gate.gate import IOS, Gate, ok, open_gate, policy

GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    'access.error = "read"\naccess.event = "read"\naccess.project = "read"\n'
)
PATH = f"/projects/{IOS.id}/errors"
LIST = {"project_id": "checkout-ios"}
A_DEADLOCK = 20.0
"""Seconds after which a test that waits for itself fails instead of hanging."""


def _row(number: int) -> dict[str, Any]:
    return {
        "id": f"5f{number:020x}20",
        "project_url": f"https://api.bugsnag.com/projects/{IOS.id}",
        "error_class": "NullPointerException",
        "message": f"line one of {number}\x1b[31m",
        "events": number,
    }


def _shown(number: int) -> dict[str, Any]:
    """The same row as an agent sees it."""
    outside = {"error_class": "NullPointerException", "message": f"line one of {number}[31m"}
    return {"id": f"5f{number:020x}20", "events": number, "untrusted": outside}


def _rows(count: int) -> Response:
    """Numbers from 1 on: what is zero is shown, too, but reads like nothing."""
    return ok([_row(number) for number in range(1, count + 1)])


FEW, MANY = 3, 1_201
"""Rows of an answer that is small, and of one that is large and read in more than two parts."""


def gate(count: int = FEW) -> Gate:
    opened = open_gate(policy(GRANTS))
    opened.upstream.answers[PATH] = lambda _: _rows(count)
    return opened


def _is_of(content: Mapping[str, Any], count: int) -> None:
    """The first of so many errors as they are shown, and how many more there are."""
    shown = content["errors"]
    assert shown == [_shown(number) for number in range(1, len(shown) + 1)]
    assert len(shown) + content.get("not_shown", {"count": 0})["count"] == count


@dataclass(kw_only=True)
class Slow:
    """A step of an answer which, for a large one, waits in the middle of its work until it is told to continue."""

    step: Callable[..., Any]
    begun: anyio.Event = field(default_factory=anyio.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    went_on: list[bool] = field(default_factory=list[bool])
    under_way: int = 0
    most: int = 0

    def __call__(self, what: Any, *more: Any) -> Any:  # noqa: ANN401 - a document or a page
        if len(getattr(what, "rows", what)) < MANY:
            return self.step(what, *more)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        from_thread.run_sync(self.begun.set)  # raises on the thread of the loop
        self.went_on.append(self.go_on.wait(A_DEADLOCK))
        self.under_way -= 1
        return self.step(what, *more)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return slow_reading(monkeypatch)


def slow_reading(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """The reading of rows, slowed."""
    read = AnswerReader[Any].read

    def read_slowly(reader: AnswerReader[Any], rows: Any) -> Any:  # noqa: ANN401 - what it takes and gives
        return found(rows, reader) if isinstance(rows, list) else read(reader, rows)

    def step(rows: Any, reader: AnswerReader[Any]) -> Any:  # noqa: ANN401 - the same
        return read(reader, rows)

    found = Slow(step=step)
    monkeypatch.setattr(AnswerReader, "read", read_slowly)
    return found


@pytest.mark.ablation("a large answer is read aside")
@pytest.mark.threats(24)
async def test_a_large_answer_does_not_hold_up_other_calls(slow: Slow) -> None:
    large, small, answers = gate(MANY), gate(), dict[str, Mapping[str, Any]]()

    async def ask() -> None:
        answers["large"] = (await large.call("list_errors", LIST)).content

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await slow.begun.wait()
        answers["small"] = (await small.call("list_errors", LIST)).content
        slow.go_on.set()

    assert slow.went_on == [True]
    assert list(answers) == ["small", "large"]
    assert answers["small"]["errors"] == [_shown(number) for number in range(1, FEW + 1)]
    _is_of(answers["large"], MANY)


@pytest.mark.parametrize(("count", "on_loop"), [(FEW, True), (MANY, False)])
async def test_each_step_of_a_large_answer_is_done_aside_and_of_a_small_one_at_once(
    count: int,
    on_loop: bool,  # noqa: FBT001 - a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (len(_rows(count).body) > LARGE) is not on_loop
    here, seen = threading.get_ident(), dict[str, set[bool]]()
    opened = gate(count)
    await opened.call("list_errors", {**LIST, "per_page": 1})  # what is looked up first is small

    def watched(module: object, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def spy(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
            seen.setdefault(name, set()).add(threading.get_ident() == here)
            return real(*given, **named)

        monkeypatch.setattr(module, name, spy)

    for module, name in ((AnswerReader, "read"), (projection, "redact"), (bugsnag_errors, "present_rows")):
        watched(module, name)
    answer = await opened.call("list_errors", LIST)

    assert seen == {"read": {on_loop}, "redact": {on_loop}, "present_rows": {on_loop}}
    _is_of(answer.content, count)


@pytest.mark.parametrize(("frames", "on_loop"), [(1, True), (2_000, False)])
async def test_a_triage_looks_at_a_large_event_aside(
    frames: int,
    on_loop: bool,  # noqa: FBT001 - a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, seen, real = threading.get_ident(), list[bool](), vars(events)["present"]
    opened = open_gate(policy(GRANTS))
    event = {
        "id": IOS.event,
        "error_id": IOS.error,
        "project_url": f"https://api.bugsnag.com/projects/{IOS.id}",
        "exceptions": [{"error_class": "E", "stacktrace": [{"method": f"m{n}", "file": "a"} for n in range(frames)]}],
    }
    opened.upstream.answers[f"/errors/{IOS.error}/latest_event"] = lambda _: ok(event)

    def spy(*given: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
        seen.append(threading.get_ident() == here)
        return real(*given)

    monkeypatch.setattr(events, "present", spy)
    answer = await opened.call("triage_error", {"project_id": "checkout-ios", "error_id": IOS.error})

    assert seen == [on_loop]
    assert answer.content["triage"]["latest_event"]["untrusted"] == {
        "exceptions": [{"error_class": "E", "frames": [f"m{number} (a)" for number in range(min(frames, 8))]}]
    }


@pytest.mark.ablation("who gives up while an answer is worked on is told so")
@pytest.mark.threats(28)
@pytest.mark.parametrize("step", ["read", "redact"])
async def test_a_call_given_up_while_its_answer_is_worked_on_is_recorded_as_cancelled(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, slow = gate(MANY), Slow(step=redact) if step == "redact" else slow_reading(monkeypatch)
    if step == "redact":
        monkeypatch.setattr(projection, "redact", slow)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(opened.call, "list_errors", LIST)
        await slow.begun.wait()
        tasks.cancel_scope.cancel()
        slow.go_on.set()

    last = opened.log.outcomes[-1]
    assert (slow.went_on, slow.under_way) == ([True], 0)
    assert (last.result, last.requests, last.rows, last.call) == (
        Ending.CANCELLED,
        1,
        None,
        opened.log.decisions[-1].call,
    )


@pytest.mark.ablation("large answers are read one after the other")
@pytest.mark.threats(24)
@pytest.mark.parametrize("gives_up", [False, True])
async def test_of_two_large_answers_one_is_worked_on_at_a_time_also_when_its_caller_gives_up(
    gives_up: bool,  # noqa: FBT001 - a parameter
    slow: Slow,
) -> None:
    first, second = gate(MANY), gate(MANY)
    scope = anyio.CancelScope()

    async def ask() -> None:
        with scope:
            await first.call("list_errors", LIST)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await slow.begun.wait()
        if gives_up:
            scope.cancel()
        slow.begun = anyio.Event()
        tasks.start_soon(second.call, "list_errors", LIST)
        with anyio.fail_after(A_DEADLOCK):
            while not slow.begun.is_set() and not limiter().statistics().tasks_waiting:
                await checkpoint()
        slow.go_on.set()

    assert (slow.went_on, slow.most) == ([True, True], 1)
    assert first.log.outcomes[-1].result is (Ending.CANCELLED if gives_up else Ending.ANSWERED)
    assert second.log.outcomes[-1].result is Ending.ANSWERED


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("more", [0, 1])
async def test_what_is_large_is_larger_for_a_page_of_an_export(bulk: bool, more: int) -> None:  # noqa: FBT001 - a parameter
    size = (LARGE_PAGE if bulk else LARGE) + more
    where = await offload(size, threading.get_ident, bulk=bulk)

    assert (where == threading.get_ident()) is not more


async def test_what_goes_wrong_aside_is_told_as_it_is() -> None:
    with pytest.raises(json.JSONDecodeError, match="Expecting value"):
        await offload(LARGE + 1, json.loads, "no JSON")
