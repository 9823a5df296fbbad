"""Every operation as data and as a table, read off the catalogue."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import (
    Anywhere,
    AppNamed,
    AppOfObject,
    EnvironmentNamed,
    EnvironmentRows,
    OrganizationNamed,
    OrganizationRows,
    OrganizationToCome,
    ProjectNamed,
    ProjectOfObject,
    ProjectRows,
    ProjectToCome,
    Scope,
)
from crashgate.reference.markdown import code, codes, paragraphs, table


def tools_of_operations(catalogue: Catalogue) -> Mapping[str, str]:
    """The tool of each operation that has one; a composite one where there is no other.

    The gate alone asks the others.
    """
    simple_last = sorted(catalogue.tools, key=lambda tool: not isinstance(tool, CompositeTool))
    return {operation.id: tool.name for tool in simple_last for operation in tool.operations}


_COLUMNS = ("operation", "resource", "access", "least level", "where it belongs", "request", "tool", "sample", "source")


def as_data(catalogue: Catalogue) -> list[dict[str, str | None]]:
    """For each operation: id, provider, resource, access, method, path, tool.

    ``method`` and ``path`` are None for what crashgate answers itself, ``tool`` where only the gate asks.
    """
    tool_of = tools_of_operations(catalogue)
    return [
        {
            "id": operation.id,
            "provider": operation.provider,
            "resource": operation.resource,
            "access": operation.access.value,
            "method": operation.method,
            "path": operation.path,
            "tool": tool_of.get(operation.id),
        }
        for operation in catalogue.operations.values()
    ]


def operations_section(operations: Sequence[AnyOperation], catalogue: Catalogue) -> str:
    """The chapter about these operations."""
    tool_of = tools_of_operations(catalogue)
    return paragraphs(
        "## Operations",
        "What can be asked, and what it takes. An operation without a tool is asked by the gate alone, to decide a"
        " call; each such look-up is recorded too.",
        table(_COLUMNS, [_row(each, tool_of) for each in operations]),
    )


def scope_in_words(scope: Scope) -> str:  # noqa: PLR0911 - one for each kind of scope
    """How the gate learns where a call belongs."""
    match scope:
        case Anywhere():
            return "nowhere in particular"
        case ProjectNamed(project=project):
            return f"the project in {code(project)}"
        case ProjectOfObject(project=project, object=object_, read=read):
            return f"the project in {code(project)}, in which {code(object_)} is looked for first with {code(read)}"
        case ProjectRows(organization=organization):
            return f"each row is a project; the organization in {code(organization)}"
        case ProjectToCome(organization=organization):
            return f"a project to come in {code(organization)}: needs all projects (`*`)"
        case OrganizationNamed(organization=organization, kept=kept):
            sent = f"; {codes(kept)} sent as they are where not given" if kept else ""
            return f"the organization in {code(organization)}{sent}"
        case OrganizationRows():
            return "each row is an organization"
        case OrganizationToCome():
            return "an organization to come: needs all organizations (`*`)"
        case EnvironmentRows() | EnvironmentNamed() | AppNamed() | AppOfObject():
            return _in_sessions(scope)
        case _:
            assert_never(scope)


def _in_sessions(scope: EnvironmentRows | EnvironmentNamed | AppNamed | AppOfObject) -> str:
    """The same for the providers of sessions."""
    match scope:
        case EnvironmentRows(environment=environment, parts=parts):
            asked = f"; {code(environment)} asks for some" if environment else ""
            inside = f", and so do its {parts}" if parts else ""
            return f"each row says its environment{inside}{asked}"
        case EnvironmentNamed(environment=environment, object=object_, read=read):
            return f"the environment in {code(environment)}; {code(object_)} is looked for first with {code(read)}"
        case AppNamed(app=app, platform=platform):
            return f"the app in {code(app)} on the platform in {code(platform)}"
        case AppOfObject(app=app, platform=platform, object=object_, read=read):
            where = f"the app in {code(app)} on the platform in {code(platform)}"
            return f"{where}, on which {code(object_)} is looked for first with {code(read)}"
        case _:
            assert_never(scope)


_FILES = "https://github.com/crashgate/crashgate/blob/main"
"""Where the project's files are; the page also stands on the documentation site, which has none of them."""


def sample_path(operation: AnyOperation) -> str:
    """Where the operation's sample exchange stands, from the top folder of the project."""
    return f"tests/samples/{operation.id.replace('.', '/')}.json"


def _row(operation: AnyOperation, tool_of: Mapping[str, str]) -> tuple[str, ...]:
    return (
        code(operation.id),
        code(operation.resource),
        operation.access.value,
        _levels(operation),
        scope_in_words(operation.scope),
        _request(operation),
        code(tool_of.get(operation.id, "")),
        f"[sample]({_FILES}/{sample_path(operation)})" if operation.method else "",
        f"[source]({operation.source})" if operation.method else "",
    )


def _levels(operation: AnyOperation) -> str:
    """The least level, and what a parameter needs that needs more."""
    more = [field for field in operation.fields if field.access is not None]
    needs = [f"{code(field.access.least_level.value)} for {code(field.name)}" for field in more if field.access]
    return ", ".join((code(operation.access.least_level.value), *needs))


def _request(operation: AnyOperation) -> str:
    if operation.method is None:
        return "none: crashgate answers itself"
    fixed = " ".join(f"{name}={value}" for name, value in operation.fixed_body.items() if isinstance(value, str))
    return " ".join(
        filter(None, (code(f"{operation.method} {operation.path}"), f"with {code(fixed)}" if fixed else ""))
    )
