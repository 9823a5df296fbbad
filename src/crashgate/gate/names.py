"""What people call a thing, in place of its id: an e-mail address, a name, a version. Found in a list of the project.

A list is asked for only where the caller may read it, and only fields that the policy shows are compared, so that no
match tells of what is hidden.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.arguments import SENT_NOTHING
from crashgate.gate.needs import NeedNamed
from crashgate.gate.places import NamedObject
from crashgate.model.params import NamedBy
from crashgate.policy.redaction import Redaction
from crashgate.sanitise import clean

ME = "me"
_MOST_TOLD = 5
_LONGEST = 100


def shown_fields(by: NamedBy, fields: Sequence[str], redaction: Redaction | None) -> tuple[str, ...]:
    """Those of the fields that the policy shows."""
    return tuple(
        name
        for name in fields
        # check[always]: a redacted field is not compared with a name
        if redaction is None or not redaction.hides(by.operation.resource, name)
    )


def not_by_name(need: NeedNamed) -> InvalidArgumentsError:
    """The error for who may not list what a name is looked up in, or is not shown any of its names."""
    return _fault(
        need,
        f"{need.parameter} must be an id of 24 hexadecimal digits: to look a {need.by.noun} up by name, your policy"
        f' must give {need.by.operation.resource} = "read" and show the names.',
    )


def nobody_known(need: NeedNamed) -> InvalidArgumentsError:
    """The error where it is not known who ``me`` is."""
    return _fault(need, f"{need.parameter}: it is not known who you are here. Give an e-mail address or an id.")


def choose(need: NeedNamed, rows: Sequence[Any], *, complete: bool) -> NamedObject | InvalidArgumentsError:
    """The one row that fits: by a whole value before words of one, and by an earlier field before a later one."""
    wanted = _folded(need.value)
    by_field = [[row for row in rows if _text(row, name) == wanted] for name in need.fields]
    whole = max(by_field, key=bool)  # of several the first
    words = set(wanted.split())
    part = [row for row in rows if any(words <= set(_text(row, name).split()) for name in need.fields)]
    fitting: list[Any] = list({row.id: row for row in whole or part}.values())
    if len(fitting) == 1 and (complete or whole):
        return NamedObject(id=fitting[0].id, shown=_shown(need, fitting[0]))
    if not fitting:
        where = "" if complete else f" among the first {len(rows)}; an id names any"
        return _fault(need, f"{need.parameter}: no {need.by.noun} of the project is called that{where}.")
    told = fitting[:_MOST_TOLD]
    more = f" and {len(fitting) - len(told)} more" if len(fitting) > len(told) else ""
    ids = ", ".join(row.id for row in told)
    return _fault(
        need,
        f"{need.parameter}: several may be meant: {ids}{more}. Ask which, and give its id.",
        choices=tuple({"id": row.id, **_shown(need, row)} for row in told),
    )


def _shown(need: NeedNamed, row: Any) -> Mapping[str, str]:  # noqa: ANN401 - a row of any list
    values = {name: _value(row, name) for name in (*need.fields, *need.beside)}
    return {name: clean(str(value), limit=_LONGEST, lines=False) for name, value in values.items() if value}


def _value(row: Any, path: str) -> object:  # noqa: ANN401 - a row of any list
    for name in path.split("."):
        row = getattr(row, name, None)
    return row


def _text(row: Any, name: str) -> str:  # noqa: ANN401 - a row of any list
    value = _value(row, name)
    return _folded(value) if isinstance(value, str) else ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _fault(need: NeedNamed, words: str, *, choices: tuple[Mapping[str, str], ...] = ()) -> InvalidArgumentsError:
    return InvalidArgumentsError(
        words, because=f"the argument {need.parameter} names nothing for certain", remedy=SENT_NOTHING, choices=choices
    )
