"""Every operation as data and as a table. Rule: read off the catalogue; nothing about one is written here."""

from collections.abc import Mapping
from itertools import groupby
from typing import assert_never

from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.registry import OPERATIONS
from crashgate.catalogue.scope import (
    Anywhere,
    OrganizationInPath,
    OrganizationRows,
    ProjectInPath,
    ProjectOfError,
    ProjectRows,
    Scope,
)
from crashgate.reference.markdown import code, paragraphs, table
from crashgate.tools.registry import TOOLS

TOOL_OF: Mapping[str, str] = {operation.id: tool.name for tool in TOOLS for operation in tool.operations}
"""The tool of each operation that has one; the others are asked by the gate alone."""

_COLUMNS = ("operation", "resource", "access", "least level", "where it belongs", "request", "tool", "source")


def as_data() -> list[dict[str, str | None]]:
    """For each operation: id, provider, resource, access, method, path, tool.

    ``method`` and ``path`` are None for what crashgate answers itself, ``tool`` where only the gate asks.
    """
    return [
        {
            "id": operation.id,
            "provider": operation.provider.value,
            "resource": operation.resource,
            "access": operation.access.value,
            "method": operation.method,
            "path": operation.path,
            "tool": TOOL_OF.get(operation.id),
        }
        for operation in OPERATIONS
    ]


def section() -> str:
    """The chapter about operations."""
    return paragraphs(
        "## Operations",
        "What can be asked, and what it takes. An operation without a tool is asked by the gate alone, to decide a"
        " call; each such look-up is recorded too.",
        *(
            paragraphs(f"### {Provider(provider).spoken}", table(_COLUMNS, map(_row, found)))
            for provider, found in groupby(OPERATIONS, key=lambda operation: operation.provider)
        ),
    )


def scope_in_words(scope: Scope) -> str:
    """How the gate learns where a call belongs."""
    match scope:
        case Anywhere():
            return "nowhere in particular"
        case ProjectInPath(project=project):
            return f"the project in {code(project)}"
        case ProjectOfError(project=project, error=error):
            return f"the project in {code(project)}, in which {code(error)} is read first"
        case ProjectRows(organization=organization):
            return f"each row is a project; the organization in {code(organization)}"
        case OrganizationInPath(organization=organization):
            return f"the organization in {code(organization)}"
        case OrganizationRows():
            return "each row is an organization"
        case _:
            assert_never(scope)


def _row(operation: AnyOperation) -> tuple[str, ...]:
    return (
        code(operation.id),
        code(operation.resource),
        operation.access.value,
        code(operation.access.least_level.value),
        scope_in_words(operation.scope),
        _request(operation),
        code(TOOL_OF.get(operation.id, "")),
        f"[source]({operation.source})" if operation.method else "",
    )


def _request(operation: AnyOperation) -> str:
    if operation.method is None:
        return "none: crashgate answers itself"
    fixed = " ".join(f"{name}={value}" for name, value in operation.fixed_body.items())
    return " ".join(
        filter(None, (code(f"{operation.method} {operation.path}"), f"with {code(fixed)}" if fixed else ""))
    )
