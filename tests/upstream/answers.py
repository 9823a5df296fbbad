"""Answers about an error, read with the codec. Rule: as the answer to the very request that it encodes."""

from collections.abc import Mapping
from typing import Any

from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.result import Page
from crashgate.providers.bugsnag.errors import LIST_ERRORS, ListErrors, OneError
from crashgate.upstream.codec import decode, encode
from tests.upstream.exchanges import CONNECTION

ID = "5f1a0c3d9e8b7a6655443322"
PERSON = "5f1a0c3d9e8b7a6655443399"
ONE = OneError(project_id="checkout-ios", error_id=ID)


def read(
    operation: AnyOperation,
    params: Params,
    content: bytes,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    mark: str | None = None,
) -> Page[Any]:
    response = Response(status=status, headers=headers or {}, body=content)
    return decode(operation, encode(operation, params, CONNECTION), response, CONNECTION, mark=mark)


def errors(content: bytes, **more: Any) -> Page[Any]:  # noqa: ANN401 - as read takes it
    return read(LIST_ERRORS, ListErrors(project_id="checkout-ios"), content, **more)
