"""Null, empty text and JSON text as arguments of every tool: what they mean, and that nothing else is sent for them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import Code
from crashgate.model.access import Access
from crashgate.model.form import FreeJson, ListOf, OneValue
from tests.gate.gate import IOS, Gate
from tests.tools.example_gates import CASES, CHANGES, ONCE, REOPEN, Case, bodies, open_for, sent

COUNTS = [{"startedAt": "2026-11-20T15:18Z", "sessionsStarted": 12}]
SAMPLES: Mapping[str, Any] = {
    "filters": {"error.status": ["open"]},
    "span_filters": {"device.type": ["phone"]},
    "endpoints": ["api.example.com/users/{id}"],
    "error_ids": [IOS.error],
    "reopen_rules": REOPEN,
    "pivots": ["os.version"],
    "environment": ["production"],
    "app": {"version": "1.2"},
    "device": {"model": "Pixel"},
    "session_counts": COUNTS,
    "ignored_browser_versions": {"chrome": "all"},
    "collaborator_ids": [IOS.person],
    "billing_emails": ["bills@example.com"],
    "sort_by": ["created_at:desc"],
}
"""A right value of each parameter that is a list or an object; of one that is not here, a list of one text is right."""


async def called(case: Case, folder: Path, arguments: Mapping[str, Any]) -> tuple[Gate, Any]:
    """A new gate after the call, and what of it can be compared: the error, what was sent, what was recorded."""
    gate = open_for(case.agent, folder)
    answer = await gate.call(case.tool.name, arguments, agent=case.agent)
    records = [
        (each.effect, each.reason, each.operation, each.access, each.arguments, each.arguments_digest)
        for each in gate.log.decisions
    ]
    return gate, (answer.error, sent(gate), records if case.operation.envelope is None else len(records))


@pytest.mark.ablation("null is sent only where it takes something away")
@pytest.mark.threats(15, 16)
@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
@pytest.mark.parametrize("case", ONCE)
async def test_null_and_empty_text_mean_not_given(tmp_path: Path, case: Case, nothing: object) -> None:
    ours = dict.fromkeys(("connection", "detail", "cursor", "format", "resume", *case.shown), nothing)
    free = {name for name, form in case.form.parts.items() if isinstance(form, FreeJson) and nothing is not None}
    full = {name: value for name, value in ours.items() if name not in free} | dict(case.right)
    _, plain = await called(case, tmp_path / "plain", case.right)
    _, with_nothing = await called(case, tmp_path / "nothing", full)

    assert with_nothing == plain


@pytest.mark.parametrize("case", ONCE)
async def test_a_required_argument_that_is_null_or_empty_is_missing(tmp_path: Path, case: Case) -> None:
    for name in case.definition.input_schema.get("required", ()):
        without = {key: value for key, value in case.right.items() if key != name}
        _, plain = await called(case, tmp_path, without)
        for nothing in (None, ""):
            _, found = await called(case, tmp_path, {**without, name: nothing})
            assert found == plain, name
        assert plain[0] in {Code.INVALID_ARGUMENTS, Code.NOT_AVAILABLE}


@pytest.mark.threats(16)
@pytest.mark.parametrize("case", ONCE)
async def test_json_text_and_one_item_are_read_as_what_is_declared(tmp_path: Path, case: Case) -> None:
    for name in sorted(case.shown.keys() & case.form.parts.keys()):
        form = case.form.parts[name]
        if isinstance(form, OneValue | FreeJson):
            continue
        value = SAMPLES.get(name, ["text"])
        others = [json.dumps(value), f" {json.dumps(value)}\n"]
        others += value if isinstance(form, ListOf) and isinstance(form.item, OneValue) else []
        _, plain = await called(case, tmp_path / name, {**case.right, name: value})
        assert plain[0] is None or not case.agent.startswith("all-"), (name, plain)
        for number, other in enumerate(others):
            _, found = await called(case, tmp_path / f"{name}-{number}", {**case.right, name: other})
            assert found == plain, (name, other)


STRICT = (
    '{"error.status": ["open"], "error.status": ["fixed"]}',
    '{"error.status": ["open"]',
    '{"error.status": [NaN]}',
    '{"error.status": ' + "[" * 10 + "]" * 10 + "}",
    '{"error.status": ' + "[" * 30_000,
    '{"error.status": "\ud800"}',
)


@pytest.mark.ablation("no key stands twice")
@pytest.mark.threats(16)
@pytest.mark.parametrize("text", STRICT, ids=range(len(STRICT)))
async def test_json_text_that_could_be_read_in_two_ways_is_refused(tmp_path: Path, text: str) -> None:
    gate = open_for("all-bugsnag", tmp_path)
    answer = await gate.call("list_errors", {"project_id": IOS.id, "filters": text}, agent="all-bugsnag")

    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text.startswith("filters begins like JSON and cannot be read: ")
    assert gate.upstream.received == []


UPDATES = tuple(
    case for case in CASES if case.agent.startswith("all-") and case.operation.access is not Access.READ and case.shown
)


def _nulls(value: object) -> int:
    match value:
        case dict():
            return sum(map(_nulls, cast("dict[str, object]", value).values()))
        case list():
            return sum(map(_nulls, cast("list[object]", value)))
        case _:
            return value is None


@pytest.mark.threats(15)
@given(st.data())
async def test_a_null_is_sent_only_where_it_takes_an_assignment_away(
    data: st.DataObject,
) -> None:
    # Guards: given, over every operation that changes something and any choice of arguments that are null.
    case = data.draw(st.sampled_from(UPDATES))
    names = sorted(case.shown)
    given_too = {name: SAMPLES[name] for name in data.draw(st.sets(st.sampled_from(names))) if name in SAMPLES}
    nulls = dict.fromkeys(data.draw(st.sets(st.sampled_from(names))))
    arguments = {**case.right, **given_too, **nulls}
    gate = open_for(case.agent)
    answer = await gate.call(case.tool.name, arguments, agent=case.agent)
    people = [arguments[name] for name in ("assigned_collaborator_id", "assigned_team_id") if name in arguments]
    unassigns = "assign" in case.operation.id and people == [None] and answer.error is None

    assert sum(map(_nulls, bodies(gate))) == int(unassigns)


ASSIGN = {"project_id": IOS.id, "error_id": IOS.error, "operation": "assign"}
WHO, TEAM = "assigned_collaborator_id", "assigned_team_id"


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({WHO: None}, {WHO: None}),
        ({TEAM: None}, {TEAM: None}),
        ({TEAM: None, WHO: ""}, {TEAM: None}),
        ({WHO: IOS.person, TEAM: None}, {WHO: IOS.person}),
        ({WHO: None, TEAM: IOS.person}, {TEAM: IOS.person}),
    ],
    ids=str,
)
async def test_one_null_assignee_takes_the_assignment_away_and_one_beside_a_value_is_none(
    arguments: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    gate = open_for("all-bugsnag")
    answer = await gate.call("update_error", {**ASSIGN, **arguments, "severity": None}, agent="all-bugsnag")

    assert answer.error is None
    assert bodies(gate) == [{"operation": "assign", **body}]


@pytest.mark.parametrize("arguments", [{WHO: None, TEAM: None}, {WHO: IOS.person, TEAM: IOS.person}, {}], ids=str)
async def test_two_assignees_or_none_are_refused(arguments: Mapping[str, Any]) -> None:
    gate = open_for("all-bugsnag")
    answer = await gate.call("update_error", {**ASSIGN, **arguments}, agent="all-bugsnag")

    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text.startswith("assign takes exactly one of assigned_collaborator_id and assigned_team_id")
    assert gate.upstream.received == []


async def test_null_and_empty_text_inside_an_argument_are_not_given_either() -> None:
    gate = open_for("all-bugsnag")
    rule = {**REOPEN, "hours": None, "occurrences": ""}
    asked = {**ASSIGN, "operation": "snooze", "reopen_rules": rule}
    snoozed = await gate.call("update_error", asked, agent="all-bugsnag")
    filters = {"error.status": ["open"], "user.id": None, "user.name": ""}
    listed = await gate.call("list_errors", {"project_id": IOS.id, "filters": filters}, agent="all-bugsnag")

    assert (snoozed.error, listed.error) == (None, None)
    assert bodies(gate) == [{"operation": "snooze", **CHANGES["snooze"]}]
    assert "user." not in gate.upstream.received[-1].url
