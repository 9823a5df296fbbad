from dataclasses import replace

import pytest

from crashgate.audit.record import Effect, Value
from crashgate.model.access import Access
from tests.audit.samples import DECISION, HOSTILE, OUTCOME


@pytest.mark.threats(25)
@pytest.mark.parametrize(
    "name",
    [
        "",
        "Triage-agent",
        "tri\u0430ge-agent",
        "triage-agent\n",
        "triage agent",
        "triage-agent\u200b",
        "-triage",
        "triage-",
        "\uff54riage",
        "a" * 65,
    ],
)
def test_no_record_holds_an_agent_name_that_looks_like_another(name: str) -> None:
    # Guards: the check of agent in DecisionRecord.__post_init__.
    with pytest.raises(ValueError, match="agent is not a legal agent name"):
        replace(DECISION, agent=name)


@pytest.mark.parametrize("wrong", ["", "1", "0" * 31 + "G", "0" * 33, "0" * 32 + "\n"])
def test_a_call_is_32_hexadecimal_digits(wrong: str) -> None:
    # Guards: check_call, and that parent goes through it too.
    with pytest.raises(ValueError, match="call is not"):
        replace(DECISION, call=wrong)
    with pytest.raises(ValueError, match="call is not"):
        replace(OUTCOME, call=wrong)
    with pytest.raises(ValueError, match="parent is not"):
        replace(DECISION, parent=wrong)


@pytest.mark.parametrize(
    "wrong",
    ["", "2026-11-20", "2026-11-20T17:18:16Z", "2026-11-20T17:18:16.123+00:00", "2026-11-20T17:18:16.123Z\n", "٢026"],
)
def test_a_time_sorts_as_text(wrong: str) -> None:
    # Guards: the check of the time; the reader compares times as text.
    with pytest.raises(ValueError, match="at is not"):
        replace(DECISION, at=wrong)
    with pytest.raises(ValueError, match="at is not"):
        replace(OUTCOME, at=wrong)


@pytest.mark.threats(29)
@pytest.mark.parametrize("wrong", [{"s3cret": "s3cret"}, ["s3cret"], ("s3cret", 1), None, 1.5, b"s3cret"])
def test_an_argument_of_another_type_is_refused_without_being_quoted(wrong: Value) -> None:
    # Guards: the check of arguments; what is stored must be readable, and an error is no way around the filter.
    with pytest.raises(ValueError, match="arguments hold something else") as error:
        replace(DECISION, arguments={"error_id": wrong})

    assert "s3cret" not in str(error.value)


@pytest.mark.threats(25, 26)
@pytest.mark.parametrize("field", ["environment", "platform", "app", "approval"])
@pytest.mark.parametrize("wrong", ["", HOSTILE, "a" * 129, "pr\u043eduction", "production\n", "=1+1"])
def test_a_scope_or_an_approval_is_an_id_of_plain_characters(field: str, wrong: str) -> None:
    # Guards: check_word and check_handle in DecisionRecord.
    with pytest.raises(ValueError, match=f"^{field} is not"):
        replace(DECISION, **{field: wrong})  # type: ignore[arg-type]  # a field's name as data


@pytest.mark.ablation("who answered is a line of plain characters")
@pytest.mark.threats(25, 26)
@pytest.mark.parametrize("wrong", ["", HOSTILE, "olg\u0430", "olga\n", "=1+1", "o" * 129])
def test_who_answered_is_a_line_of_plain_characters_and_answered_something(wrong: str) -> None:
    # Guards: check_person in DecisionRecord, and that there is a request.
    with pytest.raises(ValueError, match=r"^answered_by is not"):
        replace(DECISION, approval="ap-1", answered_by=wrong)
    with pytest.raises(ValueError, match=r"^answered_by is for a request"):
        replace(DECISION, answered_by="olga")


@pytest.mark.ablation("a trace is a trace id")
@pytest.mark.threats(26)
@pytest.mark.parametrize("wrong", ["", "0" * 32, "4BF92F3577B34DA6A3CE929D0E0E4736", "4bf92f3577b34da6", HOSTILE])
def test_a_trace_is_the_id_that_w3c_describes(wrong: str) -> None:
    # Guards: check_trace in DecisionRecord.
    with pytest.raises(ValueError, match=r"^trace is not"):
        replace(DECISION, trace=wrong)


@pytest.mark.ablation("a delete is never recorded as a trial")
@pytest.mark.parametrize("change", [{"effect": Effect.DENY}, {"access": Access.DELETE}])
def test_trial_mode_never_lets_a_delete_through_and_never_denies(change: dict[str, object]) -> None:
    # Guards: the check of observed in DecisionRecord.
    with pytest.raises(ValueError, match="observed is for what was let through"):
        replace(DECISION, observed=True, **change)  # type: ignore[arg-type]  # a field's name as data


@pytest.mark.threats(26)
@pytest.mark.parametrize("wrong", ["", HOSTILE, "user email", "a" * 101])
def test_only_names_of_fields_are_said_to_be_redacted(wrong: str) -> None:
    with pytest.raises(ValueError, match="redacted holds something else"):
        replace(OUTCOME, redacted=("user.email", wrong))
