"""NumPy arrays of any type and shape, as the bytes they are.

Numbers become columns that every reader understands: an array of n dimensions has a row for each of its first one,
as a canonical fixed-shape tensor. Anything else (complex, records, fixed strings, foreign byte order) is a column of
fixed-size binary. Read back, the array is a read-only view of the object's memory.
"""

from __future__ import annotations

import ast
import math
import sys
from typing import Any, List, Optional, Sequence, Tuple

import pyarrow as pa

from .encoded import Content, Encoded
from .of_arrow import one_column

_UNITS = ("s", "ms", "us", "ns")
_MOST_IN_ROW = 2**31 - 1


def encode(value: Any) -> Optional[Encoded]:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.generic):
        form, array = "numpy.scalar", numpy.asarray(value)
    elif type(value) in (numpy.ndarray, numpy.memmap):
        form, array = "numpy", value
    else:
        return None
    if array.dtype.hasobject or array.dtype.kind == "T":
        return None
    order = "C"
    if array.flags.f_contiguous and not array.flags.c_contiguous:
        order, array = "F", array.T  # its bytes as they are
    array = numpy.ascontiguousarray(array).reshape(array.shape)
    detail = {
        "dtype": repr(numpy.lib.format.dtype_to_descr(array.dtype)),
        "shape": list(array.shape),
        "order": order,
    }
    column = _column(numpy, array)
    return Encoded(form, one_column([column], column.type), detail, splits=False)


def _column(numpy: Any, array: Any) -> pa.Array:
    kind = _arrow_type(array.dtype)
    flat = array.reshape(-1)
    if kind is None:
        width = array.dtype.itemsize
        if width == 0:
            return pa.nulls(flat.size)
        kind = pa.binary(width)
    missing = None
    if array.dtype.kind in "mM" and numpy.isnat(flat).any():
        missing = pa.py_buffer(numpy.packbits(~numpy.isnat(flat), bitorder="little"))
    values = pa.Array.from_buffers(kind, flat.size, [missing, _bytes_of(flat)])
    if array.ndim < 2 or pa.types.is_fixed_size_binary(kind) or 0 in array.shape:
        return values
    in_row = math.prod(array.shape[1:])
    if in_row > _MOST_IN_ROW or missing is not None:
        return values
    rows = pa.FixedSizeListArray.from_arrays(values, in_row)
    if not hasattr(pa, "fixed_shape_tensor"):
        return rows
    tensor = pa.fixed_shape_tensor(kind, array.shape[1:])
    return pa.ExtensionArray.from_storage(tensor, rows.cast(tensor.storage_type))


def _bytes_of(flat: Any) -> pa.Buffer:
    if flat.size == 0:
        return pa.py_buffer(b"")
    return pa.foreign_buffer(flat.ctypes.data, flat.nbytes, base=flat)


def _arrow_type(dtype: Any) -> Optional[pa.DataType]:
    """Arrow's type with the same bytes, if there is one."""
    if not dtype.isnative or dtype.names or dtype.subdtype:
        return None
    if dtype.kind == "b":
        return pa.uint8()
    if dtype.kind in "iu" and dtype.itemsize <= 8:
        return getattr(pa, f"{'u' if dtype.kind == 'u' else ''}int{8 * dtype.itemsize}")()
    if dtype.kind == "f" and dtype.itemsize in (2, 4, 8):
        return getattr(pa, f"float{8 * dtype.itemsize}")()
    if dtype.kind in "mM":
        unit, step = _unit(dtype)
        if unit in _UNITS and step == 1:
            return pa.timestamp(unit) if dtype.kind == "M" else pa.duration(unit)
    return None


def _unit(dtype: Any) -> Tuple[str, int]:
    import numpy

    unit, step = numpy.datetime_data(dtype)
    return str(unit), int(step)


def array(content: Content) -> Any:
    import numpy

    dtype = _dtype(numpy, ast.literal_eval(content.detail["dtype"]))
    shape: Sequence[int] = content.detail["shape"]
    column = content.array()
    size = math.prod(shape)
    if size == 0 or dtype.itemsize == 0:
        flat = numpy.empty(size, dtype)
        flat.flags.writeable = False
    else:
        flat = numpy.frombuffer(_values(column), dtype, size)
    found = flat.reshape(shape)
    return found.T if content.detail.get("order") == "F" else found


def scalar(content: Content) -> Any:
    return array(content)[()]


def _values(column: pa.Array) -> pa.Buffer:
    """The bytes that the column shows."""
    width = 1
    while True:
        if isinstance(column, pa.ExtensionArray):
            column = column.storage
        if not pa.types.is_fixed_size_list(column.type):
            break
        column = column.flatten()
    width = column.type.bit_width // 8
    buffers: List[Optional[pa.Buffer]] = column.buffers()
    whole = buffers[1]
    assert whole is not None
    return whole.slice(column.offset * width, len(column) * width)


def _dtype(numpy: Any, description: Any) -> Any:
    return numpy.lib.format.descr_to_dtype(description)
