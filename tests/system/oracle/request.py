"""One request as the log tells it and as the sandbox received it. Rule: in both forms only what the log can tell.

A record does not say which page of a list was asked for, nor texts that the log does not show.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from crashgate.audit.record import DecisionRecord, Value
from crashgate_sandbox.received import Received

NOT_SHOWN = "(not shown)"
_looks_like_an_id = re.compile(r"[A-Za-z0-9_.:-]{1,128}").fullmatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """``line`` is method and path. ``query`` is sorted. ``body`` is a JSON document, its SHA-256, or None."""

    line: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """A request at the sandbox, with all that came along."""

    received: Received
    body: bytes
    headers: Mapping[bytes, bytes]

    @property
    def line(self) -> str:
        return f"{self.received.method} {self.received.path}"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Its query."""
        return parse_qsl(self.received.query, keep_blank_values=True)

    @property
    def json(self) -> dict[str, Any]:
        """Its body, which must be an object; empty where there is none."""
        found: dict[str, Any] = json.loads(self.body or b"{}")
        assert type(found) is dict
        return found

    @property
    def failed(self) -> bool:
        """Whether a read may be sent again."""
        return self.received.status == 503


@dataclass(frozen=True, kw_only=True)
class Table:
    """One provider's requests, written from its documents.

    ``operations`` are those that it knows, ``told`` is the request that a record tells of, and ``heard`` what arrived,
    in the same form. ``page`` is the page that was asked for: its number where the provider counts pages.
    """

    operations: frozenset[str]
    told: Callable[[DecisionRecord], Request]
    heard: Callable[[Arrived], Request]
    page: Callable[[Arrived], int | str]


def shown(given: object) -> str:
    """An id of a session as the log has it: only what looks like one is in there."""
    return given if isinstance(given, str) and _looks_like_an_id(given) else NOT_SHOWN


def told_pairs(arguments: Mapping[str, Value], names: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The query that a record's arguments make; ``names`` has the vendor's name of each."""
    for wire, name in names.items():
        value = arguments.get(name)
        for each in value if isinstance(value, tuple) else () if value is None else (value,):
            yield wire, str(each)


def numbered(arrived: Arrived) -> int:
    """The number of the page, from a query that counts pages from 1."""
    return int(dict(arrived.pairs).get("page", "1"))
