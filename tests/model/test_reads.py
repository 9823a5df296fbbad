"""What each parameter reads is declared, and truly (THREATS row 38)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Literal

import pytest

from crashgate.model.access import Access
from crashgate.model.field_table import ResultField, find_path
from crashgate.model.operation import AnyOperation, Field, Shape
from crashgate.model.params import WHICH, In
from crashgate.model.reads import EVERYTHING, Declared, Reads, ReadsByName, ReadsNothing
from crashgate.model.scope import naming
from crashgate.providers.bugsnag.errors import LIST_ERRORS, ListErrors
from crashgate.providers.bugsnag.field_reads import ALWAYS_KNOWN, DEFAULT_FIELDS, EVENT_FIELDS, FREE_FORM
from tests.catalogue import OPERATIONS, RESULT_FIELDS

DECLARING = [(each, field) for each in OPERATIONS for field in each.fields if field.reads is not None]


def _each(declared: Declared) -> Iterator[str]:
    """All fields that a parameter may read, whatever its value."""
    if isinstance(declared, ReadsByName):
        yield from declared.otherwise.fields
        for reads in declared.named.values():
            yield from reads.fields
    else:
        yield from declared.fields


@pytest.mark.ablation("a parameter that declares nothing fails at import")
@pytest.mark.threats(38)
def test_a_parameter_of_a_read_that_declares_nothing_fails_at_import() -> None:
    class More(ListErrors):
        """One parameter more than the list of errors has."""

        importance: Annotated[str | None, In.QUERY] = None

    with pytest.raises(ValueError, match=r"importance must declare the fields that it reads, or why it reads none"):
        replace(LIST_ERRORS, params=More)


@pytest.mark.ablation("each word of a closed list declares what it reads")
@pytest.mark.threats(38)
def test_each_word_of_a_closed_list_declares_for_itself() -> None:
    class More(ListErrors):
        """The list of errors with a parameter of two words, of which one declares nothing."""

        order: Annotated[Literal["a", "b"] | None, In.QUERY, ReadsByName({"a": ReadsNothing("it is a test's")})] = None

    with pytest.raises(ValueError, match=r"order must declare what it reads for a, b, each for itself"):
        replace(LIST_ERRORS, params=More)


def test_to_read_nothing_takes_a_reason() -> None:
    with pytest.raises(ValueError, match="says why"):
        ReadsNothing(" ")
    with pytest.raises(ValueError, match="says why"):
        Reads(())


@pytest.mark.parametrize(("operation", "field"), DECLARING, ids=[f"{o.id}-{f.name}" for o, f in DECLARING])
def test_what_a_parameter_reads_is_there(operation: AnyOperation, field: Field) -> None:
    assert field.reads is not None
    for path in _each(field.reads):
        resource, _, below = path.partition(".")
        names = tuple(below.removesuffix(".*").split(".")) if below != "*" else ()
        assert path == EVERYTHING or find_path(RESULT_FIELDS[resource], names) is not None, f"{operation.id}: {path}"


def _plain(name: str) -> str:
    """A name without what vendors put before and behind it: ``is_crash``, ``has_crash`` and ``hasCrash`` are one."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_")
    words = [word.rstrip("s") for word in words if word not in {"is", "has", "id", "ids", "occurred", "only", "name"}]
    return "_".join(words)


def _called(field: Field) -> set[str]:
    return {_plain(each) for each in (field.name, *field.wire.split("."))}


@pytest.mark.threats(38)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_a_parameter_called_like_a_field_of_the_rows_reads_that_field(operation: AnyOperation) -> None:
    if operation.access is not Access.READ:
        return
    placed = {*naming(operation.scope), getattr(operation.scope, "object", None)}
    for field in operation.fields:
        if field.travels in {In.PATH, In.NOWHERE} or (field.logged is not None and field.reads is None):
            continue
        assert field.reads is not None
        if field.reads is WHICH and operation.shape is Shape.ONE:
            continue  # the id of the very thing that is asked for
        same = {name for name in operation.result.__struct_fields__ if _plain(name) in _called(field)}
        read = {path.split(".")[1] for path in _each(field.reads) if "." in path}
        # What every call has to give, to say where it belongs or what it asks for, tells nothing that it did not know.
        must = operation.params.model_fields[field.name].is_required() and field.name in placed
        assert must or same <= read, f"{operation.id}: {field.name} is called like {sorted(same - read)}"


@pytest.mark.threats(38)
def test_each_event_field_reads_what_it_is_called_after() -> None:
    fields = {**RESULT_FIELDS["event"], **RESULT_FIELDS["error"]}
    for name in (*DEFAULT_FIELDS, *ALWAYS_KNOWN):
        above, _, last = name.rpartition(".")
        same = {each for each in fields if _plain(last) and _plain(each) == _plain(last)}
        read = {path.split(".")[1] for path in EVENT_FIELDS.of(name)}
        if above not in {"error", "event"}:
            # A part of what an app sends, as ``user.email``, or what stands beside it, as ``app.context``.
            either = {above, last} & fields.keys()
            same = set[str]() if either & read else either
        assert same <= read, f"{name} is called like {sorted(same - read)}"


@pytest.mark.ablation("a field of a project's own reads whatever an app sends")
@pytest.mark.threats(38)
def test_a_field_that_a_project_defined_reads_all_data_of_free_form() -> None:
    def free(fields: Mapping[str, ResultField], above: str) -> Iterator[str]:
        for name, node in fields.items():
            if node.free:
                yield f"{above}.{name}"
            else:
                yield from free(node.below, f"{above}.{name}")

    held = [path.removesuffix("*") for path in FREE_FORM]
    assert all(any(f"{path}.".startswith(each) for each in held) for path in free(RESULT_FIELDS["event"], "event"))
    assert EVENT_FIELDS.of("metaData.account.plan") == EVENT_FIELDS.of("a_field_of_the_project") == FREE_FORM


def test_names_are_compared_without_regard_to_case() -> None:
    assert EVENT_FIELDS.of("User.Email") == EVENT_FIELDS.of(" user.email") == ("event.user.email",)
