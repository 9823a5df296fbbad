"""``make images``: what commands print at a terminal, as pictures for the pages. Real output, drawn and not painted.

The pictures name a font of the reader's own: a page fetches nothing from elsewhere.
"""

import asyncio
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.house import OPERATOR, READER, TRIAGE, House, open_house

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
COLUMNS = 84
_LINES = 57
_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+(?P<path>/mcp)?")


def printed(*words: str) -> str:
    """What a command prints at a terminal of so many columns."""
    end, terminal = pty.openpty()
    own = ("CRASHGATE_", "BUGSNAG_", "NO_COLOR")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    with subprocess.Popen(
        (sys.executable, "-m", "crashgate", *words),
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**environment, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "COLORTERM": "truecolor"},
    ):
        os.close(terminal)
        parts: list[bytes] = []
        try:
            while part := os.read(end, 65_536):
                parts.append(part)
        except OSError:
            pass  # on Linux, so ends what a process wrote
    os.close(end)
    return b"".join(parts).decode().replace("\r\n", "\n")


def draw(name: str, title: str, text: str) -> None:
    """Write the picture of the first lines of a text with a terminal's colours."""
    lines = _PORT.sub(_usual_port, text).rstrip().splitlines()
    cut = [*lines[:_LINES], "…"] if len(lines) > _LINES else lines
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
    console.print(Text.from_ansi("\n".join(cut)))
    svg = console.export_svg(title=title, unique_id=name)
    plain = _FACES.sub("", svg).replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    (FOLDER / f"{name}.svg").write_text(plain, encoding="utf-8")


def _usual_port(match: re.Match[str]) -> str:
    """In place of the free ports that were taken."""
    return "8321/mcp" if match["path"] else "4000"


async def make_calls(folder: Path) -> None:
    """A log with some calls of three agents, refused ones among them."""
    async with open_house(folder) as house:
        first = house.errors()[0].id
        named = {"project_id": "checkout-ios", "error_id": first}
        for _ in range(9):
            await house.call(TRIAGE, "list_errors", {"project_id": "checkout-ios"})
        for tool in ("triage_error", "get_error", "get_trend", "resolve_error", "delete_error", "delete_error"):
            await house.call(TRIAGE, tool, named)
        await house.call(TRIAGE, "list_errors", {"project_id": "checkout-ios", "sort": "loudest"})
        await _read(house)


async def _read(house: House) -> None:
    for slug in ("checkout-android", "payments-api"):
        await house.call(READER, "list_errors", {"project_id": slug})
    await house.call(READER, "resolve_error", {"project_id": "payments-api", "error_id": house.errors()[0].id})
    await house.call(OPERATOR, "list_organizations", {})


def main() -> None:
    """Draw all pictures."""
    with tempfile.TemporaryDirectory(prefix="crashgate-images-") as name:
        folder = Path(name)
        asyncio.run(make_calls(folder))
        draw("log-stats", "crashgate log stats", printed("--state", str(folder / "state"), "log", "stats"))
        state = ("--state", str(folder / "other"))
        draw(
            "policy-show",
            "crashgate policy show",
            printed(*state, "policy", "show", "--sandbox", "--connection", "bugsnag"),
        )
        draw("demo", "crashgate demo", printed("demo"))


if __name__ == "__main__":
    main()
