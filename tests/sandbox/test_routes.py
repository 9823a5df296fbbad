import re

import pytest

from crashgate_sandbox.bugsnag.service import ROUTES
from tests.catalogue import OPERATIONS
from tests.sandbox.harness import Sandbox

NO_ROUTE = {"status": 404, "error": "Not Found"}


def bare(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}]+\}", "{}", path)


def test_every_operation_of_the_catalogue_has_a_route_here() -> None:
    served = {(route.method, bare(route.path)) for route in ROUTES}
    wanted = {(one.method, bare(one.path)) for one in OPERATIONS if one.provider == "bugsnag" and one.path}

    assert wanted - served == set()
    assert wanted, "the catalogue names no route"


def test_what_the_catalogue_does_not_name_are_the_root_and_known_neighbours_three_of_them_dangerous() -> None:
    served = {(route.method, bare(route.path)) for route in ROUTES}
    wanted = {(one.method, bare(one.path)) for one in OPERATIONS if one.provider == "bugsnag" and one.path}

    assert served - wanted == {
        ("GET", "/"),
        ("GET", "/comments/{}"),
        ("GET", "/projects/{}/collaborators/{}"),
        ("GET", "/release_groups/{}/releases"),
        ("PATCH", "/saved_searches/{}"),
        ("DELETE", "/saved_searches/{}"),
        ("DELETE", "/projects/{}"),
        ("DELETE", "/projects/{}/api_key"),
        ("DELETE", "/projects/{}/errors"),
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/projects/checkout-ios/trends"),
        ("GET", "/organizations"),
        ("GET", "/nowhere"),
        ("POST", "/projects/checkout-ios/errors"),
        ("PUT", "/projects/checkout-ios"),
    ],
)
async def test_an_unknown_route_gets_the_envelope_of_2026(sandbox: Sandbox, method: str, path: str) -> None:
    answer = await sandbox.client.request(method, path)

    assert (answer.status_code, answer.json()) == (404, NO_ROUTE)


async def test_an_unknown_route_is_told_before_the_token_is_looked_at(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/nowhere", headers={"Authorization": "Bearer wrong"})

    assert (answer.status_code, answer.json()) == (404, NO_ROUTE)


async def test_a_slash_too_many_does_not_count(sandbox: Sandbox) -> None:
    plain = await sandbox.json("/projects/checkout-ios/errors")

    assert await sandbox.json("/projects/checkout-ios/errors/") == plain
    assert await sandbox.json(f"{sandbox.base_url}//projects//checkout-ios/errors") == plain


async def test_an_encoded_slash_stays_inside_its_segment(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/checkout-ios%2Ferrors")

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Project not found"]})


async def test_a_slug_or_an_id_names_a_project_and_an_organization(sandbox: Sandbox) -> None:
    project = sandbox.project("checkout-web")

    assert await sandbox.json("/projects/checkout-web") == await sandbox.json(f"/projects/{project.id}")
    assert await sandbox.json("/organizations/acme") == await sandbox.json(f"/organizations/{project.organization_id}")


async def test_the_root_needs_no_token_and_shows_no_budget(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/", headers={"Authorization": ""})

    assert answer.json() == {"organizations_url": f"{sandbox.base_url}/user/organizations"}
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


async def test_every_answer_can_be_traced_and_a_good_one_has_a_tag(sandbox: Sandbox) -> None:
    good = await sandbox.get("/projects/checkout-ios")
    bad = await sandbox.get("/projects/unknown")

    assert {"x-request-id", "x-runtime", "etag"} <= set(good.headers)
    assert {"x-request-id", "x-runtime"} <= set(bad.headers)
    assert "etag" not in bad.headers
    assert good.headers["content-type"] == bad.headers["content-type"] == "application/json; charset=utf-8"
