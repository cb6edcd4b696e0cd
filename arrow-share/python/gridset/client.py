"""The objects of this machine's node."""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

import pyarrow as pa

from . import errors, flow_context, forms, node
from .layout import Layout, lay_out
from .mapping import Staging, map_readable, owned
from .objects import DEFAULT_NAMESPACE, ObjectAttributes, ObjectInfo, ObjectName
from .wire import Answer, Connection

__all__ = ["Client", "connect"]

if TYPE_CHECKING:
    from .streams import Stream

# Each is a thread of the node.
_MOST_IDLE = 4
_MOST_AT_ONCE = 4

_BUSY_ATTEMPTS = 200
_PAGE = 500
_FIRST_LOOK_SECONDS = 0.001
_LONGEST_BETWEEN_LOOKS_SECONDS = 0.05
_CLAIM_WAIT_SECONDS = 2.0
_SEAL_ATTEMPTS = 20
_BETWEEN_SEALS_SECONDS = 0.02

# From this on it is worth asking whether the name is free before the bytes are copied, and not having pages cleared first.
_LARGE = 1 << 22


def connect(
    socket: Union[str, "os.PathLike[str]", None] = None,
    *,
    namespace: Optional[str] = None,
    token: Optional[str] = None,
    start: bool = True,
    wait: float = 0.0,
    timeout: Optional[float] = None,
) -> Client:
    """A client of this machine's node.

    `socket`: `objects.sock`, its directory, or the API's socket; by default as the command line finds it
    (`GRIDSET_SOCKET`, `GRIDSET_RUN_DIR`, the default run directory). With no node at the default place one is started
    and ended with this process, unless `start` is false; it says so on stderr. `wait`: seconds to wait for a node to
    come up, as in a pod whose node starts beside it. `timeout`: seconds that one answer may take; None for any time.
    `namespace` is `GRIDSET_NAMESPACE`'s or `default`; `token` is in the file `GRIDSET_TOKEN_FILE`.

    Raises `NodeUnavailable`.
    """
    client = Client(
        node.objects_socket(socket),
        namespace=namespace or os.environ.get("GRIDSET_NAMESPACE") or DEFAULT_NAMESPACE,
        token=_token() if token is None else token,
        timeout=timeout,
        start=start and socket is None and not os.environ.get("GRIDSET_SOCKET"),
    )
    deadline = time.monotonic() + wait
    while True:
        try:
            client.ping()
            return client
        except errors.NodeUnavailable:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_LONGEST_BETWEEN_LOOKS_SECONDS)


def _token() -> str:
    file = os.environ.get("GRIDSET_TOKEN_FILE")
    return Path(file).read_text().strip() if file else ""


