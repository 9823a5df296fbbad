"""A caller's arguments, read by the operation's own type. Rule: an error names the parameter, the rule and an example.

A value that the caller wrote is never repeated, for it may be anything, and nor are pydantic's words. The name of an
unknown argument is repeated if it is short and looks like one of our own names.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.given import WrongKindError, given, shaped
from crashgate.model.form import form_of, marks_of, part_names
from crashgate.model.operation import P
from crashgate.model.params import Params, PatternHelp, Shorthand
from crashgate.model.provider import Provider
from crashgate.model.reads import ReadsByName

_EXAMPLES = {
    "filters": '{"error.status": "open", "event.since": "7d"}',
    "reopen_rules": '{"reopen_if": "occurs_after", "seconds": 3600}',
    "issue_url": "https://github.com/acme/app/issues/1",
    "base": "2026-11-20T10:00:00Z",
}
_MISSING = {"filters": '{"app.context": {"type": "empty", "value": true}}'}
"""An example of an argument to which a part is added that was missing."""

_RULES = {
    "missing": "is required",
    "extra_forbidden": "has an unknown part",
    "too_short": "must have at least {min_length} item",
    "too_long": "must have at most {max_length} items",
    "string_too_short": "must have at least {min_length} character",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "string_type": "must be text",
    "string_sub_type": "must be text",
    "string_unicode": "must be text without broken characters",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
}
"""What is told of each kind of pydantic's errors; for those that are not here, see ``_KINDS``."""

_KINDS = {
    "int_": "must be a whole number",
    "float_": "must be a number",
    "finite_": "must be a number",
    "bool_": "must be true or false",
    "date": "must be a time, e.g. 2026-11-20T10:00:00Z",
    "time": "must be a time, e.g. 2026-11-20T10:00:00Z",
}
"""By what the error's kind begins with."""

_MOST_TOLD = 5
_NAME = re.compile(r"[a-z][a-z_]{0,23}")
"""A name that may be shown: as long as our longest, and without digits, so that it is hardly ever a key or an id."""

SENT_NOTHING = "Nothing was sent. Fix it and try again."
_ALIKE = 0.8
"""How much of two names must be the same, from 0 to 1, for one to be offered for the other."""


def read(params: type[P], arguments: Mapping[str, Any], *, shown: Sequence[str] = ()) -> P:
    """The parameters. Raises InvalidArgumentsError that tells every rule broken, five at most.

    ``shown`` are the names that the caller is shown, where those are not all of them.
    """
    return validated(params, taken(params, arguments, shown=shown))


def taken(params: type[P], arguments: Mapping[str, Any], *, shown: Sequence[str] = ()) -> dict[str, Any]:
    """The arguments that were given, each as the kind of JSON that its parameter takes; the same, taken again.

    Raises InvalidArgumentsError.
    """
    meant = given(params, arguments)
    unknown = meant.keys() - params.model_fields.keys()
    if unknown:
        raise unknown_argument(min(unknown), tuple(shown) or tuple(params.model_fields))
    try:
        return shaped(params, meant)
    except WrongKindError as problem:
        raise InvalidArgumentsError(
            f"{problem.where} {problem.rule}{_example(problem.name)}.",
            because=_not_valid([problem.name]),
            remedy=SENT_NOTHING,
        ) from None


