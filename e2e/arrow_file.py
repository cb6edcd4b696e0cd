"""Arrow IPC files of one column of integers, written by hand: the end-to-end runs need no pyarrow.

Format: Arrow columnar format 1.5, "IPC File Format"; metadata are flatbuffers (Message.fbs, Schema.fbs, File.fbs).
"""

import struct
from typing import Callable, Dict, List, Optional, Tuple, Union

MAGIC = b"ARROW1"
V5 = 4
SCHEMA, RECORD_BATCH = 1, 3
INT = 2
ALIGNED = 64

Child = Callable[[], int]
Field = Tuple[str, Union[int, Child]]


class Flatbuffer:
    """Writes parents before their children, which the format allows."""

    def __init__(self) -> None:
        self.bytes = bytearray(4)

    def root(self, child: Child) -> bytes:
        struct.pack_into("<I", self.bytes, 0, child())
        return bytes(self.bytes)

    def pad(self, multiple: int, ahead: int = 0) -> None:
        while (len(self.bytes) + ahead) % multiple:
            self.bytes.append(0)

    def table(self, fields: Dict[int, Field]) -> int:
        """Fields by their slot; "u" is an offset to a child, the others are formats of struct."""
        slots = max(fields) + 1
        offsets = [0] * slots
        size = 4
        for slot in sorted(fields, key=lambda s: -self._width(fields[s])):
            width = self._width(fields[slot])
            size += -size % width
            offsets[slot] = size
            size += width
        table_bytes = size
        vtable = struct.pack(f"<HH{slots}H", 4 + 2 * slots, table_bytes, *offsets)
        self.pad(8, len(vtable))
        self.bytes += vtable
        start = len(self.bytes)
        self.bytes += struct.pack("<i", len(vtable)) + bytes(table_bytes - 4)
        children: List[Tuple[int, Child]] = []
        for slot, (kind, value) in fields.items():
            at = start + offsets[slot]
            if callable(value):
                children.append((at, value))
            else:
                struct.pack_into("<" + kind, self.bytes, at, value)
        for at, child in children:
            struct.pack_into("<I", self.bytes, at, child() - at)
        return start

    @staticmethod
    def _width(field: Field) -> int:
        return 4 if field[0] == "u" else struct.calcsize("<" + field[0])

    def string(self, text: str) -> int:
        self.pad(4)
        start = len(self.bytes)
        data = text.encode()
        self.bytes += struct.pack("<I", len(data)) + data + b"\0"
        return start

    def structs(self, packed: List[bytes]) -> int:
        self.pad(8, 4)
        start = len(self.bytes)
        self.bytes += struct.pack("<I", len(packed)) + b"".join(packed)
        return start

    def tables(self, children: List[Child]) -> int:
        self.pad(4)
        start = len(self.bytes)
        self.bytes += struct.pack("<I", len(children)) + bytes(4 * len(children))
        for i, child in enumerate(children):
            at = start + 4 + 4 * i
            struct.pack_into("<I", self.bytes, at, child() - at)
        return start


def _schema(flat: Flatbuffer, column: str) -> int:
    def field() -> int:
        return flat.table({
            0: ("u", lambda: flat.string(column)), 1: ("B", 0), 2: ("B", INT),
            3: ("u", lambda: flat.table({0: ("i", 64), 1: ("B", 1)})),
            5: ("u", lambda: flat.tables([]))})
    return flat.table({0: ("h", 0), 1: ("u", lambda: flat.tables([field]))})


def _message(at: int, kind: int, header: Callable[[Flatbuffer], int], body_bytes: int) -> bytes:
    """Padded, so that what follows it begins at a multiple of 64."""
    flat = Flatbuffer()
    metadata = flat.root(lambda: flat.table({
        0: ("h", V5), 1: ("B", kind), 2: ("u", lambda: header(flat)), 3: ("q", body_bytes)}))
    metadata += bytes(-(at + 8 + len(metadata)) % ALIGNED)
    return struct.pack("<Ii", 0xFFFFFFFF, len(metadata)) + metadata


def ends(rows: int, column: str = "a", compression: Optional[int] = None) -> Tuple[bytes, bytes]:
    """What comes before and after the values of a file of `rows` 64-bit integers in one batch."""
    body_bytes = 8 * rows
    body_bytes += -body_bytes % ALIGNED

    def batch(flat: Flatbuffer) -> int:
        fields: Dict[int, Field] = {
            0: ("q", rows),
            1: ("u", lambda: flat.structs([struct.pack("<qq", rows, 0)])),
            2: ("u", lambda: flat.structs([struct.pack("<qq", 0, 0), struct.pack("<qq", 0, 8 * rows)]))}
        if compression is not None:
            fields[3] = ("u", lambda: flat.table({0: ("b", compression), 1: ("b", 0)}))
        return flat.table(fields)

    before = MAGIC + b"\0\0"
    before += _message(len(before), SCHEMA, lambda flat: _schema(flat, column), 0)
    at = len(before)
    message = _message(at, RECORD_BATCH, batch, body_bytes)
    before += message
    flat = Flatbuffer()
    footer = flat.root(lambda: flat.table({
        0: ("h", V5), 1: ("u", lambda: _schema(flat, column)), 2: ("u", lambda: flat.structs([])),
        3: ("u", lambda: flat.structs([struct.pack("<qiiq", at, len(message), 0, body_bytes)]))}))
    footer += bytes(-len(footer) % 8)
    after = bytes(body_bytes - 8 * rows) + struct.pack("<Ii", 0xFFFFFFFF, 0)
    after += footer + struct.pack("<i", len(footer)) + MAGIC
    return before, after


def table(values: List[int], column: str = "a", compression: Optional[int] = None) -> bytes:
    """A whole file."""
    before, after = ends(len(values), column, compression)
    return before + struct.pack(f"<{len(values)}q", *values) + after
