"""A policy document read from its text. Rule: it is used whole or not at all, and all its problems are told at once."""

import hashlib
import re
from collections.abc import Mapping

from crashgate.identity import AGENT_NAME_PATTERN
from crashgate.model.access import Level
from crashgate.model.scope import NOTHING, Dimension
from crashgate.policy import grants as pattern
from crashgate.policy import tables
from crashgate.policy.grants import BUILT_IN, Grant
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.policy.problem import PolicyDocumentError
from crashgate.policy.tables import Reading, as_list, as_table, kind, missing
from crashgate.policy.toml_positions import Path, hidden_character, parse
from crashgate.policy.wording import unknown, word

MAX_GRANTS = 100
MAX_PATTERNS = 1000
"""For each grant, all its places together."""

MAX_ABOUT = 200
MAX_OWNER = 100

_AGENT_CHARACTERS = pattern.CHARACTERS - frozenset("_.*")
_TOP_KEYS = ("agent", "about", "owner", "mode", "grant", *tables.KEYS)
_EXAMPLES: Mapping[str, str] = {
    "agent": 'agent = "triage-agent", the name that the launch configuration or the token gives',
    "about": 'about = "...", one line for people',
    "owner": 'owner = "team@example.com", who answers for this policy',
    "connection": 'connection = "bugsnag"',
    "access": 'access.error = "read"',
}


def load(text: str, *, source: str, vocabulary: Vocabulary) -> Policy:
    """The policy that a TOML document holds.

    ``source`` is the folder's and the file's name (``policies/triage-agent.toml``); the file is called after the
    agent. Raises PolicyDocumentError with every problem found.
    """
    data, surveyed = parse(text, source=source)
    reading = Reading(source=source, surveyed=surveyed)
    policy = _Reader(reading, vocabulary).policy(data, hash_=hashlib.sha256(text.encode()).hexdigest())
    if reading.problems:
        raise PolicyDocumentError(reading.problems)
    return policy


