"""Many errors changed by one call, and settings that take more than write: what is refused is never sent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from crashgate.errors import Code
from crashgate_sandbox.bugsnag.call import Manners
from tests.house import OPERATOR, TRIAGE, House, open_house, write_policies

LOSING = ("discard", "delete")
CHANGES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "fix": ({}, "fixed"),
    "ignore": ({}, "ignored"),
    "open": ({}, "open"),
    "snooze": ({"reopen_rules": {"reopen_if": "occurs_after", "seconds": 60}}, "snoozed"),
    "assign": ({"assigned_collaborator_id": None}, ""),
    "override_severity": ({"severity": "info"}, ""),
    "link_issue": ({"issue_url": "https://tracker.example/browse/X-1"}, ""),
    "unlink_issue": ({}, ""),
    "create_issue": ({"issue_title": "Crash"}, ""),
    "undiscard": ({}, ""),
}
"""Each change that can be taken back: its parameters, and the status after it where it sets one."""
SLUG = "payments-api"
"""The project that has an issue tracker."""
WRITER = "writer"
_RESOURCES = "".join(f'access.{name} = "write"\n' for name in ("organization", "project", "error"))
WRITES = f'[[grant]]\nconnection = "bugsnag"\norganizations = ["*"]\nprojects = ["*"]\n{_RESOURCES}'


def _ask(house: House, operation: str, number: int = 3, **more: object) -> dict[str, Any]:
    ids = [error.id for error in house.errors(SLUG)[:number]]
    return {"project_id": SLUG, "error_ids": ids, "operation": operation, **more}


@pytest.mark.parametrize("tells", [True, False], ids=["told", "silent"])
@pytest.mark.parametrize("operation", CHANGES)
async def test_what_changed_is_counted_as_far_as_bugsnag_tells(tmp_path: Path, operation: str, tells: object) -> None:
    more, status = CHANGES[operation]
    async with open_house(tmp_path, manners=Manners(bulk_tells_errors=tells is True)) as house:
        given = _ask(house, operation, **more)
        answer = await house.call(OPERATOR, "update_error", given)
        assert answer.error is None, answer
        found = answer.content["errors"]
        states = [house.world.state(house.world.errors[one]).status for one in given["error_ids"]]

    if tells:
        assert (found["asked"], found["changed"], list(found["statuses"])) == (3, 3, given["error_ids"])
        assert list(found["statuses"].values()) == states
        assert "not_changed" not in found
    else:
        assert found == {"asked": 3, "accepted": True}
        assert "named none of them" in answer.text
    assert not status or states == [status] * 3


async def test_an_error_of_another_project_is_not_changed_and_counted_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        mine, foreign = house.errors(SLUG)[0], house.errors("checkout-ios")[0]
        before = house.world.state(foreign)
        given = {"project_id": SLUG, "error_ids": [mine.id, foreign.id], "operation": "fix"}
        answer = await house.call(OPERATOR, "update_error", given)
        after = house.world.state(foreign)

    assert answer.content == {
        "errors": {"asked": 2, "changed": 1, "statuses": {mine.id: "fixed"}, "not_changed": [foreign.id]}
    }
    assert answer.text == f"1 of 2 errors changed in {SLUG}."
    assert after == before


@pytest.mark.parametrize("operation", LOSING)
async def test_what_loses_data_is_accepted_from_who_has_full(tmp_path: Path, operation: str) -> None:
    async with open_house(tmp_path) as house:
        given = _ask(house, operation)
        answer = await house.call(OPERATOR, "update_error", given)
        left = [one for one in given["error_ids"] if one in house.world.errors]
        discarded = [one for one in left if house.world.state(house.world.errors[one]).discarded]

    assert answer.content == {"errors": {"asked": 3, "accepted": True}}
    assert (left, discarded) == (([], []) if operation == "delete" else (given["error_ids"], given["error_ids"]))


@pytest.mark.threats(18, 21)
@pytest.mark.parametrize("operation", LOSING)
async def test_what_loses_data_is_neither_shown_to_nor_sent_for_who_may_only_write(
    tmp_path: Path, operation: str
) -> None:
    # Guards: that the enum is cut to the agent's operations, and that the door decides on the operation meant.
    policies = write_policies(tmp_path / "policies", {WRITER: WRITES})
    async with open_house(tmp_path, policies=policies) as house:
        (definition,) = [each for each in house.toolbox.listed(WRITER) if each.name == "update_error"]
        answer = await house.call(WRITER, "update_error", _ask(house, operation))
        unknown = await house.call(WRITER, "update_error_")
        sent = list(house.requests)

    assert definition.input_schema["properties"]["operation"]["enum"] == [
        "fix", "open", "ignore", "snooze", "assign", "override_severity", "create_issue", "link_issue",
        "unlink_issue", "undiscard",
    ]  # fmt: skip
    assert definition.annotations.destructive is True  # it replaces, even without what loses data
    assert answer == unknown
    assert sent == []


async def test_who_has_full_is_shown_every_operation(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        (definition,) = [each for each in house.toolbox.listed(OPERATOR) if each.name == "update_error"]

    assert set(definition.input_schema["properties"]["operation"]["enum"]) == {*CHANGES, *LOSING}
    assert definition.annotations.destructive is True


async def test_the_ids_travel_as_one_request_with_brackets(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        given = _ask(house, "fix", 30)
        await house.call(OPERATOR, "update_error", given)
        project = house.project(SLUG).id
        changes = [each for each in house.requests if each.method != "GET"]

    assert [(each.method, each.path) for each in changes] == [("PATCH", f"/projects/{project}/errors")]
    assert parse_qsl(changes[0].query) == [("error_ids[]", one) for one in given["error_ids"]]


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([], "error_ids "),
        (["a" * 24] * 2, "error_ids holds an id twice"),
        ([f"{number:024x}" for number in range(101)], "error_ids "),
        (["../" + "a" * 21], "error_ids must be 24 hexadecimal digits"),
        ("a" * 23, "error_ids must be 24 hexadecimal digits"),
        ("", "error_ids is required"),
        (None, "error_ids is required"),
    ],
)
async def test_a_list_that_is_none_is_told_and_nothing_is_sent(tmp_path: Path, ids: object, told: str) -> None:
    # An empty list above all: upstream without ids would be another route's business.
    async with open_house(tmp_path) as house:
        given = {"project_id": SLUG, "operation": "fix", **({} if ids is None else {"error_ids": ids})}
        answer = await house.call(TRIAGE, "update_error", {**given, "project_id": "checkout-ios"})
        sent = list(house.requests)

    assert (answer.error, sent) == (Code.INVALID_ARGUMENTS, [])
    assert told in answer.text


SERIOUS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "auto_upgrade": ("update_organization", {"organization_id": "acme", "name": "Acme"}, {"auto_upgrade": True}),
    "collaborator_ids": ("update_project", {"project_id": "checkout-ios", "name": "iOS"}, {"collaborator_ids": []}),
    "discarded_errors": ("update_project", {"project_id": "checkout-ios", "name": "iOS"}, {"discarded_errors": ["X"]}),
    "discarded_app_versions": (
        "update_project",
        {"project_id": "checkout-ios", "name": "iOS"},
        {"discarded_app_versions": ["1"]},
    ),
    "ignore_old_browsers": (
        "update_project",
        {"project_id": "checkout-ios", "name": "iOS"},
        {"ignore_old_browsers": True},
    ),
    "ignored_browser_versions": (
        "update_project",
        {"project_id": "checkout-ios", "name": "iOS"},
        {"ignored_browser_versions": {"chrome": "all"}},
    ),
    "url_whitelist": (
        "update_project",
        {"project_id": "checkout-ios", "name": "iOS"},
        {"url_whitelist": ["x.invalid"]},
    ),
}


@pytest.mark.ablation("what makes a project throw data away needs full", "parameters that need more are not offered")
@pytest.mark.threats(18, 21)
@pytest.mark.parametrize("name", SERIOUS)
async def test_a_parameter_that_needs_full_is_neither_shown_to_nor_sent_for_who_may_only_write(
    tmp_path: Path, name: str
) -> None:
    # Guards: Needs in the catalogue, Operation.access_with at the door, Use.furthest in the schema.
    tool, plain, serious = SERIOUS[name]
    policies = write_policies(tmp_path / "policies", {WRITER: WRITES})
    async with open_house(tmp_path, policies=policies) as house:
        (definition,) = [each for each in house.toolbox.listed(WRITER) if each.name == tool]
        refused = await house.call(WRITER, tool, {**plain, **serious})
        unknown = await house.call(WRITER, f"{tool}_")
        sent = list(house.requests)
        # A null is no value: nothing of it is sent, and it takes no more than the rest.
        allowed = await house.call(WRITER, tool, {**plain, name: None})

    assert name not in definition.input_schema["properties"]
    assert refused == unknown
    assert sent == []
    assert allowed.error is None


@pytest.mark.parametrize("name", SERIOUS)
async def test_a_parameter_that_needs_full_is_shown_and_taken_from_who_has_it(tmp_path: Path, name: str) -> None:
    tool, plain, serious = SERIOUS[name]
    async with open_house(tmp_path) as house:
        (definition,) = [each for each in house.toolbox.listed(OPERATOR) if each.name == tool]
        answer = await house.call(OPERATOR, tool, {**plain, **serious})
        access = [each.decision.record.access for each in house.entries if each.decision.record.parent is None]

    assert name in definition.input_schema["properties"]
    assert answer.error is None
    assert access == ["delete"]


async def test_a_new_name_alone_leaves_an_organizations_bill_as_it_was(tmp_path: Path) -> None:
    # Upstream demands auto_upgrade with every change; what is sent for it is what it was.
    for before in (True, False):
        async with open_house(tmp_path / str(before)) as house:
            await house.call(OPERATOR, "update_organization", {"organization_id": "acme", "auto_upgrade": before})
            await house.call(OPERATOR, "update_organization", {"organization_id": "acme", "name": "Acme Two"})
            found = next(one for one in house.world.organizations.values() if one.name == "Acme Two")
        assert found.auto_upgrade is before
