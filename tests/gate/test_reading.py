"""What a reading asks for, and when: ahead of its turn only where nothing new is to be decided."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from crashgate.gate.paged_reading import Reading
from crashgate.gate.recorder import Seen
from crashgate.model.result import Page
from crashgate.model.tool import Reply
from crashgate.providers.bugspulse.sessions import ListSessions, Session

A_WHILE = 20
"""Turns of the loop, in which everything that can happen happens."""


def session(number: int) -> Session:
    return Session(id=f"sess_{number}")


@dataclass(kw_only=True)
class Upstream:
    """A list of pages of one row; ``ahead`` says whether they tell of the page after the next one.

    ``asked`` has the marks in order, ``most`` the most that were under way at once. ``same`` is what the reading is
    told of the policy; ``undecided`` counts what was asked for while another one was being decided.
    """

    pages: int
    ahead: bool = True
    same: bool = True
    fails_at: int = 0
    ends_at: int = 0
    asked: list[int] = field(default_factory=list[int])
    under_way: int = 0
    most: int = 0
    deciding: bool = False
    undecided: int = 0
    answered: int = 0

    async def fetch(self, mark: str | None) -> Page[Any]:
        number = int(mark or 1)
        if not self.same:
            self.undecided += self.under_way
            self.deciding, self.same = True, True
            for _ in range(3):
                await checkpoint()
            self.deciding = False
        self.undecided += self.deciding
        self.asked.append(number)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(3):
                await checkpoint()
        finally:
            self.under_way -= 1
        self.answered += 1
        if number == self.fails_at:
            raise ValueError(f"page {number}")
        last = self.ends_at if 0 < self.ends_at <= number else self.pages
        return Page(
            rows=(session(number),),
            next_mark=str(number + 1) if number < last else None,
            later_mark=str(number + 2) if self.ahead and number + 1 < last else None,
        )

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Reading]:
        reply = Reply(page=Page(rows=()), params=ListSessions(), connection="c", where=None, call="1", policy_hash=None)
        async with anyio.create_task_group() as group:
            yield Reading(
                reply=reply,
                arguments={},
                group=group,
                seen=Seen(),
                fetch=self.fetch,
                bound=lambda _: None,
                same=lambda: self.same,
            )
            group.cancel_scope.cancel()


async def _all(upstream: Upstream) -> list[str]:
    async with upstream.read() as reading:
        return [row.id async for page in reading.pages(None) for row in page.rows]


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("ahead", [True, False])
async def test_every_page_is_asked_for_once_in_order_and_none_after_the_last(pages: int, ahead: bool) -> None:  # noqa: FBT001 - a parameter
    upstream = Upstream(pages=pages, ahead=ahead)

    assert await _all(upstream) == [f"sess_{number}" for number in range(1, pages + 1)]
    assert upstream.asked == list(range(1, pages + 1))


@pytest.mark.parametrize(("ahead", "most"), [(True, 2), (False, 1)])
async def test_two_pages_are_under_way_where_both_are_known(ahead: bool, most: int) -> None:  # noqa: FBT001 - a parameter
    upstream = Upstream(pages=9, ahead=ahead)
    await _all(upstream)

    assert upstream.most == most


async def test_who_does_not_read_on_is_two_pages_behind_at_most() -> None:
    upstream = Upstream(pages=9)
    async with upstream.read() as reading, aclosing(reading.pages(None)) as pages:
        seen = 0
        async for _ in pages:
            seen += 1
            for _ in range(A_WHILE):
                await checkpoint()
            assert upstream.asked == list(range(1, min(seen + 2, 9) + 1))


async def test_who_stops_reading_gives_up_what_is_under_way_and_lets_nothing_more_be_asked() -> None:
    upstream = Upstream(pages=9)
    async with upstream.read() as reading:
        async with aclosing(reading.pages(None)) as pages:
            await anext(pages)
        for _ in range(A_WHILE):
            await checkpoint()

        assert upstream.asked in ([1, 2], [1, 2, 3])
        assert upstream.under_way == 0
        assert upstream.answered <= 2


@pytest.mark.ablation(
    "a page is asked for ahead of its turn only under the same policy", "nothing is asked for beside a decision"
)
@pytest.mark.threats(31)
@pytest.mark.parametrize("changed_after", range(1, 8))
@pytest.mark.parametrize("pause", range(8))
async def test_nothing_is_under_way_while_a_new_policy_is_asked(changed_after: int, pause: int) -> None:
    upstream = Upstream(pages=9)
    seen: list[str] = []
    async with upstream.read() as reading:
        async for page in reading.pages(None):
            seen += [row.id for row in page.rows]
            for _ in range(pause):
                await checkpoint()
            if len(seen) == changed_after:
                upstream.same = False

    assert seen == [f"sess_{number}" for number in range(1, 10)]
    assert upstream.asked == list(range(1, 10))
    assert upstream.undecided == 0


@pytest.mark.parametrize("fails_at", [1, 2, 3, 9])
async def test_what_came_before_a_failure_is_read_and_then_it_is_raised(fails_at: int) -> None:
    upstream = Upstream(pages=9, fails_at=fails_at)
    seen: list[str] = []

    async with upstream.read() as reading:
        with pytest.raises(ValueError, match=f"page {fails_at}"):  # noqa: PT012 - the pages before it are read
            async for page in reading.pages(None):
                seen += [row.id for row in page.rows]
        for _ in range(A_WHILE):
            await checkpoint()

    assert seen == [f"sess_{number}" for number in range(1, fails_at)]
    assert max(upstream.asked) <= fails_at + 1


@pytest.mark.parametrize("ends_at", [1, 2, 5])
async def test_a_list_that_has_become_shorter_ends_where_it_says(ends_at: int) -> None:
    upstream = Upstream(pages=9, ends_at=ends_at)

    assert await _all(upstream) == [f"sess_{number}" for number in range(1, ends_at + 1)]
    assert upstream.under_way == 0
