"""What changed since a time, compared with what the sandbox's world holds."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from crashgate.errors import Code
from crashgate.model.capability import ErrorFacts
from crashgate.tools.call_result import Answer
from crashgate.tools.composites.error_changes import ErrorChange, ErrorChanges, Window, find_changes
from crashgate_sandbox.faults import Fault, FaultKind
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.world import World
from tests.house import OPERATOR, House, open_house, write_policies
from tests.tools.counting import tokens
from tests.tools.test_composites import asked_directly

MOST_TOKENS = 1_500
MOST_REQUESTS = 12
KINDS = ("new", "risen", "came_back", "gone_quiet")
SOME = """
[[grant]]
connection = "bugsnag"
organizations = ["acme"]
access.organization = "read"

[[grant]]
connection = "bugsnag"
projects = ["checkout-*"]
access.project = "read"
access.error = "read"

[[grant]]
connection = "bugsnag"
projects = ["checkout-web"]
access.error = "off"
"""
UNLISTED = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\n'
NOT_SEEN = "not there, or not allowed to you"


@cache
def _drawn() -> World:
    return World(now=datetime.now(UTC))


def _world() -> World:
    """A world of which some happened today: the gateway's clock is the machine's."""
    world = _drawn()
    world.reset()
    return world


async def _ask(house: House, agent: str = OPERATOR, **arguments: str) -> Answer:
    house.sandbox.clear()
    answer = await house.call(agent, "whats_new", arguments)
    assert answer.error is None, answer.text
    assert tokens(dict(answer.content)) + tokens(answer.text) <= MOST_TOKENS
    assert len(house.requests) <= MOST_REQUESTS
    return answer


async def _of_project(house: House, slug: str, since: str) -> tuple[datetime, Mapping[str, Any]]:
    news = (await _ask(house, project_id=slug, since=since)).content["whats_new"]
    (project,) = news["projects"]
    assert project["project"] == slug
    return datetime.fromisoformat(news["since"]), project


def _times(house: House, error: Error) -> list[datetime]:
    return [one.at for one in house.world.occurrences(error)]


def _ids(project: Mapping[str, Any], kind: str) -> list[str]:
    return [each["id"] for each in project.get(kind, {}).get("errors", ())]


@pytest.mark.parametrize("since", ["24h", "3d", "7d"])
async def test_new_errors_are_those_that_the_world_first_saw_since(tmp_path: Path, since: str) -> None:
    number = 0
    async with open_house(tmp_path, world=_world()) as house:
        for project in list(house.world.projects.values()):
            begin, found = await _of_project(house, project.slug, since)
            new = {
                error.id
                for error in house.errors(project.slug)
                if _times(house, error)[-1] >= begin and house.world.state(error).status != "ignored"
            }
            assert found.get("new", {"count": 0})["count"] == len(new)
            assert set(_ids(found, "new")) <= new
            assert len(_ids(found, "new")) == min(6, len(new))
            number += len(new)

    assert number > 2


async def test_what_changed_otherwise_is_in_the_worlds_events(tmp_path: Path) -> None:
    seen = dict.fromkeys(KINDS, 0)
    async with open_house(tmp_path, world=_world()) as house:
        for project in list(house.world.projects.values()):
            errors = {error.id: error for error in house.errors(project.slug)}
            for since in ("24h", "4d"):
                begin, found = await _of_project(house, project.slug, since)
                days = begin.replace(hour=0, minute=0, second=0)
                known = house.world.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=13)
                for kind in KINDS[1:]:
                    seen[kind] += len(_ids(found, kind))
                for row in found.get("risen", {}).get("errors", ()):
                    times = _times(house, errors[row["id"]])
                    first, now, before = times[-1], sum(each >= days for each in times), 0
                    assert first < begin
                    before = sum(known <= each < days for each in times)
                    rates = row["events_a_day"]
                    length = (days - max(known, first)) / timedelta(days=1)
                    assert rates["before"] == round(before / length, 1)
                    assert now >= 5
                    # Twice as many, half an event added to each count so that none is empty (proportions.rose).
                    span = (house.world.now - days) / timedelta(days=1)
                    assert (now + 0.5) / span >= 2 * (before + 0.5) / length
                for row in found.get("gone_quiet", {}).get("errors", ()):
                    times = _times(house, errors[row["id"]])
                    assert times[0] < begin
                    length = (begin - max(known, times[-1])) / timedelta(days=1)
                    assert row["events_a_day"] == {
                        "now": 0,
                        "before": round(sum(each >= known for each in times) / length, 1),
                    }
                for row in found.get("came_back", {}).get("errors", ()):
                    times = _times(house, errors[row["id"]])
                    assert times[0] >= begin
                    assert not [each for each in times if known <= each < days]
                    assert times[-1] < known

    assert seen["gone_quiet"] > 3
    assert seen["risen"] > 0


async def test_releases_and_stability_are_those_of_the_sandbox(tmp_path: Path) -> None:
    number = 0
    async with open_house(tmp_path, world=_world()) as house:
        for project in list(house.world.projects.values()):
            begin, found = await _of_project(house, project.slug, "7d")
            new = [each for each in house.world.releases(project)[:10] if each.at > begin]
            releases = found.get("releases", {"count": 0, "newest": []})
            assert releases["count"] == len(new)
            assert [each["id"] for each in releases["newest"]] == [each.id for each in new[:2]]
            number += len(new)
            if not project.plan.daily_sessions:
                assert "stability" not in found
                continue
            raw = await asked_directly(house, f"/projects/{project.id}/stability_trend")
            sums = [
                [
                    sum(each[count] for each in raw["timeline_points"] if (each["bucket_start"] >= day) is late)
                    for count in COUNTS
                ]
                for day in (begin.date().isoformat(),)
                for late in (True, False)
            ]
            (crashed, whole), (crashed_before, whole_before) = sums
            stability = found["stability"]
            assert stability["sessions"] == whole
            assert stability["now"] == round(1 - crashed / whole, 5)
            assert stability["before"] == round(1 - crashed_before / whole_before, 5)

    assert number > 3


COUNTS = ("unhandled_sessions_count", "total_sessions_count")


async def test_all_open_projects_are_gone_through_with_a_cursor(tmp_path: Path) -> None:
    read: dict[str, list[str]] = {"new": [], "releases": [], "stability": []}
    asked, cursor = 0, dict[str, str]()
    async with open_house(tmp_path, world=_world()) as house:
        slugs = sorted(each.slug for each in house.world.projects.values())
        while True:
            answer = await _ask(house, since="24h", **cursor)
            news = answer.content["whats_new"]
            asked += 1
            paths = [each.path.rpartition("/")[2] for each in house.requests]
            left = {"errors": news.get("projects_not_reached", []), **news.get("parts_not_reached", {})}
            assert ("next_cursor" in answer.content) is any(left.values())
            assert ("next_cursor goes on" in answer.text) is any(left.values())
            read["new"] += ["errors"] * paths.count("errors")
            read["releases"] += ["releases"] * paths.count("releases")
            read["stability"] += ["stability_trend"] * paths.count("stability_trend")
            if asked == 1:
                assert [each["project"] for each in news["projects"]]
                assert sorted(each["project"] for each in news["projects"]) == slugs
            if "next_cursor" not in answer.content:
                break
            cursor = {"cursor": answer.content["next_cursor"]}

    assert {part: len(each) for part, each in read.items()} == dict.fromkeys(read, len(slugs))
    assert asked <= 3


async def test_the_next_question_begins_where_the_answer_ended(tmp_path: Path) -> None:
    async with open_house(tmp_path, world=_world()) as house:
        until = (await _ask(house, project_id="checkout-ios")).content["whats_new"]["until"]
        again = await house.call(OPERATOR, "whats_new", {"project_id": "checkout-ios", "since": until})

    # Within the same second nothing can have changed.
    assert again.error in {None, Code.INVALID_ARGUMENTS}


async def test_only_projects_that_the_policy_opens_are_asked_and_what_is_refused_is_named(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {"some": SOME, "unlisted": UNLISTED})
    async with open_house(tmp_path, world=_world(), policies=policies) as house:
        answer = await _ask(house, "some")
        news = answer.content["whats_new"]
        paths = {each.path for each in house.requests}
        foreign = [
            each for each in house.world.projects.values() if each.slug not in {"checkout-ios", "checkout-android"}
        ]
        refused = await house.call("unlisted", "whats_new", {})
        named = await house.call("unlisted", "whats_new", {"project_id": "checkout-web"})

    names = {each["project"] for each in news["projects"]}
    assert names == {"checkout-ios", "checkout-android"}
    assert news["left_out"] == {f"{name}: {part}": NOT_SEEN for name in names for part in ("releases", "stability")}
    assert not [path for path in paths for each in foreign if each.id in path or each.slug in path]
    assert not [each.slug for each in foreign if each.slug in str(answer)]
    assert (refused.error, refused.text.partition(" Your policy does")[0]) == (
        Code.INVALID_ARGUMENTS,
        "project_id is required.",
    )
    assert named.error is None


async def test_a_project_that_fails_is_named_and_spoils_nothing(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {"some": SOME})
    async with open_house(tmp_path, world=_world(), policies=policies) as house:
        path = f"/projects/{house.project('checkout-android').id}/errors"
        house.faults.add(Fault(kind=FaultKind.INVALID_JSON, path=path, times=None))
        news = (await _ask(house, "some")).content["whats_new"]

    assert [each["project"] for each in news["projects"]] == ["checkout-ios"]
    assert news["left_out"]["checkout-android: errors"] == Code.UPSTREAM_MALFORMED.value


async def test_a_time_to_come_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        answer = await house.call(OPERATOR, "whats_new", {"since": "2099-01-01T00:00:00Z"})
        sent = house.requests

    assert (answer.error, list(sent)) == (Code.INVALID_ARGUMENTS, [])
    assert answer.text.startswith("since must be a time before now.")


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = Window(since=NOON - timedelta(days=1), until=NOON)
DAYS = tuple((NOON - timedelta(days=13 - number)).date().isoformat() for number in range(14))


def _error(counts: Sequence[int], *, first: float, last: float, status: str = "open") -> ErrorFacts:
    """An error with these events on the last days, first and last seen so many days before noon."""
    return ErrorFacts(
        id="0" * 24,
        shown={},
        status=status,
        events=sum(counts),
        users=1,
        first_seen=(NOON - timedelta(days=first)).isoformat(),
        last_seen=(NOON - timedelta(days=last)).isoformat(),
        days=tuple(zip(DAYS, (*[0] * (14 - len(counts)), *counts), strict=True)),
    )


STEADY = _error([4] * 14, first=80, last=0.1)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_error([9], first=0.9, last=0.1), "new"),
        (_error([9], first=0.9, last=0.1, status="ignored"), None),
        (STEADY, None),
        # From the beginning of yesterday: 20 events in a day and a half after one a day.
        (_error([*[1] * 12, 8, 12], first=80, last=0.1), "risen"),
        (_error([*[1] * 12, 2, 2], first=80, last=0.1), None),
        # It is four days old, and had three a day.
        (_error([3, 3, 10, 10], first=3.4, last=0.1), "risen"),
        (_error([4, 1], first=80, last=0.1), "came_back"),
        (_error([1, 1], first=80, last=0.1), None),
        # It was not there before the days that are known.
        (_error([0, 0, 4, 4], first=12, last=0.1), None),
        (_error([*[6] * 12, 6, 0], first=80, last=1.1), "gone_quiet"),
        (_error([*[1] * 12, 1, 0], first=80, last=1.1), None),
    ],
)
def test_a_change_counts_where_it_is_no_chance(error: ErrorFacts, kind: str | None) -> None:
    found = find_changes([error, STEADY], WINDOW, more=False)

    assert {each for each in KINDS if getattr(found, each)} == ({kind} if kind else set())


def test_without_days_to_compare_with_only_new_errors_are_known() -> None:
    window = Window(since=NOON - timedelta(days=12), until=NOON)
    new = _error([9], first=0.9, last=0.1)

    assert find_changes([new, STEADY], window, more=False) == ErrorChanges(
        new=(ErrorChange(error=new),), risen=None, came_back=None, gone_quiet=None, complete=True
    )


@pytest.mark.parametrize(("last", "more", "complete"), [(0.5, False, True), (0.5, True, False), (1.5, True, True)])
def test_a_full_page_may_not_hold_all_that_is_new(last: float, *, more: bool, complete: bool) -> None:
    found = find_changes([_error([1], first=80, last=last)], WINDOW, more=more)

    assert found.complete is complete


def _outside(node: object) -> Iterator[str]:
    """The texts that do not stand below a key ``untrusted``."""
    match node:
        case str():
            yield node
        case Mapping():
            for key, value in cast("Mapping[str, object]", node).items():
                if key != "untrusted":
                    yield from _outside(value)
        case list() | tuple():
            for each in cast("Sequence[object]", node):
                yield from _outside(each)
        case _:
            pass


@pytest.mark.threats(5)
async def test_what_outsiders_wrote_stands_under_untrusted(tmp_path: Path) -> None:
    async with open_house(tmp_path, world=_world()) as house:
        answer = await _ask(house, project_id="checkout-ios", since="7d")
        classes = {error.kind.error_class for error in house.errors("checkout-ios")}

    whole = json.dumps(dict(answer.content))
    assert any(each in whole for each in classes)
    assert not any(each in text for each in classes for text in (*_outside(dict(answer.content)), answer.text))
