"""The vendors' own OpenAPI documents as JSON schemas. Rule: what this reader does not understand is a failure.

They are YAML as one program wrote it: blocks of mappings and lists, texts that go on in deeper lines, anchors. That
much is read here, for want of a YAML library among the project's dependencies.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker

_KEY = re.compile(r"""('[^']*'|[^\s'":&*-][^:]*?):(?: (.*))?""")
_ANCHOR = re.compile(r"&(\w+) ?(.*)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "{}": {}, "[]": []}
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@dataclass(frozen=True)
class Document:
    """One document; ``schemas`` are its components."""

    schemas: Mapping[str, Any]

    def faults(self, schema: str, value: Any) -> list[str]:  # noqa: ANN401 - JSON
        """What of ``value`` is not as the schema of that name has it."""
        root = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": self.schemas}}
        validator: Any = Draft202012Validator(root, format_checker=_FORMATS)
        return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in validator.iter_errors(value)]


@cache
def load(path: Path) -> Document:
    """The document in a file."""
    read = _Reader(path.read_text(encoding="utf-8")).block(0)
    return Document(schemas={name: _as_json_schema(one) for name, one in read["components"]["schemas"].items()})


def _as_json_schema(schema: object) -> Any:  # noqa: ANN401 - JSON
    """OpenAPI 3.0 says ``nullable`` where JSON Schema has a type more. Descriptions are left out."""
    if isinstance(schema, list):
        return [_as_json_schema(one) for one in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("dict[str, object]", schema)
    kept = {
        name: _as_json_schema(one)
        for name, one in given.items()
        if name != "nullable" and not (name == "description" and isinstance(one, str))
    }
    return {"anyOf": [kept, {"type": "null"}]} if given.get("nullable") is True else kept


class _Reader:
    def __init__(self, text: str) -> None:
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        self._lines = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]
        self._at = 0
        self._anchors: dict[str, Any] = {}

    def block(self, indent: int) -> Any:  # noqa: ANN401 - YAML
        """The mapping or list whose lines begin at that column."""
        if self._peek()[1].startswith("- "):
            return self._list(indent)
        found: dict[str, Any] = {}
        while self._peek()[0] == indent and not self._peek()[1].startswith("- "):
            key = _KEY.fullmatch(self._peek()[1])
            assert key is not None, f"no key: {self._peek()}"
            self._at += 1
            found[key[1].strip("'")] = self._value(key[2] or "", indent)
        assert self._peek()[0] <= indent, f"out of place: {self._peek()}"
        return found

    def _list(self, indent: int) -> list[Any]:
        found: list[Any] = []
        while self._peek()[0] == indent and self._peek()[1].startswith("- "):
            rest = self._peek()[1].removeprefix("- ")
            anchor = _ANCHOR.fullmatch(rest)
            name, rest = (anchor[1], anchor[2]) if anchor else ("", rest)
            if _KEY.fullmatch(rest) and not rest.startswith(("'", '"')):
                self._lines[self._at] = (indent + 2, rest)
                item = self.block(indent + 2)
            else:
                self._at += 1
                item = self._value(rest, indent) if rest else self.block(indent + 2)
            if name:
                self._anchors[name] = item
            found.append(item)
        return found

    def _value(self, text: str, indent: int) -> Any:  # noqa: ANN401 - YAML
        anchor = _ANCHOR.fullmatch(text)
        if anchor:
            self._anchors[anchor[1]] = self._value(anchor[2], indent)
            return self._anchors[anchor[1]]
        if text.startswith("*"):
            return self._anchors[text[1:]]
        return self._scalar(text, indent) if text else self._below(indent)

    def _below(self, indent: int) -> Any:  # noqa: ANN401 - YAML
        deeper, line = self._peek()
        return self.block(deeper) if deeper > indent or (deeper == indent and line.startswith("- ")) else None

    def _scalar(self, text: str, indent: int) -> Any:  # noqa: ANN401 - YAML
        while self._at < len(self._lines) and (self._lines[self._at][0] > indent or not self._lines[self._at][1]):
            text += f" {self._lines[self._at][1]}"
            self._at += 1
        if text in _WORDS:
            return _WORDS[text]
        if _NUMBER.fullmatch(text):
            return float(text) if "." in text else int(text)
        return text[1:-1] if text[0] in "'\"" else text

    def _peek(self) -> tuple[int, str]:
        while self._at < len(self._lines) and not self._lines[self._at][1]:
            self._at += 1
        return self._lines[self._at] if self._at < len(self._lines) else (-1, "")
