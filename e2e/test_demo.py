"""`gridset demo` as a new user runs it, to its end and interrupted."""

import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import GRIDSET, wait_for


class Demo(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="gridset-e2e-demo-")
        self.addCleanup(self.temporary.cleanup)
        self.environment = dict(os.environ, JAVA_TOOL_OPTIONS=f"-Djava.io.tmpdir={self.temporary.name}")

    def left(self):
        """Directories, mounts and processes of a demo of ours."""
        mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if self.temporary.name in line]
        processes = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if self.temporary.name.encode() in words and int(process.name) != os.getpid():
                processes.append(process.name)
        return [str(path) for path in Path(self.temporary.name).glob("gridset-demo-*")] + mounts + processes

    def test_it_prints_its_figures_and_leaves_nothing(self):
        done = subprocess.run(
            [GRIDSET, "demo", "--model-size", "24Mi", "--files", "60", "--rate", "40M", "--output", "json"],
            capture_output=True, text=True, timeout=110, env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)
        for name in ("coldSeconds", "warmSeconds", "ratio", "originRatio"):
            self.assertGreater(figures[name], 0, name)
        self.assertEqual(figures["originRatio"], 1.0)
        self.assertEqual(self.left(), [])

    def test_what_is_kept_runs_on_and_ends_by_the_line_that_is_printed(self):
        done = subprocess.run(
            [GRIDSET, "demo", "--model-size", "8Mi", "--files", "5", "--rate", "100M", "--keep"],
            capture_output=True, text=True, timeout=110, env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line.strip() for line in done.stderr.splitlines()]
        export = next(line for line in lines if line.startswith("export "))
        listing = next(line for line in lines if line.startswith("ls -l"))
        ending = next(line for line in lines if line.startswith("gridset down"))
        path = f"PATH={Path(GRIDSET).parent}:$PATH"
        shown = subprocess.run(f"{listing} && {path} && {export} && gridset get dataset", shell=True,
                               capture_output=True, text=True, timeout=60, env=self.environment)
        self.assertIn("model.safetensors", shown.stdout)
        self.assertIn("Bound", shown.stdout)
        ended = subprocess.run(f"{path} && {export} && {ending}", shell=True,
                               capture_output=True, text=True, timeout=60, env=self.environment)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        wait_for("everything to be gone", lambda: not self.left())

    def test_an_interrupt_takes_everything_away(self):
        demo = subprocess.Popen(
            [GRIDSET, "demo", "--model-size", "64Mi", "--files", "10", "--rate", "1Mi"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self.environment, start_new_session=True)
        self.addCleanup(demo.stderr.close)
        for line in demo.stderr:
            if "reading cold" in line:
                break
        self.assertTrue(any("fuse" in line for line in self.left()), "it is mounted by now")
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does: the whole group
        self.assertEqual(demo.wait(60), 130)
        wait_for("everything to be gone", lambda: not self.left())


if __name__ == "__main__":
    unittest.main(verbosity=2)
