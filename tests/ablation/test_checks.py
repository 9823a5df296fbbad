"""The names of checks in the code and at the tests fit; that each check proves itself is for ``make ablation``."""

import ast
from collections import Counter

import pytest

from tests.ablation.checks import PAGE, ROOT, Check, checks, marked_tests, page
from tests.ablation.removal import VERBS

EVERY = checks()


@pytest.mark.parametrize("check", EVERY, ids=lambda check: check.name)
def test_each_check_can_be_taken_out(check: Check) -> None:
    source = (ROOT / check.file).read_text(encoding="utf-8")

    assert check.verb in {*VERBS, ""}
    assert ast.dump(ast.parse(check.remove(source))) != ast.dump(ast.parse(source))
    for path, _, name in (test.partition("::") for test in check.tests):
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8")


def test_no_two_checks_have_one_name_or_are_the_same() -> None:
    names = Counter(each.name for each in EVERY)
    places = Counter((each.file, each.line, each.verb, each.text, each.becomes) for each in EVERY)

    assert [each for each, times in (names | places).items() if times > 1] == []


def test_each_check_has_a_test_and_each_marked_test_its_check() -> None:
    assert marked_tests().keys() ^ {each.name for each in EVERY if each.line} == set()


def test_the_page_was_written_for_these_very_checks() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(EVERY)
