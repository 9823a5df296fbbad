"""Which answers can hold text that an outsider wrote, by the marks on the fields of their models."""

from crashgate.model.field_table import read_fields
from crashgate.model.operation import AnyOperation, Shape


def shows_untrusted(operation: AnyOperation) -> bool:
    """Whether an answer of the operation may hold an outsider's text; one that answers nothing holds none."""
    if operation.shape is Shape.EMPTY:
        return False
    return (
        operation.gives_back
        # check: outsiders' text is what the models mark
        or any(each.untrusted for each in read_fields(operation.result).values())
    )


def shows_text_of_the_app(operation: AnyOperation) -> bool:
    """Whether an answer may hold text of whoever runs the app; what only members of the account write is none."""
    return any(each.of_the_app for each in read_fields(operation.result).values())
