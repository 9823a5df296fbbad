"""A list of errors answers what is asked of it: which are open, what brought them, since when, and how it goes on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from crashgate_sandbox.faults import Fault, FaultKind
from crashgate_sandbox.world.errors import Error
from tests.gate.gate import IOS, ok, open_gate, policy
from tests.house import OPERATOR, TRIAGE, House, everything, open_house, write_policies
from tests.tools.counting import tokens

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


MOST_FOR_A_QUESTION = 1_500
OPEN = ("checkout-ios", "checkout-android")


def _new(house: House, slugs: Sequence[str], since: datetime) -> list[tuple[str, str]]:
    """The open errors that are new since then, by project and id, most users first."""
    found = [
        (len({one.customer.id for one in events}), len(events), slug, error.id)
        for slug in slugs
        for error in house.errors(slug)
        if house.world.state(error).status == "open" and (events := house.world.occurrences(error))[-1].at >= since
    ]
    return [(slug, identifier) for _, _, slug, identifier in sorted(found, key=lambda each: each[:2], reverse=True)]


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("days", [1, 3, 30])
async def test_the_worst_new_errors_of_all_open_projects_are_one_call(tmp_path: Path, days: int) -> None:
    async with open_house(tmp_path) as house:
        since = house.world.now - timedelta(days=days)
        answer = await house.call(TRIAGE, "list_errors", {"new_since": _written(since)})
        wanted = _new(house, OPEN, since)
        rows = answer.content["errors"]

        assert [(row["project"], row["id"]) for row in rows] == wanted[:10]
        assert answer.content["totals"] == {slug: sum(each == slug for each, _ in wanted) for slug in OPEN}
        assert all("introduced_in" in row["untrusted"] for row in rows)
        assert tokens(dict(answer.content)) + tokens(answer.text) <= MOST_FOR_A_QUESTION
        assert "Open errors only; give status to see others." in answer.text
        assert len(house.requests) <= 12
        assert wanted


async def test_projects_are_merged_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        for sort in ("users", "events", "last_seen", "first_seen"):
            given = {"sort": sort, "status": "any", "per_page": 15}
            merged = (await house.call(TRIAGE, "list_errors", given)).content
            apart = [(await house.call(TRIAGE, "list_errors", {**given, "project_id": slug})).content for slug in OPEN]
            values = [row[sort] for row in merged["errors"]]
            best = sorted((row[sort] for each in apart for row in each["errors"]), reverse=True)
            ids = {row["id"]: (slug, row) for slug, each in zip(OPEN, apart, strict=True) for row in each["errors"]}

            assert values == best[:15]
            assert merged["totals"] == {slug: each["total"] for slug, each in zip(OPEN, apart, strict=True)}
            assert all(
                row == {"project": slug, **ids[row["id"]][1]}
                for row in merged["errors"]
                for slug in OPEN
                if slug == row["project"]
            )


@pytest.mark.threats(20, 21)
async def test_a_project_that_is_not_open_is_named_and_nothing_of_it_is_shown(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        told = {
            slug: await house.call(TRIAGE, "list_errors", {"projects": ["checkout-ios", slug]})
            for slug in ("payments-api", "no-such-thing")
        }
        foreign = {error.id for error in house.errors("payments-api")}
        paths = {each.path for each in house.requests}
        answers = {
            slug: (
                {**answer.content, "left_out": list(answer.content["left_out"].values())},
                answer.text.replace(slug, "?"),
            )
            for slug, answer in told.items()
        }

        assert told["payments-api"].content["left_out"] == {"payments-api": "not there, or not allowed to you"}
        assert answers["payments-api"] == answers["no-such-thing"]
        assert not foreign & {row["id"] for row in told["payments-api"].content["errors"]}
        assert f"/projects/{house.project('payments-api').id}/errors" not in paths


async def test_a_project_that_fails_does_not_spoil_the_others(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        path = f"/projects/{house.project('checkout-android').id}/errors"
        house.faults.add(Fault(kind=FaultKind.INVALID_JSON, path=path, times=None))
        answer = await house.call(TRIAGE, "list_errors")

        assert {row["project"] for row in answer.content["errors"]} == {"checkout-ios"}
        assert answer.content["left_out"] == {"checkout-android": Code.UPSTREAM_MALFORMED.value}
        assert answer.text.endswith("Left out: checkout-android.")


async def test_projects_that_were_not_reached_are_named_and_the_cursor_goes_on_with_them(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        given: dict[str, object] = {"per_page": 100}
        every = {project.plan.slug for project in house.world.projects.values()}
        reached: list[str] = []
        left: list[str] = sorted(every)
        while True:
            house.sandbox.clear()
            answer = await house.call(OPERATOR, "list_errors", given)
            assert answer.error is None, answer.text
            assert len(house.requests) <= 12
            now = list(answer.content["totals"])
            assert set(now) | set(answer.content.get("projects_not_reached", ())) == set(left)
            reached += now
            left = answer.content.get("projects_not_reached", [])
            if "next_cursor" not in answer.content:
                break
            given = {"per_page": 100, "cursor": answer.content["next_cursor"]}

        assert not left
        assert sorted(reached) == sorted(every)


@pytest.mark.threats(38)
async def test_nothing_is_new_where_the_policy_hides_when_it_was_seen(tmp_path: Path) -> None:
    hidden = {"seen": "first_seen", "ever": "first_seen_unfiltered"}
    policies = write_policies(
        tmp_path / "policies",
        {name: f"{everything('bugsnag')}[redact]\nfields = ['{field}']\n" for name, field in hidden.items()},
    )
    async with open_house(tmp_path, policies=policies) as house:
        for name in hidden:
            answer = await house.call(name, "list_errors", {"projects": ["checkout-ios"], "new_since": "2026-11-01"})
            (tool,) = [each for each in house.toolbox.listed(name) if each.name == "list_errors"]
            assert answer.error is Code.INVALID_ARGUMENTS, answer.content
            assert "uses a field that the policy removes from answers" in answer.text
            assert "new_since" not in tool.properties

        assert not any(each.path.endswith("/errors") for each in house.requests)


async def test_what_no_project_takes_is_told_as_for_one(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        told = {
            (name, place): (await house.call(TRIAGE, "list_errors", {name: value, **more})).text
            for name, value in (("status", "gone"), ("sort", "age"), ("filters", {"nonsense": "x"}))
            for place, more in (("one", PROJECT), ("all", {}))
        }

    assert {text.partition(" Nothing was sent")[0] for (_, place), text in told.items() if place == "one"} == {
        text.partition(" Nothing was sent")[0] for (_, place), text in told.items() if place == "all"
    }


async def test_who_cannot_list_projects_is_told_to_name_one(tmp_path: Path) -> None:
    grants = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\n'
    policies = write_policies(tmp_path / "policies", {"narrow": grants})
    async with open_house(tmp_path, policies=policies) as house:
        none = await house.call("narrow", "list_errors")
        one = await house.call("narrow", "list_errors", {"projects": ["checkout-web"]})

    assert none.text.startswith("project_id is required. Your policy does not let you list all projects.")
    assert one.error is None
