"""Which arguments a caller gave, and of what kind of JSON. Rule: lengths are checked before anything looks at an item.

Null and empty text mean "not given" but where a parameter says otherwise. A list or an object may come as JSON text,
and a list of one as its item: clients do that, and their models cannot change it. THREATS rows 16 and 36.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from crashgate.model.form import Form, FreeJson, ListOf, OneValue, Parts, Table, form_of
from crashgate.model.params import Params
from crashgate.strict_json import NotStrictError, parse

LONGEST_TEXT = 65_536
"""Characters of a list or an object as JSON text; the longest filters that can be sent take a tenth of it."""

DEEPEST_TEXT = 8


class WrongKindError(ValueError):
    """An argument is of another kind or size than its parameter takes.

    ``name`` is the parameter's, ``where`` leads to what is wrong in it, and ``rule`` is broken.
    """

    def __init__(self, where: tuple[str, ...], rule: str) -> None:
        super().__init__(rule)
        self.name = where[0]
        self.where = ": ".join(where)
        self.rule = rule


def is_given(value: object) -> bool:
    """Whether the value of an argument means more than that there is none."""
    return value is not None and not (isinstance(value, str) and not value)


def given(params: type[Params], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without those that mean "not given".

    Of the parameters for which null is a value, a null beside a value is none. Looks at no item of a list.
    """
    return _given(form_of(params), arguments)


def shaped(params: type[Params], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What of the arguments was given, each as the kind of JSON that its parameter takes.

    Every list and object in it is within its limit. Names must be the parameters' own. Raises WrongKindError at the
    first fault.
    """
    parts = form_of(params).parts
    return {name: _shaped(parts[name], _read(parts[name], value, name), (name,)) for name, value in arguments.items()}


def _given(form: Parts, arguments: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        name: value
        for name, value in arguments.items()
        # check: null is sent only where it takes something away
        if is_given(value) or (value is not None and isinstance(form.parts.get(name), FreeJson))
    }
    if form.unset.isdisjoint(found):
        found |= {name: None for name in sorted(form.unset) if name in arguments and arguments[name] is None}
    return found


def _read(form: Form, value: object, name: str) -> object:
    """The value, out of the JSON text that it may stand in."""
    opening = "[" if isinstance(form, ListOf) else "{"
    if not isinstance(value, str) or isinstance(form, OneValue | FreeJson) or not value.lstrip().startswith(opening):
        return value
    # check: the length of JSON text is checked before it is read
    if len(value) > LONGEST_TEXT:
        raise WrongKindError((name,), f"must have at most {LONGEST_TEXT} characters as JSON text")
    try:
        return parse(value.encode("utf-8", "surrogatepass"), deepest=DEEPEST_TEXT)
    except NotStrictError as problem:
        raise WrongKindError((name,), f"begins like JSON and cannot be read: {problem}") from None


def _shaped(form: Form, value: object, where: tuple[str, ...]) -> object:
    match form:
        case ListOf():
            return _items(form, value, where)
        case Table():
            table = _table(value, form.most, where)
            whole = isinstance(form.value, ListOf)  # a filter without a value is none
            return {key: _shaped(form.value, each, where) for key, each in table.items() if is_given(each) or not whole}
        case Parts(parts=parts):
            own = _given(form, _table(value, len(parts), where))
            return own | {key: _shaped(parts[key], own[key], (*where, key)) for key in parts if key in own}
        case _:
            return value


def _items(form: ListOf, value: object, where: tuple[str, ...]) -> object:
    """The list; what can be an item of it stands for a list of one."""
    if isinstance(value, dict) and not isinstance(form.item, Parts):
        raise WrongKindError(where, "must be a list")
    items = cast("Sequence[object]", value) if isinstance(value, list | tuple) else [cast("object", value)]
    # check: the length of a list is checked before its items
    if len(items) > form.most:
        raise WrongKindError(where, f"must have at most {form.most} items in a list")
    if isinstance(form.item, OneValue):
        return items
    return [_shaped(form.item, cast("object", each), where) if isinstance(each, dict) else each for each in items]


def _table(value: object, most: int, where: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise WrongKindError(where, "must be an object")
    table = cast("dict[str, Any]", value)
    # check: the number of keys is checked before they are looked at
    if len(table) > most:
        raise WrongKindError(where, f"must have at most {most} parts")
    return table
