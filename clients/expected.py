"""What a client's model must be given, compared with what the server answers."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from clients.listed import Client

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call, and what the server itself answers to it."""

    label: str
    tool: str
    arguments: Mapping[str, Any]
    fails: bool
    """Whether the answer has to be an error."""
    text: Sequence[str]
    structured: Mapping[str, Any]
    is_error: bool
    words: Sequence[str] = ()
    """What an error must say, for a model to know what to do next."""

    @property
    def marks(self) -> list[str]:
        """What shows that the answer is there: the code of an error; otherwise ids and outsiders' text."""
        if self.is_error:
            return [str(self.structured["error"]["code"])]
        return list(dict.fromkeys(_timeless(mark) for mark in _marks(self.structured)))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One expectation, and why it is not met; empty where it is."""

    expectation: str
    problem: str


def of_server(call: Call) -> Iterator[Outcome]:
    """What the server's own answer must be, so that a client of any kind can use it."""
    if call.fails:
        error = cast("Mapping[str, Any]", call.structured.get("error", {}))
        missing = [name for name in ("code", "message") if not error.get(name)]
        problem = f"the structured error has no {' and no '.join(missing)}" if missing else ""
        yield _is_error(call)
        yield Outcome(expectation=f"{call.label}: its words stand in the structured part, too", problem=problem)
        unsaid = [word for word in call.words if word not in " ".join(call.text)]
        problem = f"does not say {', '.join(unsaid)}: {call.text[0][:200]}" if unsaid else ""
        yield Outcome(expectation=f"{call.label}: says {', '.join(call.words)}", problem=problem)
        return
    yield _is_error(call)
    whole = [block for block in call.text if _json(block) == call.structured]
    problem = "" if whole else "no text block is the structured content as JSON"
    yield Outcome(expectation=f"{call.label}: the text has the data, too", problem=problem)


def of_tools(client: Client, tools: Mapping[str, Sequence[str]], listed: Mapping[str, Sequence[str]]) -> Outcome:
    """Every tool that the server lists is offered to the model, with every parameter."""
    wrong = [name for name, parameters in listed.items() if tools.get(name) != parameters]
    problem = f"{client.name} does not offer, or not with all parameters: {', '.join(wrong)}" if wrong else ""
    return Outcome(expectation="offers every tool with every parameter", problem=problem)


def of_call(client: Client, call: Call, given: object) -> Iterator[Outcome]:
    """The model is given the whole answer, in the part that the client is listed with."""
    leaves = list(_leaves(given))
    needed = call.words if call.is_error else call.marks
    unseen = [mark for mark in needed if not any(mark in leaf for leaf in leaves)]
    problem = f"{len(unseen)} of {len(needed)} are not in it: {unseen[0][:80]}" if unseen else ""
    what = "its words are" if call.is_error else "every id and text is"
    yield Outcome(expectation=f"{call.label}: {what} visible", problem=problem)
    listed = client.error if call.is_error else client.answer
    part = part_of(call, given)
    problem = "" if part == listed else f"it is {part}"
    yield Outcome(expectation=f"{call.label}: what the model is given is {_PARTS[listed]}", problem=problem)


def part_of(call: Call, given: object) -> str:
    """The part of the answer that was given: the one in which its marks stand as often."""
    leaves = list(_leaves(given))
    text, structured = list(_leaves(list(call.text))), list(_leaves(call.structured))
    marks = [call.text[0], *call.marks]
    counts = {"both": [*text, *structured], "text": text, "structured": structured}
    for part, expected in counts.items():
        if _count(marks, leaves) == _count(marks, expected):
            return part
    return "none of text, structured and both"


_PARTS = {"text": "the text", "structured": "the structured content", "both": "both text and structured content"}


def _is_error(call: Call) -> Outcome:
    wrong = call.is_error is not call.fails
    problem = f"{'an error' if call.is_error else 'no error'}: {call.text[0][:200]}" if wrong else ""
    return Outcome(expectation=f"{call.label}: is {'refused' if call.fails else 'answered'}", problem=problem)


def _count(marks: Iterable[str], leaves: Sequence[str]) -> list[int]:
    return [sum(leaf.count(mark) for leaf in leaves) for mark in marks]


def _marks(value: object, *, outside: bool = False) -> Iterator[str]:
    """Ids, and every text that outsiders can write."""
    if isinstance(value, dict):
        for key, item in cast("Mapping[str, object]", value).items():
            if isinstance(item, str) and item and (outside or key == "id"):
                yield item
            else:
                yield from _marks(item, outside=outside or key == "untrusted")
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from [item] if isinstance(item, str) and outside else _marks(item, outside=outside)


def _leaves(value: object) -> Iterator[str]:
    """Every text and key in what was given, also in text that is JSON itself."""
    if isinstance(value, dict):
        for key, item in cast("Mapping[str, object]", value).items():
            yield key
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _leaves(item)
    elif isinstance(value, str):
        inner = _json(value)
        yield from [_timeless(value)] if inner is None else _leaves(inner)


def _timeless(text: str) -> str:
    """Without times: every server starts its sandbox's clock for itself."""
    return _TIME.sub("TIME", text)


def _json(text: str) -> object:
    """The object or list that a text is as JSON; None for any other text."""
    try:
        return cast("object", json.loads(text)) if text.startswith(("{", "[")) else None
    except ValueError:
        return None
