"""What a model declares of its fields is read off into one table."""

from typing import Annotated

import pytest
from pydantic import StringConstraints

from crashgate.model.field_table import (
    PERSONAL,
    ROW,
    SUMMARY,
    AppData,
    DocumentedKeys,
    InSet,
    RedactionSet,
    Visibility,
    paths_in_set,
    read_fields,
    shown_fields,
)
from crashgate.model.result import Id, Many, Result, Secret, Untrusted, UntrustedData


class Reporter(Result):
    """As somebody else's provider might declare it."""

    handle: Annotated[Untrusted | None, PERSONAL] = None
    token: Secret = None


class Ticket(Result):
    """As somebody else's provider might declare it."""

    id: Id
    reporters: Many[Reporter] = ()
    tags: AppData = None
    http: Annotated[UntrustedData, DocumentedKeys({"peer": RedactionSet.NETWORK, "verb": None})] = None
    headers: Annotated[UntrustedData, InSet(RedactionSet.REQUEST_HEADERS)] = None


def test_each_set_is_derived_from_the_fields_that_declare_it_at_any_depth() -> None:
    fields = read_fields(Ticket)
    people = set(paths_in_set(fields, RedactionSet.PEOPLE))

    assert ("reporters", "handle") in people
    assert ("tags", "**", "email") in people
    assert {path[:2] for path in people} == {("reporters", "handle"), ("tags", "**")}
    assert set(paths_in_set(fields, RedactionSet.NETWORK)) == {("http", "peer")}
    assert set(paths_in_set(fields, RedactionSet.REQUEST_HEADERS)) == {("headers",)}


def test_documented_keys_are_known_and_a_secret_is_no_field() -> None:
    fields = read_fields(Ticket)

    assert fields["http"].keys == {"peer", "verb"}
    assert fields["reporters"].below.keys() == {"handle"}


def test_a_field_that_an_answer_needs_is_in_no_redaction_set() -> None:
    class Person(Result):
        id: Annotated[Id, PERSONAL]

    with pytest.raises(ValueError, match=r"^Person\.id is required, so it cannot be in a redaction set$"):
        read_fields(Person)


def test_a_mark_that_only_parameters_have_is_refused() -> None:
    class Named(Result):
        id: Id
        name: Annotated[str | None, StringConstraints(max_length=5)] = None

    with pytest.raises(ValueError, match=r"^name: StringConstraints says nothing of an answer; use Only"):
        read_fields(Named)


def test_what_is_shown_with_less_detail_is_shown_with_more_in_the_order_of_the_declaration() -> None:
    class Build(Result):
        id: Annotated[Id, ROW]
        machine: Untrusted | None = None
        passed: Annotated[bool | None, ROW] = None
        log: Annotated[Untrusted | None, SUMMARY] = None
        signing_key: Secret = None

    assert shown_fields(Build, Visibility.ROW) == ("id", "passed")
    assert shown_fields(Build, Visibility.SUMMARY) == ("id", "passed", "log")
    assert shown_fields(Build, Visibility.FULL) == ("id", "machine", "passed", "log")
