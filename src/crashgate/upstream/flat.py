"""A page of flat rows, cleaned without a look at each value. Rule: what is not proven harmless is cleaned as ever.

The proof is in the bytes. They are known to be JSON, so what is not printable ASCII, and every escape, stands inside of
a string; and with as many braces as there are objects, none stands inside of a string, and a place in the bytes tells
its row. Of a thousand rows this leaves those few whose text has to be looked at (THREATS rows 24 and 25).
"""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin

from crashgate.catalogue.result import Result
from crashgate.upstream.clean import LONGEST_STRING, MOST_NODES, cleaned

_FEW: Final = 8
"""One row in so many may have to be looked at; with more, it is quicker to look at all."""
_FLAT: Final = frozenset({str, int, bool, NoneType})


@cache
def is_flat(model: type[Result]) -> bool:
    """Whether the model takes text, whole numbers and truth values, and nothing that it does not declare."""
    kinds = {kind for field in model.model_fields.values() for kind in _kinds(field.annotation)}
    return model.model_config.get("extra") == "ignore" and kinds <= _FLAT


def _kinds(annotation: Any) -> set[Any]:  # noqa: ANN401 - any type annotation
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return {kind for part in get_args(annotation) for kind in _kinds(part)}
    return {annotation}


def cleaned_page(document: Any, key: str, body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """What ``cleaned`` gives for ``document``, which is what ``body`` says, as far as a flat model can tell.

    The rows are at ``key``. Numbers that are infinite, and names of fields that are too long, may be left in those
    rows: a flat model takes neither. Raises TooDeepError.
    """
    if not isinstance(document, dict) or not isinstance(cast("dict[str, Any]", document).get(key), list):
        return cleaned(document)
    around = cast("dict[str, Any]", document)
    rows = list(cast("list[Any]", around[key]))
    marked = _marked(body, rows)
    top = cleaned({**around, key: []})
    if marked is None or list(top) != list(around):
        return cleaned(document)
    for number in marked:
        rows[number] = cleaned(rows[number])
    return {**top, key: rows}


def _marked(body: bytes, rows: list[Any]) -> list[int] | None:
    """The rows with anything but printable ASCII, or with an escape; None where the bytes prove nothing.

    Every value takes two bytes at least, with what stands between two of them.
    """
    lone = body.find(b"[", body.find(b"[") + 1) < 0 and b"\x7f" not in body
    if set(map(type, rows)) != {dict} or not lone or len(body) >= 2 * MOST_NODES:
        return None
    # One character a byte. The first part is before any object, and the second before the first row.
    parts = body.decode("latin-1").split("{")[2:]
    if len(parts) != len(rows) or max(map(len, parts)) > LONGEST_STRING:
        return None
    marked = [number for number, part in enumerate(parts) if not part.isascii() or "\\" in part]
    return marked if len(marked) * _FEW <= len(rows) else None
