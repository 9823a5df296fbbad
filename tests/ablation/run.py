"""``make ablation``: remove each check of the gate in turn, and see its tests fail.

``python -m tests.ablation.run off beats`` runs those whose name holds these words.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from tests.ablation.checks import PAGE, ROOT, Check, checks, page
from tests.ablation.removal import NotRemovableError

_COPIED = ("src", "tests", "policies", "docs", "pyproject.toml", "README.md", "server.json", "CONTRIBUTING.md")
_FAILED = 1
"""pytest's code for "tests ran, and some failed"; an import that breaks or a test that is not there has another."""


def _copy(folder: Path) -> Path:
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


def _pytest(folder: Path, tests: Sequence[str]) -> int:
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    contracts = os.environ.get("CRASHGATE_CONTRACTS", str(ROOT.parent / "shared" / "contracts"))
    environment["CRASHGATE_CONTRACTS"] = contracts
    try:
        return subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, check=False, timeout=300
        ).returncode
    except subprocess.TimeoutExpired:
        return _FAILED  # it hangs, so the suite would fail


def _survives(copies: "SimpleQueue[Path]", check: Check) -> str | None:
    """What is wrong with the check, or None when each of its tests fails without it."""
    folder = copies.get()
    file = folder / check.file
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(check.remove(before), encoding="utf-8")
        codes = {test: _pytest(folder, [test]) for test in check.tests}
    except NotRemovableError as problem:
        return str(problem)
    finally:
        file.write_text(before, encoding="utf-8")
        copies.put(folder)
    return "; ".join(f"{test} ended with {code}" for test, code in codes.items() if code != _FAILED) or None


def main(words: Sequence[str]) -> int:
    """The exit code: 0 when every check proved itself."""
    every = checks()
    chosen = [each for each in every if all(word in each.name for word in words)]
    if not chosen:
        print("No check has all of these words in its name.")
        return 1
    workers = os.cpu_count() or 1
    copies: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory() as name:
        for number in range(workers):
            folder = Path(name) / str(number)
            folder.mkdir()
            copies.put(_copy(folder))
        if _pytest(ROOT, sorted({test for each in chosen for test in each.tests})) != 0:
            print("The named tests do not pass as they are: nothing to learn.")
            return 1
        with ThreadPoolExecutor(workers) as pool:
            found = pool.map(partial(_survives, copies), chosen)
            wrong = {each.name: why for each, why in zip(chosen, found, strict=True) if why}
    for each, why in wrong.items():
        print(f"NOT PROVED  {each}: {why}")
    print(f"{len(chosen) - len(wrong)} of {len(chosen)} checks proved: their tests fail without them.")
    if not wrong and not words:
        PAGE.write_text(page(every), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
