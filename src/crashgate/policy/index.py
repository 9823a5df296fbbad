"""A policy's rules, ready to be asked. Rule: it holds what the grants hold, only found and compared faster.

A decision looks at the rules on one resource of one connection; how many other agents, connections and resources there
are makes no difference to it.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from crashgate.catalogue.access import Access
from crashgate.catalogue.scope import Dimension
from crashgate.policy.grant import Grant
from crashgate.policy.patterns import Patterns
from crashgate.policy.question import Question
from crashgate.policy.rule import Rule
from crashgate.policy.topic import Ready, Spoken, Topic

Kind = tuple[str, str, str, Access, Dimension]
"""A question's connection, resource, operation, access and dimension."""

MOST_TOPICS = 1_000
"""More than the catalogue has operations; whoever asks about other things makes the index start again."""


class Index:
    """By connection and resource; what no grant speaks of has no rules."""

    __slots__ = ("_all", "_nothing", "_topics")

    def __init__(self, grants: Iterable[Grant], *, source: str) -> None:
        kept = tuple(grants)
        rules: dict[tuple[str, str], list[Ready]] = {}
        for grant in kept:
            places = {dimension: Patterns.of(patterns) for dimension, patterns in grant.places.items()}
            for resource in grant.access:
                ready = Ready(rule=Rule.of(grant, resource, source=source), places=places)
                rules.setdefault((grant.connection, resource), []).append(ready)
        indexes = tuple(grant.index for grant in kept)
        found: dict[tuple[str, str], Spoken] = {}
        for key, speaking in rules.items():
            speak = {ready.rule.grant for ready in speaking}
            found[key] = Spoken(rules=tuple(speaking), elsewhere=tuple(each for each in indexes if each not in speak))
        self._all: Mapping[tuple[str, str], Spoken] = MappingProxyType(found)
        self._nothing = Spoken(rules=(), elsewhere=indexes)
        self._topics: dict[Kind, Topic] = {}

    def of(self, connection: str, resource: str) -> Spoken:
        """What is said of it."""
        return self._all.get((connection, resource), self._nothing)

    def topic(self, question: Question) -> Topic:
        """What is said to this kind of question, wherever it is about; made when it is asked for the first time."""
        key = (question.connection, question.resource, question.operation, question.access, question.dimension)
        found = self._topics.get(key)
        if found is None:
            if len(self._topics) >= MOST_TOPICS:
                self._topics.clear()
            found = self._topics[key] = Topic(self.of(question.connection, question.resource), question.dimension)
        return found
