"""The exchanges that the official client recorded. Rule: placeholders of scrubbed ids become ids here, and back.

A recording names ids as ``BUGSNAG_PROJECT_ID``; the catalogue takes 24 hexadecimal digits.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from tests.catalogue import OPERATIONS

FOLDERS = ("recorded", "recorded_2")
PLACEHOLDERS = {
    "BUGSNAG_ORG_ID": "c0ffee00000000000000000a",
    "BUGSNAG_PROJECT_ID": "c0ffee00000000000000000b",
    "BUGSNAG_ERROR_ID": "c0ffee00000000000000000c",
    "BUGSNAG_EVENT_ID": "c0ffee00000000000000000d",
    "BUGSNAG_RELEASE_ID": "c0ffee00000000000000000e",
    "BUGSNAG_RELEASE_GROUP_ID": "c0ffee00000000000000000f",
}
FOR_THE_GATE = {"project_id": PLACEHOLDERS["BUGSNAG_PROJECT_ID"], "error_id": PLACEHOLDERS["BUGSNAG_ERROR_ID"]}
"""What upstream does not take and the gate does: where a comment or an error's latest event belongs."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One exchange, with ids in place of placeholders. ``number`` is the first part of its file's name."""

    number: str
    method: str
    url: str
    status: int
    headers: dict[str, str]
    body: Any
    sent: dict[str, Any]
    """The JSON body of the request; empty where there was none."""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def route(self) -> str:
        """Method and path with every id as ``{}``."""
        return f"{self.method} {re.sub(r'(?<=/)[0-9a-f]{24}(?=/|$)', '{}', self.path)}"

    def operation(self) -> AnyOperation | None:
        """The operation of the catalogue with this method and path; a route of several is told by its body."""
        same = [one for one in OPERATIONS if one.method == self.method and self._below(one) is not None]
        named = [one for one in same if one.fixed_body.get("operation") == self.sent.get("operation")]
        return next(iter(named), None)

    def params(self) -> Params:
        """The parameters that the recorded request was made with, as the catalogue takes them."""
        operation = self.operation()
        assert operation is not None
        inside = self._below(operation)
        assert inside is not None
        taken = operation.params.model_fields
        asked = {name: [value] if name == "error_ids" else value for name, value in self.query}
        # A status change was recorded with fields that its operation does not take.
        body = {name: value for name, value in self.sent.items() if name in taken}
        missing = {name: FOR_THE_GATE[name] for name in FOR_THE_GATE.keys() & taken.keys() - inside.keys()}
        given = {**missing, **inside, **asked, **body}
        found: Params = operation.params.model_validate(given)
        return found

    def _below(self, operation: AnyOperation) -> dict[str, str] | None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path or "")
        found = re.fullmatch(pattern, self.path)
        return None if found is None else found.groupdict()


def paths(contracts: Path) -> list[Path]:
    """The files of all recordings, in order."""
    return sorted(
        (path for folder in FOLDERS for path in (contracts / "bugsnag" / folder).glob("*.json")),
        key=lambda path: path.name,
    )


def load(contracts: Path) -> Iterator[Recording]:
    """All of them, in order."""
    for path in paths(contracts):
        text = path.read_text(encoding="utf-8")
        for name, our_id in PLACEHOLDERS.items():
            # Two were made with the placeholder itself in the address, brackets and all.
            text = text.replace(f"<{name}>", our_id).replace(name, our_id)
        one = json.loads(text)
        yield Recording(
            number=path.name[:3],
            method=one["request"]["method"],
            url=one["request"]["url"],
            status=one["response"]["status"],
            headers={name: ", ".join(values) for name, values in one["response"]["headers"].items()},
            body=one["response"]["body"],
            sent=one["request"]["body"] or {},
        )


def placeholders(text: str) -> str:
    """``text`` with the placeholders of the recordings in place of our ids."""
    for name, our_id in PLACEHOLDERS.items():
        text = text.replace(our_id, name)
    return text
