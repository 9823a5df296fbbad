import csv
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.audit.call import Aside, Entry
from crashgate.audit.formats.csv import COLUMNS, cell, csv_lines
from crashgate.audit.record import Effect
from tests.audit.samples import ATTEMPT, DECISION, HOSTILE, OUTCOME, PROJECT_ID, RULE, stored

CALL = Entry(decision=stored(DECISION), outcome=stored(replace(OUTCOME, redacted=("user.email", "user.name")), 2))


def _rows(*told: Entry | Aside) -> list[dict[str, str]]:
    """Without the empty cells."""
    return [{name: text for name, text in row.items() if text} for row in csv.DictReader(csv_lines(told))]


def test_a_call_is_one_row_with_its_outcome() -> None:
    (row,) = _rows(CALL)

    assert row == {
        "time": DECISION.at,
        "kind": "call",
        "agent": "triage-agent",
        "subject": "launch",
        "via": "stdio",
        "client": "example 1.0",
        "effect": "allow",
        "reason": "granted",
        "tool": "resolve_error",
        "operation": "bugsnag.errors.fix",
        "access": "write",
        "provider": "bugsnag",
        "connection": "bugsnag",
        "organization": str(DECISION.organization),
        "project": PROJECT_ID,
        "project_slug": "checkout-ios",
        "resource": "error",
        "target": str(DECISION.target),
        "rule": RULE,
        "policy_hash": "e" * 64,
        "result": "answered",
        "status": "200",
        "duration_ms": "212",
        "requests": "1",
        "dropped": "0",
        "redacted": "user.email user.name",
        "sentence": OUTCOME.sentence,
        "call": DECISION.call,
        "chain": "main",
        "seq": "1",
        "hash": "1" * 64,
        "outcome_hash": "1" * 64,
    }


def test_what_is_not_known_is_said_and_an_attempt_has_a_row() -> None:
    unknown, denied, attempt = _rows(
        Entry(decision=stored(replace(DECISION, observed=True)), outcome=None),
        Entry(decision=stored(replace(DECISION, effect=Effect.DENY)), outcome=None),
        Aside(stored=stored(ATTEMPT, 3)),
    )

    assert (unknown["result"], unknown["observed"], "result" in denied) == ("unknown", "yes", False)
    assert attempt == {
        "time": ATTEMPT.at,
        "kind": "attempt",
        "via": "http",
        "reason": "no_token",
        "result": "unauthenticated",
        "count": "1",
        "sentence": ATTEMPT.sentence,
        "chain": "main",
        "seq": "3",
        "hash": "1" * 64,
    }


def test_the_columns_are_those_that_are_documented() -> None:
    from crashgate.audit.formats import csv as export_csv  # noqa: PLC0415 - its docstring is what is tested

    assert [name for name in COLUMNS if f"``{name}``" not in str(export_csv.__doc__)] == []
    assert next(csv_lines([])) == ",".join(COLUMNS)


@pytest.mark.ablation("no cell of the exported log is a formula")
@pytest.mark.threats(26)
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%0A", " =1", "\t=1", "\n=1", "\u200b=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    # Guards: the apostrophe in export_csv.cell, also behind what cleaning takes out.
    assert cell(text).startswith("'")


@pytest.mark.threats(44)
@given(st.text(st.sampled_from(';|\t\n\r",=+-@ x\u200b'), max_size=12))
def test_no_separator_makes_a_formula_of_a_text_in_the_log(text: str) -> None:
    hostile = replace(DECISION, client=f"x{text}=1", target=text, rule=f'x;"{text}')
    lines = list(csv_lines([Entry(decision=stored(hostile), outcome=None)]))

    for separator in ",;\t|":
        cells = [cell for line in csv.reader(lines, delimiter=separator) for cell in line]
        assert [cell for cell in cells if cell.lstrip().startswith(tuple("=+-@|%"))] == []


@pytest.mark.ablation("the cells of the exported log are clean")
@pytest.mark.threats(25, 26)
@given(st.text(st.characters(exclude_categories=())))
def test_a_cell_is_one_clean_line_whatever_is_in_it(text: str) -> None:
    shown = cell(text)

    assert shown.isprintable()
    assert not shown.lstrip().startswith(tuple("=+-@"))


@pytest.mark.threats(26)
def test_hostile_text_makes_no_second_row() -> None:
    hostile = replace(DECISION, client=HOSTILE + '",\n"deny', target=HOSTILE)

    assert len(list(csv_lines([Entry(decision=stored(hostile), outcome=None)]))) == 2
    assert len(_rows(Entry(decision=stored(hostile), outcome=None))) == 1
