"""The request body: bounded, JSON by type and by form, and read one way (THREATS rows 16 and 24)."""

import asyncio
import json
import resource
from contextlib import suppress
from typing import Any

import pytest

from tests.mcp.face import LIST_ERRORS, Face, call
from tests.mcp.test_strict_json import REFUSED

RIGHT = json.dumps(LIST_ERRORS).encode()
TWICE = RIGHT.replace(b'"name": "list_errors"', b'"name": "list_errors", "name": "delete_error"')
assert TWICE != RIGHT


@pytest.mark.threats(16)
@pytest.mark.parametrize("case", REFUSED)
async def test_a_body_of_another_form_is_400_and_nothing_is_dispatched(face: Face, case: str) -> None:
    response = await face.post(REFUSED[case])

    assert response.status_code == 400
    assert response.json()["error"]["code"] in {-32700, -32600}
    assert response.json()["id"] is None
    assert face.untouched


@pytest.mark.ablation("no key stands twice")
@pytest.mark.threats(16)
@pytest.mark.parametrize(
    "body",
    [
        TWICE,
        RIGHT.replace(b'"checkout-ios"', b'"checkout-ios", "project_id": "payments-api"'),
        RIGHT.replace(b'"arguments"', b'"\\u0061rguments": {}, "arguments"'),
        RIGHT.replace(b'"id": 1', b'"id": 1, "id": 2'),
        RIGHT.replace(b'"id": 1', b'"id": 1' + b"0" * 30),
        RIGHT.replace(b'"checkout-ios"', b"NaN"),
        RIGHT.replace(b'"checkout-ios"', b'"\\ud800"'),
        b"\xef\xbb\xbf" + RIGHT,
        RIGHT.decode().encode("utf-16"),
        b"[" + RIGHT + b"]",
        b"[" + RIGHT + b"," + RIGHT + b"]",
        RIGHT + RIGHT,
        RIGHT + b"\n" + RIGHT,
        RIGHT[:-1],
        b'"text"',
        b"null",
        b"7",
    ],
    ids=str,
)
async def test_a_call_that_could_be_read_in_two_ways_is_400_and_nothing_is_dispatched(face: Face, body: bytes) -> None:
    # Guards: BodyLayer in front of the protocol, which would take the last of two equal keys.
    assert (await face.post(body)).status_code == 400
    assert face.untouched


@pytest.mark.threats(16)
@pytest.mark.parametrize("change", [{"jsonrpc": "1.0"}, {"jsonrpc": None}, {"method": 7}, {"id": None}, {"id": 1.5}])
async def test_a_message_that_is_no_jsonrpc_request_is_400(face: Face, change: dict[str, Any]) -> None:
    response = await face.post(json.dumps({**LIST_ERRORS, **change}).encode())

    assert response.status_code == 400
    assert face.untouched


@pytest.mark.threats(16)
@pytest.mark.parametrize("name", ["Method", "PARAMS", "Name", "ARGUMENTS"])
async def test_a_key_in_other_letters_is_another_key(face: Face, name: str) -> None:
    await face.post(RIGHT.replace(f'"{name.lower()}"'.encode(), f'"{name}"'.encode()))

    # A call without its arguments is one of all open projects; read as one with them, it would list one only.
    allowed = [entry.decision.record for entry in face.house.entries if entry.decision.record.effect == "allow"]
    assert len({str(record.arguments) for record in allowed if record.operation == "bugsnag.errors.list"}) != 1


@pytest.mark.ablation("a body is JSON by its type")
@pytest.mark.threats(16)
@pytest.mark.parametrize(
    "given",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonx",
        "application/json, x",
        "",
        "*/*",
    ],
)
async def test_a_body_that_is_not_json_by_its_type_is_415(face: Face, given: str) -> None:
    # Guards: the type in BodyLayer. A form of another page could send these without a preflight.
    response = await face.post(without=["Content-Type"], more=[("Content-Type", given)])

    assert response.status_code == 415
    assert face.untouched


