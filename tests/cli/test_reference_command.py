import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crashgate.cli import reference_answers
from crashgate.cli.reference import tables
from crashgate.config.settings import load
from crashgate.model.catalogue import Catalogue
from crashgate.reference.commands import KeyDoc, TableDoc
from crashgate.reference.tools import Answers
from tests.cli.shell import Shell


@pytest.fixture
def no_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples take some seconds to collect; most of these tests are not about them."""

    def collect_nothing(_: Catalogue) -> Answers:
        return {}

    monkeypatch.setattr(reference_answers, "collect_answers", collect_nothing)


def test_the_pages_of_the_checkout_are_current(root: Path) -> None:
    # In a process of its own, so that nothing depends on the order in which a set is walked.
    command = (sys.executable, "-m", "crashgate", "reference", "--check")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, timeout=120)

    assert (done.returncode, done.stdout) == (0, f"{root / 'docs' / 'reference'} is current.\n")


@pytest.mark.usefixtures("no_examples")
def test_a_page_that_is_not_current_is_shown_with_the_remedy(crashgate: Shell, home: Path) -> None:
    crashgate("reference", "--write", "--folder", "pages")
    page = home / "pages" / "commands.md"
    page.write_text(page.read_text("utf-8").replace("## Exit codes", "## Exit signs"), encoding="utf-8")
    told = crashgate("reference", "--check", "--folder", "pages")
    assert (told.code, told.err) == (1, "")
    lines = told.out.splitlines()
    assert [each for each in lines if each.startswith(("-## ", "+## "))] == ["-## Exit signs", "+## Exit codes"]
    assert lines[-1] == "pages is not current. Update it with: crashgate reference --write"


@pytest.mark.usefixtures("no_examples")
def test_a_difference_is_cut_short(crashgate: Shell) -> None:
    told = crashgate("reference", "--check", "--folder", "absent")
    assert told.code == 1
    assert len(told.out.splitlines()) == 22


@pytest.mark.usefixtures("no_examples")
def test_writing_makes_the_pages_current_and_removes_others(crashgate: Shell, home: Path) -> None:
    (home / "pages").mkdir()
    (home / "pages" / "old.md").write_text("# Old\n", encoding="utf-8")
    assert crashgate("reference", "--check", "--folder", "pages").code == 1
    assert crashgate("reference", "--write", "--folder", "pages").code == 0
    assert crashgate("reference", "--check", "--folder", "pages").code == 0
    assert not (home / "pages" / "old.md").exists()
    printed = crashgate("reference").out
    assert all(page.read_text("utf-8") in printed for page in (home / "pages").iterdir())


@pytest.mark.usefixtures("no_examples")
def test_checking_in_json_has_the_difference(crashgate: Shell) -> None:
    told = crashgate("reference", "--check", "--json", "--folder", "absent")
    assert told.code == 1
    result = json.loads(told.out)
    assert (result["current"], result["folder"], result["remedy"]) == (False, "absent", "crashgate reference --write")


@pytest.mark.usefixtures("no_examples")
def test_pages_cannot_be_written_where_their_folder_cannot_be(crashgate: Shell) -> None:
    told = crashgate("reference", "--write", "--folder", "absent/pages")
    assert (told.code, told.out) == (3, "")
    assert "absent/pages cannot be written" in told.err


def test_checking_and_writing_at_once_is_a_wrong_use(crashgate: Shell) -> None:
    assert crashgate("reference", "--check", "--write").code == 2


VALUES = {"a path": ("a", "a"), "text": ("s3://a", "s3://a"), "a list of texts": ('["http://a"]', ("http://a",))}
OF_A_FORM = {
    "trusted_proxies": ('["10.0.0.0/8"]', ("10.0.0.0/8",)),
    "public_url": ("https://crashgate.example.com", "https://crashgate.example.com"),
}


@pytest.mark.parametrize("table", tables(), ids=lambda each: each.header)
def test_each_key_says_what_it_is(table: TableDoc) -> None:
    assert [key.name for key in table.keys if not key.about.endswith(".")] == []


KEYS = [key for table in tables() if table.header in {"", "[http]"} for key in table.keys]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_variable_of_the_page_sets_its_key(key: KeyDoc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The others are numbers: one more than what they are otherwise.
    given, read = (
        OF_A_FORM.get(key.name) or VALUES.get(key.takes) or (str(more := int(key.default.strip("`")) + 1), more)
    )
    monkeypatch.setenv(key.variable, str(given))
    found = load(config=None, options={}, environment=os.environ, here=tmp_path)

    value = getattr(found.http if "HTTP__" in key.variable else found, key.name)
    assert value == (tmp_path / "a" if key.takes == "a path" else read)
