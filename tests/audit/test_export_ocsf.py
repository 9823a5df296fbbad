import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crashgate.audit.call import Aside, Entry
from crashgate.audit.formats.ocsf import ocsf_event
from crashgate.audit.record import DecisionRecord, Effect, Ending, OutcomeRecord
from crashgate.model.access import Access
from tests.audit.ocsf import API_ACTIVITY
from tests.audit.samples import (
    ATTEMPT,
    DECISION,
    HOSTILE,
    OUTCOME,
    attempts,
    call,
    checkpoints,
    decisions,
    outcomes,
    prunes,
    stored,
)
from tests.catalogue import OPERATIONS

CREATING = frozenset(each.id for each in OPERATIONS if each.creates)
_VALID = Draft202012Validator(API_ACTIVITY)


def _event(decision: DecisionRecord = DECISION, outcome: OutcomeRecord | None = OUTCOME) -> dict[str, Any]:
    entry = Entry(decision=stored(decision), outcome=None if outcome is None else stored(outcome, 2))
    return _checked(ocsf_event(entry, product_version="1.2.3", creating=CREATING))


def _checked(event: dict[str, Any]) -> dict[str, Any]:
    _VALID.validate(event)  # pyright: ignore[reportUnknownMemberType] - the library's own types
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    return event


def test_a_call_is_an_event_of_api_activity() -> None:
    assert _event() == {
        "class_uid": 6003,
        "class_name": "API Activity",
        "category_uid": 6,
        "category_name": "Application Activity",
        "activity_id": 3,
        "activity_name": "Update",
        "type_uid": 600303,
        "type_name": "API Activity: Update",
        "time": 1795195096123,
        "start_time": 1795195096123,
        "end_time": 1795195096335,
        "duration": 212,
        "status_id": 1,
        "status": "Success",
        "status_code": "answered",
        "status_detail": DECISION.rule,
        "action_id": 1,
        "action": "Allowed",
        "disposition_id": 1,
        "disposition": "Allowed",
        "severity_id": 1,
        "severity": "Informational",
        "message": OUTCOME.sentence,
        "actor": {
            "app_name": "example 1.0",
            "user": {"name": "triage-agent", "uid": "launch", "type": "Agent", "type_id": 99},
        },
        "api": {
            "operation": "bugsnag.errors.fix",
            "service": {"name": "bugsnag"},
            "request": {"uid": DECISION.call},
            "response": {"code": 200},
        },
        "src_endpoint": {"svc_name": "stdio"},
        "authorizations": [{"decision": "allow", "policy": {"name": DECISION.rule, "uid": "e" * 64}}],
        "resources": [
            {
                "type": "error",
                "name": DECISION.target,
                "labels": [
                    f"organization:{DECISION.organization}",
                    f"project:{DECISION.project}",
                    "project:checkout-ios",
                ],
                "group": {"name": "bugsnag"},
            }
        ],
        "metadata": {
            "version": "1.3.0",
            "product": {"name": "crashgate", "vendor_name": "crashgate", "version": "1.2.3"},
            "profiles": ["security_control"],
            "log_name": "main",
            "sequence": 1,
            "uid": "1" * 64,
            "original_time": DECISION.at,
            "correlation_uid": DECISION.call,
            "event_code": "granted",
        },
        "unmapped": {
            "tool": "resolve_error",
            "arguments": dict(DECISION.arguments),
            "arguments_digest": "d" * 64,
            "purpose": "call",
            "outcome": {"seq": 2, "hash": "1" * 64, "requests": 1, "dropped": 0, "redacted": [], "shared": False},
        },
    }
    assert datetime.fromtimestamp(1795195096.123, UTC).isoformat(timespec="milliseconds")[:23] == DECISION.at[:23]


@pytest.mark.parametrize(
    ("operation", "access", "activity"),
    [
        ("bugsnag.errors.list", Access.READ, 2),
        ("devrev.sessions.list", Access.READ, 2),
        ("bugsnag.projects.create", Access.WRITE, 1),
        ("bugsnag.comments.create", Access.WRITE, 1),
        ("bugsnag.errors.create_issue", Access.WRITE, 1),
        ("bugsnag.errors.create_issue_many", Access.WRITE, 1),
        ("bugsnag-sessions.sessions.report", Access.WRITE, 1),
        ("browserstack.sessions.create", Access.WRITE, 1),
        ("bugsnag.errors.open", Access.WRITE, 3),
        ("bugsnag.errors.link_issue", Access.WRITE, 3),
        ("bugsnag.errors.discard", Access.DELETE, 4),
        ("bugsnag.projects.create", Access.DELETE, 4),
        ("an.operation.of_an_older_version", Access.WRITE, 3),
        (None, None, 0),
    ],
)
def test_the_activity_comes_from_the_access_and_the_catalogue(
    operation: str | None, access: Access | None, activity: int
) -> None:
    assert _event(replace(DECISION, operation=operation, access=access))["activity_id"] == activity


