"""The JSON Schema of policy documents, for editors. It is derived from the declarations that the loader reads by.

It knows shapes and closed lists. It accepts what only the loader can tell: an unknown connection, a grant that does not
name the place of its resource, the name of the file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crashgate.identity import AGENT_NAME_PATTERN
from crashgate.model.access import Level
from crashgate.model.catalogue import Catalogue
from crashgate.model.scope import Dimension
from crashgate.policy import grants as pattern
from crashgate.policy.document import MAX_ABOUT, MAX_GRANTS, MAX_OWNER, MAX_PATTERNS
from crashgate.policy.policy import TABLES, Mode, Vocabulary
from crashgate.policy.templates import FOLDER
from crashgate.policy.words import Schema, Table


def document_schema(vocabulary: Vocabulary) -> Schema:
    """The schema, in the dialect of 2020-12, for documents that use these words.

    A template is a document without what makes it an agent's; what a table needs, a template may bring.
    """
    template = {"type": "string", "pattern": f"^{FOLDER}/[a-z0-9][a-z0-9_-]*$"}
    head = ("agent", "about", "owner")
    of_agents = [{"required": [key]} for key in (*head, "mode", "places")]
    needed = {key: _require_keys(table) for key, table in TABLES.items() if table.NEEDS}
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
                "extends": {
                    "anyOf": [template, {"type": "array", "minItems": 1, "items": template}],
                    "description": "Templates of the policy folder, whose grants and tables hold too.",
                },
                "places": _table(
                    {kind.plural: _places(kind) for kind in vocabulary.kinds},
                    least=1,
                    about="Places for those grants of templates that name none.",
                ),
                "grant": {
                    "type": "array",
                    "maxItems": MAX_GRANTS,
                    "items": _grant(vocabulary),
                    "description": "Levels on the resources of one connection, in the places that it names.",
                },
                **{key: _describe_table(table, vocabulary.catalogue) for key, table in TABLES.items()},
            },
        ),
        "oneOf": [{"required": list(head)}, {"not": {"anyOf": of_agents}}],
        "anyOf": [{"required": ["extends"]}, {"properties": needed}],
    }


def _grant(vocabulary: Vocabulary) -> Schema:
    resources = dict.fromkeys(resource for each in vocabulary.catalogue.resources.values() for resource in each)
    level: Schema = {"enum": [level.value for level in Level]}
    return _table(
        {
            "connection": {"type": "string", "pattern": r"\S", "description": "A configured connection."},
            **{kind.plural: _places(kind) for kind in vocabulary.kinds},
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


def _describe_table(table: type[Table], catalogue: Catalogue) -> Schema:
    words = {key: each.schema(catalogue) for key, each in table.WORDS.items()}
    return _table(words, least=1, about=table.ABOUT)


def _require_keys(table: type[Table]) -> Schema:
    return {"anyOf": [{"required": [key]} for key in table.NEEDS]}


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
