"""Datasets of a node: declared, listed, loaded, and their files read, through its REST API.

Only the standard library is used here. The API is reached over the node's Unix socket, which lies beside that of the
objects.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from .errors import GridsetError, NodeUnavailable
from .objects import DEFAULT_NAMESPACE

PATIENCE_SECONDS = 120.0
"""Longer than any wait that the node itself allows for an origin."""
READ_AHEAD_BYTES = 4 << 20
"""What one request brings of a file that is read in small pieces: a block of the cache."""
VERSION_ATTRIBUTE = "user.gridset.version"
"""The extended attribute by which an open file of a mount tells its version."""
_POLL_SECONDS = 0.05

Document = Dict[str, Any]
"""JSON, as the API has it."""


class ApiError(GridsetError):
    """A node refused a request; ``kind`` is the problem document's, ``status`` the HTTP status."""

    def __init__(self, status: int, kind: str, message: str):
        super().__init__(message)
        self.status = status
        self.kind = kind


class FileChanged(GridsetError, OSError):
    """A file has another version than the one that is being read."""


def state_directory() -> Path:
    """Where this user's Gridset programs keep what outlives them."""
    given = os.environ.get("GRIDSET_STATE_DIR")
    if given:
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/gridset")
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state, "gridset") if state else Path.home() / ".local" / "state" / "gridset"


@dataclass(frozen=True)
class FileView:
    """A file or directory of a dataset; ``version`` is None for a directory."""

    path: str
    size: int
    modified: str
    version: Optional[str]
    cached: Optional[int]

    @property
    def is_directory(self) -> bool:
        return self.version is None


