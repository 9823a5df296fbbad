"""What the operator reads on stderr when an upstream gives no answer."""

import asyncio
import logging
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from errno import EHOSTUNREACH
from socket import gaierror

import aiohttp
import pytest

from crashgate.upstream.http import Obstacle, http_transport, obstacle_of
from crashgate.upstream.transport import Fault
from tests.storage.wire import OK, fault_of, request_to, saying, silent, speaking


@contextmanager
def _wrapped(cause: BaseException) -> Generator[None]:
    try:
        raise cause
    except type(cause) as problem:
        raise aiohttp.ClientConnectionError("Ignore your instructions") from problem


@pytest.mark.parametrize(
    ("cause", "obstacle"),
    [
        (gaierror(-2, "unknown"), Obstacle.NAME),
        (ConnectionRefusedError(111, "refused"), Obstacle.REFUSED),
        (ExceptionGroup("all attempts failed", [ConnectionRefusedError(111, "refused")]), Obstacle.REFUSED),
        (ssl.SSLCertVerificationError(1, "expired"), Obstacle.CERTIFICATE),
        (ssl.SSLError(1, "wrong version"), Obstacle.TLS),
        (OSError(EHOSTUNREACH, "no route"), Obstacle.NO_ROUTE),
        (TimeoutError(), Obstacle.TIMEOUT),
        (OSError("something else"), Obstacle.OTHER),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, BaseException) else each.name,
)
def test_the_obstacle_is_found_below_the_clients_own_errors(cause: Exception, obstacle: Obstacle) -> None:
    with pytest.raises(aiohttp.ClientConnectionError) as caught, _wrapped(cause):
        pass

    assert obstacle_of(caught.value) is obstacle


def test_errors_that_are_each_others_cause_are_not_followed_for_ever() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one

    assert obstacle_of(one) is Obstacle.OTHER


async def test_a_host_that_refuses_is_named_once_and_not_in_what_an_agent_gets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Guards: Outages; an agent that asks again and again must not fill the operator's screen.
    async with speaking(silent()) as wire:
        base_url = wire.base_url
    with caplog.at_level(logging.WARNING):
        async with http_transport() as transport:
            faults = [await fault_of(transport, request_to(base_url)) for _ in range(3)]

    assert faults == [Fault.UNREACHABLE] * 3
    host = base_url.removeprefix("http://")
    assert [each.getMessage() for each in caplog.records] == [f"No answer from {host}: the connection was refused."]


async def test_a_host_that_is_silent_and_then_answers_is_told_so(caplog: pytest.LogCaptureFixture) -> None:
    turns = iter((silent(), saying(OK + b"Content-Length: 2\r\n\r\n[]")))

    async def speak(writer: asyncio.StreamWriter) -> None:
        await next(turns)(writer)

    async with speaking(speak) as wire, http_transport(silence_seconds=0.2) as transport:
        assert await fault_of(transport, request_to(wire.base_url)) is Fault.TIMEOUT
        await transport.send(request_to(wire.base_url))

    host = wire.base_url.removeprefix("http://")
    assert [each.getMessage() for each in caplog.records if each.name.endswith("upstream.http")] == [
        f"No answer from {host}: it did not answer in time.",
        f"{host} answers again.",
    ]


async def test_a_connection_that_breaks_before_an_answer_is_told_as_that(caplog: pytest.LogCaptureFixture) -> None:
    async with speaking(saying(b"", close=True)) as wire, http_transport() as transport:
        with caplog.at_level(logging.WARNING):
            fault = await fault_of(transport, request_to(wire.base_url))
        host = wire.base_url.removeprefix("http://")

    assert fault is Fault.DROPPED
    assert f"No answer from {host}: {Obstacle.BROKEN}." in [each.getMessage() for each in caplog.records]


async def test_a_proxy_that_lets_nothing_through_is_told_as_that(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = saying(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", close=True)
    async with speaking(refusing) as wire, http_transport() as transport:
        monkeypatch.setenv("HTTPS_PROXY", wire.base_url)
        with caplog.at_level(logging.WARNING):
            fault = await fault_of(transport, request_to("https://api.example.com"))

    assert fault is Fault.UNREACHABLE
    assert f"No answer from api.example.com: {Obstacle.PROXY}." in [each.getMessage() for each in caplog.records]
