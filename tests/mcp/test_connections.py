"""What one connection, or many, can make the server keep: bounded, token or not (THREATS rows 34, 35 and 43)."""

import asyncio
import json
import resource
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from crashgate.mcp.connections import MOST_OF_AN_ADDRESS, MOST_UNKNOWN
from tests.house import TRIAGE, until
from tests.mcp.face import LIST_ERRORS, Face, call, open_face

MEBIBYTE = 1024 * 1024
MOST_KEPT = 64 * MEBIBYTE
SHORT = 0.3
RIGHT = json.dumps(LIST_ERRORS).encode()


def _peak() -> int:
    """Bytes of memory that this process needed at most; the server is in it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@asynccontextmanager
async def _connected(face: Face) -> AsyncGenerator[tuple[StreamReader, StreamWriter]]:
    """A connection with little room for what is not read."""
    host, port = face.own_host.split(":")
    near = socket.socket()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    near.setblocking(False)  # noqa: FBT003 - its only parameter
    await asyncio.get_running_loop().sock_connect(near, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=near)
    writer.transport.set_write_buffer_limits(0)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def _head(face: Face, *more: str, without: str = "", host: bool = True) -> bytes:
    """The head of a right request but for one header; ``more`` are lines on top."""
    given = {**({"Host": face.own_host} if host else {}), **face.headers()}
    lines = [f"{name}: {value}" for name, value in given.items() if name != without]
    return "\r\n".join(["POST /mcp HTTP/1.1", *lines, *more, "", ""]).encode()


async def _send_until_closed(writer: StreamWriter, piece: bytes, *, most: int) -> bool:
    """Send ``piece`` over and over; whether the server ended the connection before ``most`` bytes were taken."""
    with suppress(ConnectionError):
        for _ in range(most // len(piece)):
            writer.write(piece)
            await writer.drain()
        return False
    return True


async def _statuses(reader: StreamReader, number: int) -> list[int]:
    """The statuses of the next answers, each with a length."""
    found: list[int] = []
    for _ in range(number):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        found.append(int(head.split(b" ", 2)[1]))
        await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
    return found


async def _healthy(face: Face) -> bool:
    return (await face.client.get("/livez")).status_code == 200


@pytest.mark.ablation("an answer that nobody reads ends its connection")
@pytest.mark.threats(34)
async def test_pipelined_requests_whose_answers_nobody_reads_end_their_connection(tmp_path: Path) -> None:
    # Guards: one request at a time (h11), and the time that an unread answer has, in server.connections.
    async with open_face(tmp_path, head_seconds=SHORT) as face:
        before = _peak()
        request = f"POST /mcp HTTP/1.1\r\nHost: {face.own_host}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
        async with asyncio.timeout(30), _connected(face) as (reader, writer):
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way not to read
            sending = asyncio.create_task(_send_until_closed(writer, request * 500, most=30 * MEBIBYTE))
            served = {await _healthy(face) for _ in range(20)}
            ended = await sending
        await face.attempts.aclose()

        assert (ended, served) == (True, {True})
        assert ("timed_out", "answer_not_read", None, 1) in face.noted
        assert _peak() - before < MOST_KEPT


async def test_two_pipelined_requests_are_both_answered(face: Face) -> None:
    one = _head(face, f"Content-Length: {len(RIGHT)}") + RIGHT
    async with asyncio.timeout(20), _connected(face) as (reader, writer):
        writer.write(one + one)

        assert await _statuses(reader, 2) == [200, 200]


@pytest.mark.ablation("trailers have a largest size")
@pytest.mark.threats(35)
@pytest.mark.parametrize("token", [True, False])
@pytest.mark.parametrize(
    ("first", "piece"), [(b"", b"X-More: " + b"y" * 200 + b"\r\n"), (b"X-More: ", b"y" * 4096)], ids=["many", "one"]
)
async def test_trailers_without_end_end_their_connection(
    face: Face, *, token: bool, first: bytes, piece: bytes
) -> None:
    # Guards: LARGEST_HEAD, which h11 applies to trailers as well, before a line of them is whole.
    before = _peak()
    head = _head(face, "Transfer-Encoding: chunked", without="" if token else "Authorization")
    async with asyncio.timeout(30), _connected(face) as (_, writer):
        writer.write(head + b"%x\r\n%s\r\n0\r\n" % (len(RIGHT), RIGHT) + first)
        ended = await _send_until_closed(writer, piece * (65_536 // len(piece)), most=100 * MEBIBYTE)

    assert ended
    await until(lambda: ("oversized", "trailers_too_large", None, 1) in face.noted)
    assert _peak() - before < MOST_KEPT
    assert face.untouched


@pytest.mark.threats(35)
@pytest.mark.parametrize(
    "name", ["Authorization", "Mcp-Name", "Mcp-Method", "MCP-Protocol-Version", "Content-Type", "Host"]
)
async def test_what_comes_only_as_a_trailer_is_no_header(face: Face, name: str) -> None:
    # Guards: that h11 drops trailers; a parser that adds them to the headers lets them in.
    value = {"Host": face.own_host, **face.headers()}[name]
    head = _head(face, "Transfer-Encoding: chunked", without=name, host=name != "Host")
    body = b"%x\r\n%s\r\n0\r\n%s: %s\r\n\r\n" % (len(RIGHT), RIGHT, name.encode(), value.encode())
    async with asyncio.timeout(20), _connected(face) as (reader, writer):
        writer.write(head + body)
        status = int((await reader.readline()).split(b" ")[1])

    assert status in {400, 401, 415}
    assert face.untouched


@pytest.mark.ablation("a request without Host is 400")
@pytest.mark.threats(35)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_head_without_host_is_400(face: Face, version: str) -> None:
    async with asyncio.timeout(20), _connected(face) as (reader, writer):
        writer.write(f"POST /mcp HTTP/{version}\r\nContent-Length: 2\r\n\r\n{{}}".encode())

        assert (await reader.readline()).split(b" ")[1] == b"400"


async def test_trailers_of_usual_size_do_no_harm(face: Face) -> None:
    body = b"%x\r\n%s\r\n0\r\nX-Checksum: 1\r\n\r\n" % (len(RIGHT), RIGHT)
    one = _head(face, "Transfer-Encoding: chunked") + body
    async with asyncio.timeout(20), _connected(face) as (reader, writer):
        writer.write(one + one)

        assert await _statuses(reader, 2) == [200, 200]


@pytest.mark.ablation("a body has a largest number of chunks")
@pytest.mark.threats(34)
async def test_a_body_in_very_many_chunks_ends_its_connection(face: Face) -> None:
    # Guards: MOST_PIECES.
    async with asyncio.timeout(30), _connected(face) as (_, writer):
        writer.write(_head(face, "Transfer-Encoding: chunked"))
        ended = await _send_until_closed(writer, b"1\r\n \r\n" * 1_000, most=5 * MEBIBYTE)

    assert ended
    await until(lambda: ("oversized", "too_many_chunks", None, 1) in face.noted)
    assert face.untouched


async def test_blanks_around_a_header_are_not_part_of_it(face: Face) -> None:
    right = [("Host", f"{face.own_host} "), *((name, f" {value}\t") for name, value in face.headers().items())]

    assert await face.raw([*right, ("Content-Length", f"{len(RIGHT)} ")], RIGHT) == 200


async def _open(face: Face, number: int, *, source: str) -> list[tuple[StreamReader, StreamWriter]]:
    """Connections that say nothing, one after the other."""
    host, port = face.own_host.split(":")
    return [await asyncio.open_connection(host, int(port), local_addr=(source, 0)) for _ in range(number)]


async def _ended(connections: list[tuple[StreamReader, StreamWriter]], number: int) -> list[int]:
    """Which connections the server has ended, when there are ``number`` of them."""
    await until(lambda: sum(reader.at_eof() for reader, _ in connections) >= number)
    return [place for place, (reader, _) in enumerate(connections) if reader.at_eof()]


@pytest.mark.ablation("one address has a share of the connections without a token")
@pytest.mark.threats(43)
async def test_an_agent_is_served_beside_1100_idle_connections_and_the_oldest_of_them_end(tmp_path: Path) -> None:
    # Guards: the share of one address in server.places.
    number = 1_100
    async with open_face(tmp_path, head_seconds=60) as face:
        idle: list[tuple[StreamReader, StreamWriter]] = []
        try:
            async with asyncio.timeout(30):
                idle = await _open(face, number, source="127.0.0.2")
                ended = await _ended(idle, number - MOST_OF_AN_ADDRESS)
                answer = await face.post()
        finally:
            for _, writer in idle:
                writer.transport.abort()

        assert ended == list(range(number - MOST_OF_AN_ADDRESS))
        assert answer.status_code == 200


@pytest.mark.ablation(
    "connections without a token have half of the places", "a trusted proxy may hold more connections"
)
@pytest.mark.threats(43)
async def test_idle_connections_from_everywhere_have_half_of_the_places_and_a_proxy_many(tmp_path: Path) -> None:
    # Guards: MOST_UNKNOWN and the trusted proxies in server.places.
    addresses = [f"127.0.0.{number}" for number in range(3, 3 + MOST_UNKNOWN // MOST_OF_AN_ADDRESS)]
    of_proxy = MOST_OF_AN_ADDRESS + 50
    async with open_face(tmp_path, head_seconds=60, trusted_proxies=["127.0.0.2"]) as face:
        idle: list[tuple[StreamReader, StreamWriter]] = []
        try:
            async with asyncio.timeout(30):
                proxied = await _open(face, of_proxy, source="127.0.0.2")
                idle = [*proxied]
                for address in addresses:
                    idle += await _open(face, MOST_OF_AN_ADDRESS, source=address)
                ended = await _ended(idle, of_proxy)
                answer = await face.post()
        finally:
            for _, writer in idle:
                writer.transport.abort()

        assert len(idle) == MOST_UNKNOWN + of_proxy
        assert (len(ended), min(ended) >= of_proxy) == (of_proxy, True)
        assert answer.status_code == 200


@pytest.mark.ablation("a connection that has shown a token stays")
@pytest.mark.threats(43)
async def test_a_connection_that_has_shown_a_token_stays_when_others_end(tmp_path: Path) -> None:
    # Guards: that BearerLayer tells the connection.
    async with open_face(tmp_path, head_seconds=60) as face:
        one = _head(face, f"Content-Length: {len(RIGHT)}") + RIGHT
        idle: list[tuple[StreamReader, StreamWriter]] = []
        async with asyncio.timeout(30), _connected(face) as (reader, writer):
            writer.write(one)
            first = await _statuses(reader, 1)
            try:
                idle = await _open(face, MOST_OF_AN_ADDRESS + 20, source="127.0.0.1")
                await _ended(idle, 20)
                writer.write(one)
                second = await _statuses(reader, 1)
            finally:
                for _, each in idle:
                    each.transport.abort()

        assert (first, second) == ([200], [200])


@pytest.mark.ablation("a refused initialize keeps no session")
@pytest.mark.threats(43)
async def test_refused_initializes_keep_no_session(tmp_path: Path) -> None:
    # Guards: SessionLayer._end. The library refuses these in a stream, and keeps their sessions.
    async with open_face(tmp_path, max_sessions_per_agent=2) as face:
        old = ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"]
        refused = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": 7}}
        answers = [await face.post(json.dumps(refused).encode(), without=old) for _ in range(5)]
        sessions = [answer.headers["mcp-session-id"] for answer in answers if "mcp-session-id" in answer.headers]
        again = [
            (await face.post(RIGHT, without=old, more=[("Mcp-Session-Id", session)])).status_code
            for session in sessions
        ]
        right = {
            **refused,
            "params": {
                "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"},
            },
        }  # fmt: skip
        opened = [(await face.post(json.dumps(right).encode(), without=old)).status_code for _ in range(3)]

    assert [answer.text.count('"error"') for answer in answers] == [1] * 5
    assert sessions != []
    assert again == [404] * len(sessions)
    assert opened == [200, 200, 503]


@pytest.mark.ablation("requests that the protocol refuses count", "bodies that are refused count")
@pytest.mark.threats(23, 43)
async def test_what_the_protocol_refuses_over_and_over_is_refused_before_it_is_read(face: Face) -> None:
    # Guards: that RefusedLayer and BodyLayer count, and that ConcurrencyLayer asks.
    unknown = {**LIST_ERRORS, "method": "no/such"}
    statuses = [(await face.post(json.dumps(unknown).encode())).status_code for _ in range(60)]
    statuses += [(await face.post(b"{")).status_code for _ in range(61)]
    other = await face.post(call("my_access"), agent="operator")

    assert (set(statuses[:120]), statuses[120]) == ({400}, 429)
    assert other.status_code == 200
    assert ("rate_limited", "too_many_refusals", TRIAGE, 1) in face.noted
