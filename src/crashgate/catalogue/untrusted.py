"""Which answers hold text that an outsider can write. Rule: read off the marks of the models, never listed."""

from functools import cache
from typing import Any, cast, get_args

from crashgate.catalogue.operation import AnyOperation, Shape
from crashgate.catalogue.result import Result, UntrustedMark


def shows_untrusted(operation: AnyOperation) -> bool:
    """Whether an answer of the operation may hold an outsider's text; one that answers nothing holds none."""
    result: type[Result] = operation.result
    if operation.shape is Shape.EMPTY:
        return False
    return operation.gives_back or bool(untrusted_fields(result))


@cache
def untrusted_fields(model: type[Result]) -> frozenset[str]:
    """The fields of ``model`` that hold an outsider's text anywhere inside."""
    return frozenset(
        name
        for name, info in model.model_fields.items()
        if any(isinstance(mark, UntrustedMark) for mark in info.metadata) or _holds_untrusted(info.annotation)
    )


def _holds_untrusted(annotation: Any) -> bool:  # noqa: ANN401 - any type annotation
    if isinstance(annotation, UntrustedMark):
        return True
    if isinstance(annotation, type) and issubclass(annotation, Result):
        return bool(untrusted_fields(annotation))
    marks: tuple[Any, ...] = getattr(cast("Any", annotation), "__metadata__", ())
    return any(_holds_untrusted(part) for part in (*get_args(annotation), *marks))
