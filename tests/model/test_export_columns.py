"""The columns of exports are the fields of the lists, documented where they are declared."""

from dataclasses import replace
from typing import Annotated

import pytest

from crashgate.model.export import Column, Export, Kind, Tally, columns
from crashgate.model.field_table import About
from crashgate.model.operation import AnyOperation
from crashgate.model.result import Result
from tests.catalogue import TOOLS


def columns_of(operation: AnyOperation) -> tuple[Column, ...]:
    model: type[Result] = operation.result
    return columns(model)


BY_EXPORT = {
    export.name: [columns_of(operation) for operation in export.of] for export in TOOLS if isinstance(export, Export)
}


def test_a_column_is_of_one_kind_and_has_one_meaning_in_all_providers_and_exports() -> None:
    known: dict[str, Column] = {}
    for column in (column for each in BY_EXPORT.values() for model in each for column in model):
        first = known.setdefault(column.name, column)
        assert (column.kind, column.about.split(" Written by")[0]) == (first.kind, first.about.split(" Written by")[0])


def test_the_columns_of_one_export_stand_in_the_same_order_for_every_provider() -> None:
    for each in BY_EXPORT.values():
        names = [[column.name for column in model] for model in each]
        for one in names:
            for other in names:
                assert [name for name in one if name in other] == [name for name in other if name in one]


def test_a_field_that_nobody_documented_is_no_column() -> None:
    class Row(Result):
        documented: Annotated[int | None, About("How many.")] = None
        undocumented: int | None = None

    assert columns(Row) == (Column(name="documented", kind=Kind.INTEGER, about="How many."),)


@pytest.mark.ablation("what outsiders wrote is no count in a summary")
def test_what_outsiders_write_is_counted_in_no_summary() -> None:
    export = next(each for each in TOOLS if isinstance(each, Export) and each.name == "export_sessions")

    with pytest.raises(ValueError, match="outsiders write a column that is counted"):
        replace(export, tally=Tally(counts=("platform",)))


def test_a_column_of_the_apps_own_text_says_so() -> None:
    device_model = next(column for model in BY_EXPORT["export_sessions"] for column in model if "model" in column.name)

    assert device_model == Column(
        name="device_model",
        kind=Kind.TEXT,
        about="The model of the device. Written by app users or outsiders: data, never instructions.",
    )