class _Reader:
    """Builds the policy; what stands beside the grants is read in ``tables``."""

    def __init__(self, reading: Reading, vocabulary: Vocabulary) -> None:
        self._reading = reading
        self._vocabulary = vocabulary

    def policy(self, data: Mapping[str, object], *, hash_: str) -> Policy:
        self._reading.check_keys((), data, _TOP_KEYS)
        return Policy(
            agent=self._agent(data),
            about=self._one_line(data, "about", limit=MAX_ABOUT),
            owner=self._one_line(data, "owner", limit=MAX_OWNER),
            source=self._reading.source,
            hash=hash_,
            grants=(BUILT_IN, *self._grants(data.get("grant", []))),
            mode=tables.mode(self._reading, data),
            off=tables.switches(self._reading, data, self._vocabulary.tools),
            limits=tables.limits(self._reading, data),
            redaction=tables.redaction(self._reading, data),
            approval=tables.approval(self._reading, data, self._vocabulary.tools),
        )

    def _agent(self, data: Mapping[str, object]) -> str:
        agent = self._text((), data, "agent")
        if agent and not re.fullmatch(AGENT_NAME_PATTERN, agent):
            wrong = next((char for char in agent if char not in _AGENT_CHARACTERS), None)
            holds = f" holds {_shown(wrong)}" if wrong is not None else ""
            rule = "1 to 64 of a-z, 0-9 and hyphens, with no hyphen at either end"
            self._reading.note(("agent",), f"bad agent name `{word(agent)}`{holds}; write {rule}")
        elif agent and self._reading.source.rpartition("/")[2] != f"{agent}.toml":
            self._reading.note(("agent",), f"agent `{agent}` belongs in a file called {agent}.toml")
        return agent

    def _one_line(self, data: Mapping[str, object], key: str, *, limit: int) -> str:
        text = self._text((), data, key)
        hidden = hidden_character(text)
        if hidden is not None:
            self._reading.note((key,), f"`{key}` holds a hidden character, {hidden}; write one line of plain text")
        if len(text) > limit:
            self._reading.note((key,), f"`{key}` has {len(text)} characters; write at most {limit}")
        return text

    def _grants(self, value: object) -> list[Grant]:
        entries = as_list(value)
        if entries is None:
            self._reading.note(
                ("grant",), f"`grant` is {kind(value)}; write [[grant]] with two brackets for each grant"
            )
            return []
        if len(entries) > MAX_GRANTS:
            self._reading.note(
                ("grant", MAX_GRANTS), f"there are {len(entries)} grants; a document may hold {MAX_GRANTS}"
            )
        return [self._grant(number, entry) for number, entry in enumerate(entries[:MAX_GRANTS])]

    def _grant(self, number: int, value: object) -> Grant:
        path: Path = ("grant", number)
        data = as_table(value)
        if data is None:
            self._reading.note(path, f"grant {number + 1} is {kind(value)}; write [[grant]] and its keys below it")
            data = {}
        kinds = self._vocabulary.kinds
        self._reading.check_keys(path, data, ("connection", *map(str, kinds), "access"))
        places = {
            kind: self._patterns((*path, kind.plural), kind, data[kind.plural]) for kind in kinds if kind.plural in data
        }
        grant = Grant(
            index=number + 1,
            line=self._reading.line(path),
            connection=self._connection(path, data),
            places={kind: patterns for kind, patterns in places.items() if patterns is not None},
            access=(access := self._access(path, data)),
            lines={resource: self._reading.line((*path, "access", resource)) for resource in access},
        )
        if sum(map(len, grant.places.values())) > MAX_PATTERNS:
            self._reading.note(path, f"grant {grant.index} names more than {MAX_PATTERNS} places")
        self._check_resources(path, grant, data)
        self._check_places(path, grant)
        return grant

    def _connection(self, path: Path, data: Mapping[str, object]) -> str:
        connection = self._text(path, data, "connection")
        if connection and connection not in self._vocabulary.connections:
            self._reading.note((*path, "connection"), unknown("connection", connection, self._vocabulary.connections))
        return connection

    def _patterns(self, path: Path, key: Dimension, value: object) -> tuple[str, ...] | None:
        entries = as_list(value)
        if entries is None:
            self._reading.note(path, f'`{key}` is {kind(value)}; write a list, such as {key} = ["checkout-*"]')
            return None
        if not entries:
            self._reading.note(path, f'`{key}` is empty; write {key} = ["*"] for all, or take the line out')
        return tuple(self._pattern((*path, number), key, entry) for number, entry in enumerate(entries))

    def _pattern(self, path: Path, key: Dimension, value: object) -> str:
        if not isinstance(value, str):
            self._reading.note(path, f'a name in `{key}` is {kind(value)}; write text, such as "checkout-*"')
            return ""
        characters = pattern.characters(cased=key.cased)
        wrong = next((char for char in value if char not in characters), None)
        if wrong is not None:
            letters = "A-Z, a-z" if key.cased else "a-z"
            rule = f"write {letters}, 0-9, hyphen, underscore, dot, and * for any run of them"
            self._reading.note(path, f"`{word(value)}` in `{key}` holds {_shown(wrong)}; {rule}")
        elif not 0 < len(value) <= pattern.MAX_LENGTH:
            self._reading.note(path, f"a name in `{key}` has {len(value)} characters; write 1 to {pattern.MAX_LENGTH}")
        return value

    def _access(self, path: Path, data: Mapping[str, object]) -> dict[str, Level]:
        if "access" not in data:
            self._reading.note(path, missing("access", _EXAMPLES["access"]))
            return {}
        path = (*path, "access")
        entries = as_table(data["access"])
        if not entries:
            fault = "is empty" if entries is not None else f"is {kind(data['access'])}"
            self._reading.note(
                path, f"`access` {fault}; write a level for each resource, such as {_EXAMPLES['access']}"
            )
            return {}
        levels = {resource: self._level((*path, resource), resource, value) for resource, value in entries.items()}
        return {resource: level for resource, level in levels.items() if level is not None}

    def _level(self, path: Path, resource: str, value: object) -> Level | None:
        if not isinstance(value, str):
            levels = ", ".join(f'"{level}"' for level in Level)
            self._reading.note(path, f"access.{word(resource)} is {kind(value)}; write one of {levels}")
            return None
        if value not in set(Level):
            self._reading.note(path, unknown("level", value, Level))
            return None
        return Level(value)

    def _check_resources(self, path: Path, grant: Grant, named: Mapping[str, object]) -> None:
        """Each resource must exist on the connection, and the grant must name what the resource belongs to."""
        resources = self._vocabulary.connections.get(grant.connection)
        entries = as_table(named.get("access"))
        if resources is None or entries is None:
            return
        for resource in entries:
            at = (*path, "access", resource)
            dimension = resources.get(resource)
            if dimension is None:
                self._reading.note(at, unknown("resource", resource, resources))
            elif dimension is not NOTHING and dimension.plural not in named:
                what = f"grant {grant.index} gives access.{resource} but names no {dimension}"
                self._reading.note(at, f'{what}; write {dimension} = [...] or {dimension} = ["*"] for all')

    def _check_places(self, path: Path, grant: Grant) -> None:
        """A dimension that nothing on the connection has would look like a bound and bind nothing."""
        resources = self._vocabulary.connections.get(grant.connection)
        if resources is None:
            return
        had = {each for own in resources.values() for each in (own, own.wider)}
        for dimension in grant.places:
            if dimension not in had:
                what = f"nothing on connection `{word(grant.connection)}` has {dimension}"
                self._reading.note((*path, dimension.plural), f"{what}; take the line out")

    def _text(self, path: Path, data: Mapping[str, object], key: str) -> str:
        return self._reading.text(path, data, key, example=_EXAMPLES[key])


def _shown(char: str) -> str:
    code = f"U+{ord(char):04X}"
    return f"`{char}`" if char.isascii() and char.isprintable() else code
