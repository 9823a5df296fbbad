"""DevRev's entries against the vendor's page and the document made from its pages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from crashgate.model.access import Access
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation, Field
from crashgate.model.params import In, Params
from crashgate.model.result import Page, Result
from crashgate.model.scope import AppNamed, AppOfObject
from crashgate.providers.devrev import PROVIDER
from crashgate.providers.devrev.developer_info import GET_DEVELOPER_INFO, ConsoleLine, GetDeveloperInfo
from crashgate.providers.devrev.session_data import GET_SESSION_DATA, GetSessionData, RecordedEvent, SessionData
from crashgate.providers.devrev.sessions import GET_SESSION, LIST_SESSIONS, GetSession, Session, SessionFilters
from crashgate.upstream.codec import decode, encode
from tests.catalogue import BY_ID, OPERATIONS
from tests.rows import dump, filled
from tests.rows import sources as sources_of
from tests.upstream.exchanges import DEVREV as CONNECTION
from tests.upstream.openapi import devrev, route

APP = "com.acme.checkout"
ONE = GetSession(app_id=APP, platform="android", session_id="string")
ALL = SessionFilters(app_id=APP, platform="android")
NOT_OURS = {"cursor", "mode", "custom_events", "response_time_list"}
"""What the codec adds, and what is named without a form."""

each = pytest.mark.parametrize("operation", PROVIDER.operations, ids=[one.id for one in PROVIDER.operations])


def read(operation: AnyOperation, params: Params, body: object) -> Page[Any]:
    response = Response(status=200, headers={}, body=json.dumps(body).encode())
    return decode(operation, encode(operation, params, CONNECTION), response, CONNECTION)


def said(document: Any, operation: AnyOperation) -> tuple[set[str], set[str]]:  # noqa: ANN401 - an OpenAPI document
    """What the document names for the operation, and what of it is demanded."""
    found = route(document, operation)
    if operation.method == "GET":
        return {one["name"] for one in found["parameters"]}, {
            one["name"] for one in found["parameters"] if one["required"]
        }
    name = found["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = document["components"]["schemas"][name]
    return set(schema["properties"]), set(schema["required"])


def wires(field: Field) -> set[str]:
    """The document's names of what a parameter is sent as."""
    along = {field.along.wire.partition(".")[0]} if field.along else set[str]()
    return {field.wire.partition(".")[0]} | along


def sources(model: type[Result], outer: str = "") -> set[str]:
    """The vendor's names of what a model reads: of the answer, or below one object of it."""
    found: set[str] = set()
    for source, *_ in sources_of(model).values():
        path = source.split(".")
        if outer and path[0] == outer:
            found.add(path[1])
        elif not outer:
            found.add(path[0])
    return found


@pytest.mark.threats(9)
def test_every_operation_reads_and_those_with_a_body_say_so() -> None:
    assert [one.id for one in OPERATIONS if one.provider == "devrev"] == [one.id for one in PROVIDER.operations]
    assert {one.access for one in PROVIDER.operations} == {Access.READ}
    assert {one.id: one.asks_by_post for one in PROVIDER.operations} == {
        one.id: one.method == "POST" for one in PROVIDER.operations
    }


@each
def test_an_operation_takes_what_the_document_has_for_its_route_and_nothing_else(
    operation: AnyOperation, contracts: Path
) -> None:
    documented, demanded = said(devrev(contracts), operation)
    sent = [field for field in operation.fields if field.travels is not In.NOWHERE]
    required = [field for field in sent if operation.params.model_fields[field.name].is_required()]

    assert set[str]().union(*(wires(field) for field in sent)) == documented - NOT_OURS
    assert set[str]().union(*(wires(field) for field in required)) >= demanded


@each
def test_an_app_and_its_platform_are_always_named_and_another_object_is_looked_for_first(
    operation: AnyOperation,
) -> None:
    required = {name for name, info in operation.params.model_fields.items() if info.is_required()}
    travels = {field.name: field.travels for field in operation.fields}

    assert {"app_id", "platform"} <= required
    assert operation.scope == (
        AppOfObject(object="session_id", read="devrev.sessions.get")
        if travels["platform"] is In.NOWHERE
        else AppNamed()
    )
    assert set(BY_ID["devrev.sessions.get"].params.model_fields) <= required | {"session_id"}


def test_the_answers_are_read_as_the_document_has_them(contracts: Path) -> None:
    schemas = devrev(contracts)["components"]["schemas"]
    device = set(schemas["DeviceMetadata"]["properties"])
    data = schemas["SessionsDataResponse"]["properties"]
    console = schemas["DeveloperInfoResponse"]["properties"]["console_data"]["items"]["properties"]

    assert sources(Session) - {"tab_ids"} == set(schemas["Session"]["properties"])
    assert sources(Session, "device_metadata") == sources(SessionData, "device_metadata") == device
    assert sources(SessionData) - {"replay_data"} == set(data)
    assert sources(SessionData, "app_launch") == set(data["app_launch"]["properties"])
    assert sources(SessionData, "observability_sessions_log_data") == set(
        data["observability_sessions_log_data"]["properties"]
    )
    assert sources(RecordedEvent) == set(data["recording_events_timeline"]["items"]["properties"])
    assert sources(ConsoleLine) == set(console)
    assert sources(ConsoleLine, "properties") == set(console["properties"]["properties"])


