"""Whatever offers Arrow's PyCapsule interface: a DuckDB result, a nanoarrow stream, another library's table."""

from __future__ import annotations

from typing import Any, Optional

import pyarrow as pa

from . import of_arrow
from .encoded import Encoded


# Their own modules know more of them than a stream tells; what those refuse is pickled.
_KNOWN_ELSEWHERE = ("pandas", "polars")


def encode(value: Any) -> Optional[Encoded]:
    if isinstance(value, type) or any(base.__module__.split(".")[0] in _KNOWN_ELSEWHERE for base in type(value).__mro__):
        return None
    for method, make in (
        ("__arrow_c_stream__", pa.table),
        ("__arrow_c_stream__", pa.chunked_array),
        ("__arrow_c_array__", pa.record_batch),
        ("__arrow_c_array__", pa.array),
    ):
        if hasattr(value, method):
            try:
                return of_arrow.encode(make(value))
            except (pa.ArrowException, TypeError, ValueError):
                pass  # it offers another of them, or something that only pickle takes
    return None
