"""Why an upstream cannot be reached, for the operator. Rule: our own words, the host, and no text from outside.

An agent is told only that it cannot be reached: which host it is, is not the agent's to know.
"""

import errno
import logging
import socket
import ssl
from enum import StrEnum, unique
from typing import cast
from urllib.parse import urlsplit

import httpx2

_log = logging.getLogger(__name__)
_DEEPEST = 10


@unique
class Obstacle(StrEnum):
    """What is in the way."""

    NAME = "its name is not known (DNS)"
    REFUSED = "the connection was refused"
    CERTIFICATE = "its TLS certificate is not accepted"
    TLS = "it does not speak TLS as it should"
    NO_ROUTE = "there is no way to it in the network"
    TIMEOUT = "it did not answer in time"
    PROXY = "the proxy before it does not let us through"
    BROKEN = "the connection broke, there or at a proxy before it"
    OTHER = "the connection failed"


class Outages:
    """The hosts that are out of reach now. Each is told once on stderr for each obstacle, until it answers again."""

    def __init__(self) -> None:
        self._told: dict[str, Obstacle] = {}

    def failed(self, url: str, problem: BaseException) -> None:
        """A request got no answer because of ``problem``."""
        host, obstacle = _host(url), obstacle_of(problem)
        if self._told.get(host) is not obstacle:
            self._told[host] = obstacle
            _log.warning("No answer from %s: %s.", host, obstacle)

    def answered(self, url: str) -> None:
        """A request got an answer."""
        if self._told and (host := _host(url)) in self._told:
            del self._told[host]
            _log.warning("%s answers again.", host)


def obstacle_of(problem: BaseException) -> Obstacle:
    """The first cause of the error that says what it is; libraries wrap it in errors of their own."""
    found: list[BaseException] = [problem]
    for each in found:
        known = _known(each)
        if known is not None:
            return known
        if isinstance(each, BaseExceptionGroup):
            found += cast("BaseExceptionGroup[BaseException]", each).exceptions
        cause = each.__cause__ or each.__context__
        if cause is not None and len(found) < _DEEPEST:
            found.append(cause)
    return Obstacle.OTHER


_ERRORS: tuple[tuple[type[BaseException], Obstacle], ...] = (
    (socket.gaierror, Obstacle.NAME),
    (ssl.SSLCertVerificationError, Obstacle.CERTIFICATE),
    (ssl.SSLError, Obstacle.TLS),
    (ConnectionRefusedError, Obstacle.REFUSED),
    (TimeoutError, Obstacle.TIMEOUT),
    (httpx2.ProxyError, Obstacle.PROXY),
    (httpx2.RemoteProtocolError, Obstacle.BROKEN),
    (httpx2.ReadError, Obstacle.BROKEN),
    (httpx2.WriteError, Obstacle.BROKEN),
)
"""The narrower ones first."""


def _known(problem: BaseException) -> Obstacle | None:
    for kind, obstacle in _ERRORS:
        if isinstance(problem, kind):
            return obstacle
    if isinstance(problem, OSError) and problem.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return Obstacle.NO_ROUTE
    return None


def _host(url: str) -> str:
    return urlsplit(url).netloc
