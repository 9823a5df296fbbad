"""The decision log: how fast it is verified, and how soon a search over many records has its first page.

The log is written by the real writer, a decision and an outcome a call; one call in fifty is what is searched for.
"""

import asyncio
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

from benchmarks.table import Figure
from crashgate.audit.log import LogWriter
from crashgate.audit.reader import LogReader
from crashgate.audit.search import Query
from crashgate.storage.log_keys import LogKeys
from crashgate.storage.log_sqlite import SqliteRowStore
from tests.audit.samples import DECISION, OUTCOME, call
from tests.held_clock import HeldClock

_PAGE = 100
_TOGETHER = 2_000
_ONE_IN = 50
_SEARCHED = "bench-agent"


async def measure(*, quick: bool) -> list[Figure]:
    """Records verified in a second, and seconds until the first page."""
    records, rounds = (50_000, 3) if quick else (1_000_000, 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await _write(folder, records)
        reader = LogReader(SqliteRowStore(folder), LogKeys(folder))
        rates, seconds = list[float](), list[float]()
        for _ in range(rounds):
            begin = time.perf_counter()
            verdicts = await asyncio.to_thread(reader.verify)
            rates.append(records / (time.perf_counter() - begin))
            if not all(each.sound for each in verdicts):
                raise SystemExit(str(verdicts))
            begin = time.perf_counter()
            page = await asyncio.to_thread(lambda: list(islice(reader.search(Query(agent=_SEARCHED)), _PAGE)))
            seconds.append(time.perf_counter() - begin)
            if len(page) != _PAGE:
                raise SystemExit("the search found too little")
    hits = records // 2 // _ONE_IN
    return [
        Figure.of("log verify, records per second", "/s", {"crashgate": rates}),
        Figure.of(f"first page of {hits:,} hits in {records:,} records", "s", {"crashgate": seconds}),
    ]


async def _write(folder: Path, records: int) -> None:
    log = LogWriter.open(SqliteRowStore(folder), HeldClock())
    try:
        for start in range(0, records // 2, _TOGETHER):
            numbers = range(start, min(start + _TOGETHER, records // 2))
            await asyncio.gather(*(_append(log, number) for number in numbers))
    finally:
        await log.aclose()


async def _append(log: LogWriter, number: int) -> None:
    agent = DECISION.agent if number % _ONE_IN else _SEARCHED
    await log.append(replace(DECISION, call=call(number), agent=agent))
    await log.append(replace(OUTCOME, call=call(number)))
