"""The fallback for everything else: a pickle, which nobody reads without having said that they trust its writer.

Large buffers inside the value (arrays, bytes) stand beside the pickle, each at its own place, and are not copied when
it is read: protocol 5 (PEP 574).
"""

from __future__ import annotations

import pickle
import struct
from typing import Any, List

import pyarrow as pa

from .. import errors
from .encoded import Content, Encoded

_SCHEMA = pa.schema([pa.field("pickle", pa.large_binary(), nullable=False)])


def encode(value: Any) -> Encoded:
    beside: List[pickle.PickleBuffer] = []
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    try:
        stream = pickle.dumps(value, protocol=5, buffer_callback=beside.append)
    except Exception as error:  # whatever its __reduce__ raises
        raise errors.NotSupported(
            f"a {kind} can be put neither as an Arrow table nor as a pickle ({error}): make it a table, an array or a frame"
        ) from error
    parts = [pa.py_buffer(stream)] + [pa.py_buffer(each.raw()) for each in beside]
    batches = [pa.RecordBatch.from_arrays([_row(part)], schema=_SCHEMA) for part in parts]
    return Encoded("pickle", pa.Table.from_batches(batches, _SCHEMA), {"type": kind})


def _row(part: pa.Buffer) -> pa.Array:
    return pa.Array.from_buffers(pa.large_binary(), 1, [None, pa.py_buffer(struct.pack("<qq", 0, part.size)), part])


def value(content: Content) -> Any:
    parts = [_bytes_of(batch.column(0)) for batch in content.batches()]
    return pickle.loads(parts[0], buffers=parts[1:])


def _bytes_of(row: pa.Array) -> pa.Buffer:
    """The row's bytes where they are: a scalar's would be a copy."""
    _, offsets, data = row.buffers()
    begin, end = struct.unpack_from("<qq", offsets, 8 * row.offset)
    return data.slice(begin, end - begin) if data is not None else pa.py_buffer(b"")
