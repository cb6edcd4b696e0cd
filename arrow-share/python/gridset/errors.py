"""What can go wrong, by kind. Every message names the cause and what to do about it."""

from __future__ import annotations

from typing import Any, Dict, Type

__all__ = [
    "GridsetError",
    "InvalidObject",
    "MemoryFull",
    "NodeBusy",
    "NodeUnavailable",
    "NotSupported",
    "ObjectExists",
    "ObjectNotFound",
    "ObjectUnavailable",
    "PermissionDenied",
    "PickleNotAllowed",
    "SchemaMismatch",
    "StreamBroken",
    "TimedOut",
]


class GridsetError(Exception):
    """Anything that Gridset itself reports. `kind` is the node's word for it, or empty."""

    kind = ""

    def __str__(self) -> str:  # KeyError's own would quote the message
        return str(self.args[0]) if self.args else ""


class ObjectNotFound(GridsetError, KeyError):
    """Nothing has this name; the message tells the nearest names."""

    kind = "NOT_FOUND"


class ObjectExists(GridsetError, FileExistsError):
    """The name is in use, and an object never changes."""

    kind = "ALREADY_EXISTS"


class MemoryFull(GridsetError, MemoryError):
    """The node has no memory left for the object, and nothing in it may go."""

    kind = "NO_SPACE"


class NotSupported(GridsetError, NotImplementedError, TypeError):
    """The value, or what was asked of the node, is nothing it can do."""

    kind = "UNSUPPORTED"


class InvalidObject(GridsetError, ValueError):
    """The request makes no sense, or the bytes are no Arrow file."""

    kind = "INVALID"


class ObjectUnavailable(GridsetError, OSError):
    """The object is known, but its bytes are not to be had: on another node only, or lost."""

    kind = "UNAVAILABLE"


class NodeUnavailable(GridsetError, ConnectionError):
    """No node answers on this machine, or it went away in the middle."""

    kind = "UNAVAILABLE"


class NodeBusy(GridsetError, OSError):
    """The node has as much to do at once as it takes: worth another try."""

    kind = "THROTTLED"


class PermissionDenied(GridsetError, PermissionError):
    """The token, or its absence, does not allow this."""

    kind = "ACCESS_DENIED"


class TimedOut(GridsetError, TimeoutError):
    """A deadline passed."""

    kind = "TIMED_OUT"


class PickleNotAllowed(GridsetError, ValueError):
    """The object is a Python pickle, and the reader has not said that it trusts whoever put it."""


class SchemaMismatch(GridsetError, ValueError):
    """A batch does not have the schema of the stream that it was appended to."""


class StreamBroken(GridsetError, ConnectionError):
    """The writer of a stream failed, or died before it had finished."""


_BY_KIND: Dict[str, Type[GridsetError]] = {
    "NOT_FOUND": ObjectNotFound,
    "ALREADY_EXISTS": ObjectExists,
    "NO_SPACE": MemoryFull,
    "UNSUPPORTED": NotSupported,
    "INVALID": InvalidObject,
    "CORRUPT": InvalidObject,
    "UNAVAILABLE": ObjectUnavailable,
    "THROTTLED": NodeBusy,
    "ACCESS_DENIED": PermissionDenied,
    "TIMED_OUT": TimedOut,
}


def of_answer(answer: Dict[str, Any]) -> GridsetError:
    """The error that an answer with `"ok": false` stands for."""
    kind = str(answer.get("kind", ""))
    error = _BY_KIND.get(kind, GridsetError)(str(answer.get("message", "")) or f"the node answered {kind}")
    error.kind = kind
    return error
