"""The composed tools: each inner call is decided and recorded, and what the policy refuses is left out and said so."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code
from crashgate.mcp import render
from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.faults import Fault, FaultKind
from tests.gate.gate import IOS, ok, open_gate, policy
from tests.house import OPERATOR, TRIAGE, House, fresh_world, open_house, write_policies
from tests.tools.asks import ASKS
from tests.tools.counting import tokens
from tests.tools.test_untrusted import EVERYTHING

MOST_FOR_TRIAGE = 2_000
ERRORS_ONLY = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\n'
RELEASES_ONLY = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.release = "read"\n'
NEITHER = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.trend = "read"\n'
NOT_SEEN = "not there, or not allowed to you"


def _policies(folder: Path) -> Path:
    return write_policies(folder, {"errors-only": ERRORS_ONLY, "releases-only": RELEASES_ONLY, "neither": NEITHER})


def _recorded(house: House, tool: str) -> list[tuple[str | None, Effect]]:
    """The calls of a tool in the log, without look-ups, oldest first."""
    records = [entry.decision.record for entry in house.entries]
    return [(each.operation, each.effect) for each in records if each.tool == tool and each.parent is None]


@pytest.mark.parametrize("slug", ["checkout-ios", "payments-api", "checkout-web", "warehouse-scanner"])
async def test_a_triage_costs_at_most_2000_tokens(tmp_path: Path, slug: str) -> None:
    costs: dict[str, int] = {}
    async with open_house(tmp_path) as house:
        for error in house.errors(slug):
            answer = await house.call(OPERATOR, "triage_error", {"project_id": slug, "error_id": error.id})
            assert answer.error is None
            costs[error.id] = tokens(dict(answer.content)) + tokens(answer.text)

    assert len(costs) > 20
    assert {error: cost for error, cost in costs.items() if cost > MOST_FOR_TRIAGE} == {}


async def test_each_part_of_a_triage_is_decided_and_recorded(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = house.errors()[0]
        given = {"project_id": "checkout-ios", "error_id": error.id}
        triage = (await house.call(TRIAGE, "triage_error", given)).content["triage"]
        recorded = _recorded(house, "triage_error")

    assert recorded == [
        ("bugsnag.errors.get", Effect.ALLOW),
        ("bugsnag.events.get_latest", Effect.ALLOW),
        ("bugsnag.trends.get_on_error", Effect.ALLOW),
        ("bugsnag.pivots.list_on_error", Effect.ALLOW),
        *([("bugsnag.releases.get", Effect.ALLOW)] if "introduced_in" in triage else []),
        ("bugsnag.projects.get", Effect.ALLOW),
    ]
    assert "left_out" not in triage
    assert triage["error"]["id"] == error.id
    assert triage["link"].endswith(f"/errors/{error.id}")
    assert [each["untrusted"]["field"] for each in triage["concentrates_in"]]


@pytest.mark.ablation("a step that is refused is left out of a composite tool")
async def test_what_the_policy_refuses_of_a_triage_is_left_out_and_said_so(tmp_path: Path) -> None:
    async with open_house(tmp_path, policies=_policies(tmp_path / "policies")) as house:
        for error in house.errors()[:10]:
            house.sandbox.clear()
            answer = await house.call(
                "errors-only", "triage_error", {"project_id": "checkout-ios", "error_id": error.id}
            )
            assert answer.error is None
            triage = answer.content["triage"]
            parts = {"latest_event", "trend", "concentrates_in", "link"}
            assert set(triage) == {"error", "left_out"}
            assert {part: triage["left_out"][part] for part in parts} == dict.fromkeys(parts, NOT_SEEN)
            assert set(triage["left_out"]) <= parts | {"introduced_in"}
            # The look-up that decides, and the one operation that is allowed.
            project = house.project().id
            seen = {each.path for each in house.requests}
            assert seen <= {"/projects/checkout-ios", f"/projects/{project}/errors/{error.id}"}
        effects = dict(_recorded(house, "triage_error"))

    assert effects.pop("bugsnag.errors.get") is Effect.ALLOW
    assert set(effects.values()) == {Effect.DENY}


@pytest.mark.threats(21)
async def test_a_composite_tool_whose_first_operation_is_refused_is_refused_like_anything(tmp_path: Path) -> None:
    async with open_house(tmp_path, policies=_policies(tmp_path / "policies")) as house:
        error, release = house.errors()[0].id, house.world.releases(house.project())[0].id
        foreign = house.errors("checkout-web")[0].id
        refusals = {
            name: render.answer(await house.call(agent, tool, given)).model_dump_json()
            for name, agent, tool, given in (
                ("triage", "neither", "triage_error", {"project_id": "checkout-ios", "error_id": error}),
                ("bad triage", "neither", "triage_error", {"project_id": 7, "surprise": 1}),
                (
                    "compare",
                    "neither",
                    "compare_releases",
                    {"project_id": "checkout-ios", "release_id": release, "baseline_release_id": release},
                ),
                ("report", "neither", "report_sessions", {"session_counts": "x"}),
            )
        }
        unknown = {
            name: render.answer(await house.call("neither", f"{tool}_", {})).model_dump_json()
            for name, tool in (
                ("triage", "triage_error"),
                ("bad triage", "triage_error"),
                ("compare", "compare_releases"),
                ("report", "report_sessions"),
            )
        }
        sent = list(house.requests)
        listed = {each.name for each in house.toolbox.listed("neither")}
        elsewhere = await house.call("errors-only", "triage_error", {"project_id": "checkout-ios", "error_id": foreign})
        nothing = await house.call("errors-only", "triage_error_")

    assert refusals == unknown
    assert sent == []
    assert listed.isdisjoint({"triage_error", "compare_releases", "report_sessions"})
    assert elsewhere == nothing


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        ("triage_error", {"project_id": "checkout-ios"}, "error_id is required"),
        (
            "triage_error",
            {"project_id": "checkout-ios", "error_id": "../x"},
            "error_id must be 24 hexadecimal digits (0-9, a-f), e.g. 5f1a0c3d9e8b7a6655443322",
        ),
        (
            "triage_error",
            {"project_id": "checkout-ios", "error_id": "a" * 24, "detail": "full"},
            "unknown argument detail; this tool takes project_id, error_id",
        ),
        ("compare_releases", {"project_id": "checkout-ios", "release_id": "a" * 24}, "baseline_release_id is required"),
    ],
)
async def test_a_bad_argument_of_a_composite_tool_is_named_and_nothing_is_sent(
    tmp_path: Path, tool: str, given: Mapping[str, Any], told: str
) -> None:
    async with open_house(tmp_path) as house:
        answer = await house.call(OPERATOR, tool, given)
        reasons = [entry.decision.record.reason for entry in house.entries]
        sent = house.requests

    assert answer.error is Code.INVALID_ARGUMENTS
    assert told in answer.text
    assert (list(sent), reasons) == ([], ["invalid_arguments"])


async def asked_directly(house: House, path: str) -> Any:  # noqa: ANN401 - any JSON
    """What the sandbox itself answers, asked without crashgate."""
    transport = httpx2.ASGITransport(app=create_app(house.world, limits=None))
    headers = {"Authorization": f"token {SANDBOX_TOKEN}", "X-Version": "2"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer.json()


def _stability(release: Mapping[str, Any], kind: str) -> float | None:
    """1 - bad / all, worked out here from the vendor's definition; None where nobody used the release."""
    bad, whole = (
        (release["accumulative_daily_users_with_unhandled"], release["accumulative_daily_users_seen"])
        if kind == "user"
        else (release["unhandled_sessions_count"], release["total_sessions_count"])
    )
    return None if not whole else round((whole - bad) / whole, 5)


