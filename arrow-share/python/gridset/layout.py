"""Where each byte of an Arrow IPC file goes, with every body and every buffer at a multiple of 64.

Arrow's own writer aligns to 8. It is made to write into a recorder, which receives the metadata as bytes and the
buffers of the columns as they are, uncopied; then each piece is given its place, and the few 64-bit numbers of the
metadata that tell places are changed where they stand (format: `Message.fbs`, `File.fbs` of the Arrow specification).
So each column is copied exactly once, from where it is into the object's memory, and a mapping of the object has every
buffer where vector instructions and all readers like it.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Iterator, List, NamedTuple, Sequence, Tuple, Union

import pyarrow as pa

__all__ = ["Layout", "lay_out"]

ALIGNMENT = 64

# Arrow Java numbers the rows of a batch with 31 bits.
MOST_ROWS = 2**31 - 1

_MAGIC = b"ARROW1"
_CONTINUATION = b"\xff\xff\xff\xff"
_END_OF_STREAM = _CONTINUATION + b"\0\0\0\0"

# Below this a plain assignment is cheaper than a call that lets other threads run.
_SMALL = 1 << 16
_COPYING_THREADS = 4

_PARTS_AT_ONCE = 1024  # IOV_MAX

_Piece = Union[bytes, pa.Buffer]


class Layout(NamedTuple):
    """A file of `size` bytes; `pieces` are (position, bytes) in ascending order, with zeros in between."""

    size: int
    pieces: Sequence[Tuple[int, _Piece]]

    def write_to(self, address: int) -> None:
        """Fills `size` bytes of memory at `address`. Other threads run while large buffers are copied."""
        memory = (ctypes.c_char * self.size).from_address(address)
        view = memoryview(memory).cast("B")
        position = 0
        for start, piece in self.pieces:
            if start > position:
                view[position:start] = bytes(start - position)
            position = start + len(piece)
            if isinstance(piece, bytes):
                view[start:position] = piece
            elif piece.size < _SMALL:
                view[start:position] = memoryview(piece).cast("B")
            else:
                target = (ctypes.c_char * piece.size).from_address(address + start)
                with pa.FixedSizeBufferWriter(pa.py_buffer(target)) as copier:
                    copier.set_memcopy_threads(_COPYING_THREADS)
                    copier.write(piece)
        if position < self.size:
            view[position:] = bytes(self.size - position)


    def write_into(self, descriptor: int) -> None:
        """Writes the file with pwritev(2). Other threads run meanwhile."""
        parts: List[memoryview] = []
        position = 0
        for start, piece in self.pieces:
            if start > position:
                parts.append(memoryview(bytes(start - position)))
            parts.append(memoryview(piece).cast("B"))
            position = start + len(piece)
        if position < self.size:
            parts.append(memoryview(bytes(self.size - position)))
        position = first = 0
        while first < len(parts):
            written = os.pwritev(descriptor, parts[first : first + _PARTS_AT_ONCE], position)
            position += written
            while first < len(parts) and written >= len(parts[first]):
                written -= len(parts[first])
                first += 1
            if written:
                parts[first] = parts[first][written:]


def lay_out(content: Union[pa.Table, pa.RecordBatch], *, split: bool = True) -> Layout:
    """Plans the file of a table or batch. `split` keeps batches to as many rows as every reader can take."""
    try:
        return _arrange(_record(content, split))
    except pa.ArrowInvalid:
        # Chunks that disagree about a nested dictionary: a file has one dictionary for all of them.
        if not isinstance(content, pa.Table):
            raise
        return _arrange(_record(content.combine_chunks(), split))


class _Recorder:
    """What Arrow's writer takes for a file: it keeps what it is handed."""

    closed = False

    def __init__(self) -> None:
        self.pieces: List[_Piece] = []
        self._position = 0

    def write(self, piece: _Piece) -> None:
        self.pieces.append(piece)
        self._position += len(piece)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def _record(content: Union[pa.Table, pa.RecordBatch], split: bool) -> List[_Piece]:
    small = content.get_total_buffer_size() <= _SMALL  # then another copy costs less than a call for each buffer
    recorder = _Recorder()
    sink = pa.BufferOutputStream() if small else pa.PythonFile(recorder, mode="w")
    options = pa.ipc.IpcWriteOptions(allow_64bit=True, unify_dictionaries=True)
    with pa.RecordBatchFileWriter(sink, content.schema, options=options) as writer:
        if isinstance(content, pa.RecordBatch):
            writer.write_batch(content)
        else:
            writer.write_table(content, max_chunksize=MOST_ROWS if split else None)
    return [sink.getvalue().to_pybytes()] if small else recorder.pieces


