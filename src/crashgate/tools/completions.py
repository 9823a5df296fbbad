"""Values that complete an argument of a prompt or of a resource's address. Rule: only what the agent could read anyway.

They are names that its policy offers, or rows of a list that it may call. Either is one decided and recorded call: of
its own access, or of that list. Where the list needs one argument more, its first few values are tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crashgate.errors import Code, CrashgateError, InvalidArgumentsError
from crashgate.gate.call import Ask
from crashgate.identity import Principal
from crashgate.model.own import GET_ACCESS, OWN
from crashgate.model.result import Page
from crashgate.tools.definitions import Definition
from crashgate.tools.toolbox import Toolbox

MOST_VALUES = 100
"""The protocol's."""

LONGEST_ARGUMENT = 500
"""Characters that a client may give of one argument."""

_LONGEST_VALUE = 200
_MOST_TRIED = 3
_LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "organization_id": ("list_organizations", ("slug", "id")),
    "project_id": ("list_projects", ("slug", "id")),
    "error_id": ("list_errors", ("id",)),
    "event_id": ("list_events", ("id",)),
    "release_id": ("list_releases", ("id",)),
    "baseline_release_id": ("list_releases", ("id",)),
    "release": ("list_releases", ("app_version", "id")),
    "baseline": ("list_releases", ("app_version", "id")),
    "session_id": ("list_sessions", ("id",)),
}
"""By parameter, the list with its values, and the fields of a row that have one; the first that is there counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Blank:
    """What is to be completed: a parameter of a tool. ``usual`` are values of ours, where it is no tool's."""

    definition: Definition | None
    parameter: str
    usual: tuple[str, ...] = ()

    @property
    def named(self) -> Sequence[str]:
        """The values that its schema lists, which are those that the policy leaves open."""
        if self.definition is None:
            return self.usual
        found: Sequence[str] = self.definition.properties.get(self.parameter, {}).get("enum", self.usual)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """What an argument can be; ``more`` says that there are others."""

    values: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Completions:
    """Completes arguments for one agent at a time."""

    toolbox: Toolbox

    async def complete(self, principal: Principal, blank: Blank, begun: str, given: Mapping[str, str]) -> Values:
        """Values that begin with ``begun``; ``given`` are other arguments, by the names that tools have for them.

        Raises InvalidArgumentsError for an argument that is too long, and what the calls raise.
        """
        # check: what a client gives to complete is bounded
        if any(len(each) > LONGEST_ARGUMENT for each in (begun, *given.values())):
            raise InvalidArgumentsError(
                f"An argument has at most {LONGEST_ARGUMENT} characters.", remedy="Nothing was sent."
            )
        found = await self._values(principal, blank, given, fill=True)
        near = [each for each in dict.fromkeys(found.values) if each.casefold().startswith(begun.casefold())]
        return Values(values=tuple(near[:MOST_VALUES]), more=found.more or len(near) > MOST_VALUES)

    async def _values(self, principal: Principal, blank: Blank, given: Mapping[str, str], *, fill: bool) -> Values:
        """All values. With ``fill`` one argument that the list needs may be missing."""
        tool, fields = _LISTS.get(blank.parameter, ("", ()))
        listing = None if blank.named else self._shown(principal.agent, tool)
        if listing is None:
            return await self._own(principal, blank.named)
        return await self._rows(principal, listing, fields, given, fill=fill)

    async def _own(self, principal: Principal, values: Sequence[str]) -> Values:
        """Values that need nothing from upstream: a reading of the agent's own access."""
        await self.toolbox.gateway.run(
            Ask(principal=principal, tool=None, operation=GET_ACCESS, connection=OWN, answer=_nothing)
        )
        return Values(values=tuple(values))

    async def _rows(
        self,
        principal: Principal,
        listing: Definition,
        fields: Sequence[str],
        given: Mapping[str, str],
        *,
        fill: bool,
    ) -> Values:
        """What the fields have in the rows of a list: its first page, of each value of an argument that is missing."""
        arguments = {name: value for name, value in given.items() if name in listing.properties and value}
        missing = [name for name in listing.required if name not in arguments]
        if not missing:
            return await self._page(principal, listing, fields, arguments)
        if len(missing) > 1 or not fill:
            return await self._own(principal, ())
        tried = await self._values(principal, Blank(definition=listing, parameter=missing[0]), given, fill=False)
        pages = [
            await self._page(principal, listing, fields, {**arguments, missing[0]: each})
            for each in tried.values[:_MOST_TRIED]
        ]
        more = tried.more or len(tried.values) > _MOST_TRIED or any(page.more for page in pages)
        return Values(values=tuple(value for page in pages for value in page.values), more=more)

    async def _page(
        self, principal: Principal, listing: Definition, fields: Sequence[str], arguments: Mapping[str, str]
    ) -> Values:
        answer = await self.toolbox.call(principal, listing.name, arguments)
        if answer.error is Code.INVALID_ARGUMENTS:
            return Values()
        if answer.error is not None:
            raise CrashgateError(answer.text, code=answer.error)
        key, _ = self.toolbox.catalogue.tools_by_name[listing.name].holds
        return Values(values=tuple(_read(answer.content[key], fields)), more="next_cursor" in answer.content)

    def _shown(self, agent: str, tool: str) -> Definition | None:
        return next((each for each in self.toolbox.listed(agent) if each.name == tool), None)


def _read(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> Iterator[str]:
    for row in rows:
        has = {**row.get("untrusted", {}), **row}
        value = next((has[name] for name in fields if name in has), None)
        if isinstance(value, str) and len(value) <= _LONGEST_VALUE:
            yield value


async def _nothing() -> Page[Any]:
    return Page(rows=())
