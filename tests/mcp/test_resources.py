"""Errors, events, releases and sessions as resources: reading one is a call of its tool."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mcp import Client, MCPError
from mcp_types import ResourceTemplateReference, TextResourceContents

from crashgate.errors import Code
from crashgate.model.tool import Detail
from crashgate.policy.decision import Effect
from crashgate.tools.resources import KINDS
from tests.catalogue import BY_NAME
from tests.house import OPERATOR, RELEASES, TRIAGE, House, policies_of_all, write_policies
from tests.mcp.asked import ERAS
from tests.mcp.test_prompts import ONLY_ERRORS, open_client
from tests.system.served import Era

NOWHERE = "crashgate://error/checkout-ios/" + "0" * 24


async def read(client: Client, uri: str) -> Any:  # noqa: ANN401 - any JSON
    (contents,) = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    assert (contents.uri, contents.mime_type) == (uri, "application/json")
    return json.loads(contents.text)


async def refusal(client: Client, uri: str) -> tuple[int, str, Any]:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    return caught.value.error.code, caught.value.error.message, caught.value.error.data


def decided(house: House) -> list[tuple[str | None, str | None, str]]:
    """Tool, operation and effect of each call, oldest first, without look-ups of the gate."""
    records = [each.decision.record for each in house.entries]
    return [(each.tool, each.operation, each.effect.value) for each in records if each.parent is None]


def test_every_kind_has_a_tool() -> None:
    assert set(KINDS.values()) <= BY_NAME.keys()


@pytest.mark.ablation("a template is listed where its tool is open")
@pytest.mark.threats(18, 19)
@pytest.mark.parametrize("era", ERAS)
async def test_an_agent_is_shown_the_addresses_that_it_may_read(tmp_path: Path, era: Era) -> None:
    policies = policies_of_all(tmp_path / "policies")
    write_policies(policies, {"reader": ONLY_ERRORS})
    async with open_client(tmp_path / "one", OPERATOR, era, policies=policies) as (_, client):
        every = await client.list_resource_templates()
    async with open_client(tmp_path / "two", "reader", era, policies=policies) as (_, client):
        own = await client.list_resource_templates()

    assert [(each.name, each.uri_template.partition("{?")[0]) for each in every.resource_templates] == [
        ("error", "crashgate://error/{project_id}/{error_id}"),
        ("event", "crashgate://event/{project_id}/{event_id}"),
        ("release", "crashgate://release/{project_id}/{release_id}"),
        ("session", "crashgate://session/{connection}/{session_id}"),
    ]
    assert (every.cache_scope, every.ttl_ms) == ("private", 0)
    assert all(each.title and each.description for each in every.resource_templates)
    # The one project of its policy is not asked for.
    assert [each.uri_template.partition("{?")[0] for each in own.resource_templates] == ["crashgate://error/{error_id}"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_resource_is_the_answer_of_its_tool_decided_and_recorded_once(tmp_path: Path, era: Era) -> None:
    async with open_client(tmp_path, TRIAGE, era) as (house, client):
        error = house.errors()[0].id
        answer = await house.call(TRIAGE, "get_error", {"project_id": "checkout-ios", "error_id": error})
        before = len(decided(house))
        found = await read(client, f"crashgate://error/checkout-ios/{error}")
        full = await read(client, f"crashgate://error/checkout-ios/{error}?detail={Detail.FULL}")
        records = decided(house)[before:]

    assert found == answer.content
    assert "notice" in found
    assert len(full["error"]) > len(found["error"])
    assert records == [("get_error", "bugsnag.errors.get", "allow")] * 2


@pytest.mark.parametrize("era", ERAS)
async def test_ids_are_percent_encoded_in_an_address(tmp_path: Path, era: Era) -> None:
    async with open_client(tmp_path, OPERATOR, era, policies=policies_of_all(tmp_path / "policies")) as (house, client):
        found = await house.call(OPERATOR, "list_sessions", {"connection": "browserstack"})
        ids = [each["untrusted"]["id"] for each in found.content["sessions"]]
        odd = [each for each in ids if {"/", "?", "%"} & set(each)]
        sessions = [await read(client, f"crashgate://session/browserstack/{quote(each, safe='')}") for each in odd]

    assert len(odd) > 1
    assert [each["session"]["untrusted"]["id"] for each in sessions] == odd


@pytest.mark.threats(20, 21)
@pytest.mark.parametrize("era", ERAS)
async def test_what_is_missing_is_elsewhere_or_is_closed_reads_the_same_and_is_recorded(
    tmp_path: Path, era: Era
) -> None:
    async with open_client(tmp_path / "one", TRIAGE, era) as (house, client):
        elsewhere = house.errors("payments-api")[0].id
        uris = [NOWHERE, f"crashgate://error/payments-api/{elsewhere}", f"crashgate://session/bugspulse/{elsewhere}"]
        told = [await refusal(client, uri) for uri in uris]
        sent = [each.path for each in house.requests if elsewhere in each.path]
        effects = [effect for _, _, effect in decided(house)]
    async with open_client(tmp_path / "two", RELEASES, era) as (other, client):
        told.append(await refusal(client, uris[2]))
        sent += [each.path for each in other.requests]

    assert told == [(-32602, "Resource not found", {"uri": uri}) for uri in [*uris, uris[2]]]
    assert sent == []
    assert effects == ["allow", "deny", "deny"]


@pytest.mark.threats(21)
@pytest.mark.parametrize(
    "uri",
    [
        "crashgate://error/checkout-ios",
        "crashgate://error/checkout-ios/5f/5f",
        "crashgate://error/checkout-ios/%FF",
        "crashgate://error/checkout-ios/5f?detail",
        "crashgate://error/checkout-ios/5f?detail=full&detail=full",
        "crashgate://error/checkout-ios/5f?error_id=6f",
        "crashgate://error/checkout-ios/" + "5f" * 1_000,
        "crashgate://errors/checkout-ios/5f",
        "file:///etc/passwd",
    ],
)
async def test_an_address_of_another_form_is_none_and_is_recorded(tmp_path: Path, uri: str) -> None:
    async with open_client(tmp_path, TRIAGE) as (house, client):
        told = await refusal(client, uri)
        (entry,) = house.entries
        sent = list(house.requests)

    assert told == (-32602, "Resource not found", {"uri": uri})
    assert entry.decision.record.effect.value == Effect.DENY.value
    assert sent == []


async def test_a_wrong_argument_in_an_address_is_told_as_for_the_tool(tmp_path: Path) -> None:
    async with open_client(tmp_path, TRIAGE) as (house, client):
        answer = await house.call(
            TRIAGE, "get_error", {"project_id": "checkout-ios", "error_id": "5f", "colour": "red"}
        )
        code, message, _ = await refusal(client, "crashgate://error/checkout-ios/5f?colour=red")

    assert answer.error is Code.INVALID_ARGUMENTS
    assert (code, message) == (-32602, answer.text)


@pytest.mark.parametrize("era", ERAS)
async def test_variables_of_an_address_complete_within_what_the_policy_opens(tmp_path: Path, era: Era) -> None:
    async with open_client(tmp_path, TRIAGE, era) as (house, client):
        (uri,) = (
            each.uri_template
            for each in (await client.list_resource_templates()).resource_templates
            if each.name == "error"
        )
        ref = ResourceTemplateReference(uri=uri)
        projects = await client.complete(ref, {"name": "project_id", "value": ""})
        errors = await client.complete(ref, {"name": "error_id", "value": ""}, {"project_id": "checkout-ios"})
        with pytest.raises(MCPError) as caught:
            await client.complete(ResourceTemplateReference(uri="crashgate://{kind}"), {"name": "kind", "value": ""})
        own = {each.id for each in house.errors()}
        records = decided(house)

    assert projects.completion.values == ["checkout-ios", "checkout-android"]
    assert errors.completion.values
    assert set(errors.completion.values) <= own
    assert records == [(None, "crashgate.access.get", "allow"), ("list_errors", "bugsnag.errors.list", "allow")]
    assert caught.value.error.code == -32602
