"""The JSON Schema of policy documents, for editors. Rule: read off what the loader reads.

It knows shapes and closed lists. What only the loader can tell (an unknown connection, a grant that does not name the
place of its resource, the file's name) it lets through.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crashgate.identity import AGENT_NAME_PATTERN
from crashgate.model.access import Level
from crashgate.model.field_table import RedactionSet
from crashgate.model.scope import Dimension
from crashgate.policy import grants as pattern
from crashgate.policy.document import MAX_ABOUT, MAX_GRANTS, MAX_OWNER, MAX_PATTERNS
from crashgate.policy.limits import KEPT, MOST_KEPT, MOST_MINUTES, MOST_ROWS, RATES, ROWS, USUAL_MINUTES
from crashgate.policy.policy import Mode
from crashgate.providers.registry import KINDS, OPERATIONS, RESOURCES

Schema = dict[str, Any]


def document_schema(kinds: Sequence[Dimension] = KINDS) -> Schema:
    """The schema, in the dialect of 2020-12, for grants that may name these kinds of place."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crashgate policy",
        "description": "What one agent may do. One TOML document an agent, called AGENT.toml.",
        **_table(
            {
                "agent": {
                    "type": "string",
                    "pattern": AGENT_NAME_PATTERN,
                    "description": "The name that the launch configuration or the token gives.",
                },
                "about": _line(MAX_ABOUT, "What the agent is for, in one line for people."),
                "owner": _line(MAX_OWNER, "Who answers for this policy; refused agents are told to ask there."),
                "mode": {
                    "enum": [mode.value for mode in Mode],
                    "description": "observe lets through what the policy refuses, deletes apart, and records it.",
                },
                "grant": {
                    "type": "array",
                    "maxItems": MAX_GRANTS,
                    "items": _grant(kinds),
                    "description": "Levels on the resources of one connection, in the places that it names.",
                },
                "off": _off(),
                "limits": _limits(),
                "redact": _redact(),
                "approve": _approve(),
            },
            required=("agent", "about", "owner"),
        ),
    }


def _grant(kinds: Sequence[Dimension]) -> Schema:
    resources = dict.fromkeys(resource for each in RESOURCES.values() for resource in each)
    level: Schema = {"enum": [level.value for level in Level]}
    return _table(
        {
            "connection": {"type": "string", "pattern": r"\S", "description": "A configured connection."},
            **{kind.plural: _places(kind) for kind in kinds},
            "access": {**_table(dict.fromkeys(resources, level)), "minProperties": 1},
        },
        required=("connection", "access"),
    )


def _places(dimension: Dimension) -> Schema:
    letters = "".join(sorted(pattern.characters(cased=dimension.cased) - frozenset("-")))
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_PATTERNS,
        "items": {"type": "string", "pattern": f"^[{letters}-]{{1,{pattern.MAX_LENGTH}}}$"},
        "description": f'Names of {dimension}; * stands for any characters, and "*" alone means all.',
    }


def _off() -> Schema:
    optional = [
        f"{operation.id}.{name}"
        for operation in OPERATIONS
        for name, field in operation.params.model_fields.items()
        if not field.is_required()
    ]
    return _table(
        {"operations": _names(_operations()), "parameters": _names(optional)},
        least=1,
        about="Operations and parameters switched off by name; off beats any grant.",
    )


def _limits() -> Schema:
    most = {key: window.most for key, (_, window) in RATES.items()} | {ROWS: MOST_ROWS, KEPT: MOST_KEPT}
    numbers = {key: {"type": "integer", "minimum": 1, "maximum": number} for key, number in most.items()}
    return _table(numbers, least=1, about="How much the agent may do, over all its connections.")


def _redact() -> Schema:
    path = {"type": "string", "pattern": r"^[^.*]+(\.[^.*]+)*(\.\*)?$"}
    fields = {"type": "array", "minItems": 1, "items": path}
    return _table(
        {"fields": fields, "sets": _names(list(RedactionSet))},
        least=1,
        about="Fields that are taken out of every answer.",
    )


def _approve() -> Schema:
    minutes = {"type": "integer", "minimum": 1, "maximum": MOST_MINUTES}
    after = "For so long after the agent asked for text that outsiders can write, every change."
    table = _table(
        {
            "operations": _names(_operations()),
            "after_untrusted_minutes": minutes | {"description": after},
            "expires_minutes": minutes | {"default": USUAL_MINUTES},
            "ask_client": {"type": "boolean"},
        },
        about="What a person has to agree to, each call.",
    )
    return table | {"anyOf": [{"required": [key]} for key in ("operations", "after_untrusted_minutes")]}


def _operations() -> list[str]:
    return [operation.id for operation in OPERATIONS]


def _names(known: Sequence[str]) -> Schema:
    return {"type": "array", "minItems": 1, "items": {"enum": list(known)}}


def _line(longest: int, about: str) -> Schema:
    return {"type": "string", "pattern": r"\S", "maxLength": longest, "description": about}


def _table(properties: Mapping[str, Any], *, required: Sequence[str] = (), least: int = 0, about: str = "") -> Schema:
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {
        **schema,
        **({"required": list(required)} if required else {}),
        **({"minProperties": least} if least else {}),
        **({"description": about} if about else {}),
    }
