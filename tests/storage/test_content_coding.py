"""A compressed answer is read, and one that unpacks to too much or takes too long is refused (THREATS row 37)."""

import asyncio
import contextlib
import gzip
import itertools
import json
import random
import threading
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.upstream import http as adapter
from crashgate.upstream.content_coding import MOST_SECONDS, unpacked
from crashgate.upstream.http import http_transport
from crashgate.upstream.transport import LARGEST_ANSWER, Fault, TransportError
from tests.storage.wire import OK, fault_of, request_to, saying, speaking

MEBIBYTE = 1024 * 1024
HEAD, TAIL = gzip.compress(b"")[:10], bytes(8)
EMPTY = b"\x00\x00\x00\xff\xff"
"""A stored block of no bytes (RFC 1951, 3.2.4)."""
END = b"\x03\x00"
NEVER_MIND = 10.0
"""Seconds after which a test that waits for itself fails instead of hanging."""


def coded(encoding: bytes, body: bytes) -> bytes:
    return OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding, len(body)) + body


def bomb(layers: int = 1) -> bytes:
    """256 MiB of zeros, compressed that often."""
    packer = zlib.compressobj(9, wbits=31)
    found = b"".join([*(packer.compress(bytes(MEBIBYTE)) for _ in range(256)), packer.flush()])
    for _ in range(layers - 1):
        found = gzip.compress(found)
    return found


def empty_blocks(count: int) -> bytes:
    """A gzip stream that holds nothing, in that many blocks."""
    return HEAD + EMPTY * count + END + TAIL


async def fault(answer: bytes) -> Fault:
    async with speaking(saying(answer)) as wire, http_transport() as transport:
        return await fault_of(transport, request_to(wire.base_url))


@pytest.mark.parametrize("encoding", [b"gzip", b"GZIP", b"x-gzip", b"identity, gzip"])
@pytest.mark.parametrize("count", [1, 100_000], ids=["small", "large"])
async def test_an_answer_in_one_coding_is_read(encoding: bytes, count: int) -> None:
    body = json.dumps(list(range(count))).encode()
    async with speaking(saying(coded(encoding, gzip.compress(body)))) as wire, http_transport() as transport:
        assert (await transport.send(request_to(wire.base_url))).body == body


async def test_an_empty_body_is_read_whatever_its_coding() -> None:
    async with speaking(saying(coded(b"gzip", b""))) as wire, http_transport() as transport:
        assert (await transport.send(request_to(wire.base_url))).body == b""


@pytest.mark.threats(37)
async def test_only_the_coding_that_is_read_is_asked_for() -> None:
    async with speaking(saying(OK + b"Content-Length: 2\r\n\r\n[]")) as wire, http_transport() as transport:
        await transport.send(request_to(wire.base_url))

    assert [line for line in wire.heads[0].lower().split("\r\n") if line.startswith("accept-encoding:")] == [
        "accept-encoding: gzip"
    ]


@pytest.mark.ablation("an answer has at most one content coding")
@pytest.mark.threats(37)
@pytest.mark.parametrize("encoding", [b"gzip, gzip", b"gzip, gzip, gzip", b"gzip\r\nContent-Encoding: gzip"])
async def test_an_answer_in_more_than_one_coding_is_refused(encoding: bytes) -> None:
    body = gzip.compress(b"[]")
    for _ in range(encoding.count(b"gzip") - 1):
        body = gzip.compress(body)

    assert await fault(coded(encoding, body)) is Fault.UNREADABLE


@pytest.mark.ablation("an answer is compressed in the way that was asked for")
@pytest.mark.threats(37)
@pytest.mark.parametrize("encoding", [b"deflate", b"br", b"zstd", b"compress", b"gzip;q=1"])
async def test_an_answer_in_a_coding_that_was_not_asked_for_is_refused(encoding: bytes) -> None:
    assert await fault(coded(encoding, b"[]")) is Fault.UNREADABLE


@pytest.mark.ablation("what an answer unpacks to is bounded")
@pytest.mark.threats(24, 37)
async def test_a_compression_bomb_is_left_before_it_fills_the_memory() -> None:
    answer = coded(b"gzip", bomb())
    tracemalloc.start()
    try:
        seen = await fault(answer)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert seen is Fault.TOO_LARGE
    assert most < 32 * MEBIBYTE


@pytest.mark.ablation("what is read for nothing of a compressed answer is bounded")
@pytest.mark.threats(37)
async def test_a_stream_of_empty_blocks_is_refused() -> None:
    assert await fault(coded(b"gzip", empty_blocks(MEBIBYTE))) is Fault.UNREADABLE


@pytest.mark.ablation("the time for unpacking an answer is bounded")
@pytest.mark.threats(37)
def test_an_answer_that_takes_too_long_to_unpack_is_refused() -> None:
    ticks = itertools.count(0, MOST_SECONDS / 10)
    body = gzip.compress(random.Random(1).randbytes(MEBIBYTE))  # noqa: S311 - bytes that do not compress

    with pytest.raises(TransportError) as caught:
        unpacked(body, largest=LARGEST_ANSWER, clock=lambda: next(ticks))

    assert caught.value.fault is Fault.UNREADABLE


@pytest.mark.ablation("a large answer is unpacked off the event loop")
@pytest.mark.threats(37)
async def test_another_answer_comes_while_a_large_one_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, came = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def waits(body: bytes, *, largest: int) -> bytes:
        loop.call_soon_threadsafe(begun.set)
        assert came.wait(NEVER_MIND)
        return unpacked(body, largest=largest)

    monkeypatch.setattr(adapter, "unpacked", waits)
    large = random.Random(1).randbytes(MEBIBYTE)  # noqa: S311 - bytes that do not compress
    async with (
        speaking(saying(coded(b"gzip", gzip.compress(large)))) as slow,
        speaking(saying(OK + b"Content-Length: 2\r\n\r\n[]")) as quick,
        http_transport() as transport,
    ):
        first = asyncio.create_task(transport.send(request_to(slow.base_url)))
        await begun.wait()
        assert (await transport.send(request_to(quick.base_url))).body == b"[]"
        came.set()
        assert (await first).body == large


@given(st.binary(max_size=300), st.integers(0, 9), st.integers(1, 300))
def test_what_was_compressed_is_what_is_read(data: bytes, level: int, times: int) -> None:
    assert unpacked(gzip.compress(data * times, level), largest=LARGEST_ANSWER) == data * times


@given(st.text(max_size=200))
def test_a_stream_that_is_flushed_after_each_byte_is_read(text: str) -> None:
    packer = zlib.compressobj(wbits=31)
    data = text.encode() * 200
    body = b"".join(packer.compress(data[n : n + 1]) + packer.flush(zlib.Z_SYNC_FLUSH) for n in range(len(data)))

    assert unpacked(body + packer.flush(), largest=LARGEST_ANSWER) == data


@given(st.binary(max_size=60), st.binary(max_size=3), st.integers(0, 100))
def test_no_bytes_do_anything_but_unpack_or_fail(data: bytes, more: bytes, at: int) -> None:
    whole = gzip.compress(data)
    for body in (data, whole[:at], whole + more, whole[:at] + more + whole[at:]):
        with contextlib.suppress(TransportError):
            assert unpacked(body, largest=LARGEST_ANSWER) == data


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_an_answer_may_unpack_to_the_limit_and_no_more(size: int) -> None:
    body = gzip.compress(b"x" * size)
    if size <= 1000:
        assert unpacked(body, largest=1000) == b"x" * size
    else:
        with pytest.raises(TransportError, match=Fault.TOO_LARGE.value):
            unpacked(body, largest=1000)
