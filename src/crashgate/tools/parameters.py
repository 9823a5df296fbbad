"""The parameters of an operation as JSON Schema that every client reads. Rule: plain types, each with its meaning.

No ``const``, no list of types, nothing without a type: clients refuse or drop these. Null is offered only where it
means something of its own. Ids come from answers and a broken rule is told when it happens, so patterns and lengths are
left out; a minimum stays where 0 is refused.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, cast

from crashgate.model.meanings import IN_WORDS, meaning
from crashgate.model.params import Params, Unsets

Schema = dict[str, Any]
_NOISE = frozenset({"title", "default", "pattern", "maxLength", "minLength", "minItems", "maxItems", "minProperties"})
"""What costs more tokens than it tells."""
_ANY_JSON: Schema = {"anyOf": [{"type": "object", "description": "any JSON object"}, {"type": "string"}]}
"""What is offered where any JSON is taken: clients know no schema for anything at all."""


@cache
def parameters(params: type[Params], resource: str) -> Mapping[str, Schema]:
    """Each parameter by its name."""
    document = params.model_json_schema()
    definitions, fields = cast("Schema", document.get("$defs", {})), cast("Schema", document.get("properties", {}))
    found: dict[str, Schema] = {}
    for name, info in params.model_fields.items():
        schema = _compact(fields[name], definitions)
        if name in IN_WORDS:
            schema = {"type": "object"}
        if any(isinstance(mark, Unsets) for mark in info.metadata):
            schema = {"anyOf": [schema, {"type": "null"}]}
        found[name] = described(schema, info.description or meaning(resource, name))
    return found


def described(schema: Schema, words: str) -> Schema:
    """The schema with these words; beside null they stand with the type too, where google-genai looks for them."""
    kinds = cast("list[Schema]", schema.get("anyOf", []))
    if {"type": "null"} not in kinds:
        return schema | {"description": words}
    within = [kind if kind == {"type": "null"} else kind | {"description": words} for kind in kinds]
    return {"anyOf": within, "description": words}


def _compact(schema: Schema, definitions: Schema) -> Schema:
    """The same rule in fewer words: references resolved, nulls of optional parameters and noise left out."""
    if "$ref" in schema:
        return _compact(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        (kind,) = (each for each in cast("Iterable[Schema]", schema["anyOf"]) if each.get("type") != "null")
        told = {"description": schema["description"]} if "description" in schema else {}
        return _compact(kind, definitions) | told
    if "type" not in schema and "enum" not in schema and "const" not in schema:
        return _ANY_JSON
    compact = {name: value for name, value in schema.items() if name not in _NOISE}
    if "const" in compact:
        compact["enum"] = [compact.pop("const")]
    if not compact.get("minimum", 1):
        del compact["minimum"]
    if schema.get("type") == "array":
        compact["items"] = _compact(compact["items"], definitions)
    if schema.get("type") == "object":
        compact = {name: value for name, value in compact.items() if name in {"type", "description", "required"}}
    if "properties" in schema:
        compact.pop("description", None)  # that of the class, which is written for us
        inner = cast("Mapping[str, Schema]", schema["properties"])
        compact["properties"] = {name: _compact(value, definitions) for name, value in inner.items()}
    return compact
