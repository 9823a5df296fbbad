"""Clients that are slow on purpose: heads and bodies have their time, and its end is recorded (THREATS row 24)."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from tests.house import TRIAGE, until
from tests.mcp.face import Face, open_face

SHORT = 0.3


async def _drip(face: Face, first: bytes, drop: bytes) -> bytes:
    """Send ``first``, then a drop now and then until the server has had enough; what it answered."""
    host, port = face.own_host.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = bytearray()

    async def read() -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(4096):
                answer.extend(piece)

    writer.write(first)
    reading = asyncio.create_task(read())
    async with asyncio.timeout(20):
        while not reading.done():
            writer.write(drop)
            await asyncio.wait([reading], timeout=0.02)
    writer.close()
    return bytes(answer)


def _head(face: Face, *more: str) -> bytes:
    lines = [f"{name}: {value}" for name, value in (("Host", face.own_host), *face.headers().items())]
    return "\r\n".join(["POST /mcp HTTP/1.1", *lines, *more, "", ""]).encode()


@pytest.mark.ablation("a body comes in time", "the rest of a refused body comes in time")
@pytest.mark.threats(24)
async def test_a_body_that_drips_is_answered_408_and_recorded_and_its_connection_ends(tmp_path: Path) -> None:
    # Guards: the time limit in BodyLayer, and waiting in server.connections, without which the connection would stay
    # for as long as the client drips.
    async with open_face(tmp_path, body_seconds=SHORT, head_seconds=SHORT) as face:
        answer = await _drip(face, _head(face, "Content-Length: 100000"), b" ")

        assert answer.startswith(b"HTTP/1.1 408")
        assert face.noted == [("timed_out", "slow_body", TRIAGE, 1)]
        assert face.untouched


@pytest.mark.threats(24)
async def test_a_head_that_drips_ends_its_connection_and_is_recorded(tmp_path: Path) -> None:
    # Guards: the deadline in server.connections.
    async with open_face(tmp_path, head_seconds=SHORT) as face:
        assert await _drip(face, b"POST /mcp HTTP/1.1\r\nX-Slow: ", b"a") == b""
        await face.attempts.aclose()

        assert face.noted == [("timed_out", "slow_head", None, 1)]
        assert face.untouched


@pytest.mark.ablation("a second head comes in time, too")
@pytest.mark.threats(24)
async def test_a_second_head_that_drips_ends_its_connection_too(tmp_path: Path) -> None:
    # Guards: that waiting begins again between two requests; uvicorn's own patience ends at any byte.
    async with open_face(tmp_path, head_seconds=SHORT) as face:
        health = f"GET /livez HTTP/1.1\r\nHost: {face.own_host}\r\n\r\n".encode()
        answer = await _drip(face, health, b"a")
        await face.attempts.aclose()

        assert answer.startswith(b"HTTP/1.1 200")
        assert face.noted == [("timed_out", "slow_head", None, 1)]


@pytest.mark.threats(24)
async def test_an_empty_line_where_a_head_belongs_ends_its_connection(tmp_path: Path) -> None:
    async with open_face(tmp_path) as face:
        health = f"GET /livez HTTP/1.1\r\nHost: {face.own_host}\r\n\r\n".encode()
        answer = await _drip(face, health, b"\r\n")
        await face.attempts.aclose()

        assert answer.startswith(b"HTTP/1.1 200")
        assert face.noted == [("malformed", "not_http", None, 1)]


@pytest.mark.threats(24)
async def test_a_head_without_end_ends_its_connection_and_is_recorded(face: Face) -> None:
    # Guards: LARGEST_HEAD.
    host, port = face.own_host.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /mcp HTTP/1.1\r\n")
    try:
        async with asyncio.timeout(20):
            while not reader.at_eof():
                writer.write(b"X-More: " + b"y" * 4_000 + b"\r\n")
                await writer.drain()
                await asyncio.wait_for(asyncio.shield(asyncio.sleep(0)), 1)
    except ConnectionError:
        pass
    finally:
        writer.close()
    await until(lambda: bool(face.noted))

    assert face.noted == [("oversized", "head_too_large", None, 1)]
    assert face.untouched


@pytest.mark.ablation("a head comes in time")
async def test_a_connection_that_says_nothing_ends_without_a_record(tmp_path: Path) -> None:
    async with open_face(tmp_path, head_seconds=SHORT) as face:
        host, port = face.own_host.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
        await face.attempts.aclose()

        assert face.noted == []


async def test_a_body_that_breaks_off_is_recorded(face: Face) -> None:
    host, port = face.own_host.split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(_head(face, "Content-Length: 100") + b"{")
    await writer.drain()
    writer.close()
    async with asyncio.timeout(20):
        await until(lambda: bool(face.noted))

    assert face.noted == [("timed_out", "body_broken_off", TRIAGE, 1)]
    assert face.untouched


async def test_many_requests_on_one_connection_are_served(tmp_path: Path) -> None:
    # Guards: that a deadline of one request never falls on the next.
    async with open_face(tmp_path, head_seconds=SHORT, body_seconds=SHORT) as face:
        statuses: set[int] = set()
        loop = asyncio.get_running_loop()
        end = loop.time() + 4 * SHORT
        while loop.time() < end:
            statuses.add((await face.post()).status_code)

        assert (statuses, face.noted) == ({200}, [])
