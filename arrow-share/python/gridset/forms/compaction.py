"""Slices of string and binary views, made independent of the text that they do not show.

Arrow's writer cuts all other types to what a slice shows. An array of views it writes with all of its text: three rows
cut from a gigabyte would take a gigabyte.
"""

from __future__ import annotations

from typing import Iterator, Optional

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["compacted", "may_show_less"]

# Rebuilding costs two copies, so it has to save something.
_WORTH_IT = 2
_SLACK_BYTES = 1 << 14

_IN_VIEW_BYTES = 12

_VIEWS = tuple(getattr(pa, name)() for name in ("string_view", "binary_view") if hasattr(pa, name))


_PLAIN = frozenset(
    getattr(pa.lib, f"Type_{name}")
    for name in (
        "NA BOOL UINT8 INT8 UINT16 INT16 UINT32 INT32 UINT64 INT64 HALF_FLOAT FLOAT DOUBLE STRING BINARY FIXED_SIZE_BINARY"
        " DATE32 DATE64 TIMESTAMP TIME32 TIME64 DURATION DECIMAL128 DECIMAL256 LARGE_STRING LARGE_BINARY"
    ).split()
)


def may_show_less(schema: pa.Schema) -> bool:
    """Whether it has columns of views, or such that may have some inside: a cheap look, before any at the columns."""
    return not all(type_.id in _PLAIN for type_ in schema.types)


def compacted(array: pa.Array) -> pa.Array:
    """The same array, rebuilt if it would take much more room than what it shows."""
    plain = _without_views(array.type)
    if plain is None:
        return array
    held = shown = 0
    for leaf in _leaves(array):
        held += sum(buffer.size for buffer in leaf.buffers()[2:] if buffer is not None)
        shown += _shown_bytes(leaf)
    if held <= _WORTH_IT * shown + _SLACK_BYTES:
        return array
    try:
        text = array.cast(plain)
        return pa.concat_arrays([text, text.slice(0, 0)]).cast(array.type)  # joining drops what a list does not show
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return array  # views inside of a kind of nesting that Arrow cannot cast: correct, if large


def _without_views(type_: pa.DataType) -> Optional[pa.DataType]:
    """The type with plain strings in place of views; None where there are none, or inside what cannot be cast."""
    if type_ in _VIEWS:
        return pa.large_string() if type_ == _VIEWS[0] else pa.large_binary()
    if pa.types.is_struct(type_):
        inner = [_without_views(field.type) for field in type_]
        if any(each is not None for each in inner):
            return pa.struct([field.with_type(new or field.type) for field, new in zip(type_, inner)])
    elif pa.types.is_map(type_):
        key, item = _without_views(type_.key_type), _without_views(type_.item_type)
        if key is not None or item is not None:
            return pa.map_(
                type_.key_field.with_type(key or type_.key_type), type_.item_field.with_type(item or type_.item_type)
            )
    elif pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        inner_type = _without_views(type_.value_type)
        if inner_type is not None:
            field = type_.value_field.with_type(inner_type)
            if pa.types.is_fixed_size_list(type_):
                return pa.list_(field, type_.list_size)
            return pa.list_(field) if pa.types.is_list(type_) else pa.large_list(field)
    return None


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    """The arrays of views in it, as far as it shows them."""
    type_ = array.type
    if type_ in _VIEWS:
        yield array
    elif pa.types.is_struct(type_):
        for index in range(type_.num_fields):
            yield from _leaves(array.field(index))
    elif pa.types.is_map(type_):
        entries = array.cast(pa.list_(pa.struct([type_.key_field, type_.item_field]))).flatten()
        yield from _leaves(entries)
    elif pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        yield from _leaves(array.flatten())


def _shown_bytes(leaf: pa.Array) -> int:
    """Bytes of text that its views point to: a view is 16 bytes, the first 4 its length, and short ones hold their text."""
    views = leaf.buffers()[1]
    if views is None or len(leaf) == 0:
        return 0
    numbers = pa.Array.from_buffers(pa.int32(), 4 * len(leaf), [None, views], offset=4 * leaf.offset)
    lengths = pc.list_element(pa.FixedSizeListArray.from_arrays(numbers, 4), 0)
    elsewhere = pc.and_(leaf.is_valid(), pc.greater(lengths, _IN_VIEW_BYTES))
    return pc.sum(pc.if_else(elsewhere, lengths, 0).cast(pa.int64())).as_py() or 0
