"""A list that is read to its end under one decision. Rule: the next page is fetched while the last one is worked on."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectSendStream

from crashgate.catalogue.result import Page
from crashgate.gateway.ask import Reply
from crashgate.gateway.ledger import Seen

Inlet = MemoryObjectSendStream[Page[Any] | Exception]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What was decided: ``reply`` has the call's id, policy and parameters, and no rows. ``arguments`` are as sent.

    ``bound`` raises RowLimitError for more rows than the policy lets one export hold.
    """

    reply: Reply
    arguments: Mapping[str, Any]
    group: TaskGroup
    seen: Seen
    fetch: Callable[[str | None], Awaitable[Page[Any]]]
    bound: Callable[[int], None]

    async def pages(self, mark: str | None, *, before: int = 0) -> AsyncGenerator[Page[Any]]:
        """The pages from ``mark`` to the end, narrowed to what the agent may see, without what the policy redacts.

        ``before`` are rows that the export holds already, from before it was interrupted. Raises what the door raises,
        and RowLimitError instead of a page that goes beyond the policy's limit.
        """
        inlet, outlet = anyio.create_memory_object_stream[Page[Any] | Exception](1)
        self.group.start_soon(self._fill, mark, inlet)
        with outlet:
            async for found in outlet:
                if isinstance(found, Exception):
                    raise found
                self.bound(before + self.seen.rows + len(found.rows))
                self.seen.add(found)
                yield found

    async def _fill(self, mark: str | None, inlet: Inlet) -> None:
        """Every page into ``inlet``, or what went wrong."""
        with inlet:
            try:
                while True:
                    page = await self.fetch(mark)
                    await inlet.send(page)
                    mark = page.next_mark
                    if mark is None:
                        return
            except anyio.BrokenResourceError:
                return  # nobody reads on
            except Exception as problem:  # noqa: BLE001 - raised where the pages are read
                await inlet.send(problem)
