"""Every kind of answer against the reconstructed document and the page with the example."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from crashgate_sandbox.devrev.auth import DEACTIVATED_TOKEN
from crashgate_sandbox.devrev.service import MOST_BYTES, Outage
from tests.sandbox.devrev.contract import Contract
from tests.sandbox.devrev.harness import (
    CHECKOUT,
    COURIER,
    DATA,
    DEVELOPER_INFO,
    GET,
    LIST,
    ON_IOS,
    SHOP,
    Running,
    Start,
)


def example(contracts: Path) -> Any:  # noqa: ANN401 - JSON
    """The documented session."""
    page = (contracts / "devrev" / "sessions-get.txt").read_text(encoding="utf-8")
    return json.JSONDecoder().raw_decode(page[page.index("{\n") :])[0]["session"]


def wrong(contract: Contract, answer: httpx2.Response) -> list[str]:
    request = answer.request
    schema = contract.answer_schema(request.method, request.url.path, answer.status_code)
    return [f"no {answer.status_code} is documented"] if schema is None else contract.wrong(schema, answer.json())


def test_the_document_is_read_whole(contract: Contract) -> None:
    paths = {path: sorted(methods) for path, methods in contract.document["paths"].items()}
    session = contract.document["components"]["schemas"]["Session"]

    assert paths == {GET: ["get", "post"], LIST: ["get", "post"], DATA: ["post"], DEVELOPER_INFO: ["post"]}
    assert session["required"] == ["type", "platform", "session_id"]
    assert session["properties"]["session_duration_ms"] == {"type": "integer"}
    assert contract.wrong("Session", {"type": "mobile", "platform": "tv"}) != []


@pytest.mark.parametrize("app", [CHECKOUT, ON_IOS, COURIER, SHOP], ids=lambda app: "-".join(app.values()))
async def test_every_answer_fits_the_document(app: dict[str, str], contract: Contract, starting: Start) -> None:
    found: list[str] = []
    async with starting(sessions=40) as devrev:
        kind = "web" if app is SHOP else "mobile"
        listed = [await devrev.get(LIST, **app), await devrev.post(LIST, type=kind, **app)]
        for answer in listed:
            found += wrong(contract, answer)
        for session in listed[0].json()["sessions"]:
            target = {"session_id": session["session_id"], "version_key": app["version_key"]}
            asked = {**app, **target}
            answers = [await devrev.get(GET, **asked), await devrev.post(GET, **asked)]
            for part in session.get("recording_ids", session.get("tab_ids")):
                name = "tab_id" if app is SHOP else "recording_id"
                answers.append(await devrev.post(DATA, **target, **{name: part}, include_replay_data=False))
                if app is SHOP:
                    answers.append(await devrev.post(DEVELOPER_INFO, **target, tab_id=part))
            for answer in answers:
                assert answer.status_code == 200, answer.text
                found += wrong(contract, answer)

    assert (len(listed[0].json()["sessions"]), found) == (40, [])


async def test_a_mobile_session_has_every_key_of_the_documented_one(devrev: Running, contracts: Path) -> None:
    documented = example(contracts)
    session = (await devrev.get(LIST, **CHECKOUT)).json()["sessions"][0]

    assert session.keys() == documented.keys()
    assert session["device_metadata"].keys() == documented["device_metadata"].keys()
    assert {name: type(value) for name, value in session.items()} == {
        name: type(value) for name, value in documented.items()
    }
    assert session["rev_org_id"].startswith("REV-")
    assert len(session["created_at"]) == len(documented["created_at"])


async def test_every_refusal_fits_the_document(contract: Contract, starting: Start) -> None:
    async with starting(limit=6) as devrev:
        answers = [
            await devrev.get(LIST),
            await devrev.get(LIST, **CHECKOUT, is_crash="true"),
            await devrev.get(LIST, platform="web", version_key="com.globex.wallet"),
            await devrev.client.post(GET, content=b" " * (MOST_BYTES + 1)),
            await devrev.client.get(LIST, headers={"Authorization": "Bearer wrong"}),
            await devrev.client.get(LIST, headers={"Authorization": f"Bearer {DEACTIVATED_TOKEN}"}),
        ]
        for outage in Outage:
            devrev.service.outage = outage
            answers.append(await devrev.get(LIST, **CHECKOUT))
        answers.append(await devrev.get(LIST, **CHECKOUT))
        found = [line for answer in answers for line in wrong(contract, answer)]

    assert [answer.status_code for answer in answers] == [400, 400, 403, 413, 401, 401, 500, 503, 429]
    assert found == []