async def test_a_comparison_says_what_the_raw_answers_say(tmp_path: Path) -> None:
    shares: list[float | None] = []
    async with open_house(tmp_path) as house:
        for project in list(house.world.projects.values()):
            raw = await asked_directly(house, f"/projects/{project.id}")
            listed = await asked_directly(house, f"/projects/{project.id}/releases")
            kind, target = raw["stability_target_type"], raw["target_stability"]["value"]
            for newer, older in itertools.pairwise(listed):
                whole = {
                    each["id"]: await asked_directly(house, f"/projects/{project.id}/releases/{each['id']}")
                    for each in (newer, older)
                }
                given = {"project_id": project.slug, "release_id": newer["id"], "baseline_release_id": older["id"]}
                answer = await house.call(OPERATOR, "compare_releases", given)
                assert answer.error is None
                found = answer.content["comparison"]
                expected = [_stability(whole[each["id"]], kind) for each in (newer, older)]
                shares += expected
                assert [found[side].get("stability") for side in ("release", "baseline")] == expected
                assert found["target"]["target"] == target
                met = None if expected[0] is None else expected[0] >= target
                assert found["target"].get("release_meets_target") is met
                sessions = [found[side]["sessions"] for side in ("release", "baseline")]
                assert sessions == [whole[each["id"]]["total_sessions_count"] for each in (newer, older)]

    assert len([share for share in shares if share is not None and share < 1]) > 10


USED = {"accumulative_daily_users_seen": 400, "accumulative_daily_users_with_unhandled": 3}
SESSIONS = {"total_sessions_count": 1000, "unhandled_sessions_count": 100}


