"""The part of YAML that the contract document is written in. Rule: what it does not know, it refuses.

Mappings and lists by indentation, one-line values, ``&names`` and ``*names``.
"""

import re
from dataclasses import dataclass, field
from typing import Any

_KEY = re.compile(r"""('[^']*'|[^\s'"&*\[{][^:]*):(?:\s+(.*))?""")
_NAMED = re.compile(r"&(\w+)\s*(.*)")


def load(text: str) -> Any:  # noqa: ANN401 - whatever the document holds
    """The document. Raises ValueError for what is not understood."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    document = _Document(lines=[(len(line) - len(line.lstrip()), line.strip()) for line in lines])
    found = document.block(0)
    if document.lines:
        raise ValueError(f"not understood: {document.lines[0][1]}")
    return found


@dataclass
class _Document:
    lines: list[tuple[int, str]]
    named: dict[str, Any] = field(default_factory=dict[str, Any])

    def block(self, indent: int) -> Any:  # noqa: ANN401 - a mapping or a list
        if self.lines[0][1].startswith("- "):
            return self._list(indent)
        return self._mapping(indent)

    def _list(self, indent: int) -> list[Any]:
        found: list[Any] = []
        while self.lines and self.lines[0][0] == indent and self.lines[0][1].startswith("- "):
            text = self.lines[0][1].removeprefix("- ")
            match = _NAMED.fullmatch(text)
            if match is None and _KEY.fullmatch(text) is None:
                self.lines.pop(0)
                found.append(self._value(text, indent))
                continue
            # A mapping that begins on the line of its dash.
            if match is not None and match[2]:
                self.lines[0] = indent + 2, match[2]
            elif match is None:
                self.lines[0] = indent + 2, text
            else:
                self.lines.pop(0)
            item = self._mapping(indent + 2)
            if match is not None:
                self.named[match[1]] = item
            found.append(item)
        return found

    def _mapping(self, indent: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.lines and self.lines[0][0] == indent and not self.lines[0][1].startswith("- "):
            match = _KEY.fullmatch(self.lines.pop(0)[1])
            if match is None:
                raise ValueError("a line is neither a key nor an item")
            found[match[1].strip("'")] = self._value(match[2] or "", indent)
        return found

    def _value(self, text: str, indent: int) -> Any:  # noqa: ANN401 - any value
        match = _NAMED.fullmatch(text)
        if match is not None:
            self.named[match[1]] = self._value(match[2], indent)
            return self.named[match[1]]
        if text.startswith("*"):
            return self.named[text[1:]]
        if not text:
            below, first = self.lines[0]
            return self.block(below if below > indent or first.startswith("- ") else indent)
        if text == "[]":
            return []
        if text in {"true", "false"}:
            return text == "true"
        return int(text) if text.isdigit() else text.strip("'")
