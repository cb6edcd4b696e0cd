"""Arrow objects of a Gridset node: put by one process, mapped by the next without a copy.

>>> import gridset
>>> gridset.put("risk/x_train", frame)          # pandas, polars, pyarrow, NumPy, plain values
>>> x_train = gridset.get("risk/x_train")       # in another process: the same, over the same memory

The functions here use one client of this machine's node, made at the first call; `connect` gives others. `gridset.aio`
has them for asyncio, `gridset.vineyard` under Vineyard's names.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

from .client import Claim, Client, connect
from .errors import (
    GridsetError,
    InvalidObject,
    MemoryFull,
    NodeBusy,
    NodeUnavailable,
    NotSupported,
    ObjectExists,
    ObjectNotFound,
    ObjectUnavailable,
    PermissionDenied,
    PickleNotAllowed,
    SchemaMismatch,
    StreamBroken,
    TimedOut,
)
from .objects import ObjectAttributes, ObjectInfo, ObjectName
from .streams import Stream, StreamWriter

__version__ = "0.1.0"

__all__ = [
    "Claim",
    "Client",
    "GridsetError",
    "InvalidObject",
    "MemoryFull",
    "NodeBusy",
    "NodeUnavailable",
    "NotSupported",
    "ObjectAttributes",
    "ObjectExists",
    "ObjectInfo",
    "ObjectName",
    "ObjectNotFound",
    "ObjectUnavailable",
    "PermissionDenied",
    "PickleNotAllowed",
    "SchemaMismatch",
    "Stream",
    "StreamBroken",
    "StreamWriter",
    "TimedOut",
    "connect",
    "default_client",
    "delete",
    "describe",
    "exists",
    "get",
    "get_or_put",
    "list",
    "lost",
    "materialise",
    "migrate",
    "open_stream",
    "put",
    "put_all",
    "wait",
]

_default: Optional[Client] = None
_making = threading.Lock()


def _after_fork_in_child() -> None:
    global _making
    _making = threading.Lock()  # another thread may have held it


os.register_at_fork(after_in_child=_after_fork_in_child)


def default_client() -> Client:
    """The client that the functions of this module use. Thread-safe."""
    global _default
    with _making:
        if _default is None:
            _default = connect()
        return _default


def put(name: str, value: Any, **attributes: Any) -> ObjectInfo:
    """Puts a value under a free name: see `Client.put`."""
    return default_client().put(name, value, **attributes)


def put_all(values: Mapping[str, Any], **attributes: Any) -> Dict[str, ObjectInfo]:
    """Puts several values at once, each under its name: see `Client.put_all`."""
    return default_client().put_all(values, **attributes)


def get(name: str, *, fetch: bool = False, form: Optional[str] = None, allow_pickle: bool = False) -> Any:
    """The value that was put, over the object's own memory: see `Client.get`."""
    return default_client().get(name, fetch=fetch, form=form, allow_pickle=allow_pickle)


def describe(name: str) -> ObjectInfo:
    """What is known of an object: see `Client.describe`."""
    return default_client().describe(name)


def exists(name: str) -> bool:
    """Whether the name is in use."""
    return default_client().exists(name)


def list(prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
    """Objects whose names start with `prefix`, in order: see `Client.list`."""
    return default_client().list(prefix, after=after)


def lost(prefix: str = "") -> Iterator[ObjectInfo]:
    """Objects that nobody can bring back: see `Client.lost`."""
    return default_client().lost(prefix)


def delete(name: str) -> bool:
    """Deletes a name; whoever has it mapped keeps it: see `Client.delete`."""
    return default_client().delete(name)


def migrate(name: str, node: str = "", *, keep: bool = False) -> ObjectInfo:
    """Moves an object to a node, or copies it there: see `Client.migrate`."""
    return default_client().migrate(name, node, keep=keep)


def wait(name: str, timeout: Optional[float] = None) -> ObjectInfo:
    """Waits until there is an object of this name: see `Client.wait`."""
    return default_client().wait(name, timeout)


def get_or_put(name: str, make: Callable[[], Any], **options: Any) -> Any:
    """The object of this name, made once in the grid if there is none: see `Client.get_or_put`."""
    return default_client().get_or_put(name, make, **options)


def materialise(uri: str, **options: Any) -> List[str]:
    """Makes objects of a file of a dataset (`dataset://NAME/PATH`), or of all data files of a directory: their names.

    See `gridset.materialising.materialise`.
    """
    from . import materialising

    return materialising.materialise(default_client(), uri, **options)


def open_stream(name: str, *, fetch: bool = True) -> Stream:
    """Batches under a name, read as they come: see `Stream`."""
    return default_client().open_stream(name, fetch=fetch)
