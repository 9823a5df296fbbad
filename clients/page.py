"""docs/clients.md: written from what a run saw, so that it says nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import TextWrapper

from clients.environments import ROOT
from clients.listed import Client, Listed

PATH = ROOT / "docs" / "clients.md"
_NAMES = {"text": "the text", "structured": "the structured content", "both": "both"}
_HEAD = """\
# What a client's model sees

An answer has two parts: text, and structured content. Clients differ in which of them they give their model, so each
part is complete. The text has one sentence and, in a second block, the data as JSON. The structured content has the
data, and of a refusal its words.

`make clients` installs the clients below, each in an environment of its own, connects each to `crashgate serve
--sandbox`, and reads what its model would be given. It needs no model and no account. It fails where a client loses a
tool, a parameter, an id, a text or an error's words, and where this page says anything else than what was seen:
`make clients CLIENTS=--write` writes it.
"""
_SUITE = (
    "`{package}` runs against the server over HTTP. Many of its scenarios call tools and read resources of its own "
    "names, which only a server written for it has. These pass: {passing}."
)
_LINES = TextWrapper(width=120, break_long_words=False, break_on_hyphens=False)
_POINT = TextWrapper(width=120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def write(listed: Listed, seen: Mapping[str, tuple[str, str]], passed: Mapping[str, bool]) -> str:
    """The page. ``seen`` has what each client's model was given, of an answer and of an error."""
    return "\n".join(
        [_HEAD, *_table(listed.clients, seen), "", *_notes(listed.clients), "", *_suite(listed, passed), ""]
    )


def _table(clients: Sequence[Client], seen: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield "| client | connected over | of an answer, its model is given | of an error |"
    yield "|---|---|---|---|"
    for client in clients:
        answer, error = (_NAMES.get(part, part) for part in seen[client.name])
        ways = ", ".join(str(way) for way in client.ways)
        yield f"| {client.packages[0].replace('==', ' ')} | {ways} | {answer} | {error} |"


def _notes(clients: Sequence[Client]) -> Iterator[str]:
    for client in clients:
        yield _POINT.fill(f"- **{client.name}**: {client.about}")


def _suite(listed: Listed, passed: Mapping[str, bool]) -> Iterator[str]:
    passing = ", ".join(f"`{name}`" for name, good in passed.items() if good)
    yield "## The conformance suite\n"
    yield _LINES.fill(_SUITE.format(package=listed.suite.packages[0].replace("==", " "), passing=passing))
    yield "\n| fails, as is known | because |\n|---|---|"
    for name, good in passed.items():
        if not good:
            yield f"| `{name}` | {listed.suite.known.get(name, '')} |"
