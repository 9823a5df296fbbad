"""The client with TLS and proxies, over real HTTP: whom it trusts, where it connects, and that it never repeats."""

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crashgate.upstream.http import Obstacle, http_transport
from crashgate.upstream.transport import Fault
from tests.storage.wire import OK, fault_of, request_to, saying, speaking

ANSWER = OK + b"Content-Length: 2\r\n\r\n[]"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def certificate(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for ``host`` that signs itself, and a server's context with it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, both = folder / "authority.pem", folder / "server.pem"
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority.write_bytes(public)
    both.write_bytes(public + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return authority, context


@asynccontextmanager
async def over_tls(context: ssl.SSLContext) -> AsyncGenerator[int]:
    """A server that answers each request with ``ANSWER``; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(until_gone, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_certificate_of_an_authority_that_the_operator_trusts_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with over_tls(context) as port, http_transport() as transport:
        answers = [await transport.send(request_to(f"https://localhost:{port}")) for _ in range(2)]

    assert [each.body for each in answers] == [b"[]", b"[]"]


@pytest.mark.threats(10)
@pytest.mark.parametrize(("host", "trusted"), [("localhost", False), ("other.example", True)])
async def test_no_token_goes_to_a_host_whose_certificate_is_not_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, host: str, *, trusted: bool
) -> None:
    authority, context = certificate(tmp_path, host)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    else:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    async with over_tls(context) as port, http_transport() as transport:
        fault = await fault_of(transport, request_to(f"https://localhost:{port}"))

    assert fault is Fault.UNREACHABLE
    assert f"No answer from localhost:{port}: {Obstacle.CERTIFICATE}." in [each.getMessage() for each in caplog.records]


async def test_a_proxy_of_the_environment_gets_the_request_with_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    async with speaking(saying(ANSWER)) as proxy, http_transport() as transport:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url.replace("://", "://someone:secret@"))
        await transport.send(request_to("http://api.example.com", "/projects/a%2Fb?x=1"))

    assert proxy.heads[0].split("\r\n")[0] == "GET http://api.example.com/projects/a%2Fb?x=1 HTTP/1.1"
    assert proxy.header("proxy-authorization") == ["Basic c29tZW9uZTpzZWNyZXQ="]
    assert proxy.header("authorization") == ["token canary-token"]


@pytest.mark.threats(10)
async def test_a_proxy_for_https_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    async with speaking(saying(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.base_url)
        async with http_transport() as transport:
            fault = await fault_of(transport, request_to("https://api.example.com"))

    assert fault is Fault.UNREACHABLE
    assert [head.split("\r\n")[0] for head in proxy.heads] == ["CONNECT api.example.com:443 HTTP/1.1"]
    assert proxy.header("authorization") == []


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "other.example, 127.0.0.1"])
async def test_a_host_that_no_proxy_names_is_asked_directly(monkeypatch: pytest.MonkeyPatch, exempt: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", exempt)
    async with speaking(saying(ANSWER)) as wire, http_transport() as transport:
        assert (await transport.send(request_to(wire.base_url))).body == b"[]"


async def test_a_kind_of_proxy_that_cannot_be_used_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    async with http_transport() as transport:
        fault = await fault_of(transport, request_to("http://api.example.com"))

    assert fault is Fault.UNREACHABLE
    assert [each.getMessage() for each in caplog.records] == [f"No answer from api.example.com: {Obstacle.PROXY}."]


@pytest.mark.threats(10)
async def test_a_password_in_netrc_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", os.fspath(netrc))
    async with speaking(saying(ANSWER)) as wire, http_transport() as transport:
        await transport.send(request_to(wire.base_url))

    assert wire.header("authorization") == ["token canary-token"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "POST"])
async def test_no_request_is_sent_twice_when_its_connection_breaks(method: str) -> None:
    # Guards: the budget, and changes; the library would repeat the first three by itself.
    async with speaking(saying(b"", close=True)) as wire, http_transport() as transport:
        assert await fault_of(transport, request_to(wire.base_url, method=method)) is Fault.DROPPED

    assert len(wire.heads) == 1


async def test_a_header_in_no_encoding_is_read_without_lone_surrogates() -> None:
    odd = saying(OK + b"X-Odd: \xe9\xff\r\nContent-Length: 2\r\n\r\n[]")
    async with speaking(odd) as wire, http_transport() as transport:
        response = await transport.send(request_to(wire.base_url))

    assert response.headers["x-odd"] == "��"
