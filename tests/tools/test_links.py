"""Links to a dashboard as arguments: what they name is asked for, and nothing of them is fetched."""

import json
from pathlib import Path

import pytest

from crashgate.errors import Code
from crashgate.providers.bugsnag.dashboard import read_link
from tests.gate.gate import ANDROID, IOS, Gate, open_gate, policy

API = "https://api.bugsnag.com"
GRANT = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios", "search"]\n'
    'access.error = "read"\naccess.event = "read"\n'
)
ERROR = f"https://app.bugsnag.com/acme/checkout-ios/errors/{IOS.error}"


@pytest.mark.parametrize(
    ("link", "names"),
    [
        ("https://app.bugsnag.com/acme", {"organization_id": "acme"}),
        ("https://app.bugsnag.com/account/acme?i=wh", {"organization_id": "acme"}),
        ("https://app.bugsnag.com/acme/checkout/", {"organization_id": "acme", "project_id": "checkout"}),
        ("https://app.bugsnag.com/acme/checkout/timeline", {"organization_id": "acme", "project_id": "checkout"}),
        ("https://app.bugsnag.com/", {}),
        ("https://app.bugsnag.com@example.com/acme/checkout", None),
        ("https://example.com/acme/checkout", None),
        ("https://app.bugsnag.com.example.com/acme/checkout", None),
        ("https://api.bugsnag.com/acme/checkout", None),
    ],
)
def test_a_link_names_what_its_path_says_and_only_on_the_dashboards_host(
    link: str, names: dict[str, str] | None
) -> None:
    assert read_link(link, API) == names


def test_the_dashboard_of_an_own_installation_has_the_host_of_its_api() -> None:
    link = "https://bugs.example.com:8443/acme/checkout"

    assert read_link(link, "https://bugs.example.com:49000") == {"organization_id": "acme", "project_id": "checkout"}


def test_every_link_in_the_vendors_webhooks_names_what_stands_beside_it(contracts: Path) -> None:
    bodies = sorted((contracts / "bugsnag" / "webhook").glob("*.json"))
    documents = [json.loads(body.read_text(encoding="utf-8")) for body in bodies]
    project = {"organization_id": "example-org", "project_id": "test-app"}
    # One body has an invented link of another form.
    errors = [each["error"] for each in documents if "/test-app/errors/" in each.get("error", {}).get("url", "")]

    accounts = [read_link(each["account"]["url"], API) for each in documents]
    assert all(each in ({"organization_id": "example-org"}, {"organization_id": "test-account"}) for each in accounts)
    assert project in [read_link(each["project"]["url"], API) for each in documents]
    assert len(errors) > 8
    for error in errors:
        assert read_link(error["url"], API) in (
            project | {"error_id": error["errorId"], "event_id": error["id"]},
            project | {"error_id": error["errorId"]},
        )


async def _asked(arguments: dict[str, object], tool: str = "get_error") -> tuple[Gate, list[str], str | None]:
    gate = open_gate(policy(GRANT))
    answer = await gate.call(tool, arguments)
    return gate, gate.upstream.lines, answer.error and f"{answer.error.value}: {answer.text}"


async def test_a_link_alone_asks_the_same_as_its_ids() -> None:
    _, by_link, refusal = await _asked({"error_id": f"{ERROR}?event_id=5f1a0c3d9e8b7a6655443322&i=em"})
    _, by_ids, _ = await _asked({"project_id": "checkout-ios", "error_id": IOS.error})

    assert (by_link, refusal) == (by_ids, None)


@pytest.mark.ablation("a link to another host is not followed")
async def test_a_link_to_another_host_is_refused_and_nothing_is_sent() -> None:
    _, sent, refusal = await _asked({"error_id": ERROR.replace("app.bugsnag.com", "evil.example.com")})

    assert sent == []
    assert refusal is not None
    assert "error_id is not a link to the dashboard of bugsnag" in refusal


@pytest.mark.ablation("a link that contradicts another argument is refused")
async def test_a_link_that_contradicts_another_argument_is_refused_and_nothing_is_sent() -> None:
    _, sent, refusal = await _asked({"project_id": "search", "error_id": ERROR})

    assert sent == []
    assert refusal is not None
    assert "project_id and a link in another argument differ; leave project_id out." in refusal


async def test_a_link_to_a_project_outside_the_policy_is_refused_like_one_that_does_not_exist() -> None:
    closed, _, refused = await _asked(
        {"error_id": f"https://app.bugsnag.com/acme/{ANDROID.slug}/errors/{ANDROID.error}"}
    )
    missing, _, nothing = await _asked({"error_id": f"https://app.bugsnag.com/acme/none/errors/{ANDROID.error}"})

    assert refused == nothing
    assert refused is not None
    assert refused.startswith(Code.NOT_AVAILABLE.value)
    assert [each.effect for each in closed.log.decisions] == [each.effect for each in missing.log.decisions]


async def test_a_link_that_names_less_than_is_asked_for_says_so() -> None:
    _, sent, refusal = await _asked({"error_id": "https://app.bugsnag.com/acme/checkout-ios"})

    assert sent == []
    assert refusal is not None
    assert "error_id: this link names no error" in refusal
