"""Batches under a name, appended by one process and read by others while they come.

Each batch is an object of its own, `<name>/00000000` and so on, whole from the moment it can be seen. When the writer
is done it puts `<name>` itself, which tells how many there are; until then it holds the claim to that name, so that
readers know whether it lives.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, Dict, Iterator, List, Optional, Union

import pyarrow as pa

from . import errors, forms
from .client import Claim, Client, with_origin
from .objects import ObjectAttributes, ObjectInfo

__all__ = ["Stream", "StreamWriter", "whole_stream"]

_DIGITS = 8
_CLAIM_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = (0.001, 0.05)
_PROBE_EVERY_SECONDS = 1.0
_PAGE = 64

_BATCHES = "gridset.stream.batches"
_FAILURE = "gridset.stream.failure"


class Stream:
    """A stream by its name. Iterating reads it from its beginning, each time anew; `writer()` writes it, once.

    Any object that holds a table can be read as a stream of its batches, too.
    """

    def __init__(self, client: Client, name: str, *, fetch: bool = True) -> None:
        """Use `Client.open_stream`."""
        self._client = client
        self._fetch = fetch
        self.name = name

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self.batches()

    def batches(self, *, wait: float = 60.0, consume: bool = False) -> Iterator[pa.RecordBatch]:
        """The batches in order, each over its object's memory; waits for those that are still to come.

        `wait`: seconds to wait for a writer to begin; one that has begun is waited for as long as it lives. `consume`:
        deletes each batch when the next one is asked for, so that a long stream takes little memory; for a single
        reader.

        Raises `StreamBroken` when the writer failed or died, `TimedOut`.
        """
        for step in self.steps(wait=wait, consume=consume):
            if isinstance(step, float):
                time.sleep(step)
            else:
                yield step

    def steps(self, *, wait: float = 60.0, consume: bool = False) -> Iterator[Union[pa.RecordBatch, float]]:
        """As `batches`, but where that would sleep this yields for how many seconds."""
        looks = _Looks(self._client, self.name, wait)
        number = 0
        while True:
            ready = self._ready_after(number)
            for path in ready:
                yield from forms.Content(self._client.get_buffer(path, fetch=self._fetch)).batches()
                if consume:
                    self._client.delete(path)
            number += len(ready)
            if ready:
                looks.progress()
                continue
            end = self._end()
            if end is None:
                yield looks.pause(begun=number > 0)
            elif end.attributes.form != "stream":
                yield from forms.Content(self._client.get_buffer(self.name, fetch=self._fetch)).batches()
                return
            elif _FAILURE in end.attributes.labels:
                raise errors.StreamBroken(
                    f"the writer of {self.name} failed after {number} batches: {end.attributes.labels[_FAILURE]}"
                )
            elif number >= int(end.attributes.labels[_BATCHES]):
                return
            else:
                looks.missing(number)

    def writer(self, schema: Optional[pa.Schema] = None, **attributes: Any) -> StreamWriter:
        """Begins the stream; a context. `schema` is the first batch's if not given. `attributes` are those of `put`.

        Raises `ObjectExists` when there is such an object, somebody writes it, or batches of a broken one are left.
        """
        return StreamWriter(self._client, self.name, schema, attributes)

    def delete(self) -> bool:
        """Deletes the stream and its batches. False when there was nothing."""
        found = self._client.delete(self.name)
        for each in [*self._client.list(f"{self.name}/")]:
            if _is_batch(self.name, each, self._client):
                found |= self._client.delete(f"{each.namespace}:{each.name}")
        return found

    def _ready_after(self, number: int) -> List[str]:
        """Names of the batches from `number` on that can be read now, without a gap."""
        after = _batch_name(self.name, number - 1) if number else ""
        names: List[str] = []
        for each in self._client.page(f"{self.name}/", after, _PAGE):
            wanted = _batch_name(self.name, number + len(names))
            if self._client.name_of(wanted).path != each.name:
                break
            names.append(wanted)
        return names

    def _end(self) -> Optional[ObjectInfo]:
        if not self._client.exists(self.name):
            return None
        with contextlib.suppress(errors.ObjectNotFound):
            return self._client.describe(self.name)
        return None


class StreamWriter:
    """Appends batches; a context. Leaving it normally finishes the stream, leaving it by an error breaks it for readers.

    For one thread.
    """

    def __init__(self, client: Client, name: str, schema: Optional[pa.Schema], attributes: Dict[str, Any]) -> None:
        """Use `Stream.writer`."""
        self.name = name
        self.schema = schema
        self.batches = 0
        self.rows = 0
        self._client = client
        self._attributes = attributes
        self._held = contextlib.ExitStack()
        self._claim: Optional[Claim] = self._begin()

    def _begin(self) -> Claim:
        with contextlib.ExitStack() as held:
            claim = held.enter_context(self._client.claimed(self.name, wait=_CLAIM_WAIT_SECONDS))
            if claim.state != "granted":
                raise errors.ObjectExists(
                    f"there is an object {self.name} already: choose another name, or delete it first"
                    if claim.state == "exists"
                    else f"somebody else is writing the stream {self.name} at this moment"
                )
            if self._client.exists(_batch_name(self.name, 0)):
                raise errors.ObjectExists(
                    f"batches of a stream {self.name} that was never finished are left: remove them with"
                    f" open_stream({self.name!r}).delete(), or choose another name"
                )
            self._held = held.pop_all()
        return claim

    def append(self, value: Union[pa.RecordBatch, pa.Table, Any]) -> None:
        """Appends a batch, or the batches of a table or frame; readers see each as soon as it is there.

        Raises `SchemaMismatch` when it has other columns than the stream, `MemoryFull`; the stream goes on.
        """
        if self._claim is None:
            raise ValueError(f"the stream {self.name} is finished")
        content = forms.encode(value).content
        if self.schema is None:
            self.schema = content.schema
        _check_schema(self.name, self.schema, content.schema)
        for batch in [content] if isinstance(content, pa.RecordBatch) else content.to_batches():
            self._client.put(_batch_name(self.name, self.batches), batch, **self._attributes)
            self.batches += 1
            self.rows += batch.num_rows

    def close(self, failure: Optional[str] = None) -> None:
        """Finishes the stream; with `failure`, readers are told that it broke, and why."""
        claim, self._claim = self._claim, None
        if claim is None:
            return
        told = with_origin(self._client.name_of(self.name), self._attributes)
        labels = {**told["labels"], _BATCHES: str(self.batches)}
        if failure is not None:
            labels[_FAILURE] = failure
        attributes = {**told, "labels": labels, "form": "stream"}
        content = (self.schema or pa.schema([])).empty_table()
        with self._held:
            claim.put_encoded(
                forms.Encoded("stream", content, {"batches": self.batches}), ObjectAttributes.of(**attributes)
            )

    def __enter__(self) -> StreamWriter:
        return self

    def __exit__(self, kind: Optional[type], error: Optional[BaseException], trace: object) -> None:
        self.close(None if kind is None else f"{kind.__name__}: {error}")


class _Looks:
    """Waiting for the next batch, and noticing that none will come."""

    def __init__(self, client: Client, name: str, wait: float) -> None:
        self._client = client
        self._name = name
        self._wait = wait
        self._deadline = time.monotonic() + wait
        self.progress()

    def progress(self) -> None:
        self._pause = _PAUSE_SECONDS[0]
        self._probe_at = time.monotonic() + _PROBE_EVERY_SECONDS
        self._broken = self._missed = False

    def pause(self, *, begun: bool) -> float:
        """Seconds until the next look."""
        now = time.monotonic()
        if self._broken:  # and nothing came after it was seen
            raise errors.StreamBroken(f"the writer of {self._name} died before it had finished")
        if not begun and now > self._deadline:
            raise errors.TimedOut(f"waited {self._wait:g} s in vain for a stream {self._name} to begin")
        if begun and now > self._probe_at:
            with self._client.claimed(self._name) as claim:
                self._broken = claim.state == "granted"
            self._probe_at = now + _PROBE_EVERY_SECONDS
        pause, self._pause = self._pause, min(2 * self._pause, _PAUSE_SECONDS[1])
        return pause

    def missing(self, number: int) -> None:
        """The end is there, and a batch before it is not: at the second look it is really gone."""
        if self._missed:
            raise errors.StreamBroken(f"batch {number} of the stream {self._name} has been deleted")
        self._missed = True


def whole_stream(client: Client, name: str, end: forms.Content, fetch: bool, form: Optional[str]) -> Any:
    """All of a finished stream as one table, chunk by chunk over its objects' memory."""
    if form not in (None, "table", "stream"):
        raise errors.NotSupported(f"{name} is a stream: get it as a table, or read its batches with open_stream")
    return pa.Table.from_batches(list(Stream(client, name, fetch=fetch)), end.schema)


def _batch_name(name: str, number: int) -> str:
    return f"{name}/{number:0{_DIGITS}d}"


def _is_batch(name: str, info: ObjectInfo, client: Client) -> bool:
    rest = info.name[len(client.name_of(name).path) + 1 :]
    return len(rest) == _DIGITS and rest.isdigit()


def _check_schema(name: str, wanted: pa.Schema, found: pa.Schema) -> None:
    if wanted.equals(found):
        return
    problems = []
    for index in range(max(len(wanted), len(found))):
        before, after = _column(wanted, index), _column(found, index)
        if before != after:
            problems.append(f"column {index + 1} is {after} and should be {before}")
    raise errors.SchemaMismatch(f"the batch does not fit the stream {name}: {'; '.join(problems)}")


def _column(schema: pa.Schema, index: int) -> str:
    if index >= len(schema):
        return "missing"
    field = schema.field(index)
    return f"{field.name}: {field.type}{'' if field.nullable else ' not null'}"
