"""The policy of one agent, the policies of all agents, and the words that a document may use.

What no grant allows is denied. Whoever decides asks the source of policies again for each decision.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, Protocol

from crashgate.errors import PolicyDocumentError, Problem
from crashgate.model.catalogue import Catalogue
from crashgate.model.own import EXPORTS, GET_ACCESS
from crashgate.model.scope import Dimension, kinds_of
from crashgate.policy.grants import Grant
from crashgate.policy.limits import Approval, Limits
from crashgate.policy.matching import Index
from crashgate.policy.redaction import Redaction
from crashgate.policy.serving import ALL, Serving
from crashgate.policy.switches import Switches
from crashgate.policy.words import Entries, Entry, Table

_OWN: Mapping[str, Dimension] = {each.resource: each.scope.dimension for each in (GET_ACCESS, *EXPORTS)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """For each configured connection its resources, and what a grant on each must name.

    The connection ``crashgate`` is always there; it need not be given. ``catalogue`` has all else that a document may
    name. ``kinds`` are the kinds of place that a grant may name.
    """

    connections: Mapping[str, Mapping[str, Dimension]] = field(hash=False)
    catalogue: Catalogue
    kinds: tuple[Dimension, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Add our own connection and freeze the mappings."""
        connections = {GET_ACCESS.provider: _OWN, **self.connections}
        frozen = {name: MappingProxyType(dict(resources)) for name, resources in connections.items()}
        object.__setattr__(self, "connections", MappingProxyType(frozen))
        own = (dimension for resources in connections.values() for dimension in resources.values())
        object.__setattr__(self, "kinds", kinds_of([*self.catalogue.kinds, *own]))


@unique
class Mode(StrEnum):
    """``enforce``: what is not granted is refused. ``observe``: it is let through and recorded, loudly."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One agent's document.

    ``about`` and ``owner`` are one line each, written for people. ``source`` is folder and file name
    (``policies/triage-agent.toml``), ``hash`` the SHA-256 in hexadecimal of the document's bytes and of the templates
    that it extends, whose names ``extends`` has. ``grants`` starts with the built-in one. ``off`` beats them all.
    ``written`` says where each word beside the grants stands: ``limits.calls_per_minute``. ``overruled`` are the values
    that are written too, and are wider than the one that holds.
    """

    agent: str
    about: str
    owner: str
    source: str
    hash: str
    grants: tuple[Grant, ...]
    mode: Mode = Mode.ENFORCE
    off: Switches = Switches()  # noqa: RUF009 - a frozen value
    limits: Limits = Limits()  # noqa: RUF009 - a frozen value
    redaction: Redaction = Redaction()  # noqa: RUF009 - a frozen value
    approval: Approval = Approval()  # noqa: RUF009 - a frozen value
    extends: tuple[str, ...] = ()
    serving: Serving = ALL
    """What of it holds on this server. It is no part of the document."""
    written: Entries = field(default_factory=dict[str, tuple[Entry, ...]], repr=False, compare=False, hash=False)
    overruled: tuple[tuple[str, Entry], ...] = field(default=(), repr=False, compare=False, hash=False)
    defaults: dict[tuple[str, str], Mapping[str, Any]] = field(
        default_factory=dict[tuple[str, str], Mapping[str, Any]], init=False, repr=False, compare=False, hash=False
    )
    """A memo of whoever asks which arguments the policy leaves no choice about, by connection and operation."""
    _index: Index | None = field(default=None, init=False, repr=False, compare=False, hash=False)

    @property
    def tables(self) -> Mapping[str, Table]:
        """What stands beside the grants, by the keys of a document."""
        return {"off": self.off, "limits": self.limits, "redact": self.redaction, "approve": self.approval}

    @property
    def index(self) -> Index:
        """The grants, ready to be asked; made once, when they are asked for the first time."""
        index = self._index
        if index is None:
            index = Index(self.grants, source=self.source)
            object.__setattr__(self, "_index", index)
        return index


TABLES: Mapping[str, type[Table]] = {"off": Switches, "limits": Limits, "redact": Redaction, "approve": Approval}
"""The tables of a document beside its grants, by their keys."""


class PolicySet(Mapping[str, Policy]):
    """The policies in force, by agent; never changes.

    ``broken`` are the agents whose document cannot be used, each with what is wrong with it.

    Raises PolicyDocumentError when two documents are for the same agent, and names both.
    """

    __slots__ = ("_policies", "broken")

    def __init__(
        self, policies: Iterable[Policy] = (), *, broken: Mapping[str, tuple[Problem, ...]] = MappingProxyType({})
    ) -> None:
        by_agent: dict[str, Policy] = {}
        problems: list[Problem] = []
        for policy in policies:
            first = by_agent.setdefault(policy.agent, policy)
            if first is not policy:
                text = f"agent `{policy.agent}` already has a policy, in {first.source}"
                problems.append(Problem(source=policy.source, line=1, text=text))
        if problems:
            raise PolicyDocumentError(problems)
        self._policies: Mapping[str, Policy] = MappingProxyType(dict(sorted(by_agent.items())))
        self.broken: Mapping[str, tuple[Problem, ...]] = MappingProxyType(dict(broken))

    def __getitem__(self, agent: str) -> Policy:
        return self._policies[agent]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)


class PolicySource(Protocol):
    """What the gate asks for the policies in force."""

    def current(self) -> PolicySet:
        """The policies in force now: whole, checked, never half of a change. Does no I/O."""
        ...
