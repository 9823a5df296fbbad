"""What was measured, and the table of it."""

import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
_OURS = "crashgate"
_VERSIONS = ("mcp", "aiohttp", "httpx2", "uvicorn", "uvloop", "pydantic")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One quantity: the median of each one that was measured in the same run."""

    name: str
    unit: str
    values: Mapping[str, float]

    @classmethod
    def of(cls, name: str, unit: str, rounds: Mapping[str, Sequence[float]]) -> "Figure":
        """The medians of rounds."""
        return cls(name=name, unit=unit, values={each: statistics.median(found) for each, found in rounds.items()})

    def ratio(self, other: str) -> float | None:
        """Ours by the other's."""
        ours, theirs = self.values.get(_OURS), self.values.get(other)
        return ours / theirs if ours is not None and theirs else None


def page_of(figures: Sequence[Figure]) -> str:
    """The page's text; each benchmark's servers have a column."""
    others = sorted({name for each in figures for name in each.values} - {_OURS})
    names = [_OURS, *others]
    lines = [
        f"| | {' | '.join(names)} | {' | '.join(f'by {other}' for other in others)} |",
        f"|---|{'---:|' * (len(names) + len(others))}",
    ]
    for each in figures:
        cells = [_number(each.values.get(name), each.unit) for name in names]
        cells += ["" if (found := each.ratio(other)) is None else f"{found:.2f}" for other in others]
        lines.append(f"| {each.name} | {' | '.join(cells)} |")
    return "\n".join(["# Benchmarks", "", *_head(), "", *lines, ""])


def _head() -> list[str]:
    versions = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    return [
        f"Written by `make bench` on {when}: {_machine()}, {os.cpu_count()} cores, {python}, {versions}.",
        "Medians of rounds in which the servers took turns, with one local upstream. The ratios count, not the times.",
        "`bare` is a server of the MCP SDK with httpx2 and no gate, `smartbear` is `@smartbear/mcp` 0.41.0 on Node 22,",
        "which has no policy and no log.",
    ]


def _machine() -> str:
    try:
        found = subprocess.run(["lscpu"], check=True, capture_output=True, text=True).stdout  # noqa: S607 - as installed
        model = next(line.partition(":")[2].strip() for line in found.splitlines() if line.startswith("Model name"))
    except (OSError, subprocess.CalledProcessError, StopIteration):
        model = platform.machine()
    return f"{platform.system()}, {model}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004 - three places that count
    return f"{value:,.{digits}f} {unit}".replace(" /", "/")