def test_these_operations_make_something_new_and_no_others() -> None:
    assert {each.id for each in OPERATIONS if each.creates} == {
        "bugsnag.comments.create",
        "bugsnag.errors.create_issue",
        "bugsnag.errors.create_issue_many",
        "bugsnag.organizations.create",
        "bugsnag.projects.create",
        "bugsnag.saved_searches.create",
        "browserstack.sessions.create",
        "bugsnag-sessions.sessions.report",
    }


@pytest.mark.parametrize(
    ("decision", "outcome", "told"),
    [
        pytest.param(
            replace(DECISION, effect=Effect.DENY, reason="no_grant"), None, (2, "no_grant", 2, 2, 2), id="denied"
        ),
        pytest.param(DECISION, None, (0, "unknown", 1, 1, 3), id="a change whose outcome is unknown"),
        pytest.param(replace(DECISION, access=Access.READ), None, (0, "unknown", 1, 1, 2), id="unknown read"),
        pytest.param(DECISION, replace(OUTCOME, result=Ending.WITHHELD), (2, "withheld", 1, 1, 2), id="withheld"),
        pytest.param(DECISION, replace(OUTCOME, result=Ending.FAILED), (2, "failed", 1, 1, 2), id="failed"),
        pytest.param(replace(DECISION, observed=True), OUTCOME, (1, "answered", 1, 17, 3), id="observe mode"),
        pytest.param(replace(DECISION, approval="ap-1"), OUTCOME, (1, "answered", 1, 8, 1), id="approved"),
    ],
)
def test_status_disposition_and_severity_tell_how_it_went(
    decision: DecisionRecord, outcome: OutcomeRecord | None, told: tuple[object, ...]
) -> None:
    event = _event(decision, outcome)
    names = ("status_id", "status_code", "action_id", "disposition_id", "severity_id")

    assert tuple(event[name] for name in names) == told


def test_a_look_up_is_bound_to_the_call_that_needed_it() -> None:
    assert _event(replace(DECISION, parent=call(9)))["metadata"]["correlation_uid"] == call(9)


def test_an_attempt_is_an_event_too() -> None:
    record = replace(ATTEMPT, count=57, until="2026-11-20T17:18:59.000Z")
    event = _checked(ocsf_event(Aside(stored=stored(record, 3)), product_version="1.2.3", creating=CREATING))
    names = ("activity_id", "status_code", "status_detail", "count", "disposition_id", "start_time", "end_time")

    assert tuple(event[name] for name in names) == (
        *(0, "unauthenticated", "no_token", 57, 2),
        *(1795195097000, 1795195139000),
    )
    assert event["actor"] == {"user": {"name": "unknown", "type": "Agent", "type_id": 99}}


@given(decisions(), st.none() | outcomes())
def test_every_call_fits_the_schema(decision: DecisionRecord, outcome: OutcomeRecord | None) -> None:
    json.dumps(_event(decision, outcome), allow_nan=False)


@given(attempts() | checkpoints() | prunes())
def test_every_other_record_fits_the_schema(record: Any) -> None:  # noqa: ANN401 - of any of three kinds
    json.dumps(
        _checked(ocsf_event(Aside(stored=stored(record)), product_version="1", creating=CREATING)), allow_nan=False
    )


@pytest.mark.threats(25, 26)
def test_no_text_of_a_record_reaches_a_viewer_uncleaned() -> None:
    # Guards: export_ocsf._word at every field.
    hostile = replace(
        DECISION,
        subject=HOSTILE,
        client=HOSTILE,
        tool=HOSTILE,
        operation=HOSTILE,
        resource=HOSTILE,
        connection=HOSTILE,
        project=HOSTILE,
        project_slug=HOSTILE,
        organization=HOSTILE,
        target=HOSTILE,
        reason=HOSTILE,
        rule=HOSTILE,
        policy_hash=HOSTILE,
        arguments={HOSTILE: HOSTILE, "many": (HOSTILE,)},
        sentence=HOSTILE,
    )
    event = _event(hostile, replace(OUTCOME, sentence=HOSTILE))

    assert json.dumps(event, ensure_ascii=False).isprintable()
