"""A list that is read to its end under one decision. Rule: later pages are fetched while the last one is worked on.

Two at once, where an answer told both marks and the policy is still the one that the last page was decided under: while
a new policy is asked, nothing is under way.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectSendStream

from crashgate.gate.recorder import Seen
from crashgate.model.result import Page
from crashgate.model.tool import Reply

Inlet = MemoryObjectSendStream[Page[Any] | Exception]

_USUAL_PAGE = 30
_MOST_PAGES = 10
"""Upstream pages for one page of rows that the policy picks from."""


async def fill_page(page: Page[Any], per_page: int | None, fetch: Callable[[str], Awaitable[Page[Any]]]) -> Page[Any]:
    """The page with rows of the pages after it, until it has as many as were asked for; ``fetch`` gives these narrowed.

    Pages that the policy empties would tell how many places there are beside the agent's own (THREATS row 20).
    """
    for _ in range(_MOST_PAGES - 1):
        if (
            page.next_mark is None
            # check[always]: pages are filled so that they tell nothing of others
            or len(page.rows) >= (per_page or _USUAL_PAGE)
        ):
            break
        more = await fetch(page.next_mark)
        page = replace(
            more,
            rows=page.rows + more.rows,
            dropped=page.dropped + more.dropped,
            redacted=tuple(sorted({*page.redacted, *more.redacted})),
            previous_mark=page.previous_mark,
            size=page.size + more.size,
        )
    return page


@dataclass(kw_only=True, slots=True, eq=False)
class _Flight:
    """A page on its way. ``page`` and ``problem`` stay None when it was not asked for, or not to the end.

    ``decided`` says that no decision is pending: the policy was the same when it was asked for.
    """

    mark: str | None
    decided: bool = False
    page: Page[Any] | None = None
    problem: Exception | None = None
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    landed: anyio.Event = field(default_factory=anyio.Event)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What was decided: ``reply`` has the call's id, policy and parameters, and no rows. ``arguments`` are as sent.

    ``same`` tells whether the policy is the one of the last decision; where it is not, ``fetch`` decides anew before it
    sends. ``bound`` raises RowLimitError for more rows than the policy lets one export hold.
    """

    reply: Reply
    arguments: Mapping[str, Any]
    group: TaskGroup
    seen: Seen
    fetch: Callable[[str | None], Awaitable[Page[Any]]]
    bound: Callable[[int], None]
    same: Callable[[], bool]

    async def pages(self, mark: str | None, *, before: int = 0) -> AsyncGenerator[Page[Any]]:
        """The pages from ``mark`` to the end, narrowed to what the agent may see, without what the policy redacts.

        ``before`` are rows that the export holds already, from before it was interrupted. Raises what the door raises,
        and RowLimitError instead of a page that goes beyond the policy's limit.
        """
        inlet, outlet = anyio.create_memory_object_stream[Page[Any] | Exception](0)
        scope = anyio.CancelScope()
        self.group.start_soon(self._fill, mark, inlet, scope)
        try:
            with outlet:
                async for found in outlet:
                    if isinstance(found, Exception):
                        raise found
                    # check: rows of one export are bounded
                    self.bound(
                        before  # check: rows from before an interruption count
                        + self.seen.rows
                        + len(found.rows)
                    )
                    self.seen.add(found)
                    yield found
        finally:
            scope.cancel()

    async def _fill(self, mark: str | None, inlet: Inlet, scope: anyio.CancelScope) -> None:
        """Every page into ``inlet``, or what went wrong; nothing more is asked for when ``scope`` is cancelled."""
        flight, later = self._begun(mark), None
        with scope, inlet:
            try:
                while True:
                    page = await self._landed(flight)
                    if later is not None and later.mark != page.next_mark:
                        later.scope.cancel()  # the list has become shorter
                        later = None
                    if page.next_mark is None:
                        await inlet.send(page)
                        return
                    flight, later = later or self._begun(page.next_mark), None
                    await inlet.send(page)
                    if (
                        page.later_mark is not None
                        # check: nothing is asked for beside a decision
                        and flight.decided
                    ):
                        later = self._begun(page.later_mark, ahead=True)
            except anyio.BrokenResourceError:
                return  # nobody reads on
            except Exception as problem:  # noqa: BLE001 - raised where the pages are read
                with suppress(anyio.BrokenResourceError):
                    await inlet.send(problem)
            finally:
                for each in (flight, later):
                    if each is not None:
                        each.scope.cancel()

    def _begun(self, mark: str | None, *, ahead: bool = False) -> _Flight:
        flight = _Flight(mark=mark)
        self.group.start_soon(self._fly, flight, ahead)
        return flight

    async def _landed(self, flight: _Flight) -> Page[Any]:
        """The page; one that was not asked for, because the policy had changed, is asked for now."""
        await flight.landed.wait()
        if flight.problem is not None:
            raise flight.problem
        return await self.fetch(flight.mark) if flight.page is None else flight.page

    async def _fly(self, flight: _Flight, ahead: bool) -> None:  # noqa: FBT001 - a task is started with positions
        """Ask for a page; ``ahead`` of its turn only under the same policy, which ``fetch`` then does not wait for."""
        try:
            flight.decided = self.same()
            if (
                flight.decided
                # check[always]: a page is asked for ahead of its turn only under the same policy
                or not ahead
            ) and not flight.scope.cancel_called:
                with flight.scope:
                    flight.page = await self.fetch(flight.mark)
        except Exception as problem:  # noqa: BLE001 - raised where the pages are read
            flight.problem = problem
        finally:
            flight.landed.set()
