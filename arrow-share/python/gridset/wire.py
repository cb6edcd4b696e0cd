"""Frames of the objects' local socket: one request at a time on a connection, answered in order (docs/object-protocol.md)."""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from typing import Any, Dict, NamedTuple, Optional, Union

import pyarrow as pa

from . import errors

__all__ = ["Answer", "Connection"]

_PREFIX = struct.Struct("<II")
_MOST_IN_PART = 1 << 20
_MOST_IN_REQUEST = 128 << 10
_FIRST_READ = 1 << 16
_ONE_DESCRIPTOR = socket.CMSG_SPACE(array.array("i").itemsize)

# `json.dumps` would make an encoder for each call, `json.loads` look for encodings and blanks that no frame has.
_encode_any = json.JSONEncoder(separators=(",", ":")).encode
_encode_text = json.encoder.encode_basestring_ascii
_decode = json.JSONDecoder().raw_decode


def _encode(fields: Dict[str, Any]) -> str:
    """JSON of an object. Texts and truths, which is all that most requests have, take a fraction of an encoder's time."""
    parts = []
    for name, value in fields.items():
        if type(value) is str:
            value = _encode_text(value)
        elif value is False:
            value = "false"
        elif value is not True:
            value = _encode_any(value)
        else:
            value = "true"
        parts.append(f'"{name}":{value}')
    return "{" + ",".join(parts) + "}"


class Answer(NamedTuple):
    """`descriptor` belongs to whoever asked, who closes it."""

    header: Dict[str, Any]
    tail: Optional[pa.Buffer]
    descriptor: Optional[int]


class Connection:
    """One connection, for one thread at a time. After any error in the middle of a frame it is closed."""

    def __init__(self, path: str, token: str = "", timeout: Optional[float] = None) -> None:
        """Connects and says hello. `timeout`: seconds that an answer may take; None for any time.

        Raises `OSError` when nobody listens there.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._first = bytearray(_FIRST_READ)
        try:
            if timeout is not None:  # by the kernel: Python's own would cost a second call for each
                limit = struct.pack("@ll", int(timeout), int(timeout % 1 * 1e6))
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            self._socket.connect(path)
            hello = self.ask("hello", client=f"python {os.getpid()}", token=token).header
        except BaseException:
            self.close()
            raise
        self.node = str(hello.get("node", ""))
        self.version = str(hello.get("version", ""))
        self.inline_bytes = int(hello.get("inlineBytes", 0))

    def close(self) -> None:
        """Gives back all that was staged and claimed on it."""
        self._socket.close()

    @property
    def closed(self) -> bool:
        return self._socket.fileno() < 0

    def usable(self) -> bool:
        """Whether the node has not hung up since the last answer."""
        try:
            self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False  # its end, or bytes that nobody asked for

    def ask(self, op: str, tail: Union[pa.Buffer, bytes] = b"", **fields: Any) -> Answer:
        """Sends a request and waits for its answer.

        Raises what the node answers as a `GridsetError`; `NodeUnavailable` when it goes away; `TimedOut`.
        """
        header = _encode({"op": op, **fields}).encode()
        if len(header) > _MOST_IN_REQUEST or len(tail) > _MOST_IN_PART:
            raise errors.InvalidObject(
                f"a request for {op} has a header of {len(header)} bytes and a tail of {len(tail)}, more than"
                f" {_MOST_IN_REQUEST} and {_MOST_IN_PART}"
            )
        try:
            self._send(_PREFIX.pack(len(header), len(tail)) + header, tail)
            answer = self._receive()
        except BaseException as error:
            self.close()
            if isinstance(error, BlockingIOError):
                raise errors.TimedOut(f"the node has not answered `{op}` in time") from error
            if isinstance(error, OSError) and not isinstance(error, errors.GridsetError):
                raise errors.NodeUnavailable(f"the node went away during `{op}`: {error}") from error
            raise
        if not answer.header.get("ok"):
            if answer.descriptor is not None:
                os.close(answer.descriptor)
            raise errors.of_answer(answer.header)
        return answer

    def _send(self, head: bytes, tail: Union[pa.Buffer, bytes]) -> None:
        if not len(tail):
            self._socket.sendall(head, socket.MSG_NOSIGNAL)
            return
        parts = [memoryview(head), memoryview(tail).cast("B")]
        while parts:
            sent = self._socket.sendmsg(parts, (), socket.MSG_NOSIGNAL)
            while parts and sent >= len(parts[0]):
                sent -= len(parts.pop(0))
            if sent:
                parts[0] = parts[0][sent:]

    def _receive(self) -> Answer:
        first = memoryview(self._first)
        count, ancillary, _, _ = self._socket.recvmsg_into([first], _ONE_DESCRIPTOR, socket.MSG_CMSG_CLOEXEC)
        descriptors = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) // descriptors.itemsize * descriptors.itemsize])
        try:
            return self._rest(first, count, descriptors[0] if descriptors else None)
        except BaseException:
            for descriptor in descriptors:
                os.close(descriptor)
            raise

    def _rest(self, first: memoryview, count: int, descriptor: Optional[int]) -> Answer:
        if count == 0:
            raise ConnectionResetError("it closed the connection")
        if count < _PREFIX.size:
            count += self._fill(first[count : _PREFIX.size])
        header_bytes, tail_bytes = _PREFIX.unpack_from(first)
        if max(header_bytes, tail_bytes) > _MOST_IN_PART:
            raise ConnectionError("what answers does not speak the objects' protocol")
        body = first[_PREFIX.size : count]
        head = self._part(body, header_bytes)
        if not tail_bytes:
            return Answer(_decode(str(head, "utf-8"))[0], None, descriptor)
        tail = pa.allocate_buffer(tail_bytes)
        self._part(body[header_bytes:], tail_bytes, memoryview(tail).cast("B"))
        # The same bytes, but nobody may write to them.
        whole = pa.foreign_buffer(tail.address, tail_bytes, base=tail)
        return Answer(_decode(str(head, "utf-8"))[0], whole, descriptor)

    def _part(self, come: memoryview, size: int, into: Optional[memoryview] = None) -> memoryview:
        """The first `size` bytes of what has come and is still to come: where it lies, or in `into`."""
        if into is None:
            if len(come) >= size:
                return come[:size]
            into = memoryview(bytearray(size))
        come = come[:size]
        into[: len(come)] = come
        self._fill(into[len(come) :])
        return into

    def _fill(self, part: memoryview) -> int:
        wanted = len(part)
        while len(part):
            count = self._socket.recv_into(part)
            if count == 0:
                raise ConnectionResetError("it closed the connection")
            part = part[count:]
        return wanted
