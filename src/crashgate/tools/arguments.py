"""What a caller's arguments mean: which operation, how much detail, which file. Rule: a wrong one is told, not bent."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, assert_never, cast

from crashgate.errors import InvalidArgumentsError
from crashgate.exports.plan import Format
from crashgate.gate.arguments import SENT_NOTHING, taken, unknown_argument
from crashgate.gate.given import given, is_given
from crashgate.model.export import Export
from crashgate.model.operation import AnyOperation
from crashgate.model.params import is_object_id
from crashgate.model.provider import AnyTool
from crashgate.model.tool import Always, ByProvider, Detail, Given, Named, Tool
from crashgate.tools.exports import Order

_legal_export_id = re.compile(r"[0-9a-f]{16,32}").fullmatch

_legal_connection = re.compile(r"[a-z0-9][a-z0-9-]{0,63}").fullmatch


def choose(tool: Tool, arguments: Mapping[str, Any], provider: str | None) -> tuple[AnyOperation, dict[str, Any]]:
    """The operation that the connection's provider and the arguments mean, and the arguments that are its own.

    Raises InvalidArgumentsError.
    """
    own = dict(arguments)
    match tool.choice:
        case Always(operation=operation):
            pass
        case ByProvider():
            return choose(tool.of_provider(provider), arguments, provider)
        case Given(argument=argument, present=present, absent=absent, word=word):
            if word is not None and own.get(argument) == word:
                del own[argument]
            operation = present if is_given(own.get(argument)) else absent
        case Named(argument=argument, choices=choices, usual=usually):
            named = own.pop(argument, None)
            named = named if is_given(named) else usually
            if not isinstance(named, str) or named not in choices:
                raise InvalidArgumentsError(
                    f"{argument} must be one of {', '.join(choices)}.",
                    because=f"the argument {argument} is not valid",
                    remedy="Nothing was sent. Call again with one.",
                )
            operation, own = _one_or_many(tool.choice, named, own)
        case _:
            assert_never(tool.choice)
    return operation, given(operation.params, own)


def _one_or_many(choice: Named, word: str, own: dict[str, Any]) -> tuple[AnyOperation, dict[str, Any]]:
    """The operation for one object or for several, and the arguments as it takes them."""
    single, many = choice.singles.get(word), choice.choices[word]
    if single is None:
        return many, own
    if is_given(own.get(choice.one)) and not is_given(own.get(choice.many)):
        return single, own
    try:
        items: object = taken(many.params, {choice.many: own.get(choice.many)}).get(choice.many)
    except InvalidArgumentsError:
        return many, own  # which tells what is wrong
    several = cast("list[object]", items) if isinstance(items, list | tuple) else []
    only = several[0] if len(several) == 1 else None
    if isinstance(only, str) and is_object_id(only):
        return single, {name: each for name, each in own.items() if name != choice.many} | {choice.one: only}
    return many, own


def take_additions(
    tool: Tool, operation: AnyOperation, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """The arguments that are the operation's own, and by its place those of each addition that were given.

    Of what the operation itself takes, nothing is an addition's.
    """
    own, found = dict(arguments), dict[int, dict[str, Any]]()
    for number, addition in enumerate(tool.additions):
        names = addition.params.model_fields.keys() - operation.params.model_fields.keys()
        theirs = {name: own.pop(name) for name in addition.params.model_fields if name in names and name in own}
        if any(map(is_given, theirs.values())):
            found[number] = theirs
    return own, found


MOST_LINKS = 100
"""Links in a list that are read."""

LINK_STARTS = ("https://", "http://")


def holds_link(arguments: Mapping[str, Any]) -> bool:
    """Whether one of the arguments is a link, or a list that holds one. Quick, for every call asks it."""
    for each in arguments.values():
        value: object = each
        # check: of a list that is too long nothing is looked at
        if isinstance(value, list) and len(items := cast("list[object]", value)) <= MOST_LINKS:
            value = next((one for one in items if isinstance(one, str) and one.startswith(LINK_STARTS)), None)
        if isinstance(value, str) and value.startswith(LINK_STARTS):
            return True
    return False


def order(format_: object, resume: object) -> Order:
    """What the caller wants of an export. Raises InvalidArgumentsError."""
    if is_given(format_) and (not isinstance(format_, str) or format_ not in set(Format)):
        raise InvalidArgumentsError(
            f"format must be one of {', '.join(Format)}.",
            because="the argument format is not valid",
            remedy="Nothing was sent.",
        )
    if is_given(resume) and (not isinstance(resume, str) or not _legal_export_id(resume)):
        raise InvalidArgumentsError(
            "resume must be the id of an interrupted export.",
            because="the argument resume is not valid",
            remedy="Nothing was sent.",
        )
    return Order(
        format=Format(format_) if isinstance(format_, str) and format_ else Format.JSONL,
        resume=(resume or None) if isinstance(resume, str) else None,
    )


def detail_of(tool: Tool, detail: object) -> Detail:
    """How much to show. Raises InvalidArgumentsError."""
    if not is_given(detail):
        return Detail.SUMMARY
    if not tool.detailed or not isinstance(detail, str) or detail not in set(Detail):
        raise InvalidArgumentsError(
            "detail must be summary or full, and only where the tool takes it.",
            because="the argument detail is not valid",
            remedy="Nothing was sent.",
        )
    return Detail(detail)


def check_names(
    tool: Tool | Export,
    operation: AnyOperation,
    arguments: Mapping[str, Any],
    *,
    shown: Sequence[str],
    connection: str | None,
) -> None:
    """Raises InvalidArgumentsError where an argument is not the operation's, or is one that the tool does not offer.

    One that the caller is ``shown`` is another operation's of the same tool: it is named, and whose it is not.
    """
    hidden = tool.hidden.intersection(arguments)
    # check: hidden parameters are not taken
    if hidden:
        raise unknown_argument(min(hidden), shown)
    if arguments.keys() <= operation.params.model_fields.keys():
        return
    theirs = [name for name in shown if name in arguments and name not in operation.params.model_fields]
    if theirs and connection is not None:
        several = {tool.choice.many} if isinstance(tool, Tool) and isinstance(tool.choice, Named) else set[str]()
        own = [name for name in shown if name in operation.params.model_fields.keys() | several]
        verb, whose = "is" if len(theirs) == 1 else "are", _whose(tool, operation, connection)
        raise InvalidArgumentsError(
            f"{' and '.join(theirs)} {verb} not for {whose}; that takes {', '.join(own) or 'none'}.",
            because=f"the argument {theirs[0]} is not for {whose}",
            remedy=SENT_NOTHING,
        )


def _whose(tool: Tool | Export, operation: AnyOperation, connection: str) -> str:
    """In words, what chose the operation."""
    match tool.choice if isinstance(tool, Tool) else None:
        case Named(argument=argument, choices=choices, singles=singles):
            words = (*choices.items(), *singles.items())
            return f"{argument} {next(word for word, each in words if each is operation)}"
        case Given(argument=argument, present=present):
            return f"a call {'with' if operation is present else 'without'} {argument}"
        case _:
            return f"connection {connection}"


def choose_connection(
    found: tuple[str, ...] | None, tool: AnyTool, connections: Mapping[str, str], arguments: dict[str, Any]
) -> tuple[str | None, tuple[str, ...]]:
    """The connection meant, taken out of the arguments; and where none is named, those that are open.

    ``found`` are the connections on which the tool is open to the agent, ``connections`` all, with their providers.
    """
    possible = found
    if possible is None:
        providers = {operation.provider for operation in tool.operations}
        possible = tuple(name for name, provider in connections.items() if provider in providers)
    if not is_given(arguments.get("connection")):
        arguments.pop("connection", None)
    if len(possible) == 1:
        return possible[0], ()
    named = arguments.pop("connection", None)
    choices = found if found and named is None else ()
    return (named if isinstance(named, str) and _legal_connection(named) else None), choices
