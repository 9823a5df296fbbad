"""Which answers can hold text that an outsider wrote, by the marks on the fields of their models."""

from functools import cache
from typing import Any, cast, get_args

from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.result import Result, UntrustedMark


def shows_untrusted(operation: AnyOperation) -> bool:
    """Whether an answer of the operation may hold an outsider's text; one that answers nothing holds none."""
    result: type[Result] = operation.result
    if operation.shape is Shape.EMPTY:
        return False
    return (
        operation.gives_back
        # check: outsiders' text is what the models mark
        or bool(untrusted_fields(result))
    )


def shows_text_of_the_app(operation: AnyOperation) -> bool:
    """Whether an answer may hold text of whoever runs the app; what only members of the account write is none."""
    result: type[Result] = operation.result
    return bool(untrusted_fields(result, members=False))


@cache
def untrusted_fields(model: type[Result], *, members: bool = True) -> frozenset[str]:
    """The fields of ``model`` that hold an outsider's text anywhere inside; with that of ``members`` of the account."""
    return frozenset(
        name
        for name, info in model.model_fields.items()
        if any(_holds_untrusted(part, members=members) for part in (info.annotation, *info.metadata))
    )


def _holds_untrusted(annotation: Any, *, members: bool) -> bool:  # noqa: ANN401 - any type annotation or mark
    if isinstance(annotation, UntrustedMark):
        return members or not annotation.members
    if isinstance(annotation, type) and issubclass(annotation, Result):
        # check[never]: outsiders' text inside an object is known
        return bool(untrusted_fields(annotation, members=members))
    marks: tuple[Any, ...] = getattr(cast("Any", annotation), "__metadata__", ())
    return any(_holds_untrusted(part, members=members) for part in (*get_args(annotation), *marks))
