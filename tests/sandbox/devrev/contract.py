"""The reconstructed OpenAPI document, and answers against it. Rule: a line that the reader does not know is an error.

The document is YAML as a program writes it: blocks, anchors, aliases, plain and single-quoted text. There is no YAML
library among the dependencies, and this is all of it that is needed.
"""

import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

_PAIR = re.compile(r"('(?P<quoted>(?:[^']|'')*)'|(?P<plain>[$\w/.-]+)):(?: (?P<value>.*))?")
_ANCHOR = re.compile(r"&(?P<name>\w+)(?: (?P<value>.*))?")


class Contract:
    """What the document says an answer looks like."""

    def __init__(self, contracts: Path) -> None:
        text = (contracts / "devrev" / "devrev_observability.yml").read_text(encoding="utf-8")
        self.document = _Reader(text).document

    def answer_schema(self, method: str, path: str, status: int) -> str | None:
        """The name of the schema of an answer, if the document has that status."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        found = responses.get(str(status))
        if found is None:
            return None
        reference: str = found["content"]["application/json"]["schema"]["$ref"]
        return reference.rpartition("/")[2]

    def wrong(self, schema: str, body: Any) -> list[str]:  # noqa: ANN401 - JSON
        """What does not fit the schema of that name."""
        root = {"$ref": f"#/components/schemas/{schema}", "components": self.document["components"]}
        return [error.message for error in Draft202012Validator(root).iter_errors(body)]  # pyright: ignore[reportUnknownMemberType] - jsonschema's own types are partial


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines: list[tuple[int, str]] = []
        self._anchors: dict[str, Any] = {}
        for line in text.splitlines():
            if line.lstrip().startswith("#") or not line.strip():
                continue
            if self._lines and self._lines[-1][1].replace("''", "").count("'") % 2:
                depth, begun = self._lines[-1]
                self._lines[-1] = depth, f"{begun} {line.strip()}"
            else:
                self._lines.append((len(line) - len(line.lstrip()), line.strip()))
        self.document = self._block(0)
        if self._lines:
            raise ValueError(self._lines[0][1])

    def _block(self, depth: int) -> Any:  # noqa: ANN401 - YAML
        if not self._lines or self._lines[0][0] < depth:
            return None
        depth = self._lines[0][0]
        return self._sequence(depth) if self._lines[0][1].startswith("- ") else self._mapping(depth)

    def _sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while self._lines and self._lines[0][0] == depth and self._lines[0][1].startswith("- "):
            rest = self._lines.pop(0)[1][2:]
            if _PAIR.fullmatch(rest):
                self._lines.insert(0, (depth + 2, rest))
                found.append(self._mapping(depth + 2))
            else:
                found.append(self._value(rest, depth + 1))
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._lines and self._lines[0][0] == depth and not self._lines[0][1].startswith("- "):
            line = self._lines.pop(0)[1]
            pair = _PAIR.fullmatch(line)
            if pair is None:
                raise ValueError(line)
            name = pair["plain"] if pair["quoted"] is None else pair["quoted"]
            # A sequence may stand as deep as its key, a mapping may not.
            flat = bool(self._lines) and self._lines[0][1].startswith("- ")
            found[name] = self._value(pair["value"] or "", depth if flat else depth + 1)
        return found

    def _value(self, text: str, depth: int) -> Any:  # noqa: ANN401 - YAML
        anchor = _ANCHOR.fullmatch(text)
        if anchor is not None:
            value = self._value(anchor["value"] or "", depth)
            self._anchors[anchor["name"]] = value
            return value
        if not text:
            return self._block(depth)
        if text.startswith("*"):
            return self._anchors[text[1:]]
        if text.startswith("'"):
            return text[1:-1].replace("''", "'")
        if text == "[]":
            return []
        return text == "true" if text in {"true", "false"} else int(text) if text.isdigit() else text
