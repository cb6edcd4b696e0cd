"""Objects under Python processes (and Java ones beside them) that crash, compete and hold on: nothing is lost, mixed up, half there, or leaked."""

import json
import os
import signal
import subprocess
import unittest
from pathlib import Path

from harness import ROOT, Node, Scratch, log, wait_for
from test_objects_java import java_command

WORKER = Path(__file__).with_name("objects_worker.py")
PYTHONS, JAVAS, OPERATIONS = 3, 2, 2000
STAGES = ["before create", "after create", "mapped", "half copied", "before seal", "seal sent", "after seal", "half a frame", "claimed"]
LARGE_ROWS = 32 << 20  # of 8 bytes
# By these the name may be there, and then all of it.
PERHAPS_PUT = {"seal sent", "after seal"}


def interpreter():
    """A Python with pyarrow, or why there is none."""
    done = subprocess.run([ROOT / "tools" / "python-env.sh"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise unittest.SkipTest("the Python packages of the tests are not to be had: " + done.stderr.strip())
    return done.stdout.strip()


class TestObjectsPython(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = interpreter()
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        # Without a reserve, so that memory is what objects took, and large writes go into fresh memory.
        cls.node = Node(cls.scratch, "node", None, "--objects-reserve", "0")
        cls.addClassCleanup(lambda: (cls.node("down", "--release", check=False), cls.node.kill()))
        cls.socket = cls.node.run / "objects.sock"
        wait_for("the objects' socket", cls.socket.exists)
        cls.work("put", "where", 1, 100_000)
        cls.segments = Path(cls.work("where", "where").strip()).parent

    def setUp(self):
        self.work("clear")

    @classmethod
    def start(cls, *arguments, **more):
        environment = dict(os.environ, PYTHONPATH=str(ROOT / "arrow-share" / "python"))
        return subprocess.Popen(
            [cls.python, str(WORKER), str(cls.socket), *map(str, arguments)], env=environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    @classmethod
    def work(cls, *arguments):
        process = cls.start(*arguments)
        out, err = process.communicate(timeout=300)
        if process.returncode:
            raise AssertionError(f"{arguments} ended with {process.returncode}: {err}")
        return out

    def memory(self, but=None):
        """Bytes that the objects' directory, `but` for one in it, takes of the memory file system."""
        total = 0
        for folder, _, files in os.walk(self.segments.parent):
            if Path(folder).name == but:
                continue
            for file in files:
                try:
                    total += os.stat(os.path.join(folder, file)).st_blocks * 512
                except FileNotFoundError:
                    pass
        return total

    def node_resources(self):
        """The node's descriptors, and its mappings of the objects' files."""
        maps = Path(f"/proc/{self.node.pid()}/maps").read_text()
        return len(os.listdir(f"/proc/{self.node.pid()}/fd")), maps.count(str(self.segments.parent))

    def test_a_writer_killed_at_any_stage_leaves_a_whole_object_or_none(self):
        self.work("put", "before", 3, 500_000)
        began = None
        for turn in range(3):
            for stage in STAGES:
                with self.subTest(stage=stage, round=turn):
                    name = "killed/" + stage.replace(" ", "-")
                    process = self.start("die", stage, name)
                    _, err = process.communicate(timeout=60)
                    self.assertEqual(process.returncode, -signal.SIGKILL, err)
                    found = self.work("check", name).strip()
                    self.assertIn(found, ("nothing", "7") if stage in PERHAPS_PUT else ("nothing",))
                    if found == "nothing":
                        wait_for("the name to be free", lambda: self.can_put(name))
                        self.assertEqual(self.work("check", name).strip(), "9")
                    self.assertEqual(self.work("check", "before").strip(), "3")
            self.work("clear")
            self.work("put", "before", 3, 500_000)
            if began is None:
                began = (self.memory(), self.node_resources())
        wait_for(
            f"memory, descriptors and mappings to be those of the first round, {began}",
            lambda: self.memory() <= began[0] + (1 << 20) and all(map(le, self.node_resources(), began[1])))

    def test_a_writer_killed_amid_a_large_write_leaves_nothing(self):
        self.work("put", "before", 3, 500_000)
        began = (self.memory(but="pool"), self.node_resources())
        amid = 0
        for turn in range(20):
            name = f"amid-{turn}:large"  # in its own namespace: segments of the pool are for theirs, and are not fresh
            process = self.start("die-amid", name, LARGE_ROWS)
            out, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, -signal.SIGKILL, err)
            self.assertEqual(self.work("check", name).strip(), "nothing")
            amid += out.strip() == "amid"
            if amid == 2:
                break
        log(f"    {amid} of {turn + 1} were killed amid the write")
        self.assertGreater(amid, 0, "none was killed amid the write")
        wait_for("the name to be free", lambda: self.can_put(name))
        self.work("delete", name)
        wait_for(
            f"memory that is not in the pool, descriptors and mappings to be those of before, {began}",
            lambda: self.memory(but="pool") <= began[0] + (1 << 20) and all(map(le, self.node_resources(), began[1])))
        self.assertEqual(self.work("check", "before").strip(), "3")
        # The pool may keep a quarter of the quota; whoever needs the room gets it.
        quota = self.node.json("stats")["node"]["objects"]["quotaBytes"]
        wait_for("the pool to keep within its bounds", lambda: self.memory() - self.memory(but="pool") <= quota // 4)
        wait_for("the node's account to be the file system's",
                 lambda: abs(self.node.json("stats")["node"]["objects"]["bytes"] - self.memory()) < 1 << 20)

    def can_put(self, name):
        process = self.start("put", name, 9, 300_000)
        process.communicate(timeout=60)
        return process.returncode == 0

    def test_a_reader_killed_while_it_maps_an_object_gives_its_memory_back(self):
        empty = self.memory()
        self.work("put", "large", 5, 4_000_000)
        reader = self.start("hold", "large")
        self.assertEqual(reader.stdout.readline(), "5\n")
        self.work("clear")
        self.work("put", "large", 6, 4_000_000)
        reader.send_signal(signal.SIGKILL)
        reader.communicate(timeout=30)
        self.assertEqual(self.work("check", "large").strip(), "6")
        for number in range(6):  # the pool keeps some for the next put
            self.work("clear")
            self.work("put", "large", number, 4_000_000)
        self.work("clear")
        wait_for("the memory to be free or pooled once", lambda: self.memory() <= empty + 3 * 32_100_000)

    def test_delete_and_put_never_disturb_who_has_an_object_mapped(self):
        self.work("put", "seen", 1, 2_000_000)
        reader = self.start("hold", "seen")
        self.assertEqual(reader.stdout.readline(), "1\n")
        for number in range(2, 6):
            self.work("clear")
            self.work("put", "seen", number, 2_000_000)
        out, err = reader.communicate("done\n", timeout=60)
        self.assertEqual((out, reader.returncode), ("1\n", 0), err)

    @classmethod
    def start_java(cls, *arguments):
        java = Path(os.environ.get("JAVA_HOME", "/usr"), "bin", "java")
        command = java_command(java, cls.node, *arguments, main="io.gridset.arrow.RandomOperations")
        return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_thousands_of_operations_of_several_processes_mix_nothing_up_and_leak_nothing(self):
        self.work("operate", 99, 200)
        self.work("clear")
        before = self.node_resources()
        workers = [self.start("operate", seed, OPERATIONS) for seed in range(PYTHONS)]
        workers += [self.start_java(seed, OPERATIONS) for seed in range(JAVAS)]
        outcomes = []
        for worker in workers:
            out, err = worker.communicate(timeout=600)
            self.assertEqual(worker.returncode, 0, err)
            outcomes.append(json.loads(out))
        done = {}
        for outcome in outcomes:
            self.assertLessEqual(outcome["ended"][0], outcome["begun"][0] + 4, "descriptors: connections that are kept")
            self.assertEqual(outcome["ended"][1], outcome["begun"][1], "mappings")
            for what, count in outcome["done"].items():
                done[what] = done.get(what, 0) + count
        log(f"    {sum(done.values())} operations: {done}")
        self.assertEqual(sum(done.values()), (PYTHONS + JAVAS) * OPERATIONS)
        for what in ("put", "get", "delete", "hold", "make", "put ObjectExists", "get ObjectNotFound"):
            self.assertGreater(done.get(what, 0), 20, what)
        held = self.memory()
        self.work("clear")
        wait_for("the node's descriptors and mappings to be given back",
                 lambda: all(map(le, self.node_resources(), before)))
        self.work("put", "after", 1, 10)
        self.assertLessEqual(self.memory(), held + (4 << 20), "what is kept for the next puts is no more than was in use")


def le(found, allowed):
    return found <= allowed + 2


if __name__ == "__main__":
    unittest.main(verbosity=2)
