"""A flow under way on this machine: its steps one after the other, each a process with logs of its own."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from . import flow_context
from .client import Client
from .datasets import DatasetClient, state_directory
from .flow_processors import PYTHON, ScriptProcessor
from .objects import ObjectInfo

STEP_TIMEOUT_SECONDS = 600.0
"""How long :meth:`FlowHandle.wait` waits for each step unless told otherwise; Fluid's."""
INTERRUPT_SECONDS = 5.0
"""What an interrupted step has for ending by itself."""
POLL_SECONDS = 0.2
LAST_WORDS = 20
"""Lines of a failed step's error output that its exception repeats."""

PENDING, EXECUTING, COMPLETE, FAILED, SKIPPED = "Pending", "Executing", "Complete", "Failed", "Skipped"


class FlowError(RuntimeError):
    """A flow failed; the message names the step, what became of it, and where its logs are."""


class FlowTimeout(FlowError):
    """A step took longer than :meth:`FlowHandle.wait` was to wait. The flow goes on."""


@dataclass
class StepStatus:
    """How far a step is. ``exit_code`` is the process', minus the signal's number when one ended it."""

    name: str
    kind: str
    phase: str = PENDING
    started: Optional[str] = None
    duration: str = "Unfinished"
    exit_code: Optional[int] = None
    message: str = ""
    stdout: Optional[str] = None
    stderr: Optional[str] = None


@dataclass(frozen=True)
class ProcessStep:
    """Runs a script with the dataset mounted at ``mount_path`` (None: not mounted)."""

    script: ScriptProcessor
    mount_path: Optional[str]
    kind: str = field(default="DataProcess", init=False)


@dataclass(frozen=True)
class LoadStep:
    """Brings paths of the dataset into the cache."""

    targets: Mapping[str, int]
    refresh: bool
    kind: str = field(default="DataLoad", init=False)


@dataclass(frozen=True)
class Made:
    """An object that a run has put, and what it was made from."""

    name: str
    step: str
    parents: Tuple[str, ...]
    rows: int
    bytes: int
    id: str


class Lineage(Tuple[Made, ...]):
    """What a run has put, step by step."""

    def __str__(self) -> str:
        return "\n".join(
            f"{made.step}: {made.name} ({made.rows:,} rows, {made.bytes:,} bytes)"
            + (f" from {', '.join(made.parents)}" if made.parents else "")
            for made in self)