@pytest.mark.ablation("a body is not compressed")
@pytest.mark.threats(16)
async def test_no_type_two_types_and_compressed_bodies_are_415(face: Face) -> None:
    assert (await face.post(without=["Content-Type"])).status_code == 415
    assert (await face.post(more=[("Content-Type", "application/json")])).status_code == 415
    assert (await face.post(more=[("Content-Type", "text/plain")])).status_code == 415
    for encoding in ("gzip", "deflate", "br", "identity, gzip"):
        assert (await face.post(more=[("Content-Encoding", encoding)])).status_code == 415
    assert face.untouched


async def test_json_with_its_one_parameter_is_taken(face: Face) -> None:
    right = [("Content-Type", "application/json; charset=utf-8")]

    assert (await face.post(without=["Content-Type"], more=right)).status_code == 200


@pytest.mark.ablation("a body that says it is too large")
@pytest.mark.threats(24)
async def test_a_body_that_says_it_is_too_large_is_413_before_it_is_sent(face: Face) -> None:
    headers = [("Host", face.own_host), *face.headers().items(), ("Content-Length", str(100 * 1024 * 1024))]

    assert await face.raw(headers, b"{") == 413
    assert face.untouched


def _peak() -> int:
    """Bytes of memory that this process needed at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.ablation("a body that is too large")
@pytest.mark.threats(24)
async def test_a_body_that_does_not_say_how_large_it_is_is_413_with_bounded_memory(face: Face) -> None:
    # Guards: the count in BodyLayer._read.
    await face.post()
    before, sent = _peak(), 0
    host, port = face.own_host.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [f"{name}: {value}" for name, value in (("Host", face.own_host), *face.headers().items())]
    writer.write("\r\n".join(["POST /mcp HTTP/1.1", *head, "Transfer-Encoding: chunked", "", ""]).encode())
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    try:
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                while sent < 100 * 1024 * 1024:
                    writer.write(piece)
                    await writer.drain()
                    sent += 0x10000
            answer = await reader.readline()
    finally:
        writer.close()

    assert answer.split(b" ")[1] == b"413"
    assert _peak() - before < 20 * 1024 * 1024
    assert len(face.house.requests) == 2


@pytest.mark.threats(24)
async def test_the_largest_body_is_taken_and_one_byte_more_is_not(face: Face) -> None:
    most = face.house.settings.http.largest_body
    filled = RIGHT + b" " * (most - len(RIGHT))

    assert (await face.post(filled)).status_code == 200
    assert (await face.post(filled + b" ")).status_code == 413


@pytest.mark.ablation("a body that breaks off is no message")
@pytest.mark.threats(16)
async def test_a_body_that_breaks_off_is_not_dispatched_even_if_it_is_whole_json(face: Face) -> None:
    # Guards: BodyLayer._read at a disconnect; the sender promised more than these bytes.
    host, port = face.own_host.split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = [("Host", face.own_host), *face.headers().items(), ("Content-Length", str(len(RIGHT) + 100))]
    lines = ["POST /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in head), "", ""]
    writer.write("\r\n".join(lines).encode() + RIGHT)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await face.post(call("my_access"))
    await face.post(call("my_access"))

    assert {entry.decision.record.tool for entry in face.house.entries} == {"my_access"}


async def test_a_refusal_repeats_nothing_of_the_request(face: Face) -> None:
    canary = "CANARY-7f3a"
    answers = [
        await face.post(f'{{"{canary}": 1, "{canary}": 2}}'.encode()),
        await face.post(more=[("Origin", canary)]),
        await face.post(more=[("Host", canary)]),
        await face.post(without=["Authorization"], more=[("Authorization", canary)]),
        await face.post(without=["Content-Type"], more=[("Content-Type", canary)]),
    ]

    assert [answer.status_code for answer in answers] == [400, 403, 403, 401, 415]
    assert [answer.text for answer in answers if canary in answer.text + str(answer.headers)] == []
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