class Client:
    """Objects: put, get, list, describe, delete, streams. Thread-safe; a forked child makes connections of its own.

    Names are paths such as `risk/2024/x_train` in the client's namespace, or `namespace:path`. What the node refuses
    is raised as a subclass of `GridsetError`. Closing the client leaves objects and what was mapped of them alone.
    """

    def __init__(
        self, socket: Path, *, namespace: str, token: str = "", timeout: Optional[float] = None, start: bool = False
    ) -> None:
        """Use `connect`."""
        self.socket = socket
        self.namespace = namespace
        self._token = token
        self._timeout = timeout
        self._start = start
        self._closed = False
        self._lock = threading.Lock()
        self._idle: List[Connection] = []
        _clients.add(self)

    # Objects

    def put(
        self,
        name: str,
        value: Any,
        *,
        persist: bool = False,
        replicas: int = 1,
        time_to_live: Union[datetime.timedelta, float, None] = None,
        labels: Optional[Mapping[str, str]] = None,
        parents: Optional[Sequence[str]] = None,
        producer: Optional[str] = None,
    ) -> ObjectInfo:
        """Puts a value under a name that is free; when this returns, everybody sees all of it.

        Tables, batches, arrays, schemas and scalars of pyarrow, pandas and polars frames and series, NumPy arrays of
        any type and shape, plain Python values; everything else as a pickle, which readers have to allow. Each buffer
        is copied once, into the object.

        `persist`: on disk as well before this returns; `time_to_live`: seconds or a timedelta, after which it is
        deleted; `parents`: names of the objects it was made from. Inside a step of a flow its producer is the step, and
        its parents are what the step has got, unless they are given.

        Raises `ObjectExists`, `MemoryFull`, `NotSupported`.
        """
        wanted, encoded = self.name_of(name), forms.encode(value)
        attributes = ObjectAttributes.of(
            form=encoded.form,
            persist=persist,
            replicas=replicas,
            time_to_live=time_to_live,
            **with_origin(wanted, {"labels": labels, "parents": parents, "producer": producer}),
        )
        with self._connection() as connection:
            return self._put(connection, wanted, encoded, attributes)

    def put_all(self, values: Mapping[str, Any], **attributes: Any) -> Dict[str, ObjectInfo]:
        """Puts several values at once, each under its name, as `put` does with these `attributes`.

        Faster than one after the other: one is copied while another is laid out or published. Each appears by itself. When
        some fail the first failure is raised after all have ended, and the others are there.
        """
        if not values:
            return {}
        with ThreadPoolExecutor(min(len(values), _MOST_AT_ONCE), "gridset-put") as threads:
            puts = {name: threads.submit(self.put, name, value, **attributes) for name, value in values.items()}
        return {name: put.result() for name, put in puts.items()}

    def get(self, name: str, *, fetch: bool = False, form: Optional[str] = None, allow_pickle: bool = False) -> Any:
        """The value that was put, over the object's own memory: nothing is copied, and nothing can be written to.

        The memory stays as long as anything made of it is referred to, whatever happens to the name. `fetch` brings
        the object here when only another node holds it. `form="table"` gives the pyarrow Table in any object,
        `"pandas.DataFrame"` and `"polars.DataFrame"` that table as such a frame. `allow_pickle`: also what was put as
        a pickle; only say so if you trust all who may put.

        `dataset://NAME/PATH` is the table in a file of a dataset, which is decoded once in the grid, or in all data files
        of a directory: see `gridset.materialising`.

        Raises `ObjectNotFound`, `ObjectUnavailable`, `PickleNotAllowed`; of files `FileNotFoundError`, `ValueError`.
        """
        if name.startswith("dataset://"):
            from . import materialising

            return materialising.get(self, name, form=form)
        content = forms.opened(self.get_buffer(name, fetch=fetch))
        if content.form == "stream":
            from .streams import whole_stream

            return whole_stream(self, name, content, fetch, form)
        return forms.decode(content, form=form, allow_pickle=allow_pickle)

    def get_buffer(self, name: str, *, fetch: bool = False) -> pa.Buffer:
        """The object's Arrow IPC file, mapped, for `pyarrow.ipc.open_file` and other readers."""
        wanted = self.name_of(name)
        answer = self._ask_again("get", wanted, fetch=fetch)
        flow_context.note_get(wanted.namespace, wanted.path)
        if answer.descriptor is None:
            if answer.tail is None:
                raise errors.InvalidObject(f"the node answered without the bytes of {name}")
            return answer.tail
        try:
            return map_readable(answer.descriptor, int(answer.header["object"]["bytes"]))
        finally:
            os.close(answer.descriptor)

    def describe(self, name: str) -> ObjectInfo:
        """What is known of an object. Raises `ObjectNotFound`."""
        return ObjectInfo.of_wire(self._ask_again("describe", self.name_of(name)).header["object"])

    def exists(self, name: str) -> bool:
        """Whether the name is in use."""
        wanted = self.name_of(name)
        return any(each.name == wanted.path for each in self.page(name, "", 1))

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Objects whose names start with `prefix`, in order of names, from `after` on. Pages are asked for as needed."""
        return self._infos(ObjectName.of(prefix, self.namespace), after)

    def _infos(self, wanted: ObjectName, after: str, **which: bool) -> Iterator[ObjectInfo]:
        more = True
        while more:
            page = self._page(wanted.namespace, wanted.path, after, _PAGE, **which)
            for each in page["objects"]:
                after = each["name"]
                yield ObjectInfo.of_wire(each)
            more = bool(page.get("more")) and bool(page["objects"])

    def lost(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Objects that nobody can bring back, since the node that held them (`lost_with`) lost its memory.

        `list` leaves them out, `get` and `describe` raise `ObjectUnavailable`; a name may be put again, or deleted.
        """
        return self._infos(ObjectName.of(prefix, self.namespace), "", lost=True)

    def delete(self, name: str) -> bool:
        """Deletes a name; whoever has it mapped keeps it. False when there was none."""
        wanted = self.name_of(name)
        with self._connection() as connection:
            answer = connection.ask("delete", namespace=wanted.namespace, name=wanted.path)
        return bool(answer.header.get("deleted"))

    def migrate(self, name: str, node: str = "", *, keep: bool = False) -> ObjectInfo:
        """Moves an object to a node, by its name or id; to this machine's without one. With `keep` it is copied.

        When the node holds it the others let theirs go, as far as the object's replicas are left; whoever has it mapped
        keeps it, and what is to persist stays on its disks. Raises `ObjectNotFound`, `ObjectUnavailable`, `MemoryFull`.
        """
        return ObjectInfo.of_wire(
            self._ask_again("place", self.name_of(name), node=node, move=not keep).header["object"])

    def wait(self, name: str, timeout: Optional[float] = None) -> ObjectInfo:
        """Waits until there is an object of this name. `timeout` in seconds, None for ever. Raises `TimedOut`."""
        for _ in self._looks(timeout, f"an object {name}"):
            if self.exists(name):
                with contextlib.suppress(errors.ObjectNotFound):  # gone again
                    return self.describe(name)
        raise AssertionError("looks end by raising")

    def get_or_put(
        self,
        name: str,
        make: Callable[[], Any],
        *,
        fetch: bool = True,
        allow_pickle: bool = False,
        timeout: Optional[float] = None,
        **attributes: Any,
    ) -> Any:
        """The object of this name, made by `make` if there is none: by one process of the grid, the others wait for it.

        When the one that makes it dies or fails, the next one makes it. `attributes` are those of `put`. `timeout`:
        seconds to wait for the others. Raises `TimedOut`, and what `make` raises.
        """
        for _ in self._looks(timeout, f"whoever makes {name}"):
            with self.claimed(name, wait=_CLAIM_WAIT_SECONDS) as claim:
                if claim.state == "granted":
                    claim.put(make(), **attributes)
            if claim.state != "busy":
                with contextlib.suppress(errors.ObjectNotFound):  # deleted meanwhile
                    return self.get(name, fetch=fetch, allow_pickle=allow_pickle)
        raise AssertionError("looks end by raising")

    @contextlib.contextmanager
    def claimed(self, name: str, *, wait: float = 0.0) -> Iterator[Claim]:
        """Asks to be the one who puts this name; its `state` is `granted`, `exists`, or `busy` after `wait` seconds.

        While it is granted nobody else in the grid is; it ends with the context, the `put`, or this process.
        """
        wanted = self.name_of(name)
        with self._connection() as connection:
            answer = connection.ask(
                "claim", namespace=wanted.namespace, name=wanted.path, waitMillis=int(wait * 1000)
            )
            claim = Claim(self, connection, wanted, str(answer.header["state"]))
            try:
                yield claim
            finally:
                if claim.state == "granted" and not claim.fulfilled and not connection.closed:
                    connection.ask("release", namespace=wanted.namespace, name=wanted.path)

    def open_stream(self, name: str, *, fetch: bool = True) -> Stream:
        """Batches under a name, appended by one process and read by others as they come. See `Stream`."""
        from .streams import Stream

        return Stream(self, name, fetch=fetch)

    def name_of(self, name: str) -> ObjectName:
        """The namespace and path that a name means here."""
        return ObjectName.of(name, self.namespace)

    def page(self, prefix: str, after: str, limit: int) -> List[ObjectInfo]:
        """At most `limit` objects of names that start with `prefix`, and come after `after`."""
        wanted = self.name_of(prefix)
        path = self.name_of(after).path if after else ""
        return [ObjectInfo.of_wire(each) for each in self._page(wanted.namespace, wanted.path, path, limit)["objects"]]

    # The node

    def ping(self) -> Dict[str, str]:
        """The node's id and version, from a connection that works. Raises `NodeUnavailable`."""
        with self._connection() as connection:
            return {"node": connection.node, "version": connection.version}

    def close(self) -> None:
        """Closes the connections."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<gridset.Client of {self.socket}, namespace {self.namespace}>"

    # Within

    def _page(self, namespace: str, prefix: str, after: str, limit: int, **which: bool) -> Dict[str, Any]:
        fields = {"namespace": namespace, "prefix": prefix, "after": after, "limit": limit, **which}
        return self._ask_again("list", None, **fields).header

    def _put(
        self, connection: Connection, name: ObjectName, encoded: forms.Encoded, attributes: ObjectAttributes
    ) -> ObjectInfo:
        layout = lay_out(encoded.marked(), split=encoded.splits)
        target = {"namespace": name.namespace, "name": name.path, "attributes": attributes.to_wire()}
        if layout.size <= connection.inline_bytes:
            file = pa.allocate_buffer(layout.size)
            layout.write_to(file.address)
            answer = connection.ask("put", file, **target)
        else:
            answer = _put_staged(connection, layout, target)
        return ObjectInfo.of_wire(answer.header["object"])

    def _ask_again(self, op: str, name: Optional[ObjectName], **fields: Any) -> Answer:
        """Asks what may be asked twice, once more if the node has been restarted meanwhile."""
        if name is not None:
            fields.update(namespace=name.namespace, name=name.path)
        connection = self._take(looking=False)  # one that does not work any more fails, and nothing is lost
        try:
            return connection.ask(op, **fields)
        except errors.NodeUnavailable:
            pass
        finally:
            self._give_back(connection)
        with self._connection() as connection:
            return connection.ask(op, **fields)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection for this thread alone, for the length of the context."""
        connection = self._take()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            keep = not self._closed and not connection.closed and len(self._idle) < _MOST_IDLE
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def _take(self, *, looking: bool = True) -> Connection:
        """`looking`: whether to see that the node has not hung up meanwhile."""
        while True:
            with self._lock:
                if self._closed:
                    raise errors.NodeUnavailable("this client is closed: gridset.connect() gives a new one")
                connection: Optional[Connection] = self._idle.pop() if self._idle else None
            if connection is None:
                return self._open()
            if not looking or connection.usable():
                return connection
            connection.close()

    def _open(self) -> Connection:
        try:
            return self._dial()
        except errors.NodeUnavailable:
            if not self._start:
                raise
        return node.start_embedded(self.socket, self._dial)

    def _dial(self) -> Connection:
        for attempt in range(_BUSY_ATTEMPTS):
            try:
                return Connection(str(self.socket), self._token, self._timeout)
            except errors.NodeBusy:  # it has as many connections as it takes
                if attempt == _BUSY_ATTEMPTS - 1:
                    raise
            except errors.GridsetError:
                raise
            except OSError as error:
                raise errors.NodeUnavailable(
                    f"no node answers on {self.socket} ({error.strerror or error}): start one with `gridset up`, or name"
                    " its socket with GRIDSET_SOCKET or connect(socket)"
                ) from error
            time.sleep(_LONGEST_BETWEEN_LOOKS_SECONDS)
        raise AssertionError("the last attempt returns or raises")

    @staticmethod
    def _looks(timeout: Optional[float], what: str) -> Iterator[None]:
        """Yields now and then until the time is up, which it raises."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = _FIRST_LOOK_SECONDS
        while True:
            yield
            if deadline is not None and time.monotonic() >= deadline:
                raise errors.TimedOut(f"waited {timeout:g} s in vain for {what}")
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_BETWEEN_LOOKS_SECONDS)

    def _after_fork(self) -> None:
        """In a forked child: the parent goes on with its own connections, and perhaps held the lock."""
        inherited, self._idle = self._idle, []
        self._lock = threading.Lock()
        for connection in inherited:
            connection.close()


class Claim:
    """The right to put one name. `state` is `granted`, `exists` or `busy`."""

    def __init__(self, client: Client, connection: Connection, name: ObjectName, state: str) -> None:
        self._client = client
        self._connection = connection
        self._name = name
        self.state = state
        self.fulfilled = False

    def put(self, value: Any, **attributes: Any) -> ObjectInfo:
        """Puts the value; takes what `Client.put` takes."""
        encoded = forms.encode(value)
        checked = ObjectAttributes.of(form=encoded.form, **with_origin(self._name, attributes))
        return self.put_encoded(encoded, checked)

    def put_encoded(self, encoded: forms.Encoded, attributes: ObjectAttributes) -> ObjectInfo:
        info = self._client._put(self._connection, self._name, encoded, attributes)
        self.fulfilled = True
        return info


def _put_staged(connection: Connection, layout: Layout, target: Dict[str, Any]) -> Answer:
    # With its name: one that is in use is refused before the bytes are copied.
    staged = connection.ask("create", namespace=target["namespace"], name=target["name"], bytes=layout.size)
    staging = staged.header["staging"]
    try:
        if staged.descriptor is None:
            raise errors.InvalidObject("the node gave no memory to write the object to")
        if staged.header.get("fresh") and layout.size >= _LARGE:
            with owned(staged.descriptor):
                layout.write_into(staged.descriptor)
        else:
            try:
                memory = Staging(staged.descriptor, layout.size)
            finally:
                os.close(staged.descriptor)
            with memory:
                layout.write_to(memory.address)
        return _seal(connection, staging, layout.size, target)
    except BaseException:
        if not connection.closed:
            with contextlib.suppress(errors.GridsetError):
                connection.ask("abort", staging=staging)
        raise


def _seal(connection: Connection, staging: Any, size: int, target: Dict[str, Any]) -> Answer:
    """Seals. Another thread that starts a program while we map holds a copy of the descriptor for a moment."""
    for attempt in range(_SEAL_ATTEMPTS):
        try:
            return connection.ask("seal", staging=staging, bytes=size, **target)
        except errors.InvalidObject as error:
            if "writ" not in str(error) or attempt == _SEAL_ATTEMPTS - 1:
                raise
        time.sleep(_BETWEEN_SEALS_SECONDS)
    raise AssertionError("the last attempt returns or raises")


def with_origin(name: ObjectName, attributes: Mapping[str, Any]) -> Dict[str, Any]:
    """`attributes` of `put`, with who puts the object and from what: as told, else as a flow knows it of this process."""
    told = dict(attributes)
    told["labels"] = {**flow_context.labels(), **(told.get("labels") or {})}
    if told.get("parents") is None:
        told["parents"] = flow_context.parents(name.namespace)
    if told.get("producer") is None:
        told["producer"] = flow_context.producer() or this_program()
    return told


def this_program() -> str:
    return os.path.basename(sys.argv[0] if sys.argv else "") or "python"


_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for client in list(_clients):
        client._after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)
