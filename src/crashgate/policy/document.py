"""Reads a policy document. It is used whole or not at all, and all its problems are reported at once."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from crashgate.errors import PolicyDocumentError, Problem
from crashgate.identity import AGENT_NAME_PATTERN
from crashgate.model.access import Level
from crashgate.model.scope import NOTHING, Dimension
from crashgate.policy import grants as pattern
from crashgate.policy.grants import BUILT_IN, Grant
from crashgate.policy.limits import Approval, Limits
from crashgate.policy.policy import TABLES, Mode, Policy, Vocabulary
from crashgate.policy.redaction import Redaction, result_fields
from crashgate.policy.switches import Switches
from crashgate.policy.templates import Part, Templates, read_parts
from crashgate.policy.toml_positions import Path, find_hidden_character
from crashgate.policy.wording import unknown, word
from crashgate.policy.words import Entries, Entry, Table, as_list, as_table, join, kind, missing, read_table

MAX_GRANTS = 100
MAX_PATTERNS = 1000
"""For each grant, all its places together."""

MAX_ABOUT = 200
MAX_OWNER = 100

_AGENT_CHARACTERS = pattern.CHARACTERS - frozenset("_.*")
_TEMPLATE_KEYS = ("extends", "grant", *TABLES)
_TOP_KEYS = ("agent", "about", "owner", "mode", "extends", "places", "grant", *TABLES)
_EXAMPLES: Mapping[str, str] = {
    "agent": 'agent = "triage-agent", the name that the launch configuration or the token gives',
    "about": 'about = "...", one line for people',
    "owner": 'owner = "team@example.com", who answers for this policy',
    "connection": 'connection = "bugsnag"',
    "access": 'access.error = "read"',
}


def load(
    text: str, *, source: str, vocabulary: Vocabulary, templates: Templates = MappingProxyType[str, str]({})
) -> Policy:
    """The policy that a TOML document holds, together with the ``templates`` that it extends.

    ``source`` is the folder's and the file's name (``policies/triage-agent.toml``); the file is called after the
    agent. Raises PolicyDocumentError with every problem found.
    """
    parts = read_parts(text, source=source, catalogue=vocabulary.catalogue, templates=templates)
    policy = _make_policy(parts, vocabulary)
    problems = [problem for part in parts for problem in part.reading.problems]
    if problems:
        raise PolicyDocumentError(problems)
    return policy


def _make_policy(parts: Sequence[Part], vocabulary: Vocabulary) -> Policy:
    own, *templates = parts
    reader = _Reader(own, vocabulary, first=1, places={})
    places = reader.places()
    grants = reader.grants()
    for template in templates:
        _check_template(template)
        grants += _Reader(template, vocabulary, first=len(grants) + 1, places=places).grants()
    if len(grants) > MAX_GRANTS and templates:
        own.reading.note(
            ("extends",), f"with its templates there are {len(grants)} grants; a policy may hold {MAX_GRANTS}"
        )
    for kind_of_place in places:
        if not any(grant.source and grant.places.get(kind_of_place) is places[kind_of_place] for grant in grants):
            own.reading.note(("places", str(kind_of_place)), f"no grant of a template takes these {kind_of_place}")
    several = {key: _read_tables(key, table, parts) for key, table in TABLES.items()}
    tables = {key: join(TABLES[key], each) for key, each in several.items()}
    return Policy(
        agent=reader.agent(),
        about=reader.one_line("about", limit=MAX_ABOUT),
        owner=reader.one_line("owner", limit=MAX_OWNER),
        source=own.reading.source,
        hash=_hash(parts),
        grants=(BUILT_IN, *grants),
        mode=reader.mode(),
        off=Switches.of(tables["off"]),
        limits=Limits.of(tables["limits"]),
        redaction=Redaction.of(tables["redact"], result_fields(vocabulary.catalogue)),
        approval=Approval.of(tables["approve"]),
        extends=tuple(template.name for template in templates),
        overruled=tuple(_find_overruled(several, tables)),
        written={f"{key}.{each}": entries for key, table in tables.items() for each, entries in table.items()},
    )


def check_template(name: str, *, folder: str, vocabulary: Vocabulary, templates: Templates) -> list[Problem]:
    """What is wrong with a template or with those that it extends, whoever extends it.

    ``folder`` is the name of the policy folder. Places that a document could bring are not missing.
    """
    source = f"{folder}/{name}.toml"
    own, *others = read_parts(f'extends = "{name}"', source=source, catalogue=vocabulary.catalogue, templates=templates)
    everywhere = dict.fromkeys(vocabulary.kinds, ("*",))
    for each in others:
        _check_template(each)
        _Reader(each, vocabulary, first=1, places=everywhere).grants()
        for key, table in TABLES.items():
            read_table(each.reading, each.data, key, table)
    return [problem for part in (own, *others) for problem in part.reading.problems]


def _check_template(template: Part) -> None:
    """Note each key that a template cannot have."""
    for key in template.data:
        # check: a template has no words of an agent
        if key in _TOP_KEYS and key not in _TEMPLATE_KEYS:
            template.reading.note((key,), f"`{key}` belongs in the document of an agent, not in a template")
    template.reading.check_keys((), {key: None for key in template.data if key not in _TOP_KEYS}, _TEMPLATE_KEYS)


def _hash(parts: Sequence[Part]) -> str:
    own, *templates = parts
    named = (each for template in templates for each in (template.name, template.text))
    return hashlib.sha256("\0".join((own.text, *named)).encode()).hexdigest()


def _read_tables(key: str, table: type[Table], parts: Sequence[Part]) -> list[Entries]:
    """What the document and each of its templates write in one table."""
    keys = {each for part in parts for each in as_table(part.data.get(key)) or {}}
    if keys and table.NEEDS and keys.isdisjoint(table.NEEDS):
        parts[0].reading.note((key,), missing(next(iter(table.NEEDS)), " or ".join(table.NEEDS.values())))
    return [read_table(part.reading, part.data, key, table) for part in parts]


def _find_overruled(
    several: Mapping[str, Sequence[Entries]], tables: Mapping[str, Entries]
) -> Iterator[tuple[str, Entry]]:
    """Each value that another one replaced. The same value, written again, says nothing wrong."""
    for key, parts in several.items():
        for part in parts:
            for name, entries in part.items():
                held = {each.value for each in tables[key][name]}
                yield from ((f"{key}.{name}", entry) for entry in entries if entry.value not in held)


class _Reader:
    """Reads a document, or a template with the ``places`` that the document gives it; ``first`` is its first grant."""

    def __init__(
        self, part: Part, vocabulary: Vocabulary, *, first: int, places: Mapping[Dimension, tuple[str, ...]]
    ) -> None:
        self._reading = part.reading
        self._data = part.data
        self._template = bool(part.name)
        self._vocabulary = vocabulary
        self._first = first
        self._given = places
        if not part.name:
            self._reading.check_keys((), part.data, _TOP_KEYS)

    def places(self) -> dict[Dimension, tuple[str, ...]]:
        """What ``[places]`` names, for the grants of templates that name none."""
        kinds = self._vocabulary.kinds
        data = self._reading.table(self._data, "places", known=[*map(str, kinds)], example='projects = ["checkout-*"]')
        return self._read_places(("places",), data)

    def _read_places(self, path: Path, data: Mapping[str, object]) -> dict[Dimension, tuple[str, ...]]:
        places = {
            kind: self._patterns((*path, kind.plural), kind, data[kind.plural])
            for kind in self._vocabulary.kinds
            if kind.plural in data
        }
        return {kind: patterns for kind, patterns in places.items() if patterns is not None}

    def mode(self) -> Mode:
        """``enforce`` where nothing is written."""
        value = self._data.get("mode", Mode.ENFORCE.value)
        if not isinstance(value, str):
            self._reading.note(("mode",), f'`mode` is {kind(value)}; write mode = "enforce" or mode = "observe"')
        elif value not in set(Mode):
            self._reading.note(("mode",), unknown("mode", value, Mode))
        else:
            return Mode(value)
        return Mode.ENFORCE

    def agent(self) -> str:
        """Whose policy it is: the name that the file has too."""
        agent = self._text((), self._data, "agent")
        if agent and not re.fullmatch(AGENT_NAME_PATTERN, agent):
            wrong = next((char for char in agent if char not in _AGENT_CHARACTERS), None)
            holds = f" holds {_show_character(wrong)}" if wrong is not None else ""
            rule = "1 to 64 of a-z, 0-9 and hyphens, with no hyphen at either end"
            self._reading.note(("agent",), f"bad agent name `{word(agent)}`{holds}; write {rule}")
        # check: a document bears the name of its agent
        elif agent and self._reading.source.rpartition("/")[2] != f"{agent}.toml":
            self._reading.note(("agent",), f"agent `{agent}` belongs in a file called {agent}.toml")
        return agent

    def one_line(self, key: str, *, limit: int) -> str:
        """A text for people."""
        text = self._text((), self._data, key)
        hidden = find_hidden_character(text)
        if hidden is not None:
            self._reading.note((key,), f"`{key}` holds a hidden character, {hidden}; write one line of plain text")
        if len(text) > limit:
            self._reading.note((key,), f"`{key}` has {len(text)} characters; write at most {limit}")
        return text

    def grants(self) -> list[Grant]:
        """The grants, in their order."""
        value = self._data.get("grant", [])
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
        # check: a document knows no other keys
        self._reading.check_keys(path, data, ("connection", *map(str, kinds), "access"))
        connection, access = self._connection(path, data), self._access(path, data)
        named = self._read_places(path, data)
        needed = {self._vocabulary.connections.get(connection, {}).get(resource) for resource in access}
        given = {kind: names for kind, names in self._given.items() if kind in needed and kind.plural not in data}
        grant = Grant(
            index=self._first + number,
            number=number + 1,
            source=self._reading.source if self._template else "",
            line=self._reading.line(path),
            connection=connection,
            places=named | given,
            access=access,
            lines={resource: self._reading.line((*path, "access", resource)) for resource in access},
        )
        if sum(map(len, grant.places.values())) > MAX_PATTERNS:
            self._reading.note(path, f"grant {grant.number} names more than {MAX_PATTERNS} places")
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
            self._reading.note(path, f'`{key}` is empty; write {key} = ["*"] for all, or remove the line')
        return tuple(self._pattern((*path, number), key, entry) for number, entry in enumerate(entries))

    def _pattern(self, path: Path, key: Dimension, value: object) -> str:
        if not isinstance(value, str):
            self._reading.note(path, f'a name in `{key}` is {kind(value)}; write text, such as "checkout-*"')
            return ""
        characters = pattern.characters(cased=key.cased)
        wrong = next((char for char in value if char not in characters), None)
        # check: a pattern is of plain characters
        if wrong is not None:
            letters = "A-Z, a-z" if key.cased else "a-z"
            rule = f"write {letters}, 0-9, hyphen, underscore, dot, and * for any run of them"
            self._reading.note(path, f"`{word(value)}` in `{key}` holds {_show_character(wrong)}; {rule}")
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
            # check: a grant names what its resources belong to
            elif dimension is not NOTHING and dimension.plural not in named and dimension not in grant.places:
                what = f"grant {grant.number} gives access.{resource} but names no {dimension}"
                fix = f'write {dimension} = [...] or {dimension} = ["*"] for all'
                here = f", or places.{dimension} = [...] in the document that extends this" if self._template else ""
                self._reading.note(at, f"{what}; {fix}{here}")

    def _check_places(self, path: Path, grant: Grant) -> None:
        """A dimension that nothing on the connection has would look like a bound and bind nothing."""
        resources = self._vocabulary.connections.get(grant.connection)
        if resources is None:
            return
        had = {each for own in resources.values() for each in (own, own.wider)}
        for dimension in grant.places:
            if dimension not in had:
                what = f"nothing on connection `{word(grant.connection)}` has {dimension}"
                self._reading.note((*path, dimension.plural), f"{what}; remove the line")

    def _text(self, path: Path, data: Mapping[str, object], key: str) -> str:
        return self._reading.text(path, data, key, example=_EXAMPLES[key])


def _show_character(char: str) -> str:
    code = f"U+{ord(char):04X}"
    return f"`{char}`" if char.isascii() and char.isprintable() else code
