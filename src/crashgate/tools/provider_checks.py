"""What every provider must fulfil, as one function that its author can call from a test.

What a declaration alone can contradict (an operation that deletes by GET, a list without a limit) fails when it is
imported. Here stands what is seen only of the whole, and of how it answers.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretStr, ValidationError

from crashgate.errors import ConfigurationError, UpstreamError
from crashgate.model.access import Access
from crashgate.model.capability import CAPABILITIES
from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.form import form_of
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import AnyTool, Auth, Connection, PlaceLookUp, Provider, Wire
from crashgate.model.scope import Dimension, naming
from crashgate.tools.parameters import parameters

if TYPE_CHECKING:
    from crashgate.model.params import Params

_LEGAL_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}").fullmatch
_CANARY = "canary-text-of-the-upstream"
_BODY = f'{{"error": "{_CANARY}", "message": "{_CANARY}", "errors": ["{_CANARY}"], "detail": "{_CANARY}"}}'.encode()
_STATUSES = (400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503)
_SECRET = "canary-credential"  # noqa: S105 - made up


def check_provider(provider: Provider, *, beside: Catalogue | None = None) -> list[str]:
    """What is wrong with a provider, in sentences; nothing where it is as it must be.

    ``beside`` are providers that it must go with.
    """
    problems = [
        *_check_words(provider),
        *(problem for operation in provider.operations for problem in _check_operation(provider, operation)),
        *(problem for tool in provider.tools for problem in _check_tool(provider, tool)),
        *_check_lookups(provider),
        *_check_capabilities(provider),
        *_check_health(provider),
        *_check_wire(provider),
    ]
    if beside is not None:
        others = [each for each in beside.providers.values() if each.name != provider.name]
        try:
            Catalogue.of([*others, provider])
        except ValueError as problem:
            problems.append(f"It does not go with the other providers: {problem}.")
    return problems


def _check_words(provider: Provider) -> Iterator[str]:
    if not _LEGAL_NAME(provider.name):
        yield f"The name {provider.name!r} is not of a-z, digits and hyphens."
    if not provider.title.strip():
        yield "It has no title, which is its name in a sentence."
    if not provider.default_url.startswith("https://"):
        yield "Its default URL is not an https address."
    if not provider.operations:
        yield "It has no operations."
    if not provider.tools:
        yield "It has no tools, so that no agent can ask anything of it."


def _check_operation(provider: Provider, operation: AnyOperation) -> Iterator[str]:
    if operation.method is None:
        yield f"{operation.id} has no route: only crashgate answers itself."
    try:
        form_of(operation.params)
        parameters(cast("type[Params]", operation.params), operation.resource)
    except ValueError as problem:
        yield f"{operation.id}: {problem}."
    read = getattr(operation.scope, "read", None)
    if read is not None and (read not in provider.by_id or provider.by_id[read].access is not Access.READ):
        yield f"{operation.id} looks for its object with {read}, which is not a read of this provider."
    for parameter, dimension in naming(operation.scope).items():
        if dimension.two_names and dimension not in provider.lookups:
            yield f"{operation.id}: {parameter} names a place with two names ({dimension.noun}) that has no look-up."


def _check_tool(provider: Provider, tool: AnyTool) -> Iterator[str]:
    foreign = sorted({each.id for each in tool.operations} - provider.by_id.keys())
    if foreign:
        yield f"The tool {tool.name} asks what is not among the provider's operations: {', '.join(foreign)}."
    if not tool.description.strip() or not tool.title.strip():
        yield f"The tool {tool.name} has no title or no description."
    known = {name for operation in tool.operations for name in operation.params.model_fields}
    if isinstance(tool, CompositeTool):
        known = set(tool.params.model_fields)
    own = {"detail", "cursor", "format", "resume", getattr(getattr(tool, "choice", None), "argument", "")}
    wrong = sorted({*tool.example, *tool.notes} - known - own)
    if wrong:
        yield f"The example or the notes of the tool {tool.name} name what it does not take: {', '.join(wrong)}."


def _check_lookups(provider: Provider) -> Iterator[str]:
    for dimension, look_up in provider.lookups.items():
        yield from _check_lookup(provider, dimension, look_up)
    listing = provider.filter_fields
    if listing is not None:
        if provider.by_id.get(listing.operation.id) is not listing.operation:
            yield f"{listing.operation.id}, which lists the names of filters, is not an operation of the provider."
        if listing.parameter not in listing.operation.params.model_fields:
            yield f"{listing.operation.id} has no parameter {listing.parameter}."
        if listing.attribute not in listing.operation.result.__struct_fields__:
            yield f"The rows of {listing.operation.id} have no {listing.attribute}."


def _check_capabilities(provider: Provider) -> Iterator[str]:
    for capability, implementation in provider.capabilities.items():
        operation = implementation.operation
        if CAPABILITIES.get(capability.name) is not capability:
            yield f"No composite tool asks for the capability {capability.name}."
        if provider.by_id.get(operation.id) is not operation or operation.access is not Access.READ:
            yield f"The capability {capability.name} is not a read of this provider: {operation.id}."


def _check_lookup(provider: Provider, dimension: Dimension, look_up: PlaceLookUp) -> Iterator[str]:
    operation = look_up.operation
    if provider.by_id.get(operation.id) is not operation or operation.access is not Access.READ:
        yield f"The look-up of a {dimension.noun} is not a read of this provider: {operation.id}."
    if look_up.parameter not in operation.params.model_fields:
        yield f"The look-up of a {dimension.noun} gives {look_up.parameter}, which {operation.id} does not take."
    wanted = [name for name in (look_up.id, look_up.slug, look_up.parent) if name is not None]
    absent = [name for name in wanted if name not in operation.result.__struct_fields__]
    if absent:
        yield f"The rows of {operation.id}, by which a {dimension.noun} is looked up, have no {', '.join(absent)}."


def _check_health(provider: Provider) -> Iterator[str]:
    health = provider.health
    if health is None:
        if any(operation.access is Access.READ for operation in provider.operations):
            yield "It can be read, and names no health read, so `crashgate connections check` asks it nothing."
        return
    tool = next((each for each in provider.tools if each.name == health.tool), None)
    if tool is None:
        yield f"The health read asks the tool {health.tool}, which the provider does not have."
        return
    if any(each.access is not Access.READ for each in tool.operations):
        yield f"The health read asks the tool {health.tool}, which does not only read."
    try:
        tool.operations[0].params.model_validate(dict(health.arguments))
    except ValidationError:
        yield f"The arguments of the health read are not those of the tool {health.tool}."


def _check_wire(provider: Provider) -> Iterator[str]:
    if provider.wire is None:
        yield "It does not say how it is spoken to: it has no wire."
        return
    credential = _SECRET if provider.credential is None else provider.credential.example
    try:
        connection = Connection(
            name="check", provider=provider, base_url=provider.default_url, credential=SecretStr(credential)
        )
    except ConfigurationError as problem:
        yield f"A connection with a credential cannot be made: {problem}"
        return
    if not provider.auth or Auth.TOKEN not in provider.auth:
        yield "It takes no token."
    for operation in provider.operations:
        for status in _STATUSES:
            yield from _check_failure(connection.wire, operation, status)


def _check_failure(wire: Wire, operation: AnyOperation, status: int) -> Iterator[str]:
    response = Response(status=status, headers={}, body=_BODY)
    failure = _attempt(lambda: wire.failure(response, operation))
    if not isinstance(failure, UpstreamError):
        yield f"{operation.id}: an answer with status {status} is not an error."
    elif _CANARY in f"{failure}{failure.args}{failure.__dict__}":
        yield f"{operation.id}: the error for status {status} repeats text of the upstream."


def _attempt(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever a provider gives
    """What the call gives; None where it fails, which is no error of ours either."""
    try:
        return call()
    except Exception:  # noqa: BLE001 - a provider may raise anything
        return None
