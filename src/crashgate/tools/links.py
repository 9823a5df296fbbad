"""Links to a provider's dashboard as arguments: what a link names is put in its place, and the link is never fetched.

What it names is checked like anything that a caller writes, by the parameter's own rules and by the policy.
"""

from collections.abc import Collection, Mapping
from typing import Any, cast

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.arguments import SENT_NOTHING
from crashgate.gate.given import is_given
from crashgate.model.composite import CompositeTool
from crashgate.model.provider import AnyTool, Connection, DashboardLinks
from crashgate.tools.arguments import LINK_STARTS, MOST_LINKS

_LONGEST = 2_000
"""Characters of a link that is read."""


def follow_links(
    arguments: Mapping[str, Any], connection: Connection | None, parameters: Collection[str]
) -> dict[str, Any]:
    """The arguments with what a link names in its place, and with what else it names that the tool takes.

    ``parameters`` are the names that the tool takes. A list of ids (``error_ids``) may hold links too. Raises
    InvalidArgumentsError for a link to elsewhere, one that does not name what is asked for, and one that contradicts
    another argument.
    """
    own = dict(arguments)
    links = connection.provider.links if connection is not None else None
    if links is None or connection is None:
        return own
    follow = _Links(links, connection)
    named: dict[str, str] = {}
    for name, value in arguments.items():
        kind = name.removesuffix("s")
        if name in links.parameters and _is_link(value):
            parts = follow.read(value, name, name)
            own[name] = parts[name]
            named |= parts
        elif kind != name and kind in links.parameters and (isinstance(value, list | tuple) or _is_link(value)):
            values = cast("list[object]", value if isinstance(value, list | tuple) else [value])
            if len(values) <= MOST_LINKS and any(map(_is_link, values)):
                read = [follow.read(each, kind, name) if _is_link(each) else {kind: each} for each in values]
                own[name] = [parts[kind] for parts in read]
                named |= follow.shared(read, name, apart=kind)
    for name, value in named.items():
        if name in own and is_given(own[name]):
            # check: a link that contradicts another argument is refused
            if own[name] != value:
                raise _refusal(name, f"{name} and a link in another argument differ; leave {name} out.")
        elif name in parameters:
            own[name] = value
    return own


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.startswith(LINK_STARTS)


class _Links:
    """The links to one connection's dashboard."""

    def __init__(self, links: DashboardLinks, connection: Connection) -> None:
        self._links = links
        self._connection = connection

    def read(self, link: Any, wanted: str, argument: str) -> Mapping[str, str]:  # noqa: ANN401 - a link's text
        """What the link names. Raises InvalidArgumentsError where that is not ``wanted``."""
        try:
            parts = self._links.read(link, self._connection.base_url) if len(link) <= _LONGEST else None
        except ValueError:
            parts = None
        if parts is None:
            raise _refusal(
                argument,
                f"{argument} is not a link to the dashboard of {self._connection.name}, e.g. {self._links.example}.",
            )
        if wanted not in parts:
            what = wanted.removesuffix("_id")
            raise _refusal(argument, f"{argument}: this link names no {what}, e.g. {self._links.example}.")
        return parts

    def shared(self, read: list[Any], argument: str, *, apart: str) -> Mapping[str, str]:
        """What all the links name besides the objects themselves. Raises InvalidArgumentsError where they differ."""
        found: dict[str, str] = {}
        for parts in read:
            for name, value in parts.items():
                if name in {apart, "event_id"}:
                    continue
                if found.setdefault(name, value) != value:
                    raise _refusal(argument, f"{argument}: the links name more than one {name.removesuffix('_id')}.")
        return found


def _refusal(argument: str, words: str) -> InvalidArgumentsError:
    return InvalidArgumentsError(words, because=f"the argument {argument} is not valid", remedy=SENT_NOTHING)


def follow_tool_links(tool: AnyTool, given: Mapping[str, Any], connection: Connection | None) -> dict[str, Any]:
    """The arguments with what a link to a dashboard names in its place. Raises InvalidArgumentsError."""
    sources = (tool.params,) if isinstance(tool, CompositeTool) else (each.params for each in tool.operations)
    names = frozenset[str]().union(*(each.model_fields for each in sources))
    hidden = frozenset[str]() if isinstance(tool, CompositeTool) else tool.hidden
    return follow_links(given, connection, names - hidden)
