"""A policy's rules, ready to be asked. Rule: it holds what the grants hold, only found and compared faster.

A decision looks at the rules on one resource of one connection; how many other agents, connections and resources there
are makes no difference to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from crashgate.catalogue.scope import Dimension
from crashgate.policy.grant import Grant
from crashgate.policy.pattern import matches
from crashgate.policy.rule import Rule


class Patterns:
    """The patterns of one dimension: plain names in a set, and the few that have to be tried one by one."""

    __slots__ = ("_any", "_names", "_starred")

    def __init__(self, patterns: Sequence[str]) -> None:
        self._any = "*" in patterns
        self._names = frozenset(pattern for pattern in patterns if "*" not in pattern)
        self._starred = tuple(pattern for pattern in patterns if "*" in pattern)

    @property
    def empty(self) -> bool:
        """True when there is none, so that nothing fits."""
        return not self._names and not self._starred

    @property
    def narrow_nothing(self) -> bool:
        """True when one of them is ``*``."""
        return self._any

    def hold(self, names: frozenset[str]) -> bool:
        """True when one of the names fits one of the patterns."""
        if not self._names.isdisjoint(names):
            return True
        if self._any:
            return bool(names)
        return any(matches(pattern, name) for pattern in self._starred for name in names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A rule with its places, and with the words that begin its sentence."""

    rule: Rule
    places: Mapping[Dimension, Patterns]
    gives: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """What a policy says of one resource on one connection, and the indexes of the grants that say nothing of it."""

    rules: tuple[Ready, ...]
    elsewhere: tuple[int, ...]


class Index:
    """By connection and resource; what no grant speaks of has no rules."""

    __slots__ = ("_all", "_nothing")

    def __init__(self, grants: Iterable[Grant], *, source: str) -> None:
        kept = tuple(grants)
        rules: dict[tuple[str, str], list[Ready]] = {}
        for grant in kept:
            places = {dimension: Patterns(patterns) for dimension, patterns in grant.places.items()}
            for resource in grant.access:
                rule = Rule.of(grant, resource, source=source)
                ready = Ready(rule=rule, places=places, gives=rule.gives())
                rules.setdefault((grant.connection, resource), []).append(ready)
        indexes = tuple(grant.index for grant in kept)
        found: dict[tuple[str, str], Spoken] = {}
        for key, speaking in rules.items():
            speak = {ready.rule.grant for ready in speaking}
            found[key] = Spoken(rules=tuple(speaking), elsewhere=tuple(each for each in indexes if each not in speak))
        self._all: Mapping[tuple[str, str], Spoken] = MappingProxyType(found)
        self._nothing = Spoken(rules=(), elsewhere=indexes)

    def of(self, connection: str, resource: str) -> Spoken:
        """What is said of it."""
        return self._all.get((connection, resource), self._nothing)
