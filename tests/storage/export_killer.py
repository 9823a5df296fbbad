"""Exports that are killed with ``kill -9``, from one process that has everything imported and forks them.

``python -m tests.storage.export_killer FOLDER FORMAT random SEED KILLS`` kills from outside, after a random time;
``… steps`` lets every process kill itself one step of the file system later than the one before. A killed export is
resumed, and killed again. Prints how many were killed and how many exports finished, each in a folder of its own.
"""

import asyncio
import os
import random
import signal
import sys
import time
import traceback
from itertools import count
from pathlib import Path

from crashgate.errors import NotAvailableError
from crashgate.exports.exporter import Exporter
from crashgate.exports.plan import Format
from crashgate.storage.export_storage import Directory, ExportStorage
from tests.exports.samples import ID, SECOND, Source, plan
from tests.held_clock import HeldClock
from tests.storage.export_harness import ENCODERS, exporter_to

STEPS = ("open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir", "os.truncate")
MANY = Source(pages=200, size=50)
FEW = Source(pages=2, size=3)


async def _export(folder: Path, format_: Format, source: Source) -> None:
    clock = HeldClock(step=0.02)  # a commit every few pages, so that there is something to cut off
    storage = ExportStorage(folder, Directory(folder))
    exporter = Exporter(storage=storage, encoders=ENCODERS, clock=clock, commit_after=0.1)
    try:
        await exporter.resume(ID, source, SECOND)
    except NotAvailableError:
        await exporter.run(plan(format_), source)


def _kill_at(step: int) -> None:
    left = count(step, -1)

    def hook(event: str, _: object) -> None:
        if event in STEPS and next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _forked(folder: Path, format_: Format, source: Source, step: int | None) -> int:
    child = os.fork()
    if child == 0:
        try:
            if step is not None:
                _kill_at(step)
            asyncio.run(_export(folder, format_, source))
        except BaseException:  # noqa: BLE001 - a fork of a program must not go on as the program
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def _data(folder: Path, format_: Format) -> bytes | None:
    file = folder / f"sessions-{ID}.{format_}"
    return file.read_bytes() if file.exists() else None


class _Siege:
    """Exports of one source, each in a folder of its own, and what an uninterrupted one gives."""

    def __init__(self, folder: Path, format_: Format, source: Source) -> None:
        self._folder = folder
        self._format = format_
        self._source = source
        started = time.perf_counter()
        self._wait(self._fork("measured", None))
        self.longest = time.perf_counter() - started
        self._whole = _data(folder / "measured", format_)

    def kill_after(self, name: str, seconds: float) -> bool:
        """Whether it was still running."""
        child = self._fork(name, None)
        time.sleep(seconds)  # the moment of the kill is what is drawn
        os.kill(child, signal.SIGKILL)
        return self._killed(name, child)

    def kill_at(self, name: str, step: int | None) -> bool:
        """Whether it came as far as that step."""
        return self._killed(name, self._fork(name, step))

    def _fork(self, name: str, step: int | None) -> int:
        return _forked(self._folder / name, self._format, self._source, step)

    def _killed(self, name: str, child: int) -> bool:
        code = self._wait(child)
        data = _data(self._folder / name, self._format)
        if data not in {None, self._whole}:
            raise RuntimeError("a part of a data file was published")
        if data is None and any((self._folder / name).glob("*.manifest.json")):
            raise RuntimeError("a manifest was published before its data file")
        return code != 0

    def _wait(self, child: int) -> int:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code not in {0, -signal.SIGKILL}:
            raise RuntimeError(f"an export ended with {code}")
        return code


def _at_random(folder: Path, format_: Format, seed: int, kills: int) -> tuple[int, int]:
    draw = random.Random(seed)  # noqa: S311 - a test that can be repeated
    siege = _Siege(folder, format_, MANY)
    killed = finished = 0
    longest = siege.longest
    while killed < kills:
        while siege.kill_after(str(finished), draw.uniform(0, longest)):
            killed += 1
            longest *= 1.1
        finished += 1
        longest *= 0.7  # the first was slower than the rest may be; so about every fourth draw lets one finish
    return killed, finished


def _at_each_step(folder: Path, format_: Format) -> tuple[int, int]:
    siege = _Siege(folder, format_, FEW)
    step = 0
    while siege.kill_at(str(step), step):
        # The one that goes on is killed after the same number of steps once more, wherever that is.
        siege.kill_at(str(step), step)
        siege.kill_at(str(step), None)
        step += 1
    return step, step + 1


def main() -> None:
    """Run as a program."""
    folder, format_ = Path(sys.argv[1]), Format(sys.argv[2])
    # Everything that is imported late is imported before the first fork.
    asyncio.run(exporter_to(folder / "first").run(plan(format_), FEW))
    if sys.argv[3] == "steps":
        killed, finished = _at_each_step(folder, format_)
    else:
        killed, finished = _at_random(folder, format_, int(sys.argv[4]), int(sys.argv[5]))
    sys.stdout.write(f"{killed} {finished}\n")


if __name__ == "__main__":
    main()
