"""Where a benchmark works: one folder of /dev/shm that bears the process id, with everything that was started for it.

Closing ends the processes (last started first), unmounts what is below the folder and deletes it. What a run that was
killed outright has left is swept away by the next one.
"""

import contextlib
import os
import shutil
from pathlib import Path

from . import mounts
from .processes import Process

MEMORY = Path("/dev/shm")
PREFIX = "gridset-bench."


class Workspace:
    def __init__(self):
        sweep()
        self._stack = contextlib.ExitStack()
        self.path = MEMORY / f"{PREFIX}{os.getpid()}"
        self.path.mkdir(mode=0o755)
        self._stack.callback(self._remove)

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def folder(self, name: str) -> Path:
        """A folder of this name, made when it is not there."""
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def empty(self, name: str) -> Path:
        """A folder of this name with nothing in it."""
        shutil.rmtree(self.path / name, ignore_errors=True)
        return self.folder(name)

    def tmpfs(self, name: str, size: int) -> Path:
        """Another file system in memory (a plain folder where mounting is not allowed)."""
        path = self.folder(name)
        if mounts.mount_tmpfs(path, size):
            self._stack.callback(mounts.unmount, path)
        return path

    def start(self, name: str, command, environment: dict[str, str] | None = None) -> Process:
        process = Process(command, self.folder("logs") / f"{name}.log", environment)
        self._stack.callback(process.stop)
        return process

    def enter(self, context):
        """Enters a context that is left when the workspace is closed."""
        return self._stack.enter_context(context)

    def on_close(self, action, *arguments) -> None:
        self._stack.callback(action, *arguments)

    def close(self) -> None:
        self._stack.close()

    def _remove(self) -> None:
        mounts.unmount_below(self.path)
        shutil.rmtree(self.path, ignore_errors=True)


def sweep() -> None:
    """Removes the folders of benchmark runs whose process is gone."""
    for left in MEMORY.glob(f"{PREFIX}*"):
        pid = left.name.removeprefix(PREFIX)
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            mounts.unmount_below(left)
            shutil.rmtree(left, ignore_errors=True)