class FlowHandle:
    """A run of a flow. It goes on by itself in a thread of this program, which does not end before it; Ctrl-C in
    :meth:`wait`, and the death of the program, end the step under way.

    Its folder, ``flows/NAMESPACE/RUN`` in the state directory, holds ``run.json`` and for each step its script,
    ``stdout.log`` and ``stderr.log``.
    """

    def __init__(self, objects: Client, node: DatasetClient, dataset: Tuple[str, str], run_id: str, steps: Sequence[Any],
                 keep_seconds: float):
        self.run_id = run_id
        self.namespace, self.dataset = dataset
        self.folder = runs_folder() / self.namespace / run_id
        self._objects = objects
        self._node = node
        self._steps = list(steps)
        self._status = [StepStatus(f"{run_id}-step{number}", step.kind) for number, step in enumerate(steps, 1)]
        self._done = [threading.Event() for _ in steps]
        self._lock = threading.Lock()
        self._ending = False
        self._child: Optional["subprocess.Popen[bytes]"] = None
        self._held = self._begin(keep_seconds)
        try:
            for made in self._made():
                objects.delete(f"{made.namespace}:{made.name}")
            self._thread = threading.Thread(target=self._work, name=f"flow {run_id}", daemon=True)
            self._thread.start()
        except BaseException:
            os.close(self._held)
            raise
        atexit.register(self._at_exit)

    def _begin(self, keep_seconds: float) -> int:
        """Makes the run's folder, holds its lock, and puts what an earlier run has left aside."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise FlowError(f"run {self.run_id} is under way: wait for it, or take another run_id") from None
        earlier = self.folder / "earlier"
        left = [path for path in self.folder.iterdir() if path.name not in ("lock", "earlier")]
        if left:
            shutil.rmtree(earlier, ignore_errors=True)
            earlier.mkdir()
            for path in left:
                path.rename(earlier / path.name)
        self._keep_until = time.time() + keep_seconds
        self._write()
        return held

    def get_current_status(self) -> List[Dict[str, StepStatus]]:
        """A dictionary of one entry for each step, as Fluid has it."""
        return [{status.name: status} for status in self._status]

    def wait(self, timeout_for_each_step: Optional[float] = STEP_TIMEOUT_SECONDS) -> None:
        """Waits until all steps are complete.

        :raises FlowError: a step failed; those after it are skipped
        :raises FlowTimeout: a step took longer (None: wait for ever)
        """
        try:
            for status, done in zip(self._status, self._done):
                if not done.wait(timeout_for_each_step):
                    raise FlowTimeout(f"{status.name} is not done after {timeout_for_each_step:.0f} s; it goes on")
                if status.phase != COMPLETE:
                    break
            self._thread.join()  # after a failure it only skips the rest; the id is free again then
        except KeyboardInterrupt:
            self.end()
            raise
        for status in self._status:
            if status.phase != COMPLETE:
                raise FlowError(status.message)

    def end(self) -> None:
        """Interrupts the step under way, skips the rest, and returns when nothing of the run is left."""
        with self._lock:
            self._ending = True
            child = self._child
        if child is not None:
            _end_group(child)
        self._thread.join()

    def lineage(self) -> Lineage:
        """What the run's steps have put so far, in the order of the steps, with the objects that each was made from."""
        mine = sorted(self._made(), key=lambda made: (_step_number(made), made.created, made.name))
        return Lineage(Made(made.name, made.attributes.producer, made.attributes.parents, made.rows, made.bytes, made.id)
                       for made in mine)

    def _made(self) -> List[ObjectInfo]:
        """What this run, or an earlier one of its id, has put."""
        return [made for made in self._objects.list(f"{self.namespace}:")
                if made.attributes.producer.startswith(f"{self.run_id}/")]

    def _work(self) -> None:
        failed = False
        try:
            for number, (step, status, done) in enumerate(zip(self._steps, self._status, self._done), 1):
                if failed:
                    status.phase, status.message = SKIPPED, f"{status.name} was not run: a step before it failed"
                else:
                    self._run(number, step, status)
                    failed = status.phase != COMPLETE
                self._write()
                done.set()
        finally:
            for done in self._done:
                done.set()
            os.close(self._held)
            atexit.unregister(self._at_exit)

    def _run(self, number: int, step: Any, status: StepStatus) -> None:
        status.phase, status.started = EXECUTING, datetime.now(timezone.utc).isoformat(timespec="seconds")
        began = time.monotonic()
        self._write()
        try:
            if isinstance(step, LoadStep):
                self._load(step)
            else:
                self._process(number, step, status)
            status.phase = COMPLETE
        except Exception as failure:  # whatever it is, wait() is to raise it
            status.phase = FAILED
            status.message = failure.args[0] if isinstance(failure, FlowError) else f"{status.name} failed: {failure}"
        status.duration = f"{time.monotonic() - began:.1f}s"

    def _load(self, step: LoadStep) -> None:
        load = self._node.start_load(
            self.dataset, list(step.targets), self.namespace,
            {path: count for path, count in step.targets.items() if count > 1}, step.refresh)
        while True:
            progress = self._node.load(load["id"])["progress"]
            if progress["phase"] == "COMPLETE":
                return
            if progress["phase"] in ("FAILED", "CANCELLED"):
                reasons = "; ".join(progress["failures"]) or "no reason given"
                raise FlowError(f"the load of {self.dataset} {progress['phase'].lower()}: {reasons}")
            if self._ending:
                self._node.cancel_load(load["id"])
                raise FlowError(f"run {self.run_id} was ended while {self.dataset} was loaded")
            time.sleep(POLL_SECONDS)

    def _process(self, number: int, step: ProcessStep, status: StepStatus) -> None:
        folder = self.folder / f"step{number}"
        folder.mkdir()
        script = folder / ("script.py" if step.script.command[0] == PYTHON else "script")
        script.write_text(step.script.source, encoding="utf-8")
        status.stdout, status.stderr = str(folder / "stdout.log"), str(folder / "stderr.log")
        command = [sys.executable if word == PYTHON else word for word in step.script.command]
        launcher = [sys.executable, "-S", "-E", str(Path(__file__).with_name("flow_step.py")), str(os.getpid())]
        with self._mounted(step.mount_path), open(status.stdout, "wb") as out, open(status.stderr, "wb") as errors:
            with self._lock:
                if self._ending:
                    raise FlowError(f"run {self.run_id} was ended before {status.name}")
                self._child = subprocess.Popen(
                    [*launcher, *command, str(script)], stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                    env=self._environment(number, step.script, folder), start_new_session=True)
            status.exit_code = self._child.wait()
            with self._lock:
                self._child = None
        if status.exit_code != 0:
            raise FlowError(self._epitaph(status, step.script))

    def _environment(self, number: int, script: ScriptProcessor, folder: Path) -> Dict[str, str]:
        own = {
            flow_context.STEP_VARIABLE: f"{self.run_id}/step{number}",
            flow_context.DATASET_VARIABLE: self.dataset,
            flow_context.PARENTS_VARIABLE: str(folder / "parents"),
            "GRIDSET_NAMESPACE": self.namespace,
            "GRIDSET_SOCKET": str(self._node.socket),
        }
        # Steps are to find this package wherever the caller has it from.
        package = str(Path(__file__).resolve().parent.parent)
        paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        own["PYTHONPATH"] = os.pathsep.join(paths if package in paths else [*paths, package])
        given = script.environment()
        if "PYTHONPATH" in given:
            given["PYTHONPATH"] += os.pathsep + own["PYTHONPATH"]
        return {**os.environ, **own, **given}

    @contextlib.contextmanager
    def _mounted(self, mount_path: Optional[str]) -> Iterator[None]:
        """The dataset's files at ``mount_path`` while the step runs; a mount that is there already stays."""
        if mount_path is None or any(
                mount["mountPoint"] == mount_path and mount["state"] == "mounted"
                and mount["dataset"] == {"namespace": self.namespace, "name": self.dataset}
                for mount in self._node.mounts()):
            yield
            return
        made = not os.path.isdir(mount_path)
        if made:
            os.makedirs(mount_path)
        try:
            self._node.mount(self.dataset, mount_path, self.namespace)
            try:
                yield
            finally:
                self._node.unmount(mount_path)
        finally:
            if made:
                os.rmdir(mount_path)

    def _epitaph(self, status: StepStatus, script: ScriptProcessor) -> str:
        code = status.exit_code or 0
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        why = "; the run was interrupted" if self._ending else ""
        lines = Path(str(status.stderr)).read_text(errors="replace").splitlines()
        called = f" ({script.name})" if script.name else ""
        return "\n".join([f"{status.name}{called} {how}{why}; its output is in {Path(str(status.stderr)).parent}",
                          *(f"    {line}" for line in lines[-LAST_WORDS:])])

    def _write(self) -> None:
        document = {"run": self.run_id, "namespace": self.namespace, "dataset": self.dataset,
                    "keepUntil": self._keep_until, "steps": [asdict(status) for status in self._status]}
        fresh = self.folder / "run.json.new"
        fresh.write_text(json.dumps(document, indent=1))
        fresh.replace(self.folder / "run.json")

    def _at_exit(self) -> None:
        """A program that ends waits for its flows; one that ends by an exception or Ctrl-C ends them."""
        try:
            if getattr(sys, "last_type", None) is None:
                self._thread.join()
        finally:
            self.end()


def runs_folder() -> Path:
    return state_directory() / "flows"


def sweep(namespace: str) -> None:
    """Removes the folders of ended runs that are kept no longer."""
    for record in (runs_folder() / namespace).glob("*/run.json"):
        try:
            if json.loads(record.read_text())["keepUntil"] > time.time():
                continue
            held = os.open(record.with_name("lock"), os.O_RDWR | os.O_CLOEXEC)
        except (OSError, ValueError, KeyError):
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(record.parent, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(held)


def _step_number(made: ObjectInfo) -> int:
    number = made.attributes.producer.rpartition("/step")[2]
    return int(number) if number.isdigit() else 0


def _end_group(child: "subprocess.Popen[bytes]") -> None:
    """Interrupts a step and all that it started, and kills what is left of it."""
    with contextlib.suppress(ProcessLookupError):
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGINT)
            deadline = time.monotonic() + INTERRUPT_SECONDS
            while child.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            os.killpg(child.pid, signal.SIGKILL)
