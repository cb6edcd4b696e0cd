"""An object's memory in this process, through the C library: Python's own `mmap` would keep a descriptor open for each.

A mapping for reading is an immutable `pyarrow.Buffer`. Whatever is made of it (arrays, tables, views of them) keeps it;
when the last one goes, the mapping goes, and with the last mapping anywhere the memory of a deleted object.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
from types import TracebackType
from typing import Callable, Iterator, Optional, Set, Type

import pyarrow as pa

__all__ = ["Staging", "map_readable", "owned"]

_POPULATE = 0x8000  # MAP_POPULATE: one pass of the kernel in place of a fault each 4 KiB
_DO_NOT_FORK = 10  # MADV_DONTFORK
_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def map_readable(descriptor: int, size: int) -> pa.Buffer:
    """Maps the first `size` bytes for reading. The descriptor may be closed at once."""
    address = _map(descriptor, size, mmap.PROT_READ, mmap.MAP_SHARED)
    return pa.foreign_buffer(address, size, base=_Mapping(address, size))


@contextlib.contextmanager
def owned(descriptor: int) -> Iterator[None]:
    """Closes the descriptor at its end, and in a child that is forked meanwhile: a copy there could still write."""
    _owned.add(descriptor)
    try:
        yield
    finally:
        _owned.discard(descriptor)
        os.close(descriptor)


_owned: Set[int] = set()


def _after_fork_in_child() -> None:
    while _owned:
        os.close(_owned.pop())


os.register_at_fork(after_in_child=_after_fork_in_child)


class Staging:
    """Memory to write an object to: a context, which unmaps at its end. A forked child does not inherit the mapping."""

    def __init__(self, descriptor: int, size: int) -> None:
        protection = mmap.PROT_READ | mmap.PROT_WRITE
        self.address = _map(descriptor, size, protection, mmap.MAP_SHARED | _POPULATE)
        self._mapping = _Mapping(self.address, size)
        _libc.madvise(self.address, size, _DO_NOT_FORK)

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._mapping.unmap()


class _Mapping:
    """Owns an address range, and gives it back when nobody refers to it any more."""

    __slots__ = ("_address", "_size")

    def __init__(self, address: int, size: int) -> None:
        self._address = address
        self._size = size

    def unmap(self) -> None:
        address, self._address = self._address, 0
        if address:
            _libc.munmap(address, self._size)

    def __del__(self, unmap: Callable[[int, int], object] = _libc.munmap) -> None:  # arrays may outlive this module
        if self._address:
            unmap(self._address, self._size)


def _map(descriptor: int, size: int, protection: int, flags: int) -> int:
    address = _libc.mmap(None, size, protection, flags, descriptor, 0)
    if address is None or address == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot map {size} bytes of an object: {os.strerror(number)}")
    return int(address)
