"""Requests against an OpenAPI document. Rule: what the document does not name is a fault, and so is what it demands."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from jsonschema import Draft202012Validator

from crashgate.model.message import Request
from crashgate.model.operation import AnyOperation


@cache
def bugspulse(contracts: Path) -> Any:  # noqa: ANN401 - an OpenAPI document
    """BugsPulse's."""
    return yaml.safe_load((contracts / "bugspulse" / "bugspulse_export.yml").read_text(encoding="utf-8"))


@cache
def devrev(contracts: Path) -> Any:  # noqa: ANN401 - an OpenAPI document
    """DevRev's."""
    return yaml.safe_load((contracts / "devrev" / "devrev_observability.yml").read_text(encoding="utf-8"))


def route(document: Any, operation: AnyOperation) -> Any:  # noqa: ANN401 - an OpenAPI document
    """What the document says of the operation's method and path."""
    return document["paths"][operation.path][str(operation.method).lower()]


def faults(document: Any, operation: AnyOperation, request: Request) -> list[str]:  # noqa: ANN401 - an OpenAPI document
    """What of the request is not as the document has it."""
    said = route(document, operation)
    pairs = parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=bool(said.get("parameters")))
    found = _of_query(document, said.get("parameters", []), pairs)
    schema = said["requestBody"]["content"]["application/json"]["schema"] if "requestBody" in said else None
    if schema is None:
        return [*found, *(["a body"] if request.body is not None else [])]
    body = json.loads(request.body or b"null")
    names = _resolved(document, schema)["properties"]
    return [*found, *(f"{name} is not named" for name in set(body) - set(names)), *_wrong(document, schema, body)]


def _of_query(document: Any, parameters: list[Mapping[str, Any]], pairs: list[tuple[str, str]]) -> list[str]:  # noqa: ANN401 - JSON
    declared = {one["name"]: one for one in parameters}
    given = dict(pairs)
    found = [f"{name} is not named" for name in given if name not in declared]
    found += [f"{name} is missing" for name, one in declared.items() if one["required"] and name not in given]
    found += ["a name stands twice"] if len(given) < len(pairs) else []
    for name in given.keys() & declared.keys():
        schema = declared[name]["schema"]
        found += _wrong(document, schema, int(given[name]) if schema["type"] == "integer" else given[name])
    return found


def _resolved(document: Any, schema: Any) -> Any:  # noqa: ANN401 - JSON
    name = schema.get("$ref")
    return document["components"]["schemas"][name.rpartition("/")[2]] if name else schema


def _wrong(document: Any, schema: Any, value: Any) -> list[str]:  # noqa: ANN401 - JSON
    validator: Any = Draft202012Validator({**schema, "components": document["components"]})
    return [error.message for error in validator.iter_errors(value)]
