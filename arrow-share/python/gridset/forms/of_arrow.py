"""Arrow's own values. A slice is put as what it shows, not with the whole of what it was cut from."""

from __future__ import annotations

from typing import Any, List, Optional

import pyarrow as pa

from .compaction import compacted, may_show_less
from .encoded import Content, Encoded

_COLUMN = "values"


def encode(value: Any) -> Optional[Encoded]:
    if isinstance(value, pa.Table):
        return Encoded("table", compacted_table(value))
    if isinstance(value, pa.RecordBatch):
        if not may_show_less(value.schema):
            return Encoded("record_batch", value)
        columns = [compacted(column) for column in value.columns]
        if all(new is old for new, old in zip(columns, value.columns)):
            return Encoded("record_batch", value)
        return Encoded("record_batch", pa.RecordBatch.from_arrays(columns, schema=value.schema))
    if isinstance(value, pa.Array):
        return Encoded("array", one_column([compacted(value)], value.type), splits=False)
    if isinstance(value, pa.ChunkedArray):
        return Encoded("chunked_array", one_column([compacted(chunk) for chunk in value.chunks], value.type))
    if isinstance(value, pa.Schema):
        return Encoded("schema", value.empty_table())
    if isinstance(value, pa.Scalar):
        return Encoded("arrow.scalar", one_column([pa.array([value], value.type)], value.type))
    if isinstance(value, pa.RecordBatchReader):
        return Encoded("table", compacted_table(value.read_all()))
    return None


def one_column(chunks: List[pa.Array], type_: pa.DataType) -> pa.Table:
    """A table of one nameless thing."""
    schema = pa.schema([pa.field(_COLUMN, type_)])
    return pa.Table.from_batches([pa.RecordBatch.from_arrays([chunk], schema=schema) for chunk in chunks], schema)


def compacted_table(table: pa.Table) -> pa.Table:
    if not may_show_less(table.schema):
        return table
    for index, column in enumerate(table.columns):
        chunks = [compacted(chunk) for chunk in column.chunks]
        if any(new is not old for new, old in zip(chunks, column.chunks)):
            table = table.set_column(index, table.schema.field(index), pa.chunked_array(chunks, column.type))
    return table


def table(content: Content) -> pa.Table:
    return content.table()


def record_batch(content: Content) -> pa.RecordBatch:
    batches = list(content.batches())
    if len(batches) == 1:
        return batches[0]
    whole = content.table().combine_chunks()
    return pa.RecordBatch.from_arrays(
        [column.chunk(0) if column.num_chunks else pa.array([], column.type) for column in whole.columns],
        schema=content.schema,
    )


def array(content: Content) -> pa.Array:
    return content.array()


def chunked_array(content: Content) -> pa.ChunkedArray:
    return content.column()


def schema(content: Content) -> pa.Schema:
    return content.schema


def scalar(content: Content) -> pa.Scalar:
    return content.array()[0]
