"""polars, with text as string views, which it maps as they are."""

from __future__ import annotations

import sys
from typing import Any, Optional

import pyarrow as pa

from .. import errors
from .encoded import Content, Encoded
from .of_arrow import compacted_table


def encode(value: Any) -> Optional[Encoded]:
    polars = sys.modules.get("polars")
    if polars is None or not hasattr(polars, "DataFrame"):
        return None
    if isinstance(value, polars.LazyFrame):
        raise errors.NotSupported("a polars LazyFrame has no rows yet: put(name, frame.collect())")
    try:
        if isinstance(value, polars.DataFrame):
            return _encode_frame(polars, value)
        if isinstance(value, polars.Series):
            encoded = _encode_frame(polars, value.to_frame())
            if encoded is not None:
                return Encoded("polars.Series", encoded.content)
    except (pa.ArrowException, polars.exceptions.PolarsError, polars.exceptions.PanicException, ValueError, TypeError):
        return None  # columns of Python objects: pickled
    return None


def _encode_frame(polars: Any, frame: Any) -> Optional[Encoded]:
    table = _to_arrow(polars, frame)
    back = polars.from_arrow(table.slice(0, 0)) if table.num_columns else frame.clear()
    if back.schema != frame.schema:
        return None  # a type that Arrow knows under another name only
    return Encoded("polars.DataFrame", compacted_table(table))


def _to_arrow(polars: Any, frame: Any) -> pa.Table:
    newest = getattr(polars, "CompatLevel", None)
    return frame.to_arrow(compat_level=newest.newest()) if newest else frame.to_arrow()


def frame(content: Content) -> Any:
    import polars

    return polars.from_arrow(content.table(), rechunk=False)


def series(content: Content) -> Any:
    return frame(content).to_series(0)
