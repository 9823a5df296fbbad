"""The sandbox's answers against the exchanges that the official client recorded from the live service."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from crashgate.sandbox.app import MEMBER_TOKEN, Manners
from tests.sandbox.harness import Sandbox, Start

OUTSIDE = re.compile(r"/(collaborators|comments|release_groups)\b")
DATA = re.compile(r"\.(code|metaData|device)$")
"""Objects whose keys are data and not fields."""
CARRIED = {"cache-control", "content-type", "etag", "link", "x-request-id", "x-runtime", "x-total-count"}
"""Headers of a recorded answer that mean something to a client; rate headers have their own tests."""


def fields(value: Any, where: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """The dotted names of all fields in an answer."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from fields(item, f"{where}[]")
    elif isinstance(value, dict) and not DATA.search(where):
        for name, item in cast("dict[str, Any]", value).items():
            yield f"{where}.{name}"
            yield from fields(item, f"{where}.{name}")


def own_path(sandbox: Sandbox, url: str) -> str:
    """The recorded address with ids of ours. The error is one whose reports use the recorded spelling."""
    project = sandbox.project("checkout-ios")
    error = next(one for one in sandbox.world.errors_of(project.id) if int(one.id[-1], 16) % 2 == 0)
    release = next(one for one in sandbox.world.releases(project) if one.stage == "production")
    path = url.removeprefix("https://api.bugsnag.com")
    for pattern, ours in (
        (r"(?<=/organizations/)[^/?]+", project.organization_id),
        (r"(?<=/projects/)[^/?]+", project.id),
        (r"(?<=/errors/)[^/?]+", error.id),
        (r"(?<=/events/)[^/?]+", sandbox.world.occurrences(error)[0].id),
        (r"(?<=/releases/)[^/?]+", release.id),
        (r"(?<=base=)2021-07-21", "2026-11-20"),
    ):
        path = re.sub(pattern, ours, path)
    return path


@pytest.fixture
def reads(contracts: Path) -> list[dict[str, Any]]:
    """The recorded reads whose route the sandbox has."""
    loaded = [
        json.loads(path.read_text("utf-8")) for path in sorted((contracts / "bugsnag" / "recorded").glob("*.json"))
    ]
    found = [one for one in loaded if one["request"]["method"] == "GET" and not OUTSIDE.search(one["request"]["url"])]
    assert len(found) == 22
    return found


async def test_each_recorded_read_gets_the_recorded_status_and_at_least_the_recorded_fields(
    start: Start, reads: list[dict[str, Any]]
) -> None:
    async with start(manners=Manners(old_spellings=True)) as sandbox:
        for one in reads:
            answer = await sandbox.get(own_path(sandbox, one["request"]["url"]))

            assert answer.status_code == one["response"]["status"], one["request"]["url"]
            assert set(fields(one["response"]["body"])) - set(fields(answer.json())) == set(), one["request"]["url"]


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
    assert compared == 4


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
