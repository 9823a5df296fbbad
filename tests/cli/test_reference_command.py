import json
import os
from pathlib import Path

import pytest

from crashgate.cli.reference import tables
from crashgate.config.settings import load
from crashgate.reference.commands import KeyDoc
from tests.cli.shell import Shell, Told


def test_the_page_of_the_checkout_is_current(crashgate: Shell, root: Path) -> None:
    assert crashgate("reference", "--check") == Told(
        code=0, out=f"{root / 'docs' / 'reference.md'} is current.\n", err=""
    )


def test_a_page_that_is_not_current_is_told_with_what_mends_it(crashgate: Shell, home: Path) -> None:
    crashgate("reference", "--write", "--file", "page.md")
    text = (home / "page.md").read_text(encoding="utf-8")
    (home / "page.md").write_text(text.replace("## Tools", "## Toys"), encoding="utf-8")
    told = crashgate("reference", "--check", "--file", "page.md")
    assert (told.code, told.err) == (1, "")
    lines = told.out.splitlines()
    assert [each for each in lines if each.startswith(("-## ", "+## "))] == ["-## Toys", "+## Tools"]
    assert lines[-1] == "page.md is not current. Update it with: crashgate reference --write"


def test_a_difference_is_cut_short(crashgate: Shell) -> None:
    told = crashgate("reference", "--check", "--file", "absent.md")
    assert told.code == 1
    assert len(told.out.splitlines()) == 22


def test_writing_the_page_makes_it_current(crashgate: Shell, home: Path) -> None:
    assert crashgate("reference", "--write", "--file", "page.md").code == 0
    assert crashgate("reference", "--check", "--file", "page.md").code == 0
    assert (home / "page.md").read_text(encoding="utf-8") == crashgate("reference").out


def test_checking_in_json_tells_the_difference(crashgate: Shell) -> None:
    told = crashgate("reference", "--check", "--json", "--file", "absent.md")
    assert told.code == 1
    result = json.loads(told.out)
    assert (result["current"], result["file"], result["mend"]) == (False, "absent.md", "crashgate reference --write")


def test_a_page_cannot_be_written_where_there_is_no_folder(crashgate: Shell) -> None:
    told = crashgate("reference", "--write", "--file", "absent/page.md")
    assert (told.code, told.out) == (3, "")
    assert "absent/page.md cannot be written" in told.err


def test_checking_and_writing_at_once_is_a_wrong_use(crashgate: Shell) -> None:
    assert crashgate("reference", "--check", "--write").code == 2


VALUES = {"a path": ("a", "a"), "text": ("s3://a", "s3://a"), "a list of texts": ('["http://a"]', ("http://a",))}
OF_A_FORM = {"trusted_proxies": ('["10.0.0.0/8"]', ("10.0.0.0/8",))}
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