def expanded(params: type[Params], arguments: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Arguments that are ``taken``, with the full form in place of each ``Shorthand`` that people write."""
    full = dict(arguments)
    for name, shorthand in _shorthands(params).items():
        if name in full:
            full[name] = shorthand.expand(full[name], now)
    return full


@cache
def _shorthands(params: type[Params]) -> Mapping[str, Shorthand]:
    """The parameters that take one."""
    marks = {name: _shorthand(info) for name, info in params.model_fields.items()}
    return {name: mark for name, mark in marks.items() if mark is not None}


def _shorthand(info: FieldInfo) -> Shorthand | None:
    """The mark stands on the type itself, or, for a parameter that may be left out, inside ``... | None``."""
    inner = (mark for kind in get_args(info.annotation) for mark in get_args(kind)[1:])
    return next((mark for mark in (*info.metadata, *inner) if isinstance(mark, Shorthand)), None)


def validated(params: type[P], arguments: Mapping[str, Any]) -> P:
    """The parameters of arguments that are ``taken``. Raises InvalidArgumentsError."""
    try:
        return params.model_validate(dict(arguments))
    except ValidationError as problem:
        causes = _causes(problem.errors(include_url=False, include_input=False))
        told = [_told(error, params) for error in causes]
        names = [str(error["loc"][0]) for error in causes if error["loc"]]
        raise InvalidArgumentsError(
            "; ".join(dict.fromkeys(told[:_MOST_TOLD])) + ".", because=_not_valid(names), remedy=SENT_NOTHING
        ) from None


def unknown_argument(name: str, shown: Sequence[str]) -> InvalidArgumentsError:
    """The error for an argument that is not among those of the tool that are ``shown``."""
    word = f" {name}" if _NAME.fullmatch(name) else ""
    return InvalidArgumentsError(
        f"unknown argument{word}; this tool takes {', '.join(shown) or 'none'}.",
        because=f"the argument{word} is unknown" if word else "one of its arguments is unknown",
        remedy=SENT_NOTHING,
    )


def _not_valid(names: Sequence[str]) -> str:
    """The clause for the log about wrong values of these parameters."""
    first, *others = dict.fromkeys(names[:_MOST_TOLD]) or ("",)
    if not first:
        return "its arguments are not valid"
    return (
        f"the arguments {', '.join((first, *others))} are not valid" if others else f"the argument {first} is not valid"
    )


def unknown_filters(
    names: Sequence[str], provider: Provider, *, asked_by: Sequence[str] = ("filters",)
) -> InvalidArgumentsError:
    """The error for filter fields that the project does not have; upstream would ignore them and answer unfiltered.

    ``asked_by`` are the parameters that filter by them.
    """
    listing = provider.filter_fields
    documented = listing.documented if listing else ()
    near = [_near(name, documented) for name in names]
    hints = list(dict.fromkeys(hint for each in near for hint in each))
    nearest = f" Did you mean {' or '.join(hints)}?" if hints else ""
    every = (*documented, *sorted(listing.always)) if listing else ()
    told = "" if all(near) or not every else f" {provider.title} documents {', '.join(every)}."
    several = "s" if len(names) > 1 else ""
    return InvalidArgumentsError(
        f"{' and '.join(asked_by)}: {len(names)} field name{several} not known in this project.{nearest}",
        because=f"{asked_by[0]} names a field that the project does not have",
        why=f"{provider.title} ignores unknown fields and would answer unfiltered.{told}",
        remedy="list_event_fields names the fields. Nothing was sent.",
    )


def _near(name: str, documented: Sequence[str]) -> Sequence[str]:
    """The documented fields of nearly that name, else the one that has that name in another group, if any.

    The group and the rest are compared apart: ``error.first_seen`` is not near every other ``error`` field.
    """
    group, _, rest = _folded(name).rpartition(".")
    apart = [(field, *_folded(field).rpartition(".")[::2]) for field in documented]
    same = [field for field, *parts in apart if parts == [group, rest]]
    near = [field for field, theirs, other in apart if _alike(group, theirs) and _alike(rest, other)]
    elsewhere = [field for field, _, other in apart if rest == other]
    return same or near or (elsewhere if len(elsewhere) == 1 else [])


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE


def _causes(errors: Sequence[ErrorDetails]) -> Sequence[ErrorDetails]:
    """The errors without those that follow from another: a list with a bad item counts as one item shorter."""
    inside = {error["loc"][:1] for error in errors if len(error["loc"]) > 1}
    return [error for error in errors if error["type"] != "too_short" or error["loc"] not in inside]


def _told(error: ErrorDetails, params: type[Params]) -> str:
    location = [str(part) for part in error["loc"]]
    if error["type"] == "value_error" and not location:
        return _rule(error, params)  # a rule over several parameters names them itself
    name = location[0] if location else ""
    if error["type"] == "missing" and len(location) > 1:
        example = _MISSING.get(name) or _EXAMPLES.get(name)
        return f"{_where(location[:-1], params)}: {location[-1]} is missing{f', e.g. {example}' if example else ''}"
    where, rule = _where(location, params), _rule(error, params)
    return f"{where} {rule}" if "{" in rule else f"{where} {rule}{_example(name)}"


def _example(name: str) -> str:
    return f", e.g. {_EXAMPLES[name]}" if name in _EXAMPLES else ""


def _where(location: Sequence[str], params: type[Params]) -> str:
    """The parameter and what in it is meant, as far as we know the name: a key may be any text of the caller's."""
    names = part_names(form_of(params)).union(
        *(mark.named for mark in marks_of(params) if isinstance(mark, ReadsByName))
    )
    known = [part for part in location if part in names]
    return ": ".join(known or ["arguments"])


def _rule(error: ErrorDetails, params: type[Params]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        pattern = context.get("pattern")
        helps = (mark.words for mark in marks_of(params) if isinstance(mark, PatternHelp) and mark.pattern == pattern)
        return next(helps, "has characters that are not allowed")
    if kind == "value_error":
        return str(context.get("error"))
    if kind in _RULES:
        return _RULES[kind].format_map(context)
    return next((told for start, told in _KINDS.items() if kind.startswith(start)), "is not a value that it accepts")
