"""The list of checks is about the code as it is now; that each proves itself is for ``make ablation``."""

import ast
from functools import cache

import pytest

from tests.ablation.checks import PAGE, ROOT, Check, checks, page

EVERY = checks()


@cache
def _tests(path: str) -> frozenset[str]:
    found = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("check", EVERY, ids=lambda check: check.name)
def test_each_check_stands_once_where_the_list_says_and_its_test_is_there(check: Check) -> None:
    path, _, name = check.test.partition("::")

    assert (ROOT / check.file).read_text(encoding="utf-8").count(check.text) == 1
    assert name.partition("[")[0] in _tests(path)


def test_no_two_checks_are_the_same() -> None:
    assert len({each.name for each in EVERY}) == len({(each.file, each.text) for each in EVERY}) == len(EVERY)


def test_the_page_was_written_for_this_very_list() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(EVERY)
