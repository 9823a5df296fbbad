"""What agents ask about one error's events: compared with the sandbox's world, within a ceiling of tokens."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from crashgate_sandbox.world.occurrences import Occurrence
from tests.house import OPERATOR, TRIAGE, House, open_house, write_policies
from tests.tools.counting import tokens

MOST_FOR_EVENTS = 2_500
MOST_FOR_PIVOTS = 300
SLUGS = ("checkout-ios", "checkout-android", "checkout-web", "payments-api", "warehouse-scanner")
AGENT = "narrow"
NARROW = """[[grant]]
connection = "bugsnag"
projects = ["checkout-ios"]
access.error = "read"
access.event = "read"
access.pivot = "read"
"""


async def _content(house: House, tool: str, agent: str = OPERATOR, **arguments: object) -> tuple[dict[str, Any], int]:
    """What the tool answers without its cursor, and what that costs in tokens."""
    answer = await house.call(agent, tool, arguments)
    assert answer.error is None, answer.text
    content = {name: value for name, value in answer.content.items() if name != "next_cursor"}
    return content, tokens(content) + tokens(answer.text)


async def test_the_latest_event_is_asked_for_by_that_word_or_by_naming_none(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = house.errors()[0]
        given = {"project_id": "checkout-ios", "error_id": error.id}
        newest = house.world.occurrences(error)[0].id
        by_word, _ = await _content(house, "get_event", event_id="latest", **given)
        by_none, _ = await _content(house, "get_event", **given)
        by_id, _ = await _content(house, "get_event", project_id="checkout-ios", event_id=newest)
        without = await house.call(OPERATOR, "get_event", {"project_id": "checkout-ios", "event_id": "latest"})
        both, _ = await _content(house, "get_event", event_id=newest, **given)
        other = await house.call(OPERATOR, "get_event", {**given, "error_id": house.errors()[1].id, "event_id": newest})
        operations = [
            entry.decision.record.operation for entry in house.entries if entry.decision.record.parent is None
        ]

    assert by_word == by_none == by_id == both
    assert by_word["event"]["id"] == newest
    assert operations[:3] == ["bugsnag.events.get_latest", "bugsnag.events.get_latest", "bugsnag.events.get"]
    assert (without.error, other.error) == (Code.INVALID_ARGUMENTS, Code.NOT_AVAILABLE)
    assert "error_id is required" in without.text


def _told(one: Occurrence) -> dict[str, str]:
    """What the world says of an event's circumstances, as a row of a list shows it."""
    device = one.device
    machine = f"{device.manufacturer} {device.model or device.hostname}".strip()
    told = {
        "version": one.release.version,
        "stage": one.release.stage,
        "os": f"{device.os_name} {one.os_version}",
        "device": f"{device.browser} {one.browser_version}" if device.browser else machine,
        "user": one.customer.id,
    }
    return {name: text for name, text in told.items() if text}


@pytest.mark.parametrize("slug", SLUGS)
async def test_rows_of_events_show_version_os_device_and_user_within_2500_tokens(tmp_path: Path, slug: str) -> None:
    async with open_house(tmp_path) as house:
        costs: dict[str, int] = {}
        for error in [None, *house.errors(slug)[::4]]:
            named = {} if error is None else {"error_id": error.id}
            content, costs[error.id if error else ""] = await _content(house, "list_events", project_id=slug, **named)
            for row in content["events"]:
                one = house.world.occurrence(row["id"])
                assert one is not None
                assert _told(one).items() <= row["untrusted"].items()
                assert ("error_id" in row, "message" in row["untrusted"]) == (error is None, error is None)

    assert len(costs) > 3
    assert {name: cost for name, cost in costs.items() if cost > MOST_FOR_EVENTS} == {}


