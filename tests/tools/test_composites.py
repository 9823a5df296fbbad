"""The composed tools: each inner call is decided and recorded, and what the policy refuses is left out and said so."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code
from crashgate.mcp import render
from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import OPERATOR, TRIAGE, House, open_house, write_policies
from tests.tools.counting import tokens

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
                    {"project_id": "checkout-ios", "release": release},
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
        ("compare_releases", {"project_id": "checkout-ios"}, "release is required"),
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


async def test_a_part_that_fails_upstream_is_left_out_with_its_code(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = house.errors()[0].id
        path = f"/projects/{house.project().id}/errors/{error}/trend"
        house.faults.add(Fault(kind=FaultKind.INVALID_JSON, path=path, times=None))
        answer = await house.call(OPERATOR, "triage_error", {"project_id": "checkout-ios", "error_id": error})

    assert answer.error is None
    assert answer.content["triage"]["left_out"] == {"trend": Code.UPSTREAM_MALFORMED.value}
    assert "events_over_time" not in json.dumps(dict(answer.content))
