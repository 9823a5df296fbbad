"""The words of a policy, read off the catalogue and the types that read a document."""

from collections.abc import Iterator

from crashgate.model.access import Access, Level
from crashgate.model.catalogue import Catalogue
from crashgate.model.field_table import DEEP, RedactionSet, paths_in_set
from crashgate.model.scope import NOTHING
from crashgate.policy.policy import TABLES
from crashgate.policy.redaction import result_fields
from crashgate.reference.markdown import code, codes, paragraphs, table


def policy_section(catalogue: Catalogue) -> str:
    """The page about the words of a policy."""
    return paragraphs(
        "A grant names a connection, the places where it holds, and a level for each resource, such as"
        ' `access.error = "write"`. What it does not name stays denied.',
        "## Levels",
        "Each level holds the ones before it; `off` overrides every other grant.",
        table(("level", "allows"), [(code(level.value), _allows(level)) for level in Level]),
        "## Resources",
        table(("provider", "resource", "a grant on it must name", "operations"), list(_resources(catalogue))),
        "## Words beside the grants",
        table(
            ("word", "meaning"),
            [
                (code(f"{key}.{word}"), declared.about)
                for key, words in TABLES.items()
                for word, declared in words.WORDS.items()
            ],
        ),
        "## Redaction sets",
        "Each field of an answer declares its set. At `**`, keys such as `email` and `user_name` go at any depth.",
        table(("set", "resource", "fields"), list(_redaction_sets(catalogue))),
    )


def _above_keys(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[: path.index(DEEP) + 1] if DEEP in path else path


def _redaction_sets(catalogue: Catalogue) -> Iterator[tuple[str, ...]]:
    for each in RedactionSet:
        for resource, fields in result_fields(catalogue).items():
            paths = sorted({".".join(_above_keys(path)) for path in paths_in_set(fields, each)})
            if paths:
                yield code(each.value), code(resource), codes(paths)


def _allows(level: Level) -> str:
    return ", ".join(access.value for access in Access if level.allows(access)) or "nothing"


def _resources(catalogue: Catalogue) -> list[tuple[str, ...]]:
    return [
        (
            code(provider),
            code(resource),
            "nothing" if dimension is NOTHING else code(dimension.plural),
            _operations_by_level(catalogue, provider, resource),
        )
        for provider, resources in catalogue.resources.items()
        for resource, dimension in resources.items()
    ]


def _operations_by_level(catalogue: Catalogue, provider: str, resource: str) -> str:
    """The operations by the least level that they need."""
    needs = {
        access.least_level: [
            operation.id.removeprefix(f"{provider}.")
            for operation in catalogue.operations.values()
            if operation.provider == provider and operation.resource == resource and operation.access is access
        ]
        for access in Access
    }
    return "; ".join(f"{level.value}: {codes(names)}" for level, names in needs.items() if names)
