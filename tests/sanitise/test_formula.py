"""No cell of a CSV file begins like a formula, whatever separator it is opened with (THREATS rows 26 and 44)."""

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashgate.exports.text_formats import CsvLines
from crashgate.model.export import Column, Kind
from crashgate.sanitise import neutralised, runs

pytestmark = pytest.mark.threats(26)
FIRST_CHARACTERS = "=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20"
SEPARATORS = ",;\t|"
DANGEROUS = st.sampled_from([*FIRST_CHARACTERS, " ", "\u00a0", "\u200b", "\ufeff", "\u3000", '"', "'", ",", ";"])
CELLS = st.lists(DANGEROUS | st.characters(exclude_categories=["Cs"]), max_size=8).map("".join)
TEXT = Column(name="text", kind=Kind.TEXT, about="Text of a stranger.")


@pytest.mark.ablation("a formula is seen behind white space", "a tab at the start is taken for a formula")
@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+49 30 901820",
        "-2",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        " =1",
        "  \u00a0\u200b=1",
        "\ufeff@x",
        " \t-1",
        "\u3000\uff1d1",
        "=cmd|'/c calc'!A0",
        "|cmd",
        "%0A",
    ],
)
def test_a_cell_that_a_spreadsheet_could_run_is_seen(cell: str) -> None:
    assert runs(cell)


@pytest.mark.parametrize("cell", ["", " ", "a=b", "1-1", "Zoë", "'=1", '"=1"', "(=1)", "日本", "a\t=1", "5e-3", "./=x"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert not runs(cell)


@pytest.mark.ablation("no cell of a CSV file is a formula")
@given(st.lists(CELLS, min_size=1, max_size=5))
@example(["=1", " =1", "\r=1", "\n", "'=", '"='])
def test_no_cell_that_is_written_begins_like_a_formula(cells: list[str]) -> None:
    encoded = CsvLines([TEXT]).encode([{"text": cell} for cell in cells])
    read = [line[0] if line else "" for line in csv.reader(io.StringIO(encoded.data.decode(), newline=""))]

    # Judged without the rule itself: white space, controls and invisible characters aside, what comes first?
    firsts = ["".join(char for char in cell if char.isprintable() and not char.isspace())[:1] for cell in read]
    assert not set(firsts) & set(FIRST_CHARACTERS)
    assert not {cell[:1] for cell in read} & set(FIRST_CHARACTERS)
    assert [each.replace("'", "") for each in read] == [cell.replace("'", "") for cell in cells]
    assert encoded.neutralised == sum(each != cell for each, cell in zip(read, cells, strict=True))


@pytest.mark.threats(44)
@pytest.mark.parametrize("operator", sorted(set(FIRST_CHARACTERS) - {"\t", "\r", "\n"}))
@pytest.mark.parametrize("gap", ["", " ", '"', '""', "\u200b", "\u00a0 "])
@pytest.mark.parametrize("separator", [";", "\t", "|", "\r", "\n"])
def test_a_formula_behind_any_separator_in_a_text_gets_an_apostrophe_there(
    separator: str, gap: str, operator: str
) -> None:
    text = f"x{separator}{gap}{operator}HYPERLINK(1)"

    assert neutralised(text) == (text if separator == operator == "|" else f"x{separator}'{text[2:]}")


@pytest.mark.parametrize("text", ["a;b=1", "x;y", "a || b", "a,-1", "for (;;)", "x\ny", "C:\\x;C:\\y", "a|b|c", "x;"])
def test_a_text_without_a_formula_behind_a_separator_stays_as_it_is(text: str) -> None:
    assert neutralised(text) == text


@pytest.mark.ablation(
    "a formula behind another separator gets an apostrophe",
    "a formula behind a separator and quotes gets an apostrophe",
    "a formula in nested data gets an apostrophe",
    "a page of texts is looked through for formulas behind separators",
)
@pytest.mark.threats(44)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
@example([("", "x;=1", "")])
@example([("", "x;", ""), ("=1", '";=1', '"\n=1')])
@example([("x", 'x;""=1', "x\t=1"), ("x", 'x;"=1', "x\r\n=1")])
@example([("x", "x;|=1", 'x;"|=1'), ("x", "x\n\n =1", "x|; =1")])
def test_no_cell_begins_like_a_formula_whatever_the_separator(rows: list[tuple[str, str, str]]) -> None:
    columns = [
        TEXT,
        Column(name="more", kind=Kind.TEXT, about="More."),
        Column(name="data", kind=Kind.JSON, about="D."),
    ]
    data = (
        CsvLines(columns).encode([{"text": a, "more": b, "data": {"key": [c, -1]}} for a, b, c in rows]).data.decode()
    )

    for separator in SEPARATORS:
        cells = [cell for line in csv.reader(io.StringIO(data, newline=""), delimiter=separator) for cell in line]
        firsts = ["".join(char for char in cell if char.isprintable() and not char.isspace())[:1] for cell in cells]
        assert not set(firsts) & set(FIRST_CHARACTERS)
    nested = [line[2] for line in csv.reader(io.StringIO(data, newline=""))]
    assert [json.loads(cell)["key"][1] for cell in nested] == [-1] * len(rows)


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False))
@example(-1)
def test_a_number_stays_a_number(number: float) -> None:
    kind = Kind.INTEGER if isinstance(number, int) else Kind.NUMBER
    encoded = CsvLines([Column(name="n", kind=kind, about="A number.")]).encode([{"n": number}])

    assert float(encoded.data) == float(number)
    assert encoded.neutralised == 0
