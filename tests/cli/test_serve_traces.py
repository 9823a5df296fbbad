"""Spans of what is served are sent over OTLP where the environment names an endpoint."""

import os
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.cli.shell import line, run, started
from tests.cli.test_serve import HELLO, LIST, READY, converse

Requests = SimpleQueue[tuple[str, bytes]]


class _Collector(BaseHTTPRequestHandler):
    received: Requests

    def do_POST(self) -> None:
        self.received.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        del format, args


@pytest.fixture
def collector() -> Iterator[tuple[str, Requests]]:
    """The address of a collector, and what it receives."""
    received: Requests = SimpleQueue()
    server = HTTPServer(("127.0.0.1", 0), type("Collector", (_Collector,), {"received": received}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def _with(**more: str) -> Mapping[str, str]:
    return {**os.environ, "NO_PROXY": "*", **more}


@pytest.mark.usefixtures("policies")
def test_spans_are_sent_to_the_endpoint_of_the_environment(state: Path, collector: tuple[str, Requests]) -> None:
    endpoint, received = collector
    words = ("--state", str(state), "serve", "--agent", "triage-agent", "--sandbox")
    with started(words, environment=_with(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)) as process:
        converse(process, HELLO, READY, LIST)
        _, err = process.communicate(timeout=30)

    path, body = received.get(timeout=10)
    assert (process.returncode, err, path) == (0, b"", "/v1/traces")
    assert b"tools/list" in body
    assert b"crashgate" in body


@pytest.mark.usefixtures("policies")
def test_without_the_extra_it_warns_and_serves(state: Path, tmp_path: Path) -> None:
    # A module that fails to import stands for one that is not there.
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['opentelemetry.sdk.trace'] = None\n")
    environment = _with(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", PYTHONPATH=str(tmp_path))
    words = ("--state", str(state), "serve", "--agent", "triage-agent", "--sandbox")
    with started(words, environment=environment) as process:
        told = line(process, err=True)
        converse(process, HELLO)

    assert told == (
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, but no traces are sent: OpenTelemetry's SDK is not installed. "
        "Run: pip install 'crashgate[otel]', or unset the variable."
    )


def test_without_an_endpoint_nothing_of_opentelemetrys_sdk_is_imported() -> None:
    told = run("serve", "--agent", "x", "--sandbox", environment=_with(PYTHONPROFILEIMPORTTIME="1"))

    assert told.code == 3
    assert "import time" in told.err
    assert "opentelemetry.sdk" not in told.err
