"""docs/clients.md: written from what a run saw, so that it says nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import TextWrapper

from clients.environments import ROOT
from clients.listed import Client, Listed

PATH = ROOT / "docs" / "clients.md"
_NAMES = {"text": "the text", "structured": "the structured content", "both": "both"}
_HEAD = """\
# What a client's model sees

An answer has two parts: text and structured content. Clients differ in which part they give their model, so each part
is complete. The text has one sentence and, in a second block, the data as JSON. The structured content has the data or,
for a refusal, the error.

`make clients` installs each of the clients below in its own environment, connects it to `crashgate serve --sandbox`,
and reads what its model would be given. It needs no model and no account. It fails if a client loses a tool, a
parameter, an id, a text or an error message, or if this page differs from what was seen. `make clients CLIENTS=--write`
writes this page.
"""
_SUITE = (
    "`{package}` runs against the server over HTTP. Many of its scenarios call tools and read resources that "
    "only a server written for the suite has. These pass: {passing}."
)
_LINES = TextWrapper(width=120, break_long_words=False, break_on_hyphens=False)
_POINT = TextWrapper(width=120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def write(listed: Listed, seen: Mapping[str, tuple[str, str]], passed: Mapping[str, bool]) -> str:
    """The page. ``seen`` has what each client's model was given, of an answer and of an error."""
    return "\n".join(
        [_HEAD, *_table(listed.clients, seen), "", *_notes(listed.clients), "", *_suite(listed, passed), ""]
    )


def _table(clients: Sequence[Client], seen: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield "| client | connected over | its model gets, for an answer | for an error |"
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
    yield "\n| known failure | reason |\n|---|---|"
    for name, good in passed.items():
        if not good:
            yield f"| `{name}` | {listed.suite.known.get(name, '')} |"