class DatasetClient:
    """A node's API, as far as datasets go. Thread-safe: each call is a request on a connection of its own."""

    def __init__(self, socket_path: Union[str, "os.PathLike[str]"], namespace: str = DEFAULT_NAMESPACE):
        """Of the node whose API is at ``socket_path``."""
        self.namespace = namespace
        self.socket = Path(socket_path)

    def wait(self, seconds: float) -> None:
        """Waits until the node answers, as one that has just been started does after a while."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._json("GET", "/v1/node")
                return
            except NodeUnavailable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_POLL_SECONDS)

    def apply(self, *documents: Mapping[str, Any]) -> List[Document]:
        """Applies manifests; raises :class:`ApiError` naming the field when one is refused."""
        text = "\n---\n".join(json.dumps(document) for document in documents)
        return self._documents("POST", "/v1/manifests", {"namespace": self.namespace}, text, "application/yaml")

    def resource(self, plural: str, name: str, namespace: Optional[str] = None) -> Document:
        return self._document("GET", self._resource(plural, name, namespace))

    def resources(self, plural: str, namespace: Optional[str] = None) -> List[Document]:
        return self._documents("GET", f"/v1/resources/{plural}", {"namespace": namespace or self.namespace})

    def delete(self, plural: str, name: str, namespace: Optional[str] = None) -> bool:
        """Deletes a resource; False when there was none."""
        try:
            self._json("DELETE", self._resource(plural, name, namespace))
        except ApiError as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def stat(self, dataset: str, path: str, namespace: Optional[str] = None) -> FileView:
        """A file or directory; raises :class:`FileNotFoundError`."""
        try:
            totals = self._json("GET", self._dataset(dataset, namespace) + "/stat", {"path": path})
        except ApiError as refused:
            if refused.status == 404:
                raise FileNotFoundError(str(refused)) from refused
            raise
        return _view(totals["entry"])

    def files(self, dataset: str, path: str = "", namespace: Optional[str] = None) -> Iterator[FileView]:
        """All files and directories below ``path``, in the order of the tree."""
        parameters: Dict[str, Any] = {"path": path, "recursive": "true"}
        while True:
            page = self._json("GET", self._dataset(dataset, namespace) + "/files", parameters)
            yield from map(_view, page["entries"])
            if not page.get("next"):
                return
            parameters["after"] = page["next"]

    def sync(self, dataset: str, path: str = "", namespace: Optional[str] = None) -> None:
        """Forgets what was listed at and below ``path``."""
        self._json("POST", self._dataset(dataset, namespace) + "/sync", {"path": path})

    def start_load(self, dataset: str, targets: List[str], namespace: Optional[str] = None,
                   replicas: Optional[Mapping[str, int]] = None, refresh: bool = False) -> Document:
        """Begins to bring ``targets`` (all of it when empty) into the cache; answers the load, with its ``id``."""
        request = {"targets": [target.strip("/") for target in targets], "mode": "LOAD", "refreshMetadata": refresh,
                   "options": {"replicas": 1, "bytesPerSecond": 0,
                               "targetReplicas": {path.strip("/"): count for path, count in (replicas or {}).items()}}}
        body = json.dumps(request)
        return self._document("POST", self._dataset(dataset, namespace) + "/loads", None, body, "application/json")

    def load(self, identity: str) -> Document:
        return self._document("GET", "/v1/loads/" + _quote(identity))

    def cancel_load(self, identity: str) -> None:
        self._json("DELETE", "/v1/loads/" + _quote(identity))

    def mounts(self) -> List[Document]:
        return self._documents("GET", "/v1/mounts")

    def mount(self, dataset: str, mount_point: str, namespace: Optional[str] = None) -> Document:
        request = {"dataset": {"namespace": namespace or self.namespace, "name": dataset}, "mountPoint": mount_point,
                   "transport": "AUTO", "passthrough": "WHERE_POSSIBLE"}
        return self._document("POST", "/v1/mounts", None, json.dumps(request), "application/json")

    def unmount(self, mount_point: str) -> None:
        self._json("DELETE", "/v1/mounts", {"mountPoint": mount_point})

    def open(self, dataset: str, file: FileView, namespace: Optional[str] = None,
             read_ahead: int = READ_AHEAD_BYTES) -> BinaryIO:
        """Opens a file for reading at ``file.version``: through a mount of the dataset on this machine where there is
        one, else through the API, ``read_ahead`` bytes at a time (0: just what is asked for). What is read is of that
        version, or :class:`FileChanged` is raised."""
        mounted = self._open_mounted(dataset, file, namespace)
        if mounted is not None:
            return mounted
        remote = RemoteFile(self, self._dataset(dataset, namespace) + "/content", file)
        return io.BufferedReader(remote, read_ahead) if read_ahead else remote  # type: ignore[return-value]

    def _open_mounted(self, dataset: str, file: FileView, namespace: Optional[str]) -> Optional[BinaryIO]:
        if not hasattr(os, "getxattr"):
            return None
        for mount in self.mounts():
            name = mount["dataset"]
            if (name["namespace"], name["name"]) != (namespace or self.namespace, dataset) or mount["state"] != "mounted":
                continue
            try:
                opened = open(os.path.join(mount["mountPoint"], file.path), "rb")
            except OSError:
                continue  # not where this process can see it
            try:
                if os.getxattr(opened.fileno(), VERSION_ATTRIBUTE).decode() == file.version:
                    return opened
            except OSError:
                pass
            opened.close()
        return None

    def _dataset(self, dataset: str, namespace: Optional[str]) -> str:
        return f"/v1/datasets/{_quote(namespace or self.namespace)}/{_quote(dataset)}"

    def _resource(self, plural: str, name: str, namespace: Optional[str]) -> str:
        return f"/v1/resources/{plural}/{_quote(namespace or self.namespace)}/{_quote(name)}"

    def _document(self, *request: Any) -> Document:
        found: Document = self._json(*request)
        return found

    def _documents(self, *request: Any) -> List[Document]:
        found: List[Document] = self._json(*request)
        return found

    def _json(self, method: str, path: str, parameters: Optional[Mapping[str, Any]] = None, body: Optional[str] = None,
              content_type: str = "") -> Any:
        headers = {"Content-Type": content_type} if content_type else {}
        connection = self.connect()
        try:
            answer = self.send(connection, method, path, parameters, body, headers)
            content = answer.read()
            return json.loads(content) if content else None
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own to the node, not opened yet."""
        return _UnixConnection(self.socket)

    def send(self, connection: http.client.HTTPConnection, method: str, path: str,
             parameters: Optional[Mapping[str, Any]] = None, body: Optional[str] = None,
             headers: Optional[Mapping[str, str]] = None) -> http.client.HTTPResponse:
        """Sends a request and answers its response, whose body is still to be read; raises :class:`ApiError`."""
        query = "?" + urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote) if parameters else ""
        encoded = body.encode() if body is not None else None
        try:
            connection.request(method, path + query, encoded, dict(headers or {}))
        except (FileNotFoundError, ConnectionRefusedError) as missing:
            raise NodeUnavailable(f"no node answers at {self.socket}: start one with `gridset up`") from missing
        answer = connection.getresponse()
        if answer.status >= 300:
            raise _refusal(answer)
        return answer


