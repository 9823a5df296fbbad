"""A policy document read from its text. Rule: it is used whole or not at all, and all its problems are told at once."""

import hashlib
import re
from collections.abc import Mapping
from typing import cast

from crashgate.catalogue.access import Level
from crashgate.catalogue.scope import Dimension
from crashgate.identity import AGENT_NAME_PATTERN
from crashgate.policy import pattern
from crashgate.policy.policy import BUILT_IN, Grant, Policy
from crashgate.policy.problem import PolicyDocumentError, Problem
from crashgate.policy.survey import Path, Survey
from crashgate.policy.syntax import hidden_character, parse
from crashgate.policy.vocabulary import Vocabulary
from crashgate.policy.wording import unknown, word

MAX_GRANTS = 100
MAX_PATTERNS = 1000
"""For each grant, organizations and projects together."""

MAX_ABOUT = 200
MAX_OWNER = 100

_AGENT_CHARACTERS = pattern.CHARACTERS - frozenset("_.*")
_TOP_KEYS = ("agent", "about", "owner", "grant")
_GRANT_KEYS = ("connection", "organizations", "projects", "access")
_KINDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
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
    reader = _Reader(source=source, vocabulary=vocabulary, surveyed=surveyed)
    policy = reader.policy(data, hash_=hashlib.sha256(text.encode()).hexdigest())
    if reader.problems:
        raise PolicyDocumentError(reader.problems)
    return policy


