"""Plain Python values that Arrow gives back exactly: same value, same type."""

from __future__ import annotations

import datetime
import decimal
from typing import Any, Optional

import pyarrow as pa

from .encoded import Content, Encoded
from .of_arrow import one_column

_TYPES = (
    type(None),
    bool,
    int,
    float,
    str,
    bytes,
    decimal.Decimal,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
)


def encode(value: Any) -> Optional[Encoded]:
    if type(value) not in _TYPES:
        return None
    try:
        array = pa.array([value])
        back = array[0].as_py()
    except (pa.ArrowException, OverflowError, ValueError, UnicodeError):
        return None  # such as an int of more than 64 bits
    if type(back) is not type(value) or repr(back) != repr(value):
        return None
    return Encoded("scalar", one_column([array], array.type))


def scalar(content: Content) -> Any:
    return content.array()[0].as_py()