class RemoteFile(io.RawIOBase):
    """A file of a dataset, read by ranges over one connection, one range at a time."""

    def __init__(self, client: DatasetClient, path: str, file: FileView):
        super().__init__()
        self._client = client
        self._path = path
        self._file = file
        self._position = 0
        self._lock = threading.Lock()
        self._connection = client.connect()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        if start + offset < 0:
            raise ValueError(f"seek before the start of {self._file.path}")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fills ``buffer`` but at the file's end."""
        view = memoryview(buffer).cast("B")
        with self._lock:
            length = max(0, min(len(view), self._file.size - self._position))
            if length:
                self._fetch(view[:length])
                self._position += length
            return length

    def readall(self) -> bytes:
        content = bytearray(max(0, self._file.size - self._position))
        self.readinto(content)
        return bytes(content)

    def _fetch(self, view: memoryview) -> None:
        last = self._position + len(view) - 1
        answer = self._request({"Range": f"bytes={self._position}-{last}"})
        version = (answer.getheader("ETag") or "").strip('"')
        if version != self._file.version:
            self._connection.close()
            raise FileChanged(f"{self._file.path} has changed while it was read")
        got = 0
        while got < len(view):
            count = answer.readinto(view[got:])
            if not count:
                self._connection.close()
                raise OSError(f"{self._file.path}: the node broke off after {self._position + got} bytes")
            got += count
        answer.read()

    def _request(self, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        parameters = {"path": self._file.path}
        try:
            return self._client.send(self._connection, "GET", self._path, parameters, None, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # A connection that was kept may have been closed meanwhile; a fresh one decides.
            self._connection.close()
            return self._client.send(self._connection, "GET", self._path, parameters, None, headers)
        except ApiError as refused:
            self._connection.close()
            if refused.status == 416 or refused.kind == "CHANGED":
                raise FileChanged(f"{self._file.path} has changed while it was read") from refused
            raise OSError(f"{self._file.path}: {refused}") from refused

    def close(self) -> None:
        if not self.closed:
            self._connection.close()
        super().close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path):
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            self.sock = None
            raise


def parse_uri(uri: str, namespace: str) -> Tuple[str, str, str]:
    """Namespace, dataset and path of ``dataset://NAME/PATH`` or ``dataset://NAMESPACE:NAME/PATH``."""
    scheme, separator, rest = uri.partition("://")
    if scheme != "dataset" or not separator:
        raise ValueError(f"{uri!r} is not of the form dataset://NAME/PATH")
    owner, _, path = rest.partition("/")
    given, colon, name = owner.rpartition(":")
    if not name or (colon and not given):
        raise ValueError(f"{uri!r} names no dataset: dataset://NAME/PATH, or dataset://NAMESPACE:NAME/PATH")
    return given or namespace, name, path.strip("/")


def _view(entry: Mapping[str, Any]) -> FileView:
    return FileView(entry["path"], entry["sizeBytes"], entry["modified"], entry.get("version"), entry.get("cachedBytes"))


def _refusal(answer: http.client.HTTPResponse) -> ApiError:
    content = answer.read()
    try:
        problem = json.loads(content)
        faults = problem.get("problems") or []
        message = "; ".join([problem.get("detail") or problem["title"], *faults])
        return ApiError(answer.status, problem.get("kind", "INTERNAL"), message)
    except (ValueError, KeyError, AttributeError):
        return ApiError(answer.status, "INTERNAL", f"HTTP {answer.status}, and no problem document: not a node?")


def _quote(text: str) -> str:
    return urllib.parse.quote(text, safe="")
