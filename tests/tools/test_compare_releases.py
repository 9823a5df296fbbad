"""Whether a release is safe, compared with what the sandbox itself answers and with figures that a test chooses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from crashgate.errors import Code
from crashgate.model.message import Response
from crashgate_sandbox.world.releases import Release
from tests.gate.gate import IOS, Gate, ok, open_gate, policy
from tests.house import OPERATOR, House, open_house, write_policies
from tests.tools.counting import tokens
from tests.tools.test_composites import NOT_SEEN, asked_directly
from tests.tools.test_untrusted import EVERYTHING

MOST_TOKENS = 1_500
RELEASES_ONLY = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.release = "read"\n'
NO_VERSIONS = EVERYTHING + '\n[redact]\nfields = ["app_version"]\n'


def _versions(house: House, slug: str, stage: str) -> dict[str, list[Release]]:
    """The builds of each version on a stage, newest first."""
    found: dict[str, list[Release]] = {}
    for release in house.world.releases(house.project(slug)):
        if release.stage == stage:
            found.setdefault(release.version, []).append(release)
    return found


def _share(builds: Sequence[Release]) -> float | None:
    whole = sum(each.sessions.sessions for each in builds)
    return round(1 - sum(each.sessions.unhandled for each in builds) / whole, 5) if whole else None


async def _compare(house: House, **arguments: str) -> Mapping[str, Any]:
    answer = await house.call(OPERATOR, "compare_releases", arguments)
    assert answer.error is None, answer.text
    assert tokens(dict(answer.content)) + tokens(answer.text) <= MOST_TOKENS
    found: Mapping[str, Any] = answer.content["comparison"]
    assert answer.text.startswith({"worse": "Worse: ", "no_worse": "No worse: "}.get(found["verdict"], "Not enough "))
    return found


async def test_each_version_is_compared_with_the_one_before_it_as_the_world_holds_them(tmp_path: Path) -> None:
    verdicts: Counter[str] = Counter()
    async with open_house(tmp_path) as house:
        for project in list(house.world.projects.values()):
            raw = await asked_directly(house, f"/projects/{project.id}")
            versions = _versions(house, project.slug, "production")
            names = list(versions)
            for newer, older in pairwise(names[:5]):
                found = await _compare(house, project_id=project.slug, release=newer, release_stage="production")
                sides = [found[side] for side in ("release", "baseline")]
                assert [each["untrusted"]["app_version"] for each in sides] == [newer, older]
                assert [each["id"] for each in sides] == [versions[each][0].id for each in (newer, older)]
                assert [each.get("stability") for each in sides] == [_share(versions[each]) for each in (newer, older)]
                assert [each.get("builds", 1) for each in sides] == [len(versions[each]) for each in (newer, older)]
                assert found["target"]["target"] == raw["target_stability"]["value"]
                verdicts[found["verdict"]] += 1

    assert verdicts["worse"] >= 2
    assert verdicts["no_worse"] >= 10
    assert verdicts["not_enough_data"] >= 3


async def test_the_world_knows_a_bad_release_and_so_does_the_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        found = await _compare(house, project_id="checkout-ios", release="4.18.0")
        newer, older = (_versions(house, "checkout-ios", "production")[each] for each in ("4.18.0", "4.17.0"))
        crashed = [sum(each.sessions.unhandled for each in side) for side in (newer, older)]
        whole = [sum(each.sessions.sessions for each in side) for side in (newer, older)]

    assert (found["verdict"], found["compared_with"], found["counted"]) == ("worse", "baseline", "sessions")
    assert [[found[side]["crashed"], found[side]["of"]] for side in ("release", "baseline")] == [
        [crashed[0], whole[0]],
        [crashed[1], whole[1]],
    ]
    gap = crashed[0] / whole[0] - crashed[1] / whole[1]
    assert found["difference"]["low"] < round(gap, 5) == found["difference"]["value"] < found["difference"]["high"]
    assert found["release"]["adoption"] == 1.0
    assert found["target"]["release_meets_target"] is False


async def test_an_id_stands_for_its_version_and_a_baseline_can_be_any(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        versions = _versions(house, "checkout-android", "production")
        names = list(versions)
        given = {"project_id": "checkout-android", "baseline": names[3]}
        by_name = await _compare(house, release=names[0], **given)
        by_id = await _compare(house, release=versions[names[0]][-1].id, **given)
        both_ids = await _compare(
            house, project_id="checkout-android", release=versions[names[0]][0].id, baseline=versions[names[3]][0].id
        )

    assert by_name == by_id == both_ids
    assert by_name["release"]["builds"] == 2


async def test_two_builds_of_one_version_are_compared_as_builds(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        builds = next(each for each in _versions(house, "checkout-android", "production").values() if len(each) > 1)
        found = await _compare(house, project_id="checkout-android", release=builds[0].id, baseline=builds[1].id)

    assert [found[side]["id"] for side in ("release", "baseline")] == [builds[0].id, builds[1].id]
    assert [found[side]["of"] for side in ("release", "baseline")] == [each.sessions.sessions for each in builds]


async def test_the_oldest_release_is_judged_by_the_target(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        versions = _versions(house, "checkout-ios", "production")
        oldest = list(versions)[-1]
        found = await _compare(house, project_id="checkout-ios", release=versions[oldest][0].id)

    assert (found["verdict"], found["compared_with"]) == ("no_worse", "target")
    assert "baseline" not in found
    assert found["release"]["stability"] == _share(versions[oldest])


async def test_releases_of_different_stages_are_compared_with_a_warning(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        production, staging = (
            _versions(house, "checkout-ios", each)["4.18.0"][0] for each in ("production", "staging")
        )
        found = await _compare(house, project_id="checkout-ios", release=production.id, baseline=staging.id)

    assert [found[side]["untrusted"]["release_stage"] for side in ("release", "baseline")] == ["production", "staging"]
    assert found["warning"].startswith("The two releases are of different stages")


async def test_the_errors_are_those_that_the_sandbox_names(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        project, named = house.project(), 0
        for version in _versions(house, "checkout-ios", "production"):
            found = await _compare(house, project_id="checkout-ios", release=version, release_stage="production")
            raw = await _errors(house, {"release.introduced_in": version})
            assert found["errors_introduced_total"] == len(raw)
            assert [each["id"] for each in found["errors_introduced"]] == list(raw)[:5]
            named += len(raw)
            if "baseline" not in found:
                continue
            before = found["baseline"]["untrusted"]["app_version"]
            counts = [
                await _errors(house, {"release.seen_in": each, "app.release_stage": "production"})
                for each in (version, before)
            ]
            for error in found["errors_risen"]:
                assert error["id"] not in raw
                rates = [
                    round(1000 * count.get(error["id"], 0) / found[side]["of"], 3)
                    for count, side in zip(counts, ("release", "baseline"), strict=True)
                ]
                assert error["per_1000_sessions"] == rates
                assert rates[0] >= 2 * rates[1]
        assert named > 20
        assert project.slug == "checkout-ios"


async def _errors(house: House, filters: Mapping[str, str]) -> dict[str, int]:
    """Events by error as the sandbox itself counts them, most first."""
    pairs = [
        (f"filters[{name}][][{part}]", each)
        for name, value in filters.items()
        for part, each in (("type", "eq"), ("value", value))
    ]
    query = urlencode([*pairs, ("per_page", 100), ("sort", "events")])
    rows = await asked_directly(house, f"/projects/{house.project().id}/errors?{query}")
    return {each["id"]: each["events"] for each in rows}


async def test_an_unknown_release_is_told_as_such(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        wrong = [
            await house.call(OPERATOR, "compare_releases", {"project_id": "checkout-ios", **given})
            for given in ({"release": "9.9"}, {"release": "4.18.0", "baseline": "9.9"})
        ]

    assert [each.error for each in wrong] == [Code.INVALID_ARGUMENTS] * 2
    assert [each.text.partition(" is not among")[0] for each in wrong] == ["release", "baseline"]


async def test_what_may_not_be_read_is_left_out(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {"releases-only": RELEASES_ONLY})
    async with open_house(tmp_path, policies=policies) as house:
        answer = await house.call(
            "releases-only", "compare_releases", {"project_id": "checkout-ios", "release": "4.18.0"}
        )
        found = answer.content["comparison"]

    assert found["verdict"] == "worse"
    assert found["left_out"] == {"target": NOT_SEEN, "errors_introduced": NOT_SEEN, "errors_risen": NOT_SEEN}
    assert {"errors_introduced", "errors_risen", "target"}.isdisjoint(found)


USED = {"accumulative_daily_users_seen": 40_000, "accumulative_daily_users_with_unhandled": 300}
SESSIONS = {"total_sessions_count": 50_000, "unhandled_sessions_count": 5_000}
FEW = {"total_sessions_count": 50, "unhandled_sessions_count": 5}
NONE = {"total_sessions_count": 0, "unhandled_sessions_count": 0}
IMPOSSIBLE = {"total_sessions_count": 10, "unhandled_sessions_count": 11}
BEFORE = {
    "total_sessions_count": 50_000,
    "unhandled_sessions_count": 150,
    "accumulative_daily_users_seen": 40_000,
    "accumulative_daily_users_with_unhandled": 280,
}


def _release(number: int, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": f"{number:024x}",
        "project_id": IOS.id,
        "app_version": f"4.{number}.0",
        "release_time": f"2026-11-{number:02}T10:00:00+00:00",
        "release_stage": {"name": "production"},
        **numbers,
    }


def _answer(body: object, _: object) -> Response:
    return ok(body)


def _gate(newer: Mapping[str, int], *, kind: str | None = "session", grants: str = EVERYTHING) -> Gate:
    opened = open_gate(policy(grants))
    project = {"id": IOS.id, "slug": IOS.slug, "stability_target_type": kind, "target_stability": {"value": 0.99}}
    fields = [{"display_id": name} for name in ("release.introduced_in", "release.seen_in", "app.release_stage")]
    answers: Mapping[str, Any] = {
        f"/projects/{IOS.id}": project,
        f"/projects/{IOS.id}/event_fields": fields,
        f"/projects/{IOS.id}/releases": [_release(18, newer), _release(17, BEFORE)],
    }
    for path, body in answers.items():
        opened.upstream.answers[path] = partial(_answer, body)
    return opened


@pytest.mark.parametrize(
    ("numbers", "kind", "verdict", "counted", "share"),
    [
        ({**USED, **SESSIONS}, "session", "worse", "sessions", 0.9),
        ({**USED, **SESSIONS}, None, "worse", "sessions", 0.9),
        ({**USED, **SESSIONS}, "user", "no_worse", "daily users", 0.9925),
        (FEW, "session", "not_enough_data", "sessions", 0.9),
        (
            {**USED, "total_sessions_count": 0, "unhandled_sessions_count": 0},
            "session",
            "not_enough_data",
            "sessions",
            None,
        ),
        (SESSIONS, "user", "not_enough_data", "daily users", None),
        (IMPOSSIBLE, "session", "not_enough_data", "sessions", None),
    ],
)
async def test_the_verdict_counts_what_the_projects_target_counts(
    numbers: Mapping[str, int], kind: str | None, verdict: str, counted: str, share: float | None
) -> None:
    answer = await _gate(numbers, kind=kind).call("compare_releases", {"project_id": IOS.id, "release": "4.18.0"})
    found = answer.content["comparison"]

    assert (found["verdict"], found["counted"], found["release"].get("stability")) == (verdict, counted, share)
    assert found["minimum"] == 500
    if share is None:
        assert answer.text.startswith(f"Not enough data: No {counted} are known of it")
        assert "release_meets_target" not in found["target"]


async def test_fifty_sessions_are_told_and_not_judged() -> None:
    answer = await _gate(FEW).call("compare_releases", {"project_id": IOS.id, "release": "4.18.0"})

    assert answer.text.startswith(
        "Not enough data: 10 % of 50 sessions crashed, 0.3 % of 50000 before: a difference of +4.05 to +21.1 percentage"
        " points. A verdict needs 500 sessions on each side."
    )


@pytest.mark.threats(38)
async def test_a_version_that_the_policy_hides_finds_no_release() -> None:
    opened = _gate(SESSIONS, grants=NO_VERSIONS)
    hidden = await opened.call("compare_releases", {"project_id": IOS.id, "release": "4.18.0"})
    absent = await opened.call("compare_releases", {"project_id": IOS.id, "release": "4.99.0"})

    assert hidden.error is Code.INVALID_ARGUMENTS
    assert hidden == absent
