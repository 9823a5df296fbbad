"""The sandbox's answers against the exchanges that the official client recorded from the live service."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN
from crashgate_sandbox.bugsnag.call import Manners
from tests.held_clock import NOW
from tests.sandbox.harness import Sandbox, Start

OUTSIDE = re.compile(r"/collaborators/[^/]+/projects\b")
DATA = re.compile(r"\.(code|metaData|device)$")
"""Objects whose keys are data and not fields."""
CARRIED = {"cache-control", "content-type", "etag", "link", "location", "x-request-id", "x-runtime", "x-total-count"}
"""Headers of a recorded answer that mean something to a client; rate headers have their own tests."""


def fields(value: Any, where: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """The dotted names of all fields in an answer."""
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from fields(item, f"{where}[]")
    elif isinstance(value, dict) and not DATA.search(where):
        for name, item in cast("dict[str, Any]", value).items():
            yield f"{where}.{name}"
            yield from fields(item, f"{where}.{name}")


def own_path(sandbox: Sandbox, url: str) -> str:
    """The recorded address with ids of ours. The error has a comment, and its reports use the recorded spelling."""
    project = sandbox.project("checkout-ios")
    error = next(one for one in sandbox.world.errors_of(project.id) if int(one.id[-1], 16) % 2 == 0)
    release = next(one for one in sandbox.world.releases(project) if one.stage == "production")
    person = sandbox.world.people[0]
    comment = next(iter(sandbox.world.comments.on(error.id)), None) or sandbox.world.comments.add(
        error.id, person.id, "message", NOW
    )
    path = url.removeprefix("https://api.bugsnag.com")
    for pattern, ours in (
        (r"(?<=/organizations/)[^/?]+", project.organization_id),
        (r"(?<=/projects/)[^/?]+", project.id),
        (r"(?<=/errors/)[^/?]+", error.id),
        (r"(?<=/events/)[^/?]+", sandbox.world.occurrences(error)[0].id),
        (r"(?<=/releases/)[^/?]+", release.id),
        (r"(?<=/release_groups/)[^/?]+", release.group_id),
        (r"(?<=/collaborators/)[^/?]+", person.id),
        (r"(?<=/comments/)[^/?]+", comment.id),
        (r"(?<=base=)2021-07-21", "2026-11-20"),
    ):
        path = re.sub(pattern, ours, path)
    return path


@pytest.fixture
def reads(contracts: Path) -> list[dict[str, Any]]:
    """The recorded reads whose route the sandbox has."""
    loaded = [json.loads(path.read_text("utf-8")) for path in sorted((contracts / "bugsnag").glob("recorded*/*.json"))]
    found = [one for one in loaded if one["request"]["method"] == "GET" and not OUTSIDE.search(one["request"]["url"])]
    found = [one for one in found if one["response"]["status"] == 200]
    assert len(found) == 29 + 21
    return found


async def test_each_recorded_read_gets_the_recorded_status_and_at_least_the_recorded_fields(
    start: Start, reads: list[dict[str, Any]]
) -> None:
    async with start(manners=Manners(old_spellings=True)) as sandbox:
        for one in reads:
            answer = await sandbox.get(own_path(sandbox, one["request"]["url"]))

            assert answer.status_code == one["response"]["status"], one["request"]["url"]
            missing = set(fields(one["response"]["body"])) - set(fields(answer.json()))
            # The recorded app is a server; ours, an app on a phone, is asked for nothing.
            assert {name for name in missing if not name.startswith(".request")} == set(), one["request"]["url"]


async def test_each_recorded_read_gets_at_least_the_recorded_headers(start: Start, reads: list[dict[str, Any]]) -> None:
    async with start() as sandbox:
        for one in reads:
            answer = await sandbox.get(own_path(sandbox, one["request"]["url"]))

            recorded = {name.lower() for name in one["response"]["headers"]} & CARRIED
            assert recorded - set(answer.headers) == set(), one["request"]["url"]


async def test_each_recorded_next_link_has_the_same_parameters_in_the_same_order(
    start: Start, reads: list[dict[str, Any]]
) -> None:
    compared = 0
    async with start() as sandbox:
        for one in reads:
            recorded = {name.lower(): value for name, value in one["response"]["headers"].items()}.get("link")
            if recorded is None:
                continue
            answer = await sandbox.get(own_path(sandbox, one["request"]["url"]))
            assert _names(answer.headers["link"]) == _names(recorded[0]), one["request"]["url"]
            compared += 1
    assert compared == 5


WRITES = {
    "017_post_projects_id_errors_id_comments_201",
    "024_patch_comments_id_200",
    "036_post_organizations_200",
    "038_delete_organizations_id_204",
    "042_patch_organizations_id_200",
    "043_post_organizations_id_projects_200",
    "045_delete_projects_id_204",
    "051_patch_projects_id_200",
}
"""One recording of each write that the sandbox has; a change of many errors has its own test."""


@pytest.mark.parametrize("name", sorted(WRITES))
async def test_each_recorded_write_gets_the_recorded_status_fields_and_headers(
    start: Start, contracts: Path, name: str
) -> None:
    one = json.loads((contracts / "bugsnag" / "recorded" / f"{name}.json").read_text("utf-8"))
    request, response = one["request"], one["response"]
    async with start(manners=Manners(old_spellings=True)) as sandbox:
        path = own_path(sandbox, request["url"])
        answer = await sandbox.client.request(request["method"], path, json=request["body"])

    assert answer.status_code == response["status"]
    if response["body"] is None:
        assert answer.content == b""
    else:
        assert set(fields(response["body"])) - set(fields(answer.json())) == set()
        for field in request["body"].keys() & response["body"].keys():
            assert answer.json()[field] == request["body"][field]
    recorded = {header.lower() for header in response["headers"]} & CARRIED
    assert recorded - set(answer.headers) == set()


async def test_the_recorded_delete_of_a_key_answers_with_the_project_and_a_new_key(
    start: Start, contracts: Path
) -> None:
    recorded = json.loads((contracts / "bugsnag/recorded/049_delete_projects_id_api_key_200.json").read_text("utf-8"))
    async with start() as sandbox:
        before = await sandbox.json("/projects/checkout-ios")
        answer = await sandbox.client.request("DELETE", "/projects/checkout-ios/api_key", json={})

        assert set(fields(recorded["response"]["body"])) - set(fields(answer.json())) == set()
        assert answer.json()["api_key"] != before["api_key"]
        assert answer.json() | {"api_key": before["api_key"]} == before


async def test_an_organization_of_one_row_carries_neither_link_nor_total(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"token {MEMBER_TOKEN}"}

    answer = await sandbox.get("/user/organizations", headers=headers)

    assert [row["slug"] for row in answer.json()] == ["acme"]
    assert not {"link", "x-total-count"} & set(answer.headers)


def _names(link: str) -> list[str]:
    """The parameter names of the address in a Link header."""
    address = link.partition(">")[0].lstrip("<")
    return [name for name, _ in httpx2.URL(address).params.multi_items()]
