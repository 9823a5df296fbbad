import os
from pathlib import Path

from tests.project.threat_table import PAGE, marks, page, rows

ROWS = (*range(1, 46), *range(60, 63))


def test_the_list_has_every_row_with_an_attack_and_a_defence(root: Path) -> None:
    assert list(rows(root)) == list(ROWS)
    assert [number for number, row in rows(root).items() if not row["attack"] or not row["defence"]] == []


def test_every_row_that_a_test_names_is_in_the_threat_list(root: Path) -> None:
    wrong = [mark for mark in marks(root) if not mark.rows or not set(mark.rows) <= set(ROWS)]

    assert wrong == []


def test_every_row_is_named_by_a_test_or_says_honestly_why_not(root: Path) -> None:
    named = {row for mark in marks(root) for row in mark.rows}

    assert sorted(number for number, row in rows(root).items() if (number in named) is ("not_shown" in row)) == []


def test_the_table_of_threats_is_the_one_of_these_tests(root: Path) -> None:
    if os.environ.get("CRASHGATE_SNAPSHOTS") == "write":
        (root / PAGE).write_text(page(root), encoding="utf-8")

    assert (root / PAGE).read_text(encoding="utf-8") == page(root)
