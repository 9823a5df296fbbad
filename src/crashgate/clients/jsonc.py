"""Edits of JSON with comments that keep everything else as it is: comments, order, spaces, trailing commas.

Positions are offsets in the text. What cannot be read raises ValueError with the line.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LARGEST = 10 * 1024 * 1024
_DEEPEST = 100
_token = re.compile(
    r"""
    (?P<skip> [\s\ufeff]+ | //[^\n]* | /\*.*?\*/ )
    | (?P<string> "(?:[^"\\\n]|\\.)*" )
    | (?P<mark> [{}\[\],:] )
    | (?P<word> [^\s{}\[\],:"/]+ )
    """,
    re.VERBOSE | re.DOTALL,
).match


@dataclass(kw_only=True, slots=True)
class _Member:
    key: str
    start: int
    value: "_Node"
    comma: int | None = None


@dataclass(kw_only=True, slots=True)
class _Node:
    """A value from ``start`` to ``end``; of an object its ``members``, of anything else ``plain``."""

    start: int
    end: int = 0
    members: list[_Member] | None = None
    plain: Any = None
    last: int = 0
    """In an object, the end of the last token or comment before its closing brace."""

    @property
    def data(self) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The value without comments."""
        return self.plain if self.members is None else {each.key: each.value.data for each in self.members}


@dataclass(kw_only=True, slots=True)
class _Reader:
    text: str
    at: int = 0
    end_of_last: int = 0
    """The end of the last token or comment that was read."""
    depth: int = field(default=0)

    def fail(self, what: str) -> ValueError:
        line = self.text.count("\n", 0, self.at) + 1
        return ValueError(f"line {line}: {what}")

    def skip(self) -> None:
        """Go on to the next token; ``end_of_last`` is then behind the last comment, if there was one."""
        while (found := _token(self.text, self.at)) is not None and found["skip"] is not None:
            self.at = found.end()
            if found["skip"].startswith("/"):
                self.end_of_last = found.end()

    def take(self) -> str:
        self.skip()
        found = _token(self.text, self.at)
        if found is None:
            raise self.fail("the text ends too early" if self.at >= len(self.text) else "this is no JSON")
        self.at = self.end_of_last = found.end()
        return found[0]

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def value(self) -> _Node:
        self.skip()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.fail("it is nested too deeply")
        start = self.at
        first = self.take()
        if first == "{":
            node = self._object(start)
        elif first == "[":
            node = self._array(start)
        else:
            try:
                node = _Node(start=start, end=self.at, plain=json.loads(first, strict=False))
            except ValueError:
                raise self.fail("this is no value of JSON") from None
        self.depth -= 1
        return node

    def _object(self, start: int) -> _Node:
        members: list[_Member] = []
        while self.peek() != "}":
            if members and members[-1].comma is None:
                raise self.fail("a comma is missing")
            at = self.at
            key = self.take()
            if not key.startswith('"') or self.take() != ":":
                raise self.fail("a name in double quotes and a colon are expected")
            members.append(_Member(key=json.loads(key, strict=False), start=at, value=self.value()))
            if self.peek() == ",":
                members[-1].comma = self.at
                self.take()
        last = self.end_of_last
        self.take()
        return _Node(start=start, end=self.at, members=members, last=last)

    def _array(self, start: int) -> _Node:
        items: list[Any] = []
        comma = True
        while self.peek() != "]":
            if not comma:
                raise self.fail("a comma is missing")
            items.append(self.value().data)
            comma = self.peek() == ","
            if comma:
                self.take()
        self.take()
        return _Node(start=start, end=self.at, plain=items)


def _read(text: str) -> _Node:
    if len(text) > LARGEST:
        raise ValueError("it is larger than 10 MiB")
    reader = _Reader(text=text)
    node = reader.value()
    reader.skip()
    if reader.at < len(text):
        raise reader.fail("something follows the end")
    if node.members is None:
        raise ValueError("line 1: it is not an object")
    return node


def read(text: str) -> Mapping[str, Any]:
    """The object without its comments; an empty text is an empty object. Raises ValueError."""
    data: Mapping[str, Any] = _read(text).data if text.strip() else {}
    return data


def set_member(text: str, path: Sequence[str], value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """The text with ``value`` at ``path``, where objects that are missing are made. Raises ValueError."""
    if not text.strip():
        text = "{}\n"
    newline = "\r\n" if "\r\n" in text else "\n"
    node = _read(text)
    unit = _unit(text)
    for depth, key in enumerate(path):
        if node.members is None:
            raise ValueError(f"`{path[depth - 1]}` is not an object")
        member = _find(node, key)
        if member is None:
            for inner in reversed(path[depth + 1 :]):
                value = {inner: value}
            return _insert(text, node, key, value, unit=unit, newline=newline)
        if depth + 1 == len(path):
            rendered = _render(value, _indent(text, member.start), unit, newline)
            return text[: member.value.start] + rendered + text[member.value.end :]
        node = member.value
    raise ValueError("the path is empty")


def remove_member(text: str, path: Sequence[str]) -> str:
    """The text without what is at ``path``; the same text where nothing is. Raises ValueError."""
    if not text.strip():
        return text
    node = _read(text)
    for key in path[:-1]:
        member = _find(node, key)
        if member is None or member.value.members is None:
            return text
        node = member.value
    member = _find(node, path[-1])
    if member is None or node.members is None:
        return text
    start, end = member.start, member.value.end if member.comma is None else member.comma + 1
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip():
        start = line
        rest = re.compile(r"[ \t]*\r?\n").match(text, end)
        end = rest.end() if rest else end
    text = text[:start] + text[end:]
    number = node.members.index(member)
    before = node.members[number - 1].comma if number else None
    if member.comma is None and before is not None:
        text = text[:before] + text[before + 1 :]
    return text


def _find(node: _Node, key: str) -> _Member | None:
    """The member of that name; of several the last, which is the one that parsers take."""
    return next((each for each in reversed(node.members or []) if each.key == key), None)


def _insert(text: str, node: _Node, key: str, value: object, *, unit: str, newline: str) -> str:  # noqa: PLR0913 - where, what and how
    members = node.members or []
    outer = _indent(text, node.start)
    own = _indent(text, members[0].start) if members and _begins_line(text, members[0].start) else outer + unit
    piece = f"{newline}{own}{json.dumps(key)}: {_render(value, own, unit, newline)}"
    if members and members[-1].comma is not None:
        piece += ","
    rest = text[node.last : node.end - 1]
    tail = rest if "\n" in rest else f"{newline}{outer}"
    result = text[: node.last] + piece + tail + text[node.end - 1 :]
    if members and members[-1].comma is None:
        end = members[-1].value.end
        result = result[:end] + "," + result[end:]
    return result


def _render(value: object, indent: str, unit: str, newline: str) -> str:
    return json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", f"{newline}{indent}")


def _indent(text: str, at: int) -> str:
    """The spaces at the beginning of the line."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _unit(text: str) -> str:
    """What one level is indented by: that of the first indented line, else two spaces."""
    found = re.search(r'^([ \t]+)"', text, re.MULTILINE)
    return found[1] if found else "  "
