"""A node of the tests' own: `gridset up` in a directory of its own, ended by its id."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
GRIDSET = ROOT / "gridset"
PACKAGE = ROOT / "arrow-share" / "python"


def wait_for(what, condition, seconds=60.0):
    """Polls until condition() is true and returns its value, or fails."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.01)


class RealNode:
    """Constructed means up. Removes all that it held when it is closed."""

    def __init__(self, *options, **environment):
        self.directory = Path(tempfile.mkdtemp(prefix="gridset-python-"))
        self.run = self.directory / "run"
        self.socket = self.run / "objects.sock"
        self.environment = dict(
            os.environ, GRIDSET_RUN_DIR=str(self.run), GRIDSET_STATE_DIR=str(self.directory / "state"), **environment)
        self.options = options
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        self.log = open(self.directory / "node.log", "ab")
        self.process = subprocess.Popen(
            [str(GRIDSET), "up", *self.options], env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, start_new_session=True)
        import gridset

        def up():
            if self.process.poll() is not None:
                raise unittest.SkipTest("the node ended: " + self.tail()) if "Maven" in self.tail() else AssertionError(self.tail())
            try:
                gridset.connect(self.socket).close()
            except gridset.NodeUnavailable:
                return False
            return True

        wait_for("the node", up, 120)

    def tail(self):
        return (self.directory / "node.log").read_text(errors="replace")[-2000:]

    def end(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.log.close()

    def command(self, *argv):
        """Runs one `gridset` command against this node."""
        done = subprocess.run(
            [str(GRIDSET), *argv], env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise AssertionError(f"gridset {' '.join(argv)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def python(self, code, *arguments, **more):
        """A Python process with this package and node."""
        environment = dict(self.environment, PYTHONPATH=os.pathsep.join([str(PACKAGE), str(PACKAGE / "tests")]))
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)], env=environment, text=True, stdin=subprocess.DEVNULL, **more)

    def close(self):
        if hasattr(self, "process"):
            self.end()
            subprocess.run([str(GRIDSET), "down", "--release"], env=self.environment, capture_output=True, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)
