"""What is wrong with the settings, and where, in words of our own.

Only keys are repeated, never a value: it may be a token that was put in the wrong place.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from pydantic import BaseModel

from crashgate.policy.wording import listed, unknown, word

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from crashgate.policy.toml_positions import Survey

Place = tuple[int | str, ...]
_NAMES = "1 to 64 of a-z, 0-9 and hyphens, no hyphen at either end"
_NO_KEY = "[key]"
"""How pydantic marks a fault of the key itself."""

_KINDS: Mapping[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "string": 'text in quotes, "like this"',
    "path": 'text in quotes, "like this"',
    "tuple": 'a list, ["like this"]',
    "dict": "a table",
    "model": "a table",
}
"""What is wanted, by how pydantic's types of errors begin."""


def faults(errors: Iterable["ErrorDetails"], model: type[BaseModel], survey: "Survey") -> tuple[str, ...]:
    """One clause for each error, with the line of the file or the variable: ``line 3, http.prot: unknown key …``.

    ``survey`` is that of the file's text, ``model`` what the whole of the settings has to be.
    """
    return tuple(dict.fromkeys(f"{_place(error['loc'], survey)}: {_fault(error, model)}" for error in errors))


def _place(loc: Place, survey: "Survey") -> str:
    keys = tuple(each for each in loc if each != _NO_KEY)
    shown = word(".".join(map(str, keys)))
    known = [keys[:end] for end in range(len(keys), 0, -1) if keys[:end] in survey.lines]
    # What a variable or an option adds to a table of the file does not stand there, nor do items of a list in text.
    if not known or len(keys) - len(known[0]) > sum(isinstance(each, int) for each in keys):
        return f"{shown} (in {word('CRASHGATE_' + '__'.join(map(str, keys)).upper())} or an option)"
    return f"line {survey.lines[known[0]]}, {shown}"


def _fault(error: "ErrorDetails", model: type[BaseModel]) -> str:
    kind, loc, more = error["type"], error["loc"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown("key", str(loc[-1]), _list_keys(model, loc[:-1]))
    if loc[-1] == _NO_KEY:
        return _of_our_own(error) if kind == "value_error" else f"is not a connection name; write {_NAMES}"
    if kind in {"enum", "literal_error"}:
        return choose_one_of(_options(_type_at(model, loc)), error.get("input"))
    if kind == "value_error":
        return _of_our_own(error)
    for bound, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if bound in more:
            return f"has to be {words} {more[bound]}"
    wanted = next((words for start, words in _KINDS.items() if kind.startswith(f"{start}_")), None)
    return f"has to be {wanted}" if wanted else "cannot be read"


def _of_our_own(error: "ErrorDetails") -> str:
    """What a validator of the settings says; it repeats no value."""
    return str(error.get("ctx", {}).get("error", "cannot be used"))


def choose_one_of(options: Sequence[str], given: object) -> str:
    """That the value has to be one of the options, with the nearest of them."""
    near = get_close_matches(given.lower(), options, n=1) if isinstance(given, str) else []
    return f"has to be one of {listed(options, limit=200)}" + (f"; did you mean `{near[0]}`?" if near else "")


def _options(wanted: object) -> list[str]:
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return [each.value for each in wanted if each.value != "crashgate"]
    return [str(each) for each in get_args(wanted)]


def _list_keys(model: type[BaseModel], loc: Place) -> list[str]:
    """The keys that the table at ``loc`` may have."""
    found = _type_at(model, loc)
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _type_at(model: type[BaseModel], loc: Place) -> Any:  # noqa: ANN401 - a type, or what typing has for one
    found: Any = model
    for key in loc:
        if isinstance(found, type) and issubclass(found, BaseModel):
            found = found.model_fields[str(key)].annotation
        else:  # a mapping of names, or a list
            found = get_args(found)[-1 if get_origin(found) is dict else 0]
        if get_origin(found) in {Union, UnionType}:
            found = next(each for each in get_args(found) if each is not type(None))
    return found
