"""Processes that die while they write (THREATS row 28): what was acknowledged is there, and the chain is sound."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crashgate.audit.record import Record, call_of
from tests.logs import read_log

_APPENDER = """
import asyncio, itertools, sys
from pathlib import Path
from tests.logs import open_log
from tests.audit.samples import decision

async def client(log, numbers):
    for number in numbers:
        stored = await log.append(decision(number))
        print(stored.chain, stored.seq, number, flush=True)

async def main():
    log = open_log(Path(sys.argv[1]))
    first, last = int(sys.argv[2]), int(sys.argv[3])
    await asyncio.gather(*(client(log, range(first + lane, last, 4)) for lane in range(4)))
    await log.aclose()

asyncio.run(main())
"""
ENDLESS = 10**9


def _appender(folder: Path, root: Path, first: int, last: int = ENDLESS) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _APPENDER, str(folder), str(first), str(last)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


def _acknowledged(lines: list[str]) -> set[tuple[str, int, int]]:
    """Chain, seq and call number of each whole line."""
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {(chain, int(seq), int(number)) for chain, seq, number in whole}


def _stored(folder: Path) -> set[tuple[str, int, int]]:
    return {(stored.chain, stored.seq, _number(stored.record)) for stored in read_log(folder).records()}


def _number(record: Record) -> int:
    return int(call_of(record), 16)


@pytest.mark.threats(28)
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, root: Path) -> None:
    # Guards: that append answers after the commit; answer before it, and acknowledged records are missing here.
    acknowledged: set[tuple[str, int, int]] = set()
    for round_ in range(10):
        with _appender(tmp_path, root, round_ * 1_000_000) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(1 + round_ * 7)]
            process.kill()
            lines += process.stdout.readlines()
        assert process.returncode == -signal.SIGKILL
        acknowledged |= _acknowledged(lines)

        assert acknowledged <= _stored(tmp_path)
        (verdict,) = read_log(tmp_path).verify()
        assert (verdict.chain, verdict.sound, verdict.end_checked) == ("main", True, True)
    assert len(acknowledged) >= sum(1 + round_ * 7 for round_ in range(10))


@pytest.mark.threats(27)
def test_processes_that_write_together_keep_sound_chains_of_their_own(tmp_path: Path, root: Path) -> None:
    # Guards: the claims, and the turns that processes take.
    appenders = [_appender(tmp_path, root, number * 1_000, number * 1_000 + 100) for number in range(3)]
    acknowledged: set[tuple[str, int, int]] = set()
    for process in appenders:
        with process:
            assert process.stdout is not None
            acknowledged |= _acknowledged(process.stdout.readlines())
        assert process.returncode == 0

    assert len(acknowledged) == 300
    assert _stored(tmp_path) == acknowledged
    assert all(verdict.sound and verdict.end_checked for verdict in read_log(tmp_path).verify())
