"""Records with many fields, made fast. Rule: the same checks, and the same frozen record, as the class itself makes.

``dataclass`` sets the fields of a frozen class one by one, by ``object.__setattr__``. For the 33 fields of a decision
that took longer than to decide.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, ParamSpec, Protocol, TypeVar, cast


class Told(Protocol):
    """A record: it checks itself, and has a sentence."""

    @property
    def sentence(self) -> str:
        """The record in one sentence."""
        ...

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        ...


Given = ParamSpec("Given")
Record = TypeVar("Record", bound=Told)


def filled_at_once(make: Callable[Given, Record]) -> Callable[Given, Record]:
    """A second way to make records of the class ``make``, a frozen dataclass without slots: all fields in one step.

    A field that is not given has the default on the class. The function raises TypeError for a field that the class
    does not have and for one without a default that is not given, and what ``__post_init__`` raises.
    """
    cls = cast("type[Any]", make)
    known = frozenset(field.name for field in fields(cls))
    made = {field.name: field.default_factory for field in fields(cls) if field.default_factory is not MISSING}
    needed = known - made.keys() - {field.name for field in fields(cls) if field.default is not MISSING}

    def fill(*unnamed: Given.args, **given: Given.kwargs) -> Record:
        if unnamed or not known.issuperset(given) or not needed <= given.keys():
            wrong = sorted((given.keys() - known) | (needed - given.keys()))
            raise TypeError(f"{cls.__name__} has other fields: {', '.join(wrong)}")
        for name, default in made.items():
            if name not in given:
                given[name] = default()
        record: Record = object.__new__(cls)
        object.__setattr__(record, "__dict__", given)
        record.__post_init__()
        return record

    return fill


def with_sentence(record: Record, sentence: str) -> Record:
    """The same record with that sentence; all else was checked when the record was made."""
    told = object.__new__(type(record))
    object.__setattr__(told, "__dict__", {**vars(record), "sentence": sentence})
    return told