class _Reader:
    """Builds the values and notes each problem; what it builds counts only when there is none."""

    def __init__(self, *, source: str, vocabulary: Vocabulary, surveyed: Survey) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._vocabulary = vocabulary
        self._surveyed = surveyed

    def policy(self, data: Mapping[str, object], *, hash_: str) -> Policy:
        self._check_keys((), data, _TOP_KEYS)
        return Policy(
            agent=self._agent(data),
            about=self._one_line(data, "about", limit=MAX_ABOUT),
            owner=self._one_line(data, "owner", limit=MAX_OWNER),
            source=self._source,
            hash=hash_,
            grants=(BUILT_IN, *self._grants(data.get("grant", []))),
        )

    def _agent(self, data: Mapping[str, object]) -> str:
        agent = self._text((), data, "agent")
        if agent and not re.fullmatch(AGENT_NAME_PATTERN, agent):
            wrong = next((char for char in agent if char not in _AGENT_CHARACTERS), None)
            holds = f" holds {_shown(wrong)}" if wrong is not None else ""
            rule = "1 to 64 of a-z, 0-9 and hyphens, with no hyphen at either end"
            self._note(("agent",), f"bad agent name `{word(agent)}`{holds}; write {rule}")
        elif agent and self._source.rpartition("/")[2] != f"{agent}.toml":
            self._note(("agent",), f"agent `{agent}` belongs in a file called {agent}.toml")
        return agent

    def _one_line(self, data: Mapping[str, object], key: str, *, limit: int) -> str:
        text = self._text((), data, key)
        hidden = hidden_character(text)
        if hidden is not None:
            self._note((key,), f"`{key}` holds a hidden character, {hidden}; write one line of plain text")
        if len(text) > limit:
            self._note((key,), f"`{key}` has {len(text)} characters; write at most {limit}")
        return text

    def _grants(self, value: object) -> list[Grant]:
        entries = _list(value)
        if entries is None:
            self._note(("grant",), f"`grant` is {_kind(value)}; write [[grant]] with two brackets for each grant")
            return []
        if len(entries) > MAX_GRANTS:
            self._note(("grant", MAX_GRANTS), f"there are {len(entries)} grants; a document may hold {MAX_GRANTS}")
        return [self._grant(number, entry) for number, entry in enumerate(entries[:MAX_GRANTS])]

    def _grant(self, number: int, value: object) -> Grant:
        path: Path = ("grant", number)
        data = _table(value)
        if data is None:
            self._note(path, f"grant {number + 1} is {_kind(value)}; write [[grant]] and its keys below it")
            data = {}
        self._check_keys(path, data, _GRANT_KEYS)
        grant = Grant(
            index=number + 1,
            line=self._surveyed.line(path),
            connection=self._connection(path, data),
            organizations=self._patterns(path, data, "organizations"),
            projects=self._patterns(path, data, "projects"),
            access=(access := self._access(path, data)),
            lines={resource: self._surveyed.line((*path, "access", resource)) for resource in access},
        )
        if len(grant.organizations or ()) + len(grant.projects or ()) > MAX_PATTERNS:
            self._note(path, f"grant {grant.index} names more than {MAX_PATTERNS} organizations and projects")
        self._check_resources(path, grant, data)
        return grant

    def _connection(self, path: Path, data: Mapping[str, object]) -> str:
        connection = self._text(path, data, "connection")
        if connection and connection not in self._vocabulary.connections:
            self._note((*path, "connection"), unknown("connection", connection, self._vocabulary.connections))
        return connection

    def _patterns(self, path: Path, data: Mapping[str, object], key: str) -> tuple[str, ...] | None:
        if key not in data:
            return None
        path = (*path, key)
        entries = _list(data[key])
        if entries is None:
            self._note(path, f'`{key}` is {_kind(data[key])}; write a list, such as {key} = ["checkout-*"]')
            return None
        if not entries:
            self._note(path, f'`{key}` is empty; write {key} = ["*"] for all, or take the line out')
        return tuple(self._pattern((*path, number), key, entry) for number, entry in enumerate(entries))

    def _pattern(self, path: Path, key: str, value: object) -> str:
        if not isinstance(value, str):
            self._note(path, f'a name in `{key}` is {_kind(value)}; write text, such as "checkout-*"')
            return ""
        wrong = next((char for char in value if char not in pattern.CHARACTERS), None)
        if wrong is not None:
            rule = "write a-z, 0-9, hyphen, underscore, dot, and * for any run of them"
            self._note(path, f"`{word(value)}` in `{key}` holds {_shown(wrong)}; {rule}")
        elif not 0 < len(value) <= pattern.MAX_LENGTH:
            self._note(path, f"a name in `{key}` has {len(value)} characters; write 1 to {pattern.MAX_LENGTH}")
        return value

    def _access(self, path: Path, data: Mapping[str, object]) -> dict[str, Level]:
        if "access" not in data:
            self._note(path, _missing("access"))
            return {}
        path = (*path, "access")
        entries = _table(data["access"])
        if not entries:
            fault = "is empty" if entries is not None else f"is {_kind(data['access'])}"
            self._note(path, f"`access` {fault}; write a level for each resource, such as {_EXAMPLES['access']}")
            return {}
        levels = {resource: self._level((*path, resource), resource, value) for resource, value in entries.items()}
        return {resource: level for resource, level in levels.items() if level is not None}

    def _level(self, path: Path, resource: str, value: object) -> Level | None:
        if not isinstance(value, str):
            levels = ", ".join(f'"{level}"' for level in Level)
            self._note(path, f"access.{word(resource)} is {_kind(value)}; write one of {levels}")
            return None
        if value not in set(Level):
            self._note(path, unknown("level", value, Level))
            return None
        return Level(value)

    def _check_resources(self, path: Path, grant: Grant, named: Mapping[str, object]) -> None:
        """Each resource must exist on the connection, and the grant must name what the resource belongs to."""
        resources = self._vocabulary.connections.get(grant.connection)
        entries = _table(named.get("access"))
        if resources is None or entries is None:
            return
        for resource in entries:
            at = (*path, "access", resource)
            dimension = resources.get(resource)
            if dimension is None:
                self._note(at, unknown("resource", resource, resources))
            elif dimension is not Dimension.NOTHING and dimension not in named:
                what = f"grant {grant.index} gives access.{resource} but names no {dimension}"
                self._note(at, f'{what}; write {dimension} = [...] or {dimension} = ["*"] for all')

    def _check_keys(self, path: Path, data: Mapping[str, object], known: tuple[str, ...]) -> None:
        for key in data:
            if key not in known:
                self._note((*path, key), unknown("key", key, known))

    def _text(self, path: Path, data: Mapping[str, object], key: str) -> str:
        """A required text; empty after a problem was noted."""
        if key not in data:
            self._note(path, _missing(key))
            return ""
        text = data[key]
        if isinstance(text, str) and text.strip():
            return text
        fault = "is empty" if isinstance(text, str) else f"is {_kind(text)}"
        self._note((*path, key), f"`{key}` {fault}; write {_EXAMPLES[key]}")
        return ""

    def _note(self, path: Path, text: str) -> None:
        self.problems.append(Problem(source=self._source, line=self._surveyed.line(path), text=text))


def _shown(char: str) -> str:
    code = f"U+{ord(char):04X}"
    return f"`{char}`" if char.isascii() and char.isprintable() else code


def _missing(key: str) -> str:
    return f"missing key `{key}`; write {_EXAMPLES[key]}"


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a date")


def _table(value: object) -> dict[str, object] | None:
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None
