"""Long lists and objects in any argument of any tool: refused by length, before anything looks inside (row 36)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pydantic import ValidationError

from crashgate.errors import Code
from crashgate.gate.given import LONGEST_TEXT
from crashgate.model.form import Form, ListOf, Parts, Table, form_of
from crashgate.model.operation import AnyOperation
from tests.catalogue import OPERATIONS
from tests.gate.gate import IOS
from tests.tools.example_gates import ONCE, Case, open_for

LONG = 500_000


def _looked(*_: object, **__: object) -> NoReturn:
    raise AssertionError("something looked at an item")


class LongList(list[Any]):
    """A list that is too long, and fails the test where anything looks inside."""

    __iter__ = __getitem__ = __contains__ = __reversed__ = __eq__ = _looked
    __hash__ = None

    def __len__(self) -> int:
        return LONG


class LongObject(dict[str, Any]):
    """An object that has too many keys, and fails the test where anything looks inside."""

    __iter__ = __getitem__ = __contains__ = keys = items = values = get = _looked

    def __len__(self) -> int:
        return LONG


def too_long(form: Form) -> Iterator[Any]:
    """Values of the form with something too long in one place, for each place."""
    match form:
        case ListOf(item=item):
            yield LongList()
            yield from ([each] for each in too_long(item))
        case Table(value=value):
            yield LongObject()
            yield from ({"error.status": each} for each in too_long(value))
        case Parts(parts=parts):
            yield LongObject()
            yield from ({name: each} for name, part in parts.items() for each in too_long(part))
        case _:
            return


@pytest.mark.ablation(
    "the length of a list is checked before its items",
    "the number of keys is checked before they are looked at",
    "of a list that is too long nothing is looked at",
)
@pytest.mark.threats(36)
@pytest.mark.parametrize("case", ONCE)
async def test_a_list_or_object_that_is_too_long_is_refused_before_anything_looks_inside(
    tmp_path: Path, case: Case
) -> None:
    for name in case.shown.keys() & case.form.parts.keys():
        for long in too_long(case.form.parts[name]):
            gate = open_for(case.agent, tmp_path)
            answer = await gate.call(case.tool.name, {**case.right, name: long}, agent=case.agent)

            # A policy may leave nothing open at this place; then nobody is told about the arguments.
            closed = answer.error is Code.NOT_AVAILABLE and not case.agent.startswith("all-")
            assert closed or (answer.error is Code.INVALID_ARGUMENTS and answer.text.startswith(name)), answer
            assert gate.upstream.received == []


@pytest.mark.ablation("the length of JSON text is checked before it is read")
@pytest.mark.threats(36)
@pytest.mark.parametrize("case", ONCE)
async def test_json_text_that_is_too_long_is_refused_before_it_is_read(tmp_path: Path, case: Case) -> None:
    for name in case.shown.keys() & case.form.parts.keys():
        if not isinstance(case.form.parts[name], ListOf | Table | Parts):
            continue
        gate = open_for(case.agent, tmp_path)
        opening = "[" if isinstance(case.form.parts[name], ListOf) else "{"
        answer = await gate.call(case.tool.name, {**case.right, name: opening + " " * LONGEST_TEXT}, agent=case.agent)

        assert answer.error is Code.NOT_AVAILABLE or f"{name} must have at most 65536 characters" in answer.text
        assert gate.upstream.received == []


def _lists(form: Form) -> Iterator[tuple[str, int]]:
    if isinstance(form, Parts):
        yield from ((name, part.most) for name, part in form.parts.items() if isinstance(part, ListOf))


@pytest.mark.ablation("a list is read up to its first wrong item")
@pytest.mark.threats(36)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_a_list_of_wrong_items_makes_one_error(operation: AnyOperation) -> None:
    for name, most in _lists(form_of(operation.params)):
        with pytest.raises(ValidationError) as problem:
            operation.params.model_validate({name: [object()] * most})

        wrong = [each for each in problem.value.errors() if each["loc"][:1] == (name,) and len(each["loc"]) > 1]
        assert len({each["loc"][1] for each in wrong}) == 1


async def test_sixty_ids_are_taken(tmp_path: Path) -> None:
    gate = open_for("operator", tmp_path)
    ids = [f"5f{number:022x}" for number in range(60)]
    answer = await gate.call(
        "update_error", {"project_id": IOS.id, "error_ids": ids, "operation": "fix"}, agent="operator"
    )

    assert answer.error is None
    assert gate.upstream.received[-1].url.count("error_ids") == 60
