"""pandas, by its own Arrow conversion: the index and the types come back, columns of numbers without a copy.

Columns of Python objects come back as pandas would read them from Parquet; those that Arrow has no type for are pickled.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Optional

import pyarrow as pa

from .encoded import Content, Encoded

_COLUMN = "values"
_NAMES = (str, int, type(None))


def encode(value: Any) -> Optional[Encoded]:
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return None
    try:
        if type(value) is pandas.DataFrame:
            # A range is kept as three numbers, unless nothing else tells how many rows there are.
            index = None if len(value.columns) else True
            table = _of_numbers(value) or pa.Table.from_pandas(value, preserve_index=index)
            return Encoded("pandas.DataFrame", table)
        if type(value) is pandas.Series and type(value.name) in _NAMES:
            frame = value.to_frame(_COLUMN)
            table = _of_numbers(frame) or pa.Table.from_pandas(frame)
            return Encoded("pandas.Series", table, {"name": value.name})
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return None  # mixed objects, two columns of one name: pickled
    return None


def _of_numbers(frame: Any) -> Optional[pa.Table]:
    """What pyarrow makes of a frame that has numbers only, over the frame's own memory and without its look at each value.

    None for any other frame, and for few rows, of which pyarrow makes a table as fast.
    """
    import numpy as np
    import pandas

    index = frame.index
    ranged = type(index) is pandas.RangeIndex
    if len(frame) < _MANY_ROWS or not len(frame.columns) or not all(map(_is_number, frame.dtypes)):
        return None
    if not ranged and (type(index) is not pandas.Index or not _is_number(index.dtype)):
        return None
    empty = pa.Table.from_pandas(frame.iloc[:0])  # names, types and what restores the frame; refuses what pyarrow does
    schema = _with_range(empty.schema, index) if ranged else empty.schema
    columns = [column.to_numpy() for _, column in frame.items()]
    if not ranged:
        columns.append(index.to_numpy())
    return pa.Table.from_arrays([pa.array(values, from_pandas=_has_nan(np, values)) for values in columns], schema=schema)


_MANY_ROWS = 10_000


def _is_number(dtype: Any) -> bool:
    """Of those that Arrow takes as they are."""
    return getattr(dtype, "isnative", False) and dtype.kind in "iuf" and dtype.itemsize in (4, 8)


def _has_nan(np: Any, values: Any) -> bool:
    if values.dtype.kind != "f":
        return False
    # Squares are NaN only of NaN, and no two of them add up to one; no other look is as fast.
    with np.errstate(all="ignore"):
        return bool(np.isnan(np.dot(values, values) if values.flags.c_contiguous else np.min(values)))


def _with_range(schema: pa.Schema, index: Any) -> pa.Schema:
    """The schema of a frame's first no rows, telling of the whole range."""
    metadata = dict(schema.metadata)
    told = json.loads(metadata[b"pandas"])
    told["index_columns"][0].update(start=index.start, stop=index.stop, step=index.step)
    return schema.with_metadata({**metadata, b"pandas": json.dumps(told).encode()})


def frame(content: Content) -> Any:
    return _to_pandas(content.table())


def series(content: Content) -> Any:
    return _to_pandas(content.table()).iloc[:, 0].rename(content.detail.get("name"))


def _to_pandas(table: pa.Table) -> Any:
    import pandas  # noqa: F401  pyarrow's own message would not name what is missing

    # A block for each column: one block for all of a type would have to be copied together.
    return table.to_pandas(split_blocks=True)
