"""Answers against the reconstructed OpenAPI document, and against the examples of the vendor's page."""

from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from tests.sandbox.bugspulse.harness import Pulse, Start

EXPORTS = {
    "/export/sessions": "SessionPage",
    "/export/crashes": "CrashPage",
    "/export/events": "EventPage",
    "/export/network": "NetworkLogPage",
}
FORMATS = FormatChecker(())
EXAMPLE = "sess_1780000000_abc123"


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def as_json_schema(schema: Any, components: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """OpenAPI 3.0 as JSON Schema: references replaced, ``nullable`` as null, and no field that is not named."""
    if isinstance(schema, list):
        return [as_json_schema(one, components) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("dict[str, Any]", schema)
    if "$ref" in given:
        return as_json_schema(components[str(given["$ref"]).rpartition("/")[2]], components)
    made = {name: as_json_schema(one, components) for name, one in given.items() if name != "nullable"}
    if given.get("nullable"):
        made["type"] = [made["type"], "null"]
    if "properties" in made:
        made["additionalProperties"] = False
    return made


def wrong(name: str, value: Any, schemas: dict[str, Any]) -> list[str]:  # noqa: ANN401 - JSON
    """What is wrong with a value, after that schema."""
    validator: Any = Draft202012Validator(as_json_schema(schemas[name], schemas), format_checker=FORMATS)
    return [error.message for error in validator.iter_errors(value)]


@pytest.fixture(scope="session")
def schemas(contracts: Path) -> dict[str, Any]:
    document = yaml.safe_load((contracts / "bugspulse" / "bugspulse_export.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = document["components"]["schemas"]
    assert set(EXPORTS.values()) < found.keys()
    return found


@pytest.mark.parametrize("path", EXPORTS)
async def test_every_row_has_the_documented_fields_and_types(path: str, schemas: dict[str, Any], start: Start) -> None:
    async with start(sessions=1000, crashes=200, network_logs=1000) as pulse:
        body = await pulse.json(path, **({"sessionId": EXAMPLE} if path == "/export/events" else {"limit": 1000}))

    assert body["data"]
    assert wrong(EXPORTS[path], body, schemas) == []
    assert {frozenset(row) for row in body["data"]} == {frozenset(_fields(schemas, EXPORTS[path]))}


@pytest.mark.parametrize(
    ("row", "errors"),
    [
        ({"id": "s", "status": "active", "platform": "ios", "endedAt": None}, 0),
        ({"id": "s", "status": "paused", "platform": "ios"}, 1),
        ({"id": "s", "status": "active", "platform": "ios", "endedAt": 1}, 1),
        ({"id": "s", "status": "active", "platform": "ios", "endedAt": "yesterday"}, 1),
        ({"id": "s", "status": "active", "platform": "ios", "extra": 1}, 1),
        ({"id": "s", "status": "active"}, 1),
    ],
)
def test_the_schema_check_sees_a_wrong_row(row: dict[str, Any], errors: int, schemas: dict[str, Any]) -> None:
    assert len(wrong("Session", row, schemas)) == errors


async def test_the_newest_session_is_the_documented_example(pulse: Pulse) -> None:
    body = await pulse.json("/export/sessions", limit=1)

    assert body == {
        "data": [
            {
                "id": EXAMPLE,
                "userId": "usr_123",
                "status": "completed",
                "platform": "ios",
                "osVersion": "17.4",
                "appVersion": "2.4.1",
                "networkType": "wifi",
                "eventCount": 42,
                "hasCrash": False,
                "hasNetworkErrors": True,
                "duration": 183000,
                "startedAt": "2026-11-20T15:00:00.000Z",
                "endedAt": "2026-11-20T15:03:03.000Z",
            }
        ],
        "total": 240,
        "page": 1,
        "limit": 1,
        "pages": 240,
    }


async def test_the_first_crash_is_the_documented_example(pulse: Pulse) -> None:
    body = await pulse.json("/export/crashes")
    first = body["data"][0]

    assert (body["total"], body["page"], body["limit"], body["pages"], len(body["data"])) == (38, 1, 100, 1, 38)
    assert first | {"firstSeenAt": "", "lastSeenAt": ""} == {
        "id": "crash_xyz",
        "message": "TypeError: Cannot read properties of undefined",
        "status": "open",
        "isFatal": True,
        "handled": False,
        "occurrenceCount": 14,
        "affectedDevices": 9,
        "platform": "android",
        "appVersion": "2.4.1",
        "osVersion": "14",
        "firstSeenAt": "",
        "lastSeenAt": "",
    }


async def test_the_examples_session_has_the_documented_events(pulse: Pulse) -> None:
    body = await pulse.json("/export/events", sessionId=EXAMPLE)

    assert {name: body[name] for name in ("total", "page", "limit", "pages")} == {
        "total": 42,
        "page": 1,
        "limit": 42,
        "pages": 1,
    }
    assert body["data"][:2] == [
        {
            "id": "evt_001",
            "type": "navigate",
            "timestamp": "2026-11-20T15:00:01.000Z",
            "sequenceNumber": 0,
            "data": {"from": None, "to": "Home"},
        },
        {
            "id": "evt_002",
            "type": "custom",
            "timestamp": "2026-11-20T15:00:05.000Z",
            "sequenceNumber": 1,
            "data": {"name": "button_press", "properties": {"screen": "home"}},
        },
    ]


async def test_the_first_network_log_is_the_documented_example(pulse: Pulse) -> None:
    body = await pulse.json("/export/network")

    assert (body["total"], body["page"], body["limit"], body["pages"]) == (890, 1, 100, 9)
    assert body["data"][0] | {"timestamp": ""} == {
        "id": "req_001",
        "sessionId": EXAMPLE,
        "method": "POST",
        "url": "https://api.yourapp.com/checkout",
        "statusCode": 500,
        "duration": 1840,
        "error": "Internal Server Error",
        "timestamp": "",
    }


def _fields(schemas: dict[str, Any], page: str) -> set[str]:
    row = str(schemas[page]["properties"]["data"]["items"]["$ref"]).rpartition("/")[2]
    return set(schemas[row]["properties"])