async def test_an_agent_that_asks_for_thirty_events_gets_them(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        found, _ = await _content(house, "list_events", project_id="checkout-ios", per_page=30)

    assert len(found["events"]) >= 30


@pytest.mark.threats(20, 29)
async def test_rows_of_events_hide_what_the_policy_redacts(tmp_path: Path) -> None:
    redaction = '[redact]\nsets = ["people"]\nfields = ["device.osName", "device.osVersion"]\n'
    policies = write_policies(tmp_path / "policies", {AGENT: f"{NARROW}{redaction}"})
    async with open_house(tmp_path, policies=policies) as house:
        error = house.errors()[0].id
        content, _ = await _content(house, "list_events", AGENT, project_id="checkout-ios", error_id=error)

    assert set(content["redacted"]) == {"user", "device.osname", "device.osversion"}
    assert [name for row in content["events"] for name in row["untrusted"] if name in {"user", "os"}] == []
    assert "cus_" not in str(content)
    assert all("device" in row["untrusted"] for row in content["events"])


async def test_where_whole_reports_are_switched_off_rows_show_what_short_ones_have(tmp_path: Path) -> None:
    off = '[off]\nparameters = ["bugsnag.events.list_on_error.full_reports"]\n'
    policies = write_policies(tmp_path / "policies", {AGENT: f"{NARROW}{off}"})
    async with open_house(tmp_path, policies=policies) as house:
        error = house.errors()[0].id
        content, _ = await _content(house, "list_events", AGENT, project_id="checkout-ios", error_id=error)

    assert {name for row in content["events"] for name in row["untrusted"]} == {"stage"}


_FIELDS: Mapping[str, Callable[[Occurrence], str]] = {
    "release.seen_in": lambda one: one.release.version,
    "app.release_stage": lambda one: one.release.stage,
    "os.name": lambda one: one.device.os_name,
    "os.version": lambda one: one.os_version,
    "device.model": lambda one: one.device.model,
    "browser.name": lambda one: one.device.browser,
    "device.hostname": lambda one: one.device.hostname,
}
"""The fields that list_pivots counts where none is named, in the world's own words."""


def _counted(field: str, events: list[Occurrence]) -> tuple[int, Counter[int]]:
    """How many values a field has, and the numbers of events of its three most frequent ones."""
    counts = Counter(value for one in events if (value := _FIELDS[field](one)))
    return len(counts), Counter(number for _, number in counts.most_common(3))


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("on_error", [True, False])
async def test_where_an_error_concentrates_is_told_in_one_call_of_300_tokens(
    tmp_path: Path, slug: str, *, on_error: bool
) -> None:
    async with open_house(tmp_path) as house:
        error = max(house.errors(slug), key=lambda each: each.events)
        named = {"error_id": error.id} if on_error else {}
        content, cost = await _content(house, "list_pivots", project_id=slug, **named)
        errors = [error] if on_error else house.errors(slug)
        events = [one for each in errors for one in house.world.occurrences(each)]
        asked = [each.query for each in house.requests if each.path.endswith("/pivots")]

    assert cost <= MOST_FOR_PIVOTS
    found = {each["untrusted"]["field"]: each for each in content["pivots"]}
    assert set(found) == {field for field in _FIELDS if any(_FIELDS[field](one) for one in events)}
    for field, row in found.items():
        cardinality, top = _counted(field, events)
        assert (row["cardinality"], Counter(number for _, number in row["untrusted"]["top"])) == (cardinality, top)
        assert sum(number for _, number in row["untrusted"]["top"]) + row.get("other", 0) + row.get(
            "no_value", 0
        ) == len(events)
    assert len(asked) == 1
    assert not any(word in asked[0] for word in ("user", "request"))


@pytest.mark.threats(20, 29)
async def test_what_the_policy_redacts_is_not_among_the_fields_that_nobody_named(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {AGENT: f'{NARROW}[redact]\nfields = ["device.osVersion"]\n'})
    async with open_house(tmp_path, policies=policies) as house:
        content, _ = await _content(
            house, "list_pivots", AGENT, project_id="checkout-ios", error_id=house.errors()[0].id
        )
        asked = [each.query for each in house.requests if each.path.endswith("/pivots")]

    assert [each["untrusted"]["field"] for each in content["pivots"]] == [
        "os.name",
        "device.model",
        "release.seen_in",
        "app.release_stage",
    ]
    assert "os.version" not in asked[0]


async def test_fields_that_an_agent_names_are_counted_as_it_says(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        content, _ = await _content(
            house, "list_pivots", TRIAGE, project_id="checkout-ios", pivots=["os.version"], summary_size=1
        )

    assert [len(each["untrusted"]["top"]) for each in content["pivots"]] == [1]
