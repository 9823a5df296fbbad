"""What is written as JSON Lines and CSV is what other programs read back."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from crashgate.errors import Code, ExportError
from crashgate.exports.encoder import Encoder
from crashgate.exports.page import Row
from crashgate.exports.text_formats import CsvLines, JsonLines
from crashgate.model.export import Column, Kind
from crashgate.sanitise import neutralised, neutralised_inside
from tests.exports.samples import COLUMNS, ROWS, TEXTS, full

NAMES = [column.name for column in COLUMNS]
TEXT = Column(name="text", kind=Kind.TEXT, about="A text.")


def _cell(kind: Kind, value: object) -> object:
    """The value as a reader of CSV takes it from its text."""
    if value is None or value == "":
        return None
    return json.dumps(value) if kind is Kind.JSON else value


_READ: Mapping[Kind, Callable[[str], object]] = {
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: {"true": True, "false": False}.__getitem__,
    Kind.JSON: lambda cell: json.dumps(json.loads(cell)).replace("'", ""),
    Kind.TEXT: lambda cell: cell.replace("'", "") or None,
    Kind.TIME: str,
}


def _value(kind: Kind, cell: str) -> object:
    return None if cell == "" else _READ[kind](cell)


@given(ROWS)
def test_json_lines_hold_every_row_with_all_columns_in_order(rows: list[Row]) -> None:
    encoder = JsonLines(COLUMNS)
    data = encoder.head() + encoder.encode(rows).data
    lines = data.decode().split("\n")

    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [full(row) for row in rows]
    assert all(list(json.loads(line)) == NAMES for line in lines)


@given(ROWS)
def test_csv_holds_every_row_under_a_header(rows: list[Row]) -> None:
    encoder = CsvLines(COLUMNS)
    text = (encoder.head() + encoder.encode(rows).data).decode()
    header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)

    assert header == NAMES
    assert [[_value(column.kind, cell) for column, cell in zip(COLUMNS, line, strict=True)] for line in lines] == [
        # An apostrophe may be ours or the text's own; test_formula tells them apart.
        [
            value.replace("'", "") or None
            if isinstance(value, str) and column.kind in (Kind.TEXT, Kind.JSON)
            else value
            for column in COLUMNS
            for value in [_cell(column.kind, row.get(column.name))]
        ]
        for row in rows
    ]


def test_json_lines_are_compact_and_leave_text_as_it_is() -> None:
    assert (
        JsonLines(COLUMNS).encode([{"session_id": "Größe 日本", "device": {"a": [1, None]}, "score": 2}]).data
        == (
            '{"session_id":"Größe 日本","started_at":null,"duration_ms":null,"score":2.0,"crashed":null,'
            '"device":{"a":[1,null]},"user":null}\n'
        ).encode()
    )


def test_csv_lines_end_with_cr_lf_and_are_quoted_where_they_have_to_be() -> None:
    row: Row = {
        "session_id": 'a "b", c',
        "started_at": "2026-11-20T10:00:00Z",
        "duration_ms": -5,
        "score": 0.5,
        "crashed": True,
        "device": {"a": ["=1"]},
        "user": "-1",
    }

    assert CsvLines(COLUMNS).encode([row, {}]).data == (
        b'"a ""b"", c",2026-11-20T10:00:00Z,-5,0.5,true,"{""a"":[""=1""]}",\'-1\r\n,,,,,,\r\n'
    )


@pytest.mark.parametrize("make", [JsonLines, CsvLines])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("session_id", 5),
        ("session_id", b"bytes"),
        ("started_at", "yesterday"),
        ("started_at", "2026-11-20T10:00:00+01:00"),
        ("started_at", "2026-11-20T10:00:00Z\n"),
        ("duration_ms", "5"),
        ("duration_ms", True),
        ("duration_ms", 2**63),
        ("score", float("nan")),
        ("score", "1"),
        ("crashed", 1),
    ],
)
def test_a_value_of_another_kind_is_refused_by_the_name_of_its_column(
    make: Callable[[Sequence[Column]], Encoder], column: str, value: object
) -> None:
    with pytest.raises(ExportError) as refused:
        make(COLUMNS).encode([{}, {column: value}])

    assert refused.value.what == f"A row does not fit the columns of the export: {column}."
    # It is the upstream that is not as documented, and nothing that the operator has configured.
    assert refused.value.code is Code.UPSTREAM_MALFORMED
    assert "yesterday" not in str(refused.value)


@pytest.mark.parametrize("make", [JsonLines, CsvLines])
def test_half_a_surrogate_pair_becomes_the_replacement_character(make: Callable[[Sequence[Column]], Encoder]) -> None:
    assert b"a\xef\xbf\xbdb" in make([TEXT]).encode([{"text": "a\ud800b"}]).data


@pytest.mark.parametrize("make", [JsonLines, CsvLines])
def test_nested_data_that_is_no_json_is_refused(make: Callable[[Sequence[Column]], Encoder]) -> None:
    with pytest.raises(ExportError, match="cannot be written"):
        make(COLUMNS).encode([{"device": {"a": object()}}])


@given(ROWS)
def test_csv_is_what_the_library_of_the_language_writes(rows: list[Row]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_field(column.kind, row.get(column.name)) for column in COLUMNS])

    assert CsvLines(COLUMNS).encode(rows).data == text.getvalue().encode()


@given(st.lists(st.none() | TEXTS, max_size=5))
def test_csv_of_one_column_is_what_the_library_of_the_language_writes(cells: list[str | None]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[_field(Kind.TEXT, cell)] for cell in cells])

    assert CsvLines([TEXT]).encode([{"text": cell} for cell in cells]).data == text.getvalue().encode()


@pytest.mark.parametrize("row", [{"text": "a", "other": "b", "more": 1}, {"other": "b", "text": "a"}, {"more": 1}])
@pytest.mark.parametrize("make", [JsonLines, CsvLines])
def test_every_row_has_the_columns_in_their_order_and_nothing_else(
    make: Callable[[Sequence[Column]], Encoder], row: Row
) -> None:
    columns = [TEXT, Column(name="other", kind=Kind.TEXT, about="Another.")]
    whole = {"text": row.get("text"), "other": row.get("other")}

    assert make(columns).encode([whole, row, whole]) == make(columns).encode([whole] * 3)


def _field(kind: Kind, value: object) -> object:
    """What the library is given for a value."""
    if isinstance(value, str) and kind is Kind.TEXT:
        return neutralised(value)
    if value is not None and kind is Kind.JSON:
        return neutralised_inside(to_json(value).decode())
    return str(value).lower() if isinstance(value, bool) else value
