"""Processes that a benchmark starts: each in a session of its own, ended by its process id, its log kept for failures."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .measuring import Sample

STOP_SECONDS = 15  # between asking a process to end and ending it
COMMAND_SECONDS = 900  # no command of a benchmark runs longer
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def loopback_environment() -> dict[str, str]:
    """The environment without proxies and without AWS settings of the user's: everything here talks to loopback."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }


def _follow_parent() -> None:
    """A benchmark that is killed outright must not leave its servers running (prctl(2))."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """A server in the background. Not in the terminal's group: Ctrl-C reaches the benchmark, which ends it in order."""

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str] | None = None):
        self.log = log
        self._log_file = log.open("ab")
        self._process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=self._log_file,
            stderr=subprocess.STDOUT,
            env=environment or loopback_environment(),
            start_new_session=True,
            preexec_fn=_follow_parent,
        )
        self.pid = self._process.pid

    def running(self) -> bool:
        return self._process.poll() is None

    def tail(self, lines: int = 15) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        try:
            if self.running():
                self._process.terminate()
                try:
                    self._process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
        finally:
            self._log_file.close()

    def wait(self, seconds: float) -> int:
        return self._process.wait(seconds)


def wait_for(what: str, ready: Callable[[], object], seconds: float, process: Process | None = None):
    """Polls until `ready` answers something true; fails with the process' last words, or when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ready()
        if answer:
            return answer
        if process is not None and not process.running():
            raise RuntimeError(f"{what}: the process ended\n{process.tail()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds:.0f} s\n{process.tail() if process else ''}")
        time.sleep(0.002)


def timed(command: Sequence[str], size: int, environment: dict[str, str] | None = None, log: Path | None = None) -> Sample:
    """Runs a command to its end: wall seconds, and CPU seconds of it and its children (wait4)."""
    output = log.open("wb") if log else subprocess.DEVNULL
    try:
        began = time.monotonic()
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment or loopback_environment(),
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if log:
            output.close()
    if process.returncode != 0:
        words = log.read_text(errors="replace")[-2000:] if log else ""
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {words}")
    return Sample(size, seconds, usage.ru_utime + usage.ru_stime)


def output_of(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    """Runs a short command and answers its standard output; its error output goes into the failure."""
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        env=environment or loopback_environment(),
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(map(str, command))} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}"
        )
    return done.stdout
