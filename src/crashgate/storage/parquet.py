"""Parquet, by pyarrow. Pages go to an Arrow stream, which can be cut; at the end it is made into the Parquet file.

A Parquet file has its index at the end and cannot be cut back to the end of a page. An Arrow stream
(https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format) is a schema and then one message a page, and
every beginning of it that ends with a message is a stream. The Parquet file is compressed with zstd; the description of
a column is in the metadata of its field.

pyarrow comes with the extra ``parquet``. It is imported when the first Parquet file is asked for: it takes a tenth of
a second and memory that other formats need not pay. It is used without its types, whose stubs leave half of what is
used here unknown.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import chain
from typing import IO, Any, Final, cast

from pydantic_core import to_json

from crashgate.errors import Code, ExportError
from crashgate.exports.encoder import Converter, Encoded, FittedColumns, Fitting, encode_rows
from crashgate.exports.page import Row
from crashgate.model.export import Column, Kind

GROUP_ROWS: Final = 16_384
"""Rows of a row group at most."""
GROUP_BYTES: Final = 8 * 1024 * 1024
"""A row group is closed when its rows take so many bytes in memory."""
_COMES_AGAIN: Final = 2
"""So often at least, on average, in the first page."""
_TIME_LENGTH: Final = len("2026-11-20T17:18:16.123Z")


class Parquet:
    """Encodes rows as messages of an Arrow stream, and makes a Parquet file of them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        """Raises ExportError where pyarrow is not installed."""
        arrow = _pyarrow()
        types = {
            Kind.TEXT: arrow.string(),
            Kind.INTEGER: arrow.int64(),
            Kind.NUMBER: arrow.float64(),
            Kind.BOOLEAN: arrow.bool_(),
            Kind.TIME: arrow.timestamp("ms", tz="UTC"),
            Kind.JSON: arrow.string(),
        }
        self._arrow = arrow
        self._columns = tuple(columns)
        self._types = [types[column.kind] for column in columns]
        self._fitting = Fitting(columns)
        self._schema = arrow.schema(
            [arrow.field(column.name, types[column.kind], metadata={"description": column.about}) for column in columns]
        )

    def head(self) -> bytes:
        """The message with the schema."""
        return bytes(self._schema.serialize())

    def encode(self, rows: Sequence[Row]) -> Encoded:
        """One message. Raises ExportError for rows that do not fit the columns."""
        return Encoded(data=encode_rows(self._fitting.columns(rows), self._message) if rows else b"")

    @property
    def converter(self) -> Converter:
        """Makes a Parquet file of an Arrow stream."""
        return self._convert

    def _convert(self, source: IO[bytes], target: IO[bytes]) -> None:
        """Row group by row group. Raises ValueError when the source is no Arrow stream of these columns."""
        ipc: Any = import_module("pyarrow.ipc")
        parquet: Any = import_module("pyarrow.parquet")
        with ipc.open_stream(source) as stream:
            if stream.schema != self._schema:
                raise ValueError("the stream has other columns")
            first = next(stream, None)
            repeating = [] if first is None else self._repeating(first)
            with parquet.ParquetWriter(
                target, self._schema, compression="zstd", use_dictionary=repeating or False
            ) as writer:
                for group in _groups(stream if first is None else chain((first,), stream)):
                    writer.write_table(self._arrow.Table.from_batches(group, self._schema), row_group_size=GROUP_ROWS)

    def _repeating(self, batch: Any) -> list[str]:  # noqa: ANN401 - a batch of pyarrow, see above
        """The text columns whose values come again and again: of ids, a dictionary is time and space for nothing."""
        texts = [column.name for column in self._columns if column.kind is Kind.TEXT]
        return [name for name in texts if len(set(batch.column(name).to_pylist())) * _COMES_AGAIN <= batch.num_rows]

    def _message(self, columns: FittedColumns) -> bytes:
        arrays = [
            self._array(column, kind, values)
            for column, kind, values in zip(self._columns, self._types, columns, strict=True)
        ]
        return bytes(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema).serialize())

    def _array(self, column: Column, kind: object, values: Sequence[object]) -> object:
        if column.kind is Kind.TIME:
            return self._arrow.array(_milliseconds(values), type=self._arrow.string()).cast(kind)
        if column.kind is Kind.JSON:
            values = [None if value is None else to_json(value, inf_nan_mode="null").decode() for value in values]
        return self._arrow.array(values, type=kind)


def _pyarrow() -> Any:  # noqa: ANN401 - a module that is used without its types, see above
    try:
        return import_module("pyarrow")
    except ImportError as problem:
        raise ExportError(
            "This crashgate cannot write Parquet.",
            why="pyarrow is not installed.",
            remedy="Choose csv or jsonl. For Parquet the operator should run: pip install 'crashgate[parquet]'",
            code=Code.CONFIGURATION,
        ) from problem


def _milliseconds(values: Sequence[object]) -> Sequence[object]:
    """``2026-11-20T17:18:16.123456Z`` without what is finer than a millisecond."""
    times = cast("Sequence[str | None]", values)
    if max(map(len, filter(None, times)), default=0) <= _TIME_LENGTH:
        return times
    return [time if time is None or len(time) <= _TIME_LENGTH else f"{time[: _TIME_LENGTH - 1]}Z" for time in times]


def _groups(stream: Any) -> Iterator[list[Any]]:  # noqa: ANN401 - batches of pyarrow, see above
    """Batches that make one row group together. Where it ends depends on the rows and pages alone."""
    group: list[Any] = []
    rows = size = 0
    for batch in stream:
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, GROUP_ROWS - rows)
            start += part.num_rows
            group.append(part)
            rows += part.num_rows
            size += part.nbytes
            if rows >= GROUP_ROWS or size >= GROUP_BYTES:
                yield group
                group, rows, size = [], 0, 0
    if group:
        yield group
