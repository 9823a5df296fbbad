"""How much of an upstream's time and bytes the client takes (THREATS row 24)."""

import pytest

from crashgate.upstream.http import http_transport
from crashgate.upstream.transport import Fault
from tests.storage.wire import OK, fault_of, request_to, saying, silent, speaking, without_end

MEBIBYTE = 1024 * 1024


@pytest.mark.threats(24)
@pytest.mark.parametrize("head", [b"", OK, OK + b"Content-Length: 9\r\n\r\n[1"], ids=["nothing", "a head", "a part"])
async def test_an_upstream_that_falls_silent_is_given_up(head: bytes) -> None:
    async with speaking(silent(head)) as wire, http_transport(silence_seconds=0.05) as transport:
        assert await fault_of(transport, request_to(wire.base_url)) is Fault.TIMEOUT
        await wire.left.wait()


@pytest.mark.threats(24)
async def test_a_body_without_end_is_left_when_it_is_too_large() -> None:
    chunk = b"%x\r\n%s\r\n" % (MEBIBYTE, b" " * MEBIBYTE)
    endless = without_end(OK + b"Transfer-Encoding: chunked\r\n\r\n", chunk)
    async with speaking(endless) as wire, http_transport() as transport:
        assert await fault_of(transport, request_to(wire.base_url)) is Fault.TOO_LARGE
        await wire.left.wait()


@pytest.mark.ablation("an answer is bounded after decompression")
@pytest.mark.threats(24)
@pytest.mark.parametrize("size", [999, 1000, 1001])
async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(size: int) -> None:
    answer = OK + b"Content-Length: %d\r\n\r\n" % size + b"x" * size
    async with speaking(saying(answer)) as wire, http_transport(largest_answer=1000) as transport:
        if size > 1000:
            assert await fault_of(transport, request_to(wire.base_url)) is Fault.TOO_LARGE
        else:
            assert len((await transport.send(request_to(wire.base_url))).body) == size
