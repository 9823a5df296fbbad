"""Every benchmark that compares, in one run, and its table: ``make bench``; ``--quick`` takes two or three minutes."""

import argparse
import asyncio

from benchmarks import bench_export, bench_log, bench_servers
from benchmarks.table import PAGE, Figure, page_of


async def main() -> None:
    """Measure, and write ``docs/benchmarks.md``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; the page is printed and not written")
    given = parser.parse_args()
    figures: list[Figure] = [
        *await bench_servers.measure(quick=given.quick),
        *await bench_export.measure(quick=given.quick),
        *await bench_log.measure(quick=given.quick),
    ]
    text = page_of(figures)
    print(text)
    if not given.quick:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
