"""Base types of what an upstream answers: models, pages, and the kinds of value that a field can hold.

A model is a table: each annotated field is a row of it, and the marks in the annotation say everything about the field
(``model.field_table``). ``upstream.columns`` reads answers by it. What a model does not declare is not read at all.

``Untrusted`` marks text that an outsider can write; a ``Secret`` never enters. Nearly every field is optional, because
old answers lack some.

Rule: no value but an id makes a row unusable, because outsiders write most values. A number where text belongs
becomes text; any other value of the wrong kind is left out alone. A value that cannot be one of the vendor's own words
(a sentence as a status) becomes None. Objects and lists never become text, since redaction finds names in them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar, dataclass_transform

from msgspec import Struct

from crashgate.model.params import OBJECT_ID_PATTERN


@dataclass(frozen=True)
class UntrustedMark:
    """The field holds text that an outsider can write (design rule 5).

    ``members``: only people with an account at the vendor write it, never those who run the app. It is shown under
    ``untrusted`` all the same, but lint does not warn of a policy that lets an agent read it.
    """

    members: bool = False


@dataclass(frozen=True)
class SecretMark:
    """The field is a credential or a security detail of a person: no field that a view, policy or file can name."""


@dataclass(frozen=True)
class Only:
    """Text of that pattern, as a whole; what ``otherwise`` makes of anything else, or None.

    ``place``: it says in which place a row is, so it is read even where it is not shown.
    """

    pattern: str
    otherwise: Callable[[Any], Any] | None = None
    place: bool = False


@dataclass(frozen=True)
class Convert:
    """What ``convert`` makes of the upstream's value, null included, in place of that value."""

    convert: Callable[[Any], Any]


@dataclass(frozen=True, init=False)
class From:
    """Where the upstream has the value, if not under the field's own name; of several places, the first that has one.

    ``outer.inner`` is inside of an object, ``list.0`` the first of a list, and ``*`` the whole row.
    """

    paths: tuple[str, ...]

    def __init__(self, *paths: str) -> None:
        object.__setattr__(self, "paths", paths)


UNREADABLE = "(unreadable)"
"""Replaces an id or address that has not the right form. It equals no id, so it never passes for a wanted one."""

_LINK = r"https?://[A-Za-z0-9_.~:/?#@!$&()*+,;=%\[\]-]{1,2000}"


def _unreadable(_: Any) -> str:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return UNREADABLE


Untrusted = Annotated[str, UntrustedMark()]
UntrustedData = Annotated[Any, UntrustedMark()]
"""Any JSON that an outsider can write, keys included (metadata, headers, grouping fields)."""

MemberText = Annotated[str, UntrustedMark(members=True)]
"""Text that only people with an account at the vendor can write: names, comments, settings."""

MemberData = Annotated[Any, UntrustedMark(members=True)]

Secret = Annotated[None, SecretMark()]
"""Not read, so nothing after the codec can show it."""

_T = TypeVar("_T")
Many = tuple[_T, ...]
"""A list; null means an empty one, so that it cannot make the whole answer unusable."""

Id = Annotated[str, Only(OBJECT_ID_PATTERN.strip("^$"))]
OptionalId = Annotated[str | None, Only(r"[0-9a-f]{24}")]
PlaceId = Annotated[
    str | None,
    Only(
        r"[0-9a-f]{24}",
        # check: a row whose place cannot be read is in no place
        otherwise=_unreadable,
        place=True,
    ),
]
"""The id of the place that a row belongs to. If it is malformed, the row is in no place that an agent may see."""

PlaceLink = Annotated[str | None, Only(_LINK, otherwise=_unreadable, place=True)]
Slug = Annotated[str | None, Only(r"[a-z0-9][a-z0-9_.-]{0,199}")]
Word = Annotated[
    str | None,
    # check[none]: no sentence is the vendor's word
    Only(r"[A-Za-z0-9_.+-]{1,40}|in progress"),
]
"""A value of one of the vendor's own closed lists, which the vendor sets; new values pass, sentences do not.

A documented value may be of two words, such as the status ``in progress``.
What an app says of itself or its device is no such word, even where a vendor's example looks like a closed list.
"""

Time = Annotated[str | None, Only(r"[0-9TZ:.+ -]{1,40}")]
Link = Annotated[str | None, Only(_LINK)]


@dataclass_transform(frozen_default=True)
class Result(Struct, frozen=True):
    """Base of every answer's model."""

    @property
    def home(self) -> str | None:
        """The id of the project that this object says it belongs to, where it says so."""
        return None


R = TypeVar("R", bound=Result)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[R]):
    """One page of a list, or the one object of an answer as a page of one.

    ``next_mark`` and ``previous_mark`` ask for the neighbouring pages (``Ask.mark``), and ``later_mark`` for the page
    after the next one, where it is known already and asking for both at once is nobody's loss. ``total`` counts all
    rows upstream, where it says so and nothing was dropped. ``truncated`` means that the upstream refuses to page
    deeper. ``dropped`` counts rows that were out of the agent's scope, ``redacted`` names what the policy took out of
    the rest. ``unusable`` counts rows that could not be read, mostly for want of a right id. ``size`` is that of the
    answer that it was read from, in bytes.
    """

    rows: tuple[R, ...]
    next_mark: str | None = None
    previous_mark: str | None = None
    later_mark: str | None = None
    total: int | None = None
    truncated: bool = False
    dropped: int = 0
    redacted: tuple[str, ...] = ()
    unusable: int = 0
    size: int = field(default=0, compare=False)
