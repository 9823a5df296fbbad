"""What a caller's arguments mean: which operation, how much detail, which file. Rule: a wrong one is told, not bent."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.provider import Provider
from crashgate.errors import InvalidArgumentsError
from crashgate.exports.plan import Format
from crashgate.gateway.arguments import foreign
from crashgate.tools.export import Export
from crashgate.tools.exports import Order
from crashgate.tools.tool import Always, ByProvider, Detail, Given, Named, Tool

_legal_export_id = re.compile(r"[0-9a-f]{16,32}").fullmatch


def choose(tool: Tool, arguments: Mapping[str, Any], provider: Provider | None) -> tuple[AnyOperation, dict[str, Any]]:
    """The operation that the connection's provider and the arguments mean, and the arguments that are its own.

    Raises InvalidArgumentsError.
    """
    given = dict(arguments)
    match tool.choice:
        case Always(operation=operation):
            return operation, given
        case ByProvider(of=operations):
            # Where no connection is known, whichever is asked about is refused.
            return next((each for each in operations if each.provider is provider), operations[0]), given
        case Given(argument=argument, present=present, absent=absent):
            if given.get(argument) is None:
                given.pop(argument, None)
                return absent, given
            return present, given
        case Named(argument=argument, choices=choices):
            named = given.pop(argument, None)
            if not isinstance(named, str) or named not in choices:
                raise InvalidArgumentsError(
                    f"{argument} must be one of {', '.join(choices)}.", remedy="Nothing was sent. Call again with one."
                )
            return choices[named], given


def order(format_: object, resume: object) -> Order:
    """What the caller wants of an export. Raises InvalidArgumentsError."""
    if format_ is not None and (not isinstance(format_, str) or format_ not in set(Format)):
        raise InvalidArgumentsError(f"format must be one of {', '.join(Format)}.", remedy="Nothing was sent.")
    if resume is not None and (not isinstance(resume, str) or not _legal_export_id(resume)):
        raise InvalidArgumentsError("resume must be the id of an interrupted export.", remedy="Nothing was sent.")
    return Order(format=Format(format_) if format_ is not None else Format.JSONL, resume=resume)


def detail_of(tool: Tool, given: object) -> Detail:
    """How much to show. Raises InvalidArgumentsError."""
    if given is None:
        return Detail.SUMMARY
    if not tool.detailed or not isinstance(given, str) or given not in set(Detail):
        raise InvalidArgumentsError(
            "detail must be summary or full, and only where the tool takes it.", remedy="Nothing was sent."
        )
    return Detail(given)


def hidden(tool: Tool | Export, given: Mapping[str, Any], shown: Sequence[str]) -> InvalidArgumentsError | None:
    """The fault of giving a parameter that the tool does not offer, although the operation has it."""
    if tool.hidden.isdisjoint(given):
        return None
    return InvalidArgumentsError(f"{foreign(shown)}.", remedy="Nothing was sent. Mend it and call again.")
