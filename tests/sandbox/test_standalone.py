import os
import signal
import socket
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import anyio
import httpx2
import pytest

from crashgate.errors import ConfigurationError
from crashgate_sandbox.app import create_app
from crashgate_sandbox.faults import Fault, FaultKind, Faults
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running, serve

PROGRAM = """
from crashgate_sandbox.app import create_app
from crashgate_sandbox.standalone import serve
try:
    serve(create_app(), port=0, ready=lambda url: print(url, flush=True))
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


async def test_a_running_sandbox_answers_on_a_port_of_its_own_and_is_gone_after_the_block() -> None:
    handler = signal.getsignal(signal.SIGINT)
    async with running(create_app()) as base_url, httpx2.AsyncClient() as client:
        assert base_url.startswith("http://127.0.0.1:")
        assert (await client.get(base_url)).status_code == 200
        assert signal.getsignal(signal.SIGINT) is handler

    async with httpx2.AsyncClient() as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get(base_url)


async def test_a_failure_inside_the_block_stops_the_sandbox_and_gets_out() -> None:
    with pytest.raises(ZeroDivisionError):
        async with running(create_app()):
            raise ZeroDivisionError


async def test_answers_that_still_run_are_broken_off_quietly_when_the_block_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = RequestLog()
    faults = Faults([Fault(kind=FaultKind.SLOW, seconds=600), Fault(kind=FaultKind.DRIP, seconds=600)])
    async with (
        httpx2.AsyncClient() as client,
        anyio.create_task_group() as tasks,
        running(create_app(faults=faults, log=log)) as base_url,
    ):
        for _ in faults.current:
            tasks.start_soon(_lost, client, base_url)
        while len(log.received) < len(faults.current):
            await anyio.lowlevel.checkpoint()

    assert [one.hung_up for one in log.received] == [True, False]
    assert caplog.records == []


async def _lost(client: httpx2.AsyncClient, url: str) -> None:
    """A request that finds its connection gone."""
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        await client.get(url, timeout=None)


def test_a_port_in_use_is_told_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            serve(create_app(), port=port, ready=lambda _: None)

    assert caught.value.what == f"The sandbox cannot listen on 127.0.0.1:{port}."
    assert caught.value.remedy


@pytest.mark.parametrize(("stop", "last", "code"), [(signal.SIGINT, "stopped\n", 0), (signal.SIGTERM, "", -15)])
def test_a_sandbox_alone_stops_when_it_is_asked_to(stop: signal.Signals, last: str, code: int, root: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    with Popen([sys.executable, "-c", PROGRAM], stdout=PIPE, stderr=PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        base_url = process.stdout.readline().strip()
        assert httpx2.get(base_url).json() == {"organizations_url": f"{base_url}/user/organizations"}
        process.send_signal(stop)
        assert (process.stdout.read(), process.stderr.read()) == (last, "")

    assert process.returncode == code
