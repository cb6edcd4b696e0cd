"""Real processes for the end-to-end runs: an object store, a node, web servers, mounts.

Everything listens on loopback, lives in one scratch directory, and is ended by process id. Every wait has a
deadline; a hung mount is taken away lazily so that a failing run ends.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GRIDSET = str(ROOT / "gridset")
SCENARIOS = ROOT / "examples" / "scenarios"
ACCESS_KEY, SECRET_KEY = "gridset-test", "gridset-test-secret"


def free_port():
    """A port that nobody listens on, below those that outgoing connections get: one of them could take it meanwhile."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def wait_for(what, condition, seconds=120.0):
    """Polls until condition() is true (its value is returned), or fails naming what was awaited."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.05)


class Scratch:
    """A directory of this run on disk and one in shared memory, both removed at the end."""

    def __init__(self):
        prefix = f"gridset-e2e-{os.getpid()}-"  # by which hosts.sweep() tells those of dead runs
        self.disk = Path(tempfile.mkdtemp(prefix=prefix))
        self.memory = Path(tempfile.mkdtemp(prefix=prefix, dir="/dev/shm"))

    def close(self):
        for line in Path("/proc/self/mounts").read_text().splitlines():
            target = line.split()[1].encode().decode("unicode_escape")
            if target.startswith((str(self.disk), str(self.memory))):
                subprocess.run(["umount", "-l", target], check=False)
        shutil.rmtree(self.disk, ignore_errors=True)
        shutil.rmtree(self.memory, ignore_errors=True)


class Process:
    """A child that is ended by its id: SIGTERM, then SIGKILL."""

    def __init__(self, argv, log, env=None, stdout=None):
        self.log = Path(log)
        self._file = open(self.log, "ab")
        self.child = subprocess.Popen(
            argv, stdout=stdout or self._file, stderr=self._file, stdin=subprocess.DEVNULL,
            env=dict(os.environ, **(env or {})), start_new_session=True)

    def kill(self, sig=signal.SIGTERM, seconds=30):
        if self.child.poll() is None:
            try:
                os.killpg(self.child.pid, sig)
                self.child.wait(seconds)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                try:
                    os.killpg(self.child.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                self.child.wait(10)
        self._file.close()

    def tail(self):
        return self.log.read_text(errors="replace")[-3000:]


class Store(Process):
    """The local object store: OSS and S3 over HTTP, with faults, limits and byte counts."""

    def __init__(self, scratch, *options, host=None):
        """On loopback, or on a test host (hosts.Host)."""
        self.root = scratch.disk / "store"
        self.root.mkdir(exist_ok=True)
        self.port = 9000 if host else free_port()
        address = host.address if host else "127.0.0.1"
        lib = sorted((ROOT / "ui-api" / "target" / "lib").glob("*.jar"))
        java = os.environ.get("JAVA_HOME", "") + "/bin/java"
        super().__init__(
            [*(host.enter if host else []), java, "-Xmx256m", "-XX:+UseSerialGC", "-cp", ":".join(map(str, lib)),
             "io.gridset.localstore.LocalStoreMain", "--root", str(self.root), "--host", address, "--port", str(self.port),
             "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY, "--until", "signal", *options],
            scratch.disk / "store.log")
        self.endpoint = f"http://{address}:{self.port}"
        wait_for("the object store", self._answers)

    def _answers(self):
        try:
            return self.statistics() is not None
        except OSError:
            if self.child.poll() is not None:
                raise AssertionError("the object store ended: " + self.tail())
            return None

    def statistics(self):
        return json.loads(self._http("GET", "/-/statistics"))

    def _http(self, method, path):
        request = urllib.request.Request(self.endpoint + path, method=method)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read()

    def behave(self, **behaviour):
        """Sets limits and faults: rate, per_connection_rate, latency, fault (a text or a list of them)."""
        pairs = []
        for name, value in behaviour.items():
            values = value if isinstance(value, list) else [value]
            pairs += [(name.replace("_", "-"), each) for each in values]
        self._http("PUT", "/-/behaviour?" + urllib.parse.urlencode(pairs))

    def body_bytes(self):
        return self.statistics()["bodyBytes"]


class Node(Process):
    """`gridset up` in a directory of its own."""

    def __init__(self, scratch, name="node", env=None, *options, enter=(), launch_only=False):
        """`enter` is a command before the node's, such as a test host's; `launch_only` does not wait for the API."""
        self.scratch, self.name, self.options, self.enter = scratch, name, options, list(enter)
        self.run = scratch.disk / name / "run"
        self.state = scratch.disk / name / "state"
        self.env = dict(env or {}, GRIDSET_RUN_DIR=str(self.run), GRIDSET_STATE_DIR=str(self.state))
        self.launch()
        if not launch_only:
            self.await_answer()

    def start(self):
        self.launch()
        self.await_answer()

    def launch(self):
        self.run.mkdir(parents=True, exist_ok=True)
        super().__init__(
            [*self.enter, GRIDSET, "up", *self.options], self.scratch.disk / f"{self.name}.log", self.env)

    def await_answer(self, seconds=60):
        wait_for("the node", self._answers, seconds)

    def _answers(self):
        if self.child.poll() is not None:
            raise AssertionError("the node ended: " + self.tail())
        return self("mounts", check=False).returncode == 0

    def __call__(self, *argv, check=True, env=None, stdin=None, seconds=120):
        """Runs one `gridset` command against this node."""
        done = subprocess.run(
            [GRIDSET, *argv], env=dict(os.environ, **self.env, **(env or {})), input=stdin,
            capture_output=True, text=True, timeout=seconds)
        if check and done.returncode != 0:
            raise AssertionError(
                f"gridset {' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}\n{self.tail()}")
        return done

    def json(self, *argv, **more):
        return json.loads(self(*argv, "-o", "json", **more).stdout)

    def pid(self):
        """The JVM's own process id (the launcher replaces itself by it)."""
        return self.child.pid

    def anonymous_bytes(self):
        for line in Path(f"/proc/{self.pid()}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no RssAnon")


def log(text):
    print(text, file=sys.stderr, flush=True)
