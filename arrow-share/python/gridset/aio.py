"""The same for asyncio: `async with gridset.aio.connect() as client: table = await client.get("x_train")`.

Requests run in the event loop's threads, since copying an object's bytes takes a processor whoever waits for it; what
waits for others (`wait`, streams) waits in the loop, and can be cancelled.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any, AsyncIterator, Dict, List, Mapping, Optional, Union

import pyarrow as pa

from . import client as _client
from . import errors
from .objects import ObjectInfo
from .streams import Stream, StreamWriter

__all__ = ["AsyncClient", "AsyncStream", "AsyncStreamWriter", "connect"]

_FIRST_LOOK_SECONDS = 0.001
_LONGEST_BETWEEN_LOOKS_SECONDS = 0.05
_PAGE = 500


class _Connecting:
    """What `connect` returns: awaited, or entered, it is the client."""

    def __init__(self, socket: Union[str, "os.PathLike[str]", None], options: Any) -> None:
        self._socket = socket
        self._options = options
        self._client: Optional[AsyncClient] = None

    def __await__(self) -> Any:
        return self._connect().__await__()

    async def _connect(self) -> AsyncClient:
        self._client = AsyncClient(await asyncio.to_thread(_client.connect, self._socket, **self._options))
        return self._client

    async def __aenter__(self) -> AsyncClient:
        return await self._connect()

    async def __aexit__(self, *error: object) -> None:
        if self._client is not None:
            self._client.close()


def connect(socket: Union[str, "os.PathLike[str]", None] = None, **options: Any) -> _Connecting:
    """`await` it, or use it in `async with`; takes what `gridset.connect` takes."""
    return _Connecting(socket, options)


class AsyncClient:
    """A `Client` whose methods are awaited. They take, return and raise the same."""

    def __init__(self, client: _client.Client) -> None:
        self.client = client

    async def put_all(self, values: Mapping[str, Any], **attributes: Any) -> Dict[str, ObjectInfo]:
        return await asyncio.to_thread(self.client.put_all, values, **attributes)

    async def put(self, name: str, value: Any, **attributes: Any) -> ObjectInfo:
        return await asyncio.to_thread(self.client.put, name, value, **attributes)

    async def get(self, name: str, **options: Any) -> Any:
        return await asyncio.to_thread(self.client.get, name, **options)

    async def describe(self, name: str) -> ObjectInfo:
        return await asyncio.to_thread(self.client.describe, name)

    async def exists(self, name: str) -> bool:
        return await asyncio.to_thread(self.client.exists, name)

    async def delete(self, name: str) -> bool:
        return await asyncio.to_thread(self.client.delete, name)

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Objects whose names start with `prefix`, for `async for`."""
        after = ""
        while True:
            page: List[ObjectInfo] = await asyncio.to_thread(self.client.page, prefix, after, _PAGE)
            for each in page:
                yield each
            if not page:
                return
            after = page[-1].name

    async def lost(self, prefix: str = "") -> List[ObjectInfo]:
        return await asyncio.to_thread(lambda: list(self.client.lost(prefix)))

    async def migrate(self, name: str, node: str = "", *, keep: bool = False) -> ObjectInfo:
        return await asyncio.to_thread(self.client.migrate, name, node, keep=keep)

    async def wait(self, name: str, timeout: Optional[float] = None) -> ObjectInfo:
        """Waits until there is an object of this name. Raises `TimedOut`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = _FIRST_LOOK_SECONDS
        while True:
            if await self.exists(name):
                try:
                    return await self.describe(name)
                except errors.ObjectNotFound:
                    pass  # gone again
            if deadline is not None and time.monotonic() >= deadline:
                raise errors.TimedOut(f"waited {timeout:g} s in vain for an object {name}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_BETWEEN_LOOKS_SECONDS)

    def open_stream(self, name: str, *, fetch: bool = True) -> AsyncStream:
        return AsyncStream(self.client.open_stream(name, fetch=fetch))

    def close(self) -> None:
        self.client.close()


class AsyncStream:
    """A `Stream` for `async for`."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def __aiter__(self) -> AsyncIterator[pa.RecordBatch]:
        return self.batches()

    async def batches(self, *, wait: float = 60.0, consume: bool = False) -> AsyncIterator[pa.RecordBatch]:
        """As `Stream.batches`; waits in the loop."""
        steps = self.stream.steps(wait=wait, consume=consume)
        while True:
            step = await asyncio.to_thread(next, steps, None)
            if step is None:
                return
            if isinstance(step, float):
                await asyncio.sleep(step)
            else:
                yield step

    async def writer(self, schema: Optional[pa.Schema] = None, **attributes: Any) -> AsyncStreamWriter:
        """Begins the stream: `async with await stream.writer() as writer`."""
        return AsyncStreamWriter(await asyncio.to_thread(self.stream.writer, schema, **attributes))

    async def delete(self) -> bool:
        return await asyncio.to_thread(self.stream.delete)


class AsyncStreamWriter:
    """A `StreamWriter` whose methods are awaited."""

    def __init__(self, writer: StreamWriter) -> None:
        self.writer = writer

    async def append(self, value: Any) -> None:
        await asyncio.to_thread(self.writer.append, value)

    async def close(self, failure: Optional[str] = None) -> None:
        await asyncio.to_thread(self.writer.close, failure)

    async def __aenter__(self) -> AsyncStreamWriter:
        return self

    async def __aexit__(self, kind: Optional[type], error: Optional[BaseException], trace: object) -> None:
        await self.close(None if kind is None else f"{kind.__name__}: {error}")