class _Recording:
    """The recorded file, read from its beginning."""

    def __init__(self, pieces: List[_Piece]) -> None:
        self._pieces = pieces
        self._index = 0
        self._offset = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes, which are metadata or padding."""
        piece, end = self._pieces[self._index], self._offset + count
        if isinstance(piece, bytes) and end < len(piece):
            start, self._offset = self._offset, end
            return piece[start:end]
        parts = []
        while count:
            piece = self._pieces[self._index]
            part = bytes(memoryview(piece).cast("B")[self._offset : self._offset + count])
            count -= len(part)
            self._offset += len(part)
            if self._offset == len(piece):
                self._index += 1
                self._offset = 0
            parts.append(part)
        return b"".join(parts)

    def take_buffer(self, count: int) -> _Piece:
        """The next `count` bytes, as one piece if they were written as one."""
        piece = self._pieces[self._index]
        if self._offset == 0 and len(piece) == count:
            self._index += 1
            return piece
        return self.take(count)


def _arrange(recorded: List[_Piece]) -> Layout:
    recording = _Recording(recorded)
    if recording.take(8) != _MAGIC + b"\0\0":
        raise AssertionError("Arrow's writer began a file in an unknown way")
    pieces: List[Tuple[int, _Piece]] = [(0, _MAGIC + b"\0\0")]
    dictionaries: List[bytes] = []
    batches: List[bytes] = []
    position = 8
    while True:
        prefix = recording.take(8)
        if prefix == _END_OF_STREAM:
            break
        if prefix[:4] != _CONTINUATION:
            raise AssertionError("Arrow's writer began a message in an unknown way")
        message = _Message(bytearray(recording.take(struct.unpack("<i", prefix[4:])[0])))
        body = _aligned(position + 8 + len(message.metadata))
        placed, body_bytes = message.place_body(recording)
        message.metadata.extend(bytes(body - position - 8 - len(message.metadata)))
        pieces.append((position, _CONTINUATION + struct.pack("<i", len(message.metadata)) + bytes(message.metadata)))
        pieces.extend((body + start, piece) for start, piece in placed)
        block = struct.pack("<qi4xq", position, body - position, body_bytes)
        if message.kind == _Message.DICTIONARY_BATCH:
            dictionaries.append(block)
        elif message.kind == _Message.RECORD_BATCH:
            batches.append(block)
        position = body + body_bytes
    end = _END_OF_STREAM + _footer(recording, recorded, dictionaries, batches)
    pieces.append((position, end))
    return Layout(position + len(end), pieces)


def _footer(recording: _Recording, recorded: List[_Piece], dictionaries: List[bytes], batches: List[bytes]) -> bytes:
    ending = len(_MAGIC) + 4
    rest = sum(map(len, recorded[recording._index :])) - recording._offset
    footer = bytearray(recording.take(rest - ending))
    root = _Table.root(footer)
    for field, blocks in ((2, dictionaries), (3, batches)):
        start, count = root.vector(field)
        if count != len(blocks):
            raise AssertionError("the footer tells of other blocks than were written")
        footer[start : start + 24 * count] = b"".join(blocks)
    return bytes(footer) + struct.pack("<i", len(footer)) + _MAGIC


class _Message:
    """A message's metadata, a flatbuffer in which places are changed."""

    DICTIONARY_BATCH = 2
    RECORD_BATCH = 3

    def __init__(self, metadata: bytearray) -> None:
        self.metadata = metadata
        self._root = _Table.root(metadata)
        self.kind = self._root.scalar("<B", 1)

    def place_body(self, recording: _Recording) -> Tuple[List[Tuple[int, _Piece]], int]:
        """Takes the body, gives each buffer its place in the new one, and returns the pieces and the new length."""
        length = self._root.scalar("<q", 3)
        placed: List[Tuple[int, _Piece]] = []
        position = taken = 0
        for at, start, count in self._buffers():
            struct.pack_into("<q", self.metadata, at, position)
            if count:
                if start > taken:
                    recording.take(start - taken)
                placed.append((position, recording.take_buffer(count)))
                taken = start + count
                position = _aligned(position + count)
        recording.take(length - taken)
        if length:
            struct.pack_into("<q", self.metadata, self._root.position(3), position)
        return placed, position

    def _buffers(self) -> Iterator[Tuple[int, int, int]]:
        """Where each buffer is told of, its offset in the body and its length."""
        if self.kind == self.DICTIONARY_BATCH:
            batch = self._root.table(2).table(1)
        elif self.kind == self.RECORD_BATCH:
            batch = self._root.table(2)
        else:
            return
        start, count = batch.vector(2)
        for at in range(start, start + 16 * count, 16):
            yield (at, *struct.unpack_from("<qq", self.metadata, at))


class _Table:
    """A flatbuffer's table; fields are numbered as in its schema, and a missing one is zero or empty."""

    def __init__(self, data: bytearray, position: int) -> None:
        self._data = data
        self._position = position

    @classmethod
    def root(cls, data: bytearray) -> _Table:
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def position(self, field: int) -> int:
        """Where the field is, or 0."""
        fields = self._position - struct.unpack_from("<i", self._data, self._position)[0]
        slot = 4 + 2 * field
        if slot >= struct.unpack_from("<H", self._data, fields)[0]:
            return 0
        offset = struct.unpack_from("<H", self._data, fields + slot)[0]
        return self._position + offset if offset else 0

    def scalar(self, form: str, field: int) -> int:
        at = self.position(field)
        return int(struct.unpack_from(form, self._data, at)[0]) if at else 0

    def table(self, field: int) -> _Table:
        return _Table(self._data, self._followed(field))

    def vector(self, field: int) -> Tuple[int, int]:
        """Where its elements begin, and how many there are."""
        if not self.position(field):
            return 0, 0
        at = self._followed(field)
        return at + 4, struct.unpack_from("<I", self._data, at)[0]

    def _followed(self, field: int) -> int:
        at = self.position(field)
        return at + int(struct.unpack_from("<I", self._data, at)[0])


def _aligned(position: int) -> int:
    return -(-position // ALIGNMENT) * ALIGNMENT
