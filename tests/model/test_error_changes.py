"""Parameters of status changes: what goes together, and what does not."""

from typing import Any

import pytest
from pydantic import ValidationError

from crashgate.providers.bugsnag.error_changes import AssignError, LinkIssue, OverrideSeverity, ReopenRule, SnoozeError
from crashgate.providers.bugsnag.trends import GetErrorTrend, GetProjectTrend

PLACE = {"project_id": "checkout-ios", "error_id": "5f1a0c3d9e8b7a6655443322"}
PERSON = "5f1a0c3d9e8b7a6655443399"


@pytest.mark.parametrize(
    "rule",
    [
        {"reopen_if": "occurs_after", "seconds": 3600},
        {"reopen_if": "n_occurrences_in_m_hours", "occurrences": 10, "hours": 2},
        {"reopen_if": "n_additional_occurrences", "additional_occurrences": 5},
        {"reopen_if": "n_additional_users", "additional_users": 100_000},
    ],
)
def test_each_kind_of_reopen_rule_takes_its_own_numbers(rule: dict[str, Any]) -> None:
    assert (
        SnoozeError.model_validate({**PLACE, "reopen_rules": rule}).reopen_rules.model_dump(exclude_unset=True) == rule
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"reopen_if": "occurs_after"},
        {"reopen_if": "occurs_after", "seconds": None},
        {"reopen_if": "occurs_after", "seconds": 0},
        {"reopen_if": "occurs_after", "hours": 1},
        {"reopen_if": "occurs_after", "seconds": 1, "hours": 1},
        {"reopen_if": "n_occurrences_in_m_hours", "occurrences": 10},
        {"reopen_if": "n_additional_users", "additional_users": 100_001},
        {"reopen_if": "never"},
        {"seconds": 1},
        {"reopen_if": "occurs_after", "seconds": 1, "note": "x"},
    ],
)
def test_a_reopen_rule_with_other_numbers_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReopenRule.model_validate(rule)


@pytest.mark.parametrize("given", [{"assigned_collaborator_id": PERSON}, {"assigned_team_id": PERSON}])
def test_an_error_is_assigned_to_a_person_or_a_team(given: dict[str, Any]) -> None:
    assert AssignError.model_validate({**PLACE, **given}).model_fields_set == {*PLACE, *given}


def test_null_takes_an_assignment_away() -> None:
    made = AssignError.model_validate({**PLACE, "assigned_collaborator_id": None})

    assert made.assigned_collaborator_id is None
    assert "assigned_collaborator_id" in made.model_fields_set


@pytest.mark.parametrize("given", [{}, {"assigned_collaborator_id": PERSON, "assigned_team_id": PERSON}])
def test_an_error_is_not_assigned_to_nobody_and_not_to_both(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        AssignError.model_validate({**PLACE, **given})


@pytest.mark.parametrize("severity", ["warn", "", None, "critical"])
def test_a_severity_is_one_of_the_vendors_three(severity: str | None) -> None:
    with pytest.raises(ValidationError):
        OverrideSeverity.model_validate({**PLACE, "severity": severity})


@pytest.mark.parametrize(
    "url", ["https://github.com/acme/app/issues/7", "http://jira.local:8080/browse/ABC-1?x=1&y=[2]#c"]
)
def test_a_ticket_is_linked_by_its_web_address(url: str) -> None:
    assert LinkIssue.model_validate({**PLACE, "issue_url": url}).issue_url == url


@pytest.mark.threats(25)
@pytest.mark.parametrize(
    "url",
    ["", "ABC-1", "javascript:alert(1)", "ftp://x/", "https://", "https://x/ y", "https://x/<b>", 'https://x/"',
     "https://x/\x1b[31m", "https://x/\x00", "https://x/\u202e", "https://x/\u200b", "https://x/" + "a" * 1000],
)  # fmt: skip
def test_a_ticket_is_not_linked_by_anything_else(url: str) -> None:
    with pytest.raises(ValidationError):
        LinkIssue.model_validate({**PLACE, "issue_url": url})


def test_a_trend_without_a_choice_has_ten_buckets() -> None:
    assert GetProjectTrend.model_validate({"project_id": "checkout-ios"}).buckets_count == 10
    assert GetErrorTrend.model_validate(PLACE).buckets_count == 10


def test_a_trend_by_resolution_sends_no_number_of_buckets() -> None:
    made = GetProjectTrend.model_validate({"project_id": "checkout-ios", "resolution": "12h"})

    assert (made.buckets_count, made.resolution) == (None, "12h")


@pytest.mark.parametrize(
    "given",
    [
        {"buckets_count": 5, "resolution": "12h"},
        {"buckets_count": None, "resolution": None},
        {"buckets_count": 0},
        {"buckets_count": 51},
        {"resolution": "1d"},
    ],
)
def test_a_trend_takes_either_up_to_fifty_buckets_or_a_documented_resolution(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GetProjectTrend.model_validate({"project_id": "checkout-ios", **given})
