"""Several changes made by one call: the chosen one, and what a tool adds to it, such as a comment on each object."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.arguments import SENT_NOTHING, taken, validated
from crashgate.gate.call import Change
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import naming
from crashgate.model.tool import Named, Shown, Tool


def further_changes(
    tool: Tool, operation: AnyOperation, arguments: Mapping[str, Any], added: Mapping[int, Mapping[str, Any]]
) -> list[tuple[AnyOperation, dict[str, Any]]]:
    """The operations of the additions that were given, by their places, each with its arguments.

    ``arguments`` are those of the chosen operation, also those that the policy leaves no choice about.
    Raises InvalidArgumentsError.
    """
    places = {name: arguments[name] for name in naming(operation.scope) if name in arguments}
    objects = _objects(tool, arguments)
    found: list[tuple[AnyOperation, dict[str, Any]]] = []
    for number, given in added.items():
        addition = tool.additions[number]
        params = validated(addition.params, taken(addition.params, given))
        own = places | dict(addition.arguments(params.model_dump(mode="json", exclude_none=True)))
        if addition.each is not None:
            found += [(addition.operation, {**own, addition.each: each}) for each in objects]
        elif isinstance(tool.choice, Named):
            found.append((addition.operation, {**own, tool.choice.many: list(objects)}))
    return found


def _objects(tool: Tool, arguments: Mapping[str, Any]) -> Sequence[str]:
    """The ids of what the call changes. Raises InvalidArgumentsError for what is no list of them."""
    if not isinstance(tool.choice, Named):
        return ()
    one, many = arguments.get(tool.choice.one), arguments.get(tool.choice.many)
    objects = cast("object", [one] if one is not None else many)
    items = cast("list[object]", objects) if isinstance(objects, list | tuple) else []
    if not all(isinstance(each, str) for each in items):
        raise InvalidArgumentsError(
            f"{tool.choice.many} must be a list of ids.",
            because=f"the argument {tool.choice.many} is not valid",
            remedy=SENT_NOTHING,
        )
    return cast("list[str]", items)


def too_many_changes(number: int, most: int) -> InvalidArgumentsError:
    """The error for more changes than one call may send."""
    return InvalidArgumentsError(
        f"These are {number} changes, and one call sends {most} at most.",
        because=f"one call sends {most} changes at most",
        remedy="Give fewer objects, or leave out what is done for each of them. Nothing was sent.",
    )


def tell_changes(shown: Shown, changes: Sequence[Change]) -> tuple[dict[str, Any], str]:
    """What is shown of the first change, with all that was done and what was not, and why."""
    done = [each.words for each in changes if each.reply is not None]
    failed = [f"{each.words}: {each.problem.code.value}" for each in changes if each.problem is not None]
    left = [f"{each.words}: not sent" for each in changes if each.reply is None and each.problem is None]
    content = {**shown.content, "done": done, **({"not_done": [*failed, *left]} if failed or left else {})}
    if not failed:
        return content, f"{shown.text} Done: {'; '.join(done)}."
    return content, f"Only a part was done: {'; '.join(done)}. Not done: {'; '.join([*failed, *left])}."
