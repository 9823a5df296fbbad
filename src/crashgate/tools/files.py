"""The files of an agent's own exports, as resources. Rule: listing and reading them are calls like any other.

Each is decided at the door and recorded, and gives what the policy in force gives (THREATS rows 21 and 31).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from crashgate.errors import CrashgateError, InvalidArgumentsError, NotAvailableError
from crashgate.exports.manifest import Manifest
from crashgate.exports.port import Unfinished
from crashgate.gate.call import Ask, OwnAnswer
from crashgate.gate.export_access import still_given
from crashgate.gate.gateway import Gateway
from crashgate.identity import Principal
from crashgate.model.own import LIST_EXPORTS, READ_EXPORT
from crashgate.model.result import Page
from crashgate.model.tool import Link
from crashgate.policy.policy import Policy
from crashgate.tools import own as own_exports
from crashgate.tools.cursors import Cursors
from crashgate.tools.exports import Exports, link

_LIST = "resources/list"
"""What the cursors of that list are bound to, in place of a tool's name."""

_legal = re.compile(r"crashgate://exports/(?P<id>[0-9a-f]{16,32})(?:/(?P<part>[0-9]{1,7}))?").fullmatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """The files in one place for exports. ``policy_of`` gives an agent's policy, or None, and never raises."""

    gateway: Gateway
    policy_of: Callable[[str], Policy | None]
    cursors: Cursors
    exports: Exports

    async def listed(self, principal: Principal, cursor: str | None = None) -> tuple[tuple[Link, ...], str | None]:
        """The agent's own, newest first, and the cursor of the next page, if there is one.

        Decided and recorded as ``list_exports`` is. Raises what the door raises, ExportError, and
        InvalidArgumentsError for a cursor that is not good.
        """
        agent, policy = principal.agent, self.policy_of(principal.agent)
        bound, mark, fault = (agent, policy.hash if policy else None, _LIST), None, None
        try:
            mark = None if cursor is None else self.cursors.open(cursor, bound_to=bound)
        except InvalidArgumentsError as problem:
            fault = problem
        ask = Ask(
            principal=principal,
            tool=None,
            operation=LIST_EXPORTS,
            connection="crashgate",
            mark=mark,
            fault=fault,
            answer=partial(own_exports.files, self.exports.catalogue, agent, partial(self._is_given, agent), mark),
        )
        page = (await self.gateway.run(ask)).page
        more = None if page.next_mark is None else self.cursors.seal(page.next_mark, bound_to=bound)
        return tuple(row.link for row in page.rows), more

    async def read(self, principal: Principal, uri: str) -> tuple[Link, bytes]:
        """One of them, or a part of one. The policy in force has to give what is in the file, too.

        Raises NotAvailableError for everything else, InvalidArgumentsError for one too large to read at once.
        """
        found = _legal(uri)
        if found is None:
            await self.gateway.run(Ask(principal=principal, tool=None, operation=None))
            raise NotAvailableError("There is no such resource.")
        read_back = list[tuple[Link, bytes]]()
        part = int(found["part"]) if found["part"] else None
        manifest, problem = None, None
        try:
            manifest = await self.exports.find(found["id"], principal.agent)
        except CrashgateError as missing:
            problem = missing  # told once the reading is decided and recorded

        async def read() -> Page[Any]:
            if manifest is None:
                raise problem or NotAvailableError("There is no such resource.")
            data = await self.exports.read(manifest, part)
            read_back.append((replace(link(manifest), uri=uri, size=len(data)), data))
            return Page(rows=())

        ask = Ask(
            principal=principal,
            tool=None,
            operation=READ_EXPORT,
            connection="crashgate",
            arguments={"export_id": found["id"], **({"part": part} if part is not None else {})},
            answer=read,
            holding=self.exports.holding(manifest) if manifest else None,
        )
        await self.gateway.run(ask)
        return read_back[0]

    def own_answer(self, agent: str, mark: str | None) -> OwnAnswer:
        """What answers ``list_exports`` for the agent."""
        return partial(own_exports.answer_exports, self.exports.catalogue, agent, partial(self._is_given, agent), mark)

    def _is_given(self, agent: str, kept: Manifest | Unfinished) -> bool:
        """Whether the policy in force gives the agent what is in the file."""
        # check[always]: a list of exports leaves out what the policy does not give
        return not still_given(self.policy_of(agent), agent, self.exports.holding(kept)).denied
