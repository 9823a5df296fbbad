import pytest

from crashgate.model.operation import AnyOperation
from crashgate.providers.bugsnag.bulk_changes import BULK_CHANGES
from crashgate.providers.bugsnag.error_changes import ERROR_CHANGES
from tests.catalogue import BY_ID


@pytest.mark.parametrize("many", BULK_CHANGES, ids=lambda operation: operation.id)
def test_a_change_of_many_errors_takes_the_access_of_the_same_change_of_one(many: AnyOperation) -> None:
    one = BY_ID[many.id.removesuffix("_many")]

    assert (many.access, many.resource, many.idempotent) == (one.access, one.resource, one.idempotent)
    assert many.fixed_body == {"operation": one.id.rpartition(".")[2]}


def test_every_change_of_one_error_can_be_made_to_many() -> None:
    assert {many.id for many in BULK_CHANGES} == {
        *(f"{one.id}_many" for one in ERROR_CHANGES),
        "bugsnag.errors.delete_many",
    }


def test_a_second_snooze_moves_the_deadline_and_a_second_ticket_is_another_one() -> None:
    changing = {operation.id for operation in (*ERROR_CHANGES, *BULK_CHANGES) if not operation.idempotent}

    assert changing == {
        "bugsnag.errors.snooze",
        "bugsnag.errors.create_issue",
        "bugsnag.errors.snooze_many",
        "bugsnag.errors.create_issue_many",
    }
