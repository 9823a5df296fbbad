"""What is told about wrong arguments of every tool: the argument, in words of ours and none of the caller's."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from tests.gate.gate import IOS
from tests.tools.example_gates import PARAMETERS_ONCE, Case, open_for

MARK = "MARKED"
WRONG: tuple[Any, ...] = (
    MARK, f"{MARK}é\u2028", "\ud800", f"[{MARK}", "{", "[", '{"a": 1, "a": 2}', -1, 0, 3.5, 10**20, True, [], {},
    [MARK], {MARK: MARK}, [{MARK: MARK}], [[MARK]], [3], [None], [[]], [{}], {"error.status": []}, {"error.status": 3},
    {"error.status": {"type": "empty"}}, {"error.status": {"type": MARK, "value": MARK}}, {"error.status": [[MARK]]},
    {"error.status": {"value": {MARK: 1}}}, {"reopen_if": MARK}, {"reopen_if": [MARK]}, {"reopen_if": "occurs_after"},
    {"reopen_if": "occurs_after", "seconds": MARK}, {"reopen_if": "occurs_after", "seconds": 0}, {"version": 3},
    {"version": [MARK]}, {"runtimeVersions": MARK}, {"runtimeVersions": {MARK: [MARK]}}, {"versionCode": 2.5},
    [{"startedAt": MARK, "sessionsStarted": 1}], [{"startedAt": [], "sessionsStarted": MARK}], "x" * 20_000,
    {"startedAt": 1e300}, [{"startedAt": True, "sessionsStarted": 1.5}], ["x" * 20_000],
)  # fmt: skip
"""Values of every kind of JSON, each wrong for nearly every parameter."""

FOREIGN_WORDS = re.compile(
    r"Input|[Ss]hould|valid (?:tuple|string|integer|number|boolean|dictionary|list|datetime|enum)|instance of|Field"
    r" required|Extra|Value error|Tuple|Dictionary|pydantic|parse|(?<!network)_type|NoneType|\bstr\b|\bint\b|\bdict\b"
)
"""Phrases of pydantic's, and of Python's."""


@pytest.mark.threats(13)
@pytest.mark.parametrize(("case", "names"), PARAMETERS_ONCE)
async def test_a_wrong_value_is_told_by_the_name_of_its_argument_in_our_own_words(
    tmp_path: Path, case: Case, names: Collection[str]
) -> None:
    gate = open_for(case.agent, tmp_path)
    for name in sorted(names):
        for wrong in WRONG:
            answer = await gate.call(case.tool.name, {**case.right, name: wrong}, agent=case.agent)
            if answer.error is not Code.INVALID_ARGUMENTS:
                continue
            assert re.search(rf"\b{name}\b", answer.text), (name, wrong, answer.text)
            assert FOREIGN_WORDS.search(answer.text) is None, (name, wrong, answer.text)
            assert MARK not in answer.text, (name, wrong)
            assert answer.text.isprintable()


async def told(tool: str, arguments: Mapping[str, Any], agent: str = "all-bugsnag") -> str:
    gate = open_for(agent)
    answer = await gate.call(tool, arguments, agent=agent)
    assert answer.error is Code.INVALID_ARGUMENTS
    return answer.text


THEIRS = (
    ("list_sessions", {"connection": "bugspulse", "platform": "ios"}, "platform is not for connection bugspulse; "),
    (
        "list_sessions",
        {"connection": "bugspulse", "platform": "ios", "app_version": ["1"]},
        "platform and app_version are not for connection bugspulse; ",
    ),
    ("export_sessions", {"connection": "bugspulse", "rage_tap": True}, "rage_tap is not for connection bugspulse; "),
)


@pytest.mark.parametrize(("tool", "arguments", "words"), THEIRS)
async def test_an_argument_of_another_connection_is_named_with_whose_it_is_not(
    tmp_path: Path, tool: str, arguments: Mapping[str, Any], words: str
) -> None:
    gate = open_for("session-analyst", tmp_path)
    answer = await gate.call(tool, arguments, agent="session-analyst")

    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text.startswith(words)


async def test_an_argument_of_another_operation_is_named_with_whose_it_is_not() -> None:
    asked = {"project_id": IOS.id, "error_ids": [IOS.error], "operation": "open", "severity": "info"}

    assert (await told("update_error", asked)).startswith(
        "severity is not for operation open; that takes project_id, error_ids. Nothing was sent."
    )


async def test_an_argument_of_the_other_kind_of_call_is_named() -> None:
    found = await told("list_collaborators", {"project_id": IOS.id, "organization_id": IOS.organization_id})

    assert found.startswith("project_id is not for a call with organization_id; ")


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"app.version": {"type": "empty"}}, "filters: value is missing, e.g. "),
        ({"error.status": {"type": "empty"}}, "filters: error.status: value is missing, e.g. "),
        ({"event.since": "last summer"}, "filters hold an event.since that is neither like 7d, 12h or yesterday nor "),
        ({"error.status": "closed"}, "filters hold an error.status that does not exist; it is one of open, "),
    ],
    ids=str,
)
async def test_a_wrong_comparison_is_told_with_what_is_wrong_in_it(filters: Mapping[str, Any], words: str) -> None:
    found = await told("list_errors", {"project_id": IOS.id, "filters": filters})

    assert found.startswith(words)


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("error.first_seen", None),
        ("nonsense", None),
        ("app.version", None),
        ("error.statuss", "error.status"),
        ("status", "error.status"),
        ("app.releaseStage", "app.release_stage"),
        ("user.mail", "user.email"),
        ("error.class", "event.class"),
        ("severity", "event.severity"),
        ("ERROR.STATUS", "error.status"),
    ],
)
async def test_an_unknown_filter_offers_what_is_near_it_and_else_what_is_documented(
    name: str, offered: str | None
) -> None:
    found = await told("list_errors", {"project_id": IOS.id, "filters": {name: "open"}})

    assert found.startswith("filters: 1 field name not known in this project.")
    assert ("Did you mean" in found) is (offered is not None)
    assert offered is None or f" Did you mean {offered}? " in found
    assert ("BugSnag documents user.id, user.email, " in found) is (offered is None)


FORMS = {
    "occurs_after": '{"reopen_if": "occurs_after", "seconds": 3600}',
    "n_occurrences_in_m_hours": '{"reopen_if": "n_occurrences_in_m_hours", "occurrences": 10, "hours": 24}',
    "n_additional_occurrences": '{"reopen_if": "n_additional_occurrences", "additional_occurrences": 100}',
    "n_additional_users": '{"reopen_if": "n_additional_users", "additional_users": 10}',
}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("rule", "forms"),
    [
        *(({name: 100}, [form]) for name, form in FORMS.items()),
        *(({"reopen_if": name, "seconds": 1, "hours": 1}, [form]) for name, form in FORMS.items()),
        ({"additional_occurrences": 100}, [FORMS["n_additional_occurrences"]]),
        ({"when": "later"}, list(FORMS.values())),
    ],
    ids=str,
)
async def test_a_wrong_reopen_rule_is_told_with_the_form_of_the_rule_meant(
    number: int, rule: Mapping[str, Any], forms: list[str]
) -> None:
    which = {"error_ids": [IOS.error, IOS.event][:number]}
    found = await told("update_error", {"project_id": IOS.id, **which, "operation": "snooze", "reopen_rules": rule})

    assert found.startswith(f"reopen_rules must be of this form: {' or '.join(forms)}. Nothing was sent.")
