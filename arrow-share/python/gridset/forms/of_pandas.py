"""pandas, by its own Arrow conversion: the index and the types come back, columns of numbers without a copy.

Columns of Python objects come back as pandas would read them from Parquet; those that Arrow has no type for are pickled.
"""

from __future__ import annotations

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
            return Encoded("pandas.DataFrame", pa.Table.from_pandas(value, preserve_index=index))
        if type(value) is pandas.Series and type(value.name) in _NAMES:
            table = pa.Table.from_pandas(value.to_frame(_COLUMN))
            return Encoded("pandas.Series", table, {"name": value.name})
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return None  # mixed objects, two columns of one name: pickled
    return None


def frame(content: Content) -> Any:
    return _to_pandas(content.table())


def series(content: Content) -> Any:
    return _to_pandas(content.table()).iloc[:, 0].rename(content.detail.get("name"))


def _to_pandas(table: pa.Table) -> Any:
    import pandas  # noqa: F401  pyarrow's own message would not name what is missing

    # A block for each column: one block for all of a type would have to be copied together.
    return table.to_pandas(split_blocks=True)
