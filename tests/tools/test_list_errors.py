"""A list of errors answers what is asked of it: which are open, what brought them, since when, and how it goes on."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from crashgate_sandbox.world.errors import Error
from tests.gate.gate import IOS, ok, open_gate, policy
from tests.house import OPERATOR, House, everything, open_house, write_policies

PROJECT = {"project_id": "checkout-ios"}


async def _rows(house: House, agent: str = OPERATOR, **arguments: object) -> dict[str, Mapping[str, Any]]:
    """The rows of one page by their ids."""
    answer = await house.call(agent, "list_errors", {**PROJECT, "per_page": 100, **arguments})
    assert answer.error is None, answer.text
    return {row["id"]: row for row in answer.content["errors"]}


def _with_status(house: House, status: str) -> set[str]:
    return {error.id for error in house.errors() if house.world.state(error).status == status}


def _introduced_in(house: House, error: Error) -> list[str]:
    """The versions of the oldest events on each stage."""
    first = {one.release.stage: one.release.version for one in house.world.occurrences(error)}
    return list(dict.fromkeys(first.values()))


async def test_only_open_errors_are_listed_and_the_answer_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        answer = await house.call(OPERATOR, "list_errors", {**PROJECT, "per_page": 100})
        fixed = await house.call(OPERATOR, "list_errors", {**PROJECT, "per_page": 100, "status": "fixed"})
        every = await _rows(house, status="any")
        filtered = await _rows(house, filters={"error.status": ["fixed", "ignored"]})
        listed = {row["id"] for row in answer.content["errors"]}

        assert listed == _with_status(house, "open")
        assert answer.text.endswith("Open errors only; give status to see others.")
        assert {row["id"] for row in fixed.content["errors"]} == _with_status(house, "fixed")
        assert fixed.text.endswith("Only fixed.")
        assert set(every) == {error.id for error in house.errors()}
        assert set(filtered) == _with_status(house, "fixed") | _with_status(house, "ignored")
        assert {row["status"] for row in filtered.values()} == {"fixed", "ignored"}
        assert not any("status" in row for row in answer.content["errors"])


async def test_a_row_tells_what_the_world_holds(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        rows = await _rows(house, status="any")
        today = house.world.now.date()
        days = [today - timedelta(days=ago) for ago in reversed(range(7))]
        for error in house.errors():
            row, events = rows[error.id], house.world.occurrences(error)
            counts = Counter(one.at.date() for one in events)
            trend = [counts[day] for day in days]
            assert (row["first_seen"], row["last_seen"]) == (str(error.first_seen.date()), str(events[0].at.date()))
            assert (row["events"], row["users"]) == (len(events), len({one.customer.id for one in events}))
            assert row.get("trend", [0] * 7) == trend
            assert row["untrusted"]["introduced_in"] == ", ".join(_introduced_in(house, error))


async def test_errors_are_found_by_text_and_by_the_release_that_introduced_them(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = house.errors()[0]
        by_text = await _rows(house, status="any", query=error.kind.error_class.lower())
        by_release = await _rows(house, status="any", release="4.18.0")

        assert set(by_text) == {
            each.id
            for each in house.errors()
            for text in (each.kind.error_class, each.message, each.place.context)
            if error.kind.error_class.lower() in text.lower()
        }
        assert set(by_release) == {
            each.id for each in house.errors() if house.world.occurrences(each)[-1].release.version == "4.18.0"
        }
        assert by_text
        assert by_release


@pytest.mark.parametrize("arguments", [{"query": "x"}, {"release": "1.0"}])
@pytest.mark.ablation("what filters by a field of its own is checked like a filter")
async def test_what_the_project_cannot_be_searched_by_is_told_and_nothing_is_listed(arguments: dict[str, str]) -> None:
    gate = open_gate(policy(everything("bugsnag")))
    gate.upstream.answers[f"/projects/{IOS.id}/event_fields"] = lambda _: ok([{"display_id": "os.name"}])
    answer = await gate.call("list_errors", {"project_id": IOS.id, **arguments})

    (name,) = arguments
    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text.startswith(f"{name}: 1 field name not known in this project.")
    assert not any(each.url.partition("?")[0].endswith("/errors") for each in gate.upstream.received)


async def test_a_text_to_search_for_is_given_once() -> None:
    gate = open_gate(policy(everything("bugsnag")))
    answer = await gate.call("list_errors", {"project_id": IOS.id, "query": "x", "filters": {"search": "y"}})

    assert answer.text.startswith("query and search among the filters are the same: give one.")


@pytest.mark.threats(38)
async def test_nothing_is_picked_by_what_the_policy_hides(tmp_path: Path) -> None:
    hidden = {
        "status": ["status"],
        "trend": ["trend"],
        "events": ["events"],
        "labels": ["introduced_in_releases.build_label"],
    }
    policies = write_policies(
        tmp_path / "policies",
        {name: f"{everything('bugsnag')}[redact]\nfields = {fields}\n" for name, fields in hidden.items()},
    )
    async with open_house(tmp_path, policies=policies) as house:
        seen = {name: await _rows(house, name) for name in hidden}
        asked = [each.query for each in house.requests if each.path.endswith("/errors")]
        every = {error.id for error in house.errors()}
        told = (await house.call("status", "list_errors", PROJECT)).text
        usual = {
            name: set(each.input_schema["properties"])
            for name in hidden
            for each in house.toolbox.listed(name)
            if each.name == "list_errors"
        }

        assert set(seen["status"]) == every
        assert "Open errors only" not in told
        assert not any("trend" in row for name in ("trend", "events") for row in seen[name].values())
        assert not any("introduced_in" in row["untrusted"] for row in seen["labels"].values())
        assert all("introduced_in" in row["untrusted"] for row in seen["trend"].values())
        assert [("error.status" in query, "histogram" in query) for query in asked] == [
            (False, True),
            (True, False),
            (True, False),
            (True, True),
        ]
        assert ["status" in usual["status"], "release" in usual["labels"], "query" in usual["trend"]] == [False] * 3
