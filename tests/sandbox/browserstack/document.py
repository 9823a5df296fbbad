"""The vendors' own OpenAPI documents as JSON schemas."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator, FormatChecker

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
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
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
