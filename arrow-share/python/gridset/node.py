"""Finding this machine's node as the command line does, and starting one where none runs."""

from __future__ import annotations

import atexit
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable, Dict, List, TypeVar, Union

from . import errors

__all__ = ["objects_socket", "run_directory", "start_embedded"]

_SOCKET = "objects.sock"
_START_SECONDS = 60.0
_BUILD_SECONDS = 600.0  # a checkout builds itself at its first start
_STOP_SECONDS = 20.0
_LOG_BYTES_SHOWN = 1500

_T = TypeVar("_T")


def run_directory() -> Path:
    """`GRIDSET_RUN_DIR`; `/run/gridset` for root; `$XDG_RUNTIME_DIR/gridset`."""
    given = os.environ.get("GRIDSET_RUN_DIR")
    if given:
        return Path(given)
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run as numbers without a name
        user = str(os.getuid())
    if user == "root":
        return Path("/run/gridset")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime, "gridset") if runtime else Path("/tmp", f"gridset-{user}")


def objects_socket(given: Union[str, "os.PathLike[str]", None] = None) -> Path:
    """The objects' socket: as given (it, the API's beside it, or their directory), `GRIDSET_SOCKET`'s, the default's."""
    named = given or os.environ.get("GRIDSET_SOCKET")
    if not named:
        return run_directory() / _SOCKET
    path = Path(named)
    if path.is_dir():
        return path / _SOCKET
    return path.with_name(_SOCKET) if path.name == "gridset.sock" else path


def start_embedded(socket: Path, connect: Callable[[], _T]) -> _T:
    """Starts a node whose objects' socket is `socket`, and returns what `connect` returns once it succeeds.

    The node is ended with this process. Raises `NodeUnavailable` when it cannot be started.
    """
    with _starting:
        try:
            return connect()  # another thread was first
        except errors.NodeUnavailable:
            pass
        log = _log_file(socket.parent)
        with open(log, "wb") as output:
            environment = dict(os.environ, GRIDSET_RUN_DIR=str(socket.parent))
            command = [*_command(), "up"]
            try:
                node = subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
                )
            except OSError as error:
                raise errors.NodeUnavailable(f"no node runs here, and `{' '.join(command)}` cannot be started: {error}")
        _embedded[node.pid] = _Embedded(node)
        answer = _await(node, connect, log, _BUILD_SECONDS if _is_checkout(command[0]) else _START_SECONDS)
        if node.poll() is None:
            print(
                f"gridset: no node ran on {socket.parent}, so this program started one (pid {node.pid}, log {log})"
                " and ends it when it ends; `gridset up` runs one that stays",
                file=sys.stderr,
                flush=True,
            )
        return answer


def _await(node: "subprocess.Popen[bytes]", connect: Callable[[], _T], log: Path, seconds: float) -> _T:
    deadline = time.monotonic() + seconds
    while True:
        ended = node.poll()
        try:
            return connect()
        except errors.NodeUnavailable as error:
            # One that lost a race against another process's has ended, and the other one answers soon.
            if time.monotonic() > deadline or (ended is not None and "runs on" not in _tail(log)):
                _embedded.pop(node.pid).end()
                raise errors.NodeUnavailable(
                    f"no node runs here, and the one that was started does not answer: {error}; its log ends:\n{_tail(log)}"
                ) from error
        time.sleep(0.02)


def _command() -> List[str]:
    """`GRIDSET_COMMAND`, `GRIDSET_HOME`'s, that of the checkout this package is in, or `PATH`'s."""
    given = os.environ.get("GRIDSET_COMMAND")
    if given:
        return shlex.split(given)
    home = os.environ.get("GRIDSET_HOME")
    if home:
        return [str(Path(home, "gridset"))]
    checkout = Path(__file__).resolve().parents[3] / "gridset"
    if _is_checkout(str(checkout)):
        return [str(checkout)]
    found = shutil.which("gridset")
    if found:
        return [found]
    raise errors.NodeUnavailable(
        "no node runs on this machine, and there is no `gridset` command to start one: run `gridset up`,"
        " put it on PATH, or set GRIDSET_HOME to where Gridset is"
    )


def _is_checkout(command: str) -> bool:
    return Path(command).is_file() and Path(command).with_name("pom.xml").is_file()


def _log_file(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory / f"embedded-{os.getpid()}.log"


def _tail(log: Path) -> str:
    return log.read_bytes()[-_LOG_BYTES_SHOWN:].decode(errors="replace").strip()


class _Embedded:
    """A node that this process started, and no child of it ends."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._owner = os.getpid()

    def end(self) -> None:
        if os.getpid() != self._owner or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_starting = threading.Lock()
_embedded: Dict[int, _Embedded] = {}


def _after_fork_in_child() -> None:
    global _starting
    _starting = threading.Lock()  # another thread may have held it


os.register_at_fork(after_in_child=_after_fork_in_child)


@atexit.register
def _end_all() -> None:
    for each in [*_embedded.values()]:
        each.end()
