"""Parquet is typed and documented, and what is written is what pyarrow reads back."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given

from crashgate.errors import ExportError
from crashgate.exports.page import Row
from crashgate.model.export import Column, Kind
from crashgate.storage.parquet import GROUP_BYTES, GROUP_ROWS, Parquet
from tests.exports.samples import COLUMNS, ROWS, full

pq: Any = import_module("pyarrow.parquet")  # its stubs leave half of it unknown
MOMENT = Column(name="moment", kind=Kind.TIME, about="A moment.")
TEXT = Column(name="text", kind=Kind.TEXT, about="A text.")


def _file(columns: tuple[Column, ...], *pages: Sequence[Row]) -> bytes:
    encoder = Parquet(columns)
    stream = encoder.head() + b"".join(encoder.encode(page).data for page in pages)
    target = io.BytesIO()
    encoder.converter(io.BytesIO(stream), target)
    return target.getvalue()


def _read(data: bytes) -> Any:  # noqa: ANN401 - a table of pyarrow
    return pq.read_table(io.BytesIO(data))


def _written(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = full(row)
    if values["started_at"] is not None:
        values["started_at"] = datetime.fromisoformat(values["started_at"])
    return values


@given(ROWS, ROWS)
def test_a_parquet_file_holds_every_row_of_every_page(one: list[Row], other: list[Row]) -> None:
    read = _read(_file(COLUMNS, one, other)).to_pylist()

    for row in read:
        row["device"] = None if row["device"] is None else json.loads(row["device"])
    assert read == [_written(row) for row in (*one, *other)]


def test_columns_are_typed_and_described() -> None:
    schema = _read(_file(COLUMNS, [])).schema

    assert {field.name: str(field.type) for field in schema} == {
        "session_id": "string",
        "started_at": "timestamp[ms, tz=UTC]",
        "duration_ms": "int64",
        "score": "double",
        "crashed": "bool",
        "device": "string",
        "user": "string",
    }
    assert {field.name: field.metadata[b"description"].decode() for field in schema} == {
        column.name: column.about for column in COLUMNS
    }


def test_what_is_finer_than_a_millisecond_is_cut_off() -> None:
    texts = ["2026-11-20T17:18:16Z", "2026-11-20T17:18:16.5Z", "2026-11-20T17:18:16.123999999Z"]

    assert _read(_file((MOMENT,), [{"moment": text} for text in texts])).to_pydict() == {
        "moment": [datetime(2026, 11, 20, 17, 18, 16, micros, tzinfo=UTC) for micros in (0, 500_000, 123_000)]
    }


def test_a_day_that_is_in_no_calendar_is_refused() -> None:
    with pytest.raises(ExportError, match="cannot be written"):
        Parquet((MOMENT,)).encode([{"moment": "2026-02-30T00:00:00Z"}])


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert _read(_file((TEXT,), [{"text": "a\ud800b"}])).to_pydict() == {"text": ["a\ufffdb"]}


def test_row_groups_are_bounded_and_compressed_however_large_pages_are() -> None:
    number = Column(name="n", kind=Kind.INTEGER, about="A number.")
    rows: list[Row] = [{"n": n} for n in range(GROUP_ROWS + 5)]
    data = _file((number,), rows[:3], rows[3:], rows[:GROUP_ROWS])
    found = pq.ParquetFile(io.BytesIO(data)).metadata

    assert [found.row_group(n).num_rows for n in range(found.num_row_groups)] == [GROUP_ROWS, GROUP_ROWS, 5]
    assert found.row_group(0).column(0).compression == "ZSTD"
    assert _read(data).column("n").to_pylist() == [*range(GROUP_ROWS + 5), *range(GROUP_ROWS)]


def test_a_row_group_of_large_rows_has_fewer_of_them() -> None:
    large = {"text": "x" * (GROUP_BYTES // 4)}
    found = pq.ParquetFile(io.BytesIO(_file((TEXT,), *[[large]] * 9))).metadata

    assert [found.row_group(n).num_rows for n in range(found.num_row_groups)] == [4, 4, 1]


def test_a_stream_of_other_columns_is_not_converted() -> None:
    with pytest.raises(ValueError, match="other columns"):
        Parquet((TEXT,)).converter(io.BytesIO(Parquet((MOMENT,)).head()), io.BytesIO())
