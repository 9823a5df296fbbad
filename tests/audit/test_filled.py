"""The faster way to make a record makes the record that the class makes, and refuses what the class refuses."""

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from hypothesis import given

from crashgate.audit.canonical import encode
from crashgate.audit.fields import with_sentence
from crashgate.audit.record import DecisionRecord, decision_record
from tests.audit.samples import DECISION, OUTCOME, decisions

FIELDS: dict[str, Any] = {field.name: getattr(DECISION, field.name) for field in fields(DECISION)}
NEEDED = {"call", "at", "agent", "subject", "via", "effect", "reason"}


@given(decisions())
def test_a_record_filled_at_once_is_the_record_of_the_class(record: DecisionRecord) -> None:
    filled = decision_record(**{field.name: getattr(record, field.name) for field in fields(record)})

    assert filled == record
    assert encode(filled) == encode(record)
    assert type(filled) is DecisionRecord


def test_what_is_not_given_has_the_default_of_the_class() -> None:
    few = {name: FIELDS[name] for name in NEEDED}

    one, two = decision_record(**few), decision_record(**few)

    assert one == DecisionRecord(**few)
    assert encode(one) == encode(DecisionRecord(**few))
    assert one.arguments is not two.arguments


def test_a_record_filled_at_once_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        decision_record(**FIELDS).agent = "another-agent"  # type: ignore[misc]  # forbidden on purpose


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_field_without_a_default_has_to_be_given(name: str) -> None:
    with pytest.raises(TypeError, match=f"^DecisionRecord has other fields: {name}$"):
        decision_record(**{key: value for key, value in FIELDS.items() if key != name})


@pytest.mark.ablation("a record that is filled at once has the fields of its class")
def test_a_field_that_a_record_does_not_have_is_refused() -> None:
    more: dict[str, Any] = {**FIELDS, "token": "s3cret"}

    with pytest.raises(TypeError, match=r"^DecisionRecord has other fields: token$"):
        decision_record(**more)


def test_a_field_without_its_name_is_refused() -> None:
    unnamed: tuple[Any, ...] = ("ab" * 16,)

    with pytest.raises(TypeError):
        decision_record(*unnamed, **FIELDS)


@pytest.mark.ablation("a record that is filled at once is checked")
@pytest.mark.threats(25, 29)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"agent": "tri\u0430ge-agent"}, "agent is not a legal agent name"),
        ({"call": "1"}, "call is not 32 hexadecimal digits"),
        ({"at": "2026-11-20"}, "at is not RFC 3339"),
        ({"app": "=1+1"}, "app is not an id"),
        ({"arguments": {"error_id": None}}, "arguments hold something else"),
    ],
)
def test_what_no_record_may_hold_is_refused_here_too(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decision_record(**{**FIELDS, **change})


def test_a_sentence_changes_nothing_else_and_not_the_record_that_it_is_of() -> None:
    for record in (DECISION, OUTCOME):
        before = replace(record)

        told = with_sentence(record, "It was told.")

        assert told == replace(record, sentence="It was told.")
        assert record == before