def test_the_documented_example_decodes_to_the_documented_values(contracts: Path) -> None:
    page = (contracts / "devrev" / "sessions-get.txt").read_text(encoding="utf-8")
    example, *failures = re.findall(r"^\{$.*?^\}$", page, re.DOTALL | re.MULTILINE)
    (row,) = read(GET_SESSION, ONE, json.loads(example)).rows

    assert len(failures) == 7
    assert dump(row) == {
        "app_version": "string",
        "os_version": "string",
        "sdk_version": "string",
        "plug_sdk_version": "string",
        "network_type": "string",
        "manufacturer": "string",
        "device_model": "string",
        "screen_width": 0,
        "screen_height": 0,
        "id": "string",
        "type": "mobile",
        "platform": "android",
        "started_at": "2023-01-01T12:00:00.000Z",
        "duration_ms": 0,
        "has_crash": True,
        "has_anr": True,
        "has_exception": True,
        "has_rage_tap": True,
        "user_id": "string",
        "rev_org_id": "REV-AbCdEfGh",
        "recording_ids": ["string"],
        "tab_ids": [],
    }


@pytest.mark.threats(14)
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ios", "ios"),
        ("web", "web"),
        ("iOS", "other"),
        ("tv", "other"),
        ("x" * 99, "other"),
        (7, "other"),
        (None, None),
    ],
)
def test_a_platform_that_is_not_documented_never_passes_for_the_one_that_was_asked_for(
    given: object, told: str | None
) -> None:
    (row,) = read(LIST_SESSIONS, ALL, {"sessions": [{"session_id": "s", "platform": given}]}).rows

    assert row.platform == told


@pytest.mark.parametrize("platform", ["Android", "tv", "", "android,ios", None])
def test_a_caller_names_one_of_the_documented_platforms(platform: object) -> None:
    with pytest.raises(ValidationError):
        SessionFilters.model_validate({"app_id": APP, "platform": platform})


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_only_the_web_has_developer_info(platform: str) -> None:
    with pytest.raises(ValidationError):
        GetDeveloperInfo.model_validate({"app_id": APP, "platform": platform, "session_id": "s", "tab_id": "t"})


@pytest.mark.parametrize("app", ["", " ", "com acme", "com.acme\n", "../x", "app?x=1", "app#", "x" * 201, "é"])
def test_an_app_is_named_by_one_plain_word(app: str) -> None:
    with pytest.raises(ValidationError):
        SessionFilters.model_validate({"app_id": app, "platform": "ios"})


def test_a_recording_is_read_without_its_replay_unless_it_is_asked_for() -> None:
    params = {"app_id": APP, "platform": "android", "session_id": "s", "recording_id": "r"}
    sent = [
        json.loads(encode(GET_SESSION_DATA, GetSessionData.model_validate(given), CONNECTION).body or b"")
        for given in (params, {**params, "include_replay_data": True})
    ]

    assert [one["include_replay_data"] for one in sent] == [False, True]


@pytest.mark.threats(24)
@pytest.mark.parametrize("odd", [None, 7, "text", ["a"], {"method": 7, "url": {}, "status_code": "500"}])
def test_an_app_cannot_make_its_requests_unreadable_by_a_field_of_another_kind(odd: object) -> None:
    params = GetDeveloperInfo(app_id="acme-web", platform="web", session_id="s", tab_id="t")
    (row,) = read(GET_DEVELOPER_INFO, params, {"network_data": [{"request": odd}], "console_data": None}).rows

    assert [filled(dump(one)) for one in row.network] == [{}]
    assert row.console == ()


@pytest.mark.threats(29)
def test_the_headers_of_a_request_are_never_shown() -> None:
    params = GetDeveloperInfo(app_id="acme-web", platform="web", session_id="s", tab_id="t")
    call = {
        "request": {"method": "GET", "url": "/a", "status_code": 200, "headers": {"Cookie": "canary"}, "body": "canary"}
    }
    (row,) = read(GET_DEVELOPER_INFO, params, {"network_data": [{**call, "extra": "canary"}], "more": "canary"}).rows

    assert "canary" not in repr(row)
    assert [filled(dump(one)) for one in row.network] == [{"method": "GET", "url": "/a", "status_code": 200}]


def test_a_field_that_is_not_declared_is_left_out() -> None:
    device = {"app_version": "1", "advertising_id": "canary"}
    bodies: list[tuple[AnyOperation, Params, object]] = [
        (LIST_SESSIONS, ALL, {"sessions": [{"session_id": "s", "token": "canary", "device_metadata": device}]}),
        (GET_SESSION, ONE, {"session": {"session_id": "s", "token": "canary", "device_metadata": device}}),
        (
            GET_SESSION_DATA,
            GetSessionData(app_id=APP, platform="ios", session_id="s", recording_id="r"),
            {"token": "canary", "recording_events_timeline": [{"token": "canary"}], "device_metadata": device},
        ),
    ]

    for operation, params, body in bodies:
        (row,) = read(operation, params, body).rows
        assert (row.app_version, "canary" in repr(row)) == ("1", False)
