"""A starter policy for a new agent. It grants reading in named places; a grant without a name is left as a comment."""

import json
from collections.abc import Iterator, Mapping, Sequence

from crashgate.model.access import Access, Level
from crashgate.model.scope import NOTHING, Dimension
from crashgate.policy.policy import Vocabulary

_HEAD = """\
# A first policy: reading only. "write" also changes, "full" also deletes, "off" takes away; whatever is not granted is
# denied. `crashgate policy check` finds mistakes, `crashgate policy lint` what is worth a second look.

agent = {agent}
about = "Reads crash data."
owner = {owner}
"""
_TAIL = """
[limits]
calls_per_minute = 60

[redact]
sets = ["people", "network", "request_headers"]
"""


MOST_NAMES = 500
"""Places of a kind that are named one by one; nobody would read more."""

_IN_A_LINE = 4

Places = Mapping[Dimension, Sequence[str]]
"""The names of places, by their kind."""


def first_policy(
    agent: str, owner: str, places: Mapping[str, Places], vocabulary: Vocabulary, connections: Mapping[str, str]
) -> str:
    """The text of the document; ``places`` by connection. What is wrong with the names, loading it tells.

    ``connections`` says what each connection of the vocabulary is.
    """
    parts = [_HEAD.format(agent=_quote(agent), owner=_quote(owner))]
    for connection, provider in connections.items():
        parts.extend(_grants(connection, _readable(provider, vocabulary, connection), places.get(connection, {})))
    return "".join([*parts, _TAIL])


def nameable(vocabulary: Vocabulary, connections: Mapping[str, str]) -> frozenset[Dimension]:
    """The kinds of place that a first policy may name: those that something readable has."""
    found = {
        dimension
        for connection, provider in connections.items()
        for own in _readable(provider, vocabulary, connection).values()
        for dimension in (own, own.wider)
    }
    return frozenset(each for each in found if each is not None)


def _readable(provider: str, vocabulary: Vocabulary, connection: str) -> dict[str, Dimension]:
    """The resources that some operation reads: ``read`` on any other would never allow anything."""
    read = {
        each.resource
        for each in vocabulary.catalogue.operations.values()
        if each.provider == provider and each.access is Access.READ
    }
    return {name: dimension for name, dimension in vocabulary.connections[connection].items() if name in read}


def _grants(connection: str, resources: Mapping[str, Dimension], places: Places) -> Iterator[str]:
    """One grant for each kind of place that the connection's resources have."""
    for dimension in dict.fromkeys(resources.values()):
        names = places.get(dimension, ())
        lines = ["[[grant]]", f"connection = {_quote(connection)}"]
        if dimension is not NOTHING:
            around = dimension.wider
            if around is not None and places.get(around) and around not in resources.values():
                lines += _list(around, places[around])
            lines += _list(dimension, names)
        lines += [f"access.{each} = {_quote(Level.READ)}" for each, of in resources.items() if of is dimension]
        known = bool(names) or dimension is NOTHING
        head = "" if known else f"# Name {dimension} to open these.\n"
        yield "\n" + head + "".join(f"{'' if known else '# '}{line}\n" for line in lines)


def _list(dimension: Dimension, names: Sequence[str]) -> list[str]:
    """A few names in one line, and many one below the other, so that single ones are easily taken out."""
    if len(names) <= _IN_A_LINE:
        return [f"{dimension} = [{', '.join(map(_quote, names))}]"]
    return [f"{dimension} = [", *(f"    {_quote(name)}," for name in names), "]"]


def _quote(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)