@pytest.mark.parametrize(
    ("numbers", "kind", "share", "met"),
    [
        ({**USED, **SESSIONS}, "user", 0.9925, True),
        ({**USED, **SESSIONS}, "session", 0.9, False),
        ({**USED, **SESSIONS}, None, 0.9, False),
        ({**USED, "total_sessions_count": 0, "unhandled_sessions_count": 0}, "session", None, None),
        ({**SESSIONS, "accumulative_daily_users_seen": 0}, "user", None, None),
        (SESSIONS, "user", None, None),
    ],
)
async def test_stability_is_that_of_the_projects_kind_of_target(
    numbers: Mapping[str, int], kind: str | None, share: float | None, met: object
) -> None:
    opened = open_gate(policy(EVERYTHING))
    release = {"id": IOS.release, "project_id": IOS.id, "app_version": "4.18.0", **numbers}
    project = {"id": IOS.id, "slug": IOS.slug, "stability_target_type": kind, "target_stability": {"value": 0.99}}
    opened.upstream.answers[f"/projects/{IOS.id}/releases/{IOS.release}"] = lambda _: ok(release)
    opened.upstream.answers[f"/projects/{IOS.id}"] = lambda _: ok(project)
    opened.upstream.answers[f"/projects/{IOS.id}/event_fields"] = lambda _: ok(
        [{"display_id": "release.introduced_in"}]
    )
    answer = await opened.call("compare_releases", ASKS["compare_releases"](IOS))

    found = answer.content["comparison"]
    assert (found["release"].get("stability"), found["baseline"].get("stability")) == (share, share)
    assert found["target"].get("release_meets_target") is met
    assert [each["id"] for each in found["errors_introduced"]] == [IOS.error]


async def test_a_release_that_nobody_used_has_no_stability(tmp_path: Path) -> None:
    world = fresh_world()
    async with open_house(tmp_path, world=world) as house:
        empty = [
            (project, release)
            for project in world.projects.values()
            for release in world.releases(project)
            if not release.sessions.sessions
        ]
        assert empty
        project, release = empty[0]
        given = {"project_id": project.slug, "release_id": release.id, "baseline_release_id": release.id}
        found = (await house.call(OPERATOR, "compare_releases", given)).content["comparison"]

    assert "stability" not in found["release"]
    assert "release_meets_target" not in found["target"]


async def test_a_comparison_names_the_errors_that_the_release_introduced(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        counted = 0
        newest = [each for each in house.world.releases(house.project()) if each.stage == "production"]
        for release in newest:
            given = {"project_id": "checkout-ios", "release_id": release.id, "baseline_release_id": newest[0].id}
            found = (await house.call(OPERATOR, "compare_releases", given)).content["comparison"]
            field = "filters[release.introduced_in][]"
            query = urlencode({f"{field}[type]": "eq", f"{field}[value]": release.version, "per_page": 100})
            raw = await asked_directly(house, f"/projects/{house.project().id}/errors?{query}")
            named = {each["id"] for each in found["errors_introduced"]}
            assert found["errors_introduced_total"] == len(raw)
            assert named <= {each["id"] for each in raw}
            assert len(named) == min(10, len(raw))
            counted += len(named)
    assert counted > 0


async def test_releases_of_different_stages_are_compared_with_a_warning(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        by_stage = {each.stage: each.id for each in house.world.releases(house.project())}
        production, staging = by_stage["production"], by_stage["staging"]
        found = [
            (
                await house.call(
                    OPERATOR,
                    "compare_releases",
                    {"project_id": "checkout-ios", "release_id": one, "baseline_release_id": other},
                )
            ).content["comparison"]
            for one, other in ((production, staging), (production, production))
        ]

    assert [each["baseline"]["untrusted"]["release_stage"] for each in found] == ["staging", "production"]
    assert [each.get("warning", "")[:45] for each in found] == ["The two releases are of different stages, so ", ""]


async def test_a_comparison_without_errors_or_project_says_what_is_missing(tmp_path: Path) -> None:
    async with open_house(tmp_path, policies=_policies(tmp_path / "policies")) as house:
        release = house.world.releases(house.project())[0].id
        given = {"project_id": "checkout-ios", "release_id": release, "baseline_release_id": release}
        found = (await house.call("releases-only", "compare_releases", given)).content["comparison"]

    assert set(found) == {"release", "baseline", "left_out"}
    assert found["left_out"] == {"target": NOT_SEEN, "errors_introduced": NOT_SEEN}


async def test_a_part_that_fails_upstream_is_left_out_with_its_code(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = house.errors()[0].id
        path = f"/projects/{house.project().id}/errors/{error}/trend"
        house.faults.add(Fault(kind=FaultKind.INVALID_JSON, path=path, times=None))
        answer = await house.call(OPERATOR, "triage_error", {"project_id": "checkout-ios", "error_id": error})

    assert answer.error is None
    assert answer.content["triage"]["left_out"] == {"trend": Code.UPSTREAM_MALFORMED.value}
    assert "events_over_time" not in json.dumps(dict(answer.content))
