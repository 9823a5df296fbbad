"""Checks for the fields of records, and a fast way to make records with many fields.

The error of a check names the field, never the value. ``dataclass`` sets the fields of a frozen class one by one, with
``object.__setattr__``. For the 33 fields of a decision that took longer than deciding; ``fast_constructor`` makes the
same frozen record, with the same checks, in one step.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from crashgate.identity import AGENT_NAME_PATTERN

_MOST_KEPT = 1_000
_CALL = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_AGENT = re.compile(AGENT_NAME_PATTERN.removeprefix("^").removesuffix("$"))
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CHAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .:@/+-]{0,127}")
_FIELD = re.compile(r"[A-Za-z0-9_*][A-Za-z0-9_.*\[\]-]{0,99}")
_HANDLE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}")
_PERSON = re.compile(r"[A-Za-z0-9_][ -~]{0,127}")


def check_call(value: str, field: str = "call") -> None:
    """Raises ValueError unless it is the id of a call: 32 hexadecimal digits."""
    if not _CALL.fullmatch(value):
        raise ValueError(f"{field} is not 32 hexadecimal digits")


def check_time(value: str, field: str = "at") -> None:
    """Raises ValueError unless it is RFC 3339 in UTC with milliseconds, so that times sort as text."""
    if not _TIME.fullmatch(value):
        raise ValueError(f"{field} is not RFC 3339 in UTC with milliseconds")


@lru_cache(maxsize=_MOST_KEPT)
def check_agent(value: str) -> None:
    """Raises ValueError unless it is a legal agent name, which is ASCII (THREATS row 25).

    The same few names come again and again, so those last found legal are kept.
    """
    if not _AGENT.fullmatch(value):
        raise ValueError("agent is not a legal agent name")


def check_code(value: str, field: str) -> None:
    """Raises ValueError unless it is a code of our own: lower case letters, digits and underscores, at most 64."""
    if not _CODE.fullmatch(value):
        raise ValueError(f"{field} is not a code")


def check_chain(value: str) -> None:
    """Raises ValueError unless it is the name of a chain, which is safe as the name of a file."""
    if not _CHAIN.fullmatch(value):
        raise ValueError("a chain's name is made of lower case letters, digits and inner hyphens")


def check_hash(value: str, field: str) -> None:
    """Raises ValueError unless it is a SHA-256 in hexadecimal."""
    if not _HASH.fullmatch(value):
        raise ValueError(f"{field} is not 64 hexadecimal digits")


def check_word(value: str, field: str) -> None:
    """Raises ValueError unless it is an id of a place: 1 to 128 characters of ASCII, none of them special."""
    if not _WORD.fullmatch(value):
        raise ValueError(f"{field} is not an id of 1 to 128 plain characters")


def check_handle(value: str, field: str) -> None:
    """Raises ValueError unless it is a handle of ours: 1 to 64 of letters, digits, hyphen and underscore."""
    if not _HANDLE.fullmatch(value):
        raise ValueError(f"{field} is not a handle of 1 to 64 letters, digits, hyphens and underscores")


def check_trace(value: str) -> None:
    """Raises ValueError unless it is a trace id as W3C has it (https://www.w3.org/TR/trace-context/#trace-id)."""
    if not _TRACE.fullmatch(value):
        raise ValueError("trace is not a trace id: 32 hexadecimal digits, not all of them 0")


def check_person(value: str, field: str) -> None:
    """Raises ValueError unless it says in 1 to 128 characters of printable ASCII who somebody is."""
    if not _PERSON.fullmatch(value):
        raise ValueError(f"{field} is not 1 to 128 characters of printable ASCII")


def check_fields(values: Iterable[str], field: str) -> None:
    """Raises ValueError unless each is the name of a field, such as ``user.email`` or ``request.headers.*``."""
    if not all(_FIELD.fullmatch(value) for value in values):
        raise ValueError(f"{field} holds something else than names of fields")


class HasSentence(Protocol):
    """A record: it checks itself, and has a sentence."""

    @property
    def sentence(self) -> str:
        """The record in one sentence."""
        ...

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        ...


P = ParamSpec("P")
R = TypeVar("R", bound=HasSentence)


def fast_constructor(make: Callable[P, R]) -> Callable[P, R]:
    """A second way to make records of the class ``make``, a frozen dataclass without slots: all fields in one step.

    A field that is not given has the default on the class. The function raises TypeError for a field that the class
    does not have and for one without a default that is not given, and what ``__post_init__`` raises.
    """
    cls = cast("type[Any]", make)
    known = frozenset(field.name for field in fields(cls))
    made = {field.name: field.default_factory for field in fields(cls) if field.default_factory is not MISSING}
    needed = known - made.keys() - {field.name for field in fields(cls) if field.default is not MISSING}

    def fill(*unnamed: P.args, **given: P.kwargs) -> R:
        # check: a record that is filled at once has the fields of its class
        if unnamed or not known.issuperset(given) or not needed <= given.keys():
            wrong = sorted((given.keys() - known) | (needed - given.keys()))
            raise TypeError(f"{cls.__name__} has other fields: {', '.join(wrong)}")
        for name, default in made.items():
            if name not in given:
                given[name] = default()
        record: R = object.__new__(cls)
        object.__setattr__(record, "__dict__", given)
        # check: a record that is filled at once is checked
        record.__post_init__()
        return record

    return fill


def with_sentence(record: R, sentence: str) -> R:
    """The same record with that sentence; all else was checked when the record was made."""
    result = object.__new__(type(record))
    object.__setattr__(result, "__dict__", {**vars(record), "sentence": sentence})
    return result
