import re
from pathlib import Path

# Each has a character in brackets, so that this file does not hold what it looks for.
OF_ONE_MACHINE = re.compile(
    r"/wor[k]/|/far[m]/|/roo[t]/|/tmp/bas[h]_"
    r"|pythonhoste[d]|pyp[i]\.org|registry\.npmj[s]|deb\.debia[n]"
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_no_file_holds_a_path_of_one_machine_or_the_host_of_a_registry(root: Path, tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(root)}: {match.group()}"
        for path in tracked
        for match in OF_ONE_MACHINE.finditer(_text(path))
    ]

    assert found == []
    assert root / "pyproject.toml" in tracked


def test_every_link_between_pages_leads_to_a_file(root: Path, tracked: list[Path]) -> None:
    broken = [
        f"{page.relative_to(root)} -> {target}"
        for page in tracked
        if page.suffix == ".md"
        for target in LINK.findall(_text(page))
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_ci_runs_the_same_check_as_people_do(root: Path) -> None:
    script = root / ".ci" / "run"

    assert script.stat().st_mode & 0o111, ".ci/run must be executable"
    assert _text(script).splitlines()[-1] == "exec make check"
