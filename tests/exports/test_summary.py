"""What is added up of an export's rows: the same however the rows are divided into pages, and never large."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crashgate.exports.checkpoint import decode, encode, first
from crashgate.exports.page import ExportPage, Row
from crashgate.exports.summary import MOST_DAYS, MOST_VALUES, OTHER, Summary
from crashgate.model.export import Tally
from tests.exports.samples import plan

TALLY = Tally(counts=("status", "fatal"), day="at", crashed="crashed")
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.none() | st.sampled_from(["open", "fixed", "new"]),
            "fatal": st.none() | st.booleans(),
            "at": st.none() | st.dates().map(lambda day: f"{day.isoformat()}T10:00:00Z"),
            "crashed": st.none() | st.booleans(),
        }
    ),
    max_size=60,
)


@given(rows=_ROWS, size=st.integers(1, 9))
def test_pages_of_any_size_add_up_to_the_same(rows: list[Row], size: int) -> None:
    paged = Summary()
    for start in range(0, len(rows), size):
        paged = paged.after(rows[start : start + size], TALLY)

    whole = Summary().after(rows, TALLY)
    assert (paged.days, paged.earlier, paged.undated) == (whole.days, whole.earlier, whole.undated)
    assert (paged.known, paged.crashed) == (whole.known, whole.crashed)
    assert not rows or {name: dict(each) for name, each in paged.counts.items()} == whole.counts


@given(rows=_ROWS)
def test_it_counts_what_the_rows_hold(rows: list[Row]) -> None:
    found = Summary().after(rows, TALLY)

    days = Counter(str(row["at"])[:10] for row in rows if row["at"])
    newest = sorted(days)[-MOST_DAYS:]
    assert {day: number for day, (number, _) in found.days.items()} == {day: days[day] for day in newest}
    assert sum(number for number, _ in found.days.values()) + found.earlier[0] + found.undated == len(rows)
    assert found.crashed == sum(row["crashed"] is True for row in rows)
    assert found.known == sum(row["crashed"] is not None for row in rows)
    assert sum(found.counts["status"].values()) == len(rows)


def test_what_an_upstream_makes_up_does_not_make_it_grow() -> None:
    rows: list[Row] = [{"status": f"word-{number}", "at": f"2{number:03}-01-01T00:00:00Z"} for number in range(900)]

    found = Summary()
    for row in rows:
        found = found.after([row], TALLY)

    assert len(found.days) == MOST_DAYS
    assert found.earlier == (900 - MOST_DAYS, 0)
    assert len(found.counts["status"]) == MOST_VALUES + 1
    assert found.counts["status"][OTHER] == 900 - MOST_VALUES


def test_it_is_kept_with_the_checkpoint() -> None:
    page = ExportPage(rows=[{"at": "2026-11-20T10:00:00Z", "crashed": True}], next="2", unusable=2, truncated=True)

    after = first(plan()).after(page, size=10, neutralised=0, tally=TALLY)

    assert decode(encode(after)) == after
    assert (after.unusable, after.truncated, after.summary.days) == (2, True, {"2026-11-20": (1, 1)})


def test_rows_that_do_not_say_whether_there_was_a_crash_have_no_rate() -> None:
    shown = Summary().after([{"at": "2026-11-20T10:00:00Z", "status": "open"}], TALLY).shown()

    assert shown == {
        "counts": {"status": {"open": 1}, "fatal": {"unknown": 1}},
        "per_day": {"columns": ["day", "rows"], "days": [["2026-11-20", 1]]},
    }
