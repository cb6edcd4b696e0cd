"""Flows of processes that hand objects on, and files of a dataset that become objects: real nodes, real processes."""

import json
import os
import signal
import subprocess
import unittest
from pathlib import Path

from harness import ROOT, Node, Process, Scratch, wait_for
from test_objects_python import interpreter

UNAVAILABLE = 5  # the exit code of the example where its packages cannot be installed
FLOW = """
import json, os, sys
import gridset
from gridset import flow

def make(rows):
    import gridset, pyarrow as pa
    gridset.put("made", pa.table({"n": range(rows)}))

def double(stop_with=0):
    import os, sys
    import gridset, pyarrow as pa, pyarrow.compute as pc
    made = gridset.get("made")
    gridset.put("doubled", pa.table({"n": pc.multiply(made["n"], 2)}))
    print("out", os.getpid())
    if stop_with:
        print("it went wrong here", file=sys.stderr)
        sys.exit(stop_with)

def total():
    import gridset, pyarrow as pa, pyarrow.compute as pc
    gridset.put("total", pa.table({"n": [pc.sum(gridset.get("doubled")["n"]).as_py()], "pid": [__import__("os").getpid()]}))

def hang(file):
    import os, subprocess, time
    child = subprocess.Popen(["sleep", "1000"])
    with open(file + ".new", "w") as told:
        told.write(f"{os.getpid()} {child.pid}")
    os.rename(file + ".new", file)
    time.sleep(1000)

client = flow.FluidClient(flow.ClientConfig())
client.create_dataset("pipeline")
dataset = client.get_dataset("pipeline")
dataset.bind_runtime(flow.constants.VINEYARD_RUNTIME_KIND, replicas=1)
"""
MATERIALISE = """
import json, logging, sys
import gridset, pyarrow.compute as pc
logging.basicConfig(level=logging.INFO)
table = gridset.get(sys.argv[1])
names = gridset.materialise(sys.argv[1])
infos = [gridset.describe(name) for name in names]
print(json.dumps({"rows": table.num_rows, "sum": pc.sum(table["n"]).as_py(), "text": table["s"][-1].as_py(), "names": names,
                  "ids": [info.id for info in infos], "expires": all(info.expires is not None for info in infos)}))
"""
DATASET = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata:
  name: files
spec:
  mounts:
    - mountPoint: local://{files}
      name: files
      path: /
---
apiVersion: data.fluid.io/v1alpha1
kind: AlluxioRuntime
metadata:
  name: files
spec:
  replicas: 1
  tieredstore:
    levels:
      - mediumtype: MEM
        path: {tier}
        quota: 256Mi
"""


class World(unittest.TestCase):
    """A node, and a Python that has what the package needs."""

    @classmethod
    def setUpClass(cls):
        cls.python = interpreter()
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.node = Node(cls.scratch)
        cls.addClassCleanup(lambda: (cls.node.kill(), cls.node("down", "--release", check=False)))
        cls.environment = {
            **os.environ, **cls.node.env, "PYTHONPATH": str(ROOT / "arrow-share" / "python"), "PYTHONDONTWRITEBYTECODE": "1",
            "GRIDSET_STATE_DIR": str(cls.scratch.disk / "flows")}

    def program(self, text, *arguments):
        """Writes a program to a file, since functions of flows travel as their source; answers its command."""
        path = self.scratch.disk / f"{self._testMethodName}.py"
        path.write_text(text)
        return [self.python, str(path), *map(str, arguments)]

    def run_program(self, text, *arguments):
        return subprocess.run(self.program(text, *arguments), env=self.environment, capture_output=True, text=True, timeout=120)

    def succeed(self, text, *arguments):
        done = self.run_program(text, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout.splitlines()[-1])


class Flows(World):
    TELL = """
told = [[made.name, made.step, list(made.parents), made.rows, made.id] for made in run.lineage()]
print(json.dumps({"lineage": told, "pid": os.getpid(), "total": gridset.get("total").to_pylist()[0],
                  "parents": list(gridset.describe("doubled").attributes.parents),
                  "status": [status.phase for step in run.get_current_status() for status in step.values()]}))
"""
    THREE = """
steps = dataset.process(None, flow.create_processor(make, params={"rows": 1000}))
steps = steps.process(None, flow.create_processor(double, params={"stop_with": int(sys.argv[1])})).process(None, total)
run = steps.run(run_id="three")
"""

    def test_1_steps_hand_objects_on_and_lineage_tells_from_what(self):
        told = self.succeed(FLOW + self.THREE + "run.wait()" + self.TELL + "dataset.clean_up()\n", 0)
        self.assertEqual([made[:4] for made in told["lineage"]], [
            ["made", "three/step1", [], 1000], ["doubled", "three/step2", ["made"], 1000],
            ["total", "three/step3", ["doubled"], 1]])
        self.assertEqual(told["parents"], ["made"])
        self.assertEqual(told["total"]["n"], 999 * 1000)
        self.assertNotEqual(told["total"]["pid"], told["pid"])
        self.assertEqual(told["status"], ["Complete"] * 3)
        out = self.scratch.disk / "flows" / "flows" / "default" / "three" / "step2" / "stdout.log"
        self.assertRegex(out.read_text(), r"^out \d+\n$")
        after = self.succeed("import json, gridset\nprint(json.dumps([made.name for made in gridset.list()]))")
        self.assertEqual(after, [], "clean_up deletes what the flows of the dataset have put")
        self.assertNotEqual(self.node("get", "dataset", "pipeline", check=False).returncode, 0)

    def test_2_a_failing_step_ends_the_flow_with_its_code_and_the_run_can_be_made_again(self):
        failed = self.run_program(FLOW + self.THREE + "run.wait()\n", 3)
        self.assertEqual(failed.returncode, 1)
        self.assertRegex(failed.stderr, r"FlowError: three-step2 \(double\) ended with 3; its output is in \S+/step2\n"
                                        r"    it went wrong here")
        record = json.loads((self.scratch.disk / "flows" / "flows" / "default" / "three" / "run.json").read_text())
        self.assertEqual([(step["phase"], step["exit_code"]) for step in record["steps"]],
                         [("Complete", 0), ("Failed", 3), ("Skipped", None)])
        ids = self.succeed("import json, gridset\nprint(json.dumps({made.name: made.id for made in gridset.list()}))")
        self.assertEqual(sorted(ids), ["doubled", "made"])
        told = self.succeed(FLOW + self.THREE + "run.wait()" + self.TELL + "dataset.clean_up()\n", 0)
        self.assertEqual([made[0] for made in told["lineage"]], ["made", "doubled", "total"])
        self.assertFalse(set(ids.values()) & {made[4] for made in told["lineage"]}, "objects of the failed run are replaced")

    def test_3_ctrl_c_ends_the_step_and_all_that_it_started(self):
        for number, end in ((signal.SIGINT, "Ctrl-C"), (signal.SIGKILL, "the death of the program")):
            with self.subTest(end):
                told = self.scratch.disk / f"pids-{number}"
                text = FLOW + """
run = dataset.process(None, flow.create_processor(hang, params={"file": sys.argv[1]})).run("hangs")
run.wait()
"""
                program = Process(self.program(text, told), self.scratch.disk / "hangs.log", self.environment)
                self.addCleanup(program.kill)
                wait_for("the step to run", told.exists, 60)
                step, started = map(int, told.read_text().split())
                self.addCleanup(end_if_alive, started)
                os.kill(program.child.pid, number)
                program.child.wait(30)
                wait_for("the step to be gone", lambda: not alive(step))
                if number == signal.SIGINT:
                    self.assertEqual(program.child.returncode, -signal.SIGINT, program.tail())
                    wait_for("what it started to be gone", lambda: not alive(started))

    def test_4_a_run_is_not_under_way_twice_and_needs_a_bound_dataset(self):
        told = self.scratch.disk / "pids-twice"
        text = FLOW + """
run = dataset.process(None, flow.create_processor(hang, params={"file": sys.argv[1]})).run("twice")
run.wait()
"""
        program = Process(self.program(text, told), self.scratch.disk / "twice.log", self.environment)
        self.addCleanup(program.kill)
        wait_for("the step to run", told.exists, 60)
        second = self.run_program(text, told)
        self.assertEqual(second.returncode, 1)
        self.assertIn("FlowError: run twice is under way", second.stderr)
        program.kill(signal.SIGINT)
        unbound = self.run_program(FLOW + 'client.create_dataset("unbound")\n'
                                   'client.get_dataset("unbound").process(None, total).run("r")\n')
        self.assertEqual(unbound.returncode, 1)
        self.assertRegex(unbound.stderr, "FlowError: dataset unbound is not bound")

    def test_5_steps_see_the_files_of_a_dataset_where_they_ask_for_them(self):
        files = self.scratch.disk / "mounted-files"
        files.mkdir()
        (files / "hello.txt").write_text("from the dataset")
        told = self.succeed(FLOW.split("client =")[0] + """
def look(path):
    import gridset
    gridset.put("seen", open(path + "/hello.txt").read())
client = flow.FluidClient(flow.ClientConfig(runtime_kind="jindo"))
client.create_dataset("mounted", mount_name="files", mount_point="local://" + sys.argv[1], mount_path="/")
dataset = client.get_dataset("mounted")
dataset.bind_runtime(cache_capacity_GiB=1)
where = sys.argv[2]
run = dataset.preload("/").process(where, flow.create_processor(look, params={"path": where})).run("looks")
run.wait()
seen = gridset.get("seen")
dataset.clean_up()
print(json.dumps({"seen": seen, "left": os.path.exists(where)}))
""", files, self.scratch.disk / "there")
        self.assertEqual(told, {"seen": "from the dataset", "left": False})


class Materialised(World):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = cls.scratch.disk / "files"
        cls.files.mkdir()
        cls.node("apply", "-f", "-", stdin=DATASET.format(files=cls.files, tier=cls.scratch.memory / "tier"))
        wait_for("the dataset to be Bound", lambda: cls.node.json("get", "dataset", "files")["status"].get("phase") == "Bound")

    def write(self, name, rows, start=0):
        """A table of `rows` rows as a file of the dataset, in the format that its name tells."""
        (self.files / name).parent.mkdir(parents=True, exist_ok=True)
        done = self.run_program("""
import json, sys
import pyarrow as pa, pyarrow.csv, pyarrow.orc, pyarrow.parquet
path, rows, start = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
table = pa.table({"n": range(start, start + rows), "s": [f"row {n} \\u00e9" for n in range(rows)]})
if path.endswith(".parquet"):
    pyarrow.parquet.write_table(table, path, row_group_size=1000)
elif path.endswith(".csv"):
    pyarrow.csv.write_csv(table, path)
elif path.endswith(".csv.gz"):
    with pa.CompressedOutputStream(path, "gzip") as out:
        pyarrow.csv.write_csv(table, out)
elif path.endswith(".orc"):
    pyarrow.orc.write_table(table, path)
else:
    open(path, "w").write("".join(json.dumps(row) + "\\n" for row in table.to_pylist()))
""", self.files / name, rows, start)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.node("sync", "files")

    def test_1_four_processes_at_once_decode_once_and_get_equal_tables(self):
        self.write("many.parquet", 200_000)
        command = self.program(MATERIALISE, "dataset://files/many.parquet")
        askers = [subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                  for _ in range(4)]
        outcomes = [asker.communicate(timeout=120) for asker in askers]
        self.assertEqual([asker.returncode for asker in askers], [0] * 4, outcomes)
        told = [json.loads(out) for out, _ in outcomes]
        self.assertEqual(told, [told[0]] * 4)
        self.assertEqual((told[0]["rows"], told[0]["sum"], told[0]["text"]),
                         (200_000, 199_999 * 100_000, "row 199999 \u00e9"))
        self.assertTrue(told[0]["expires"])
        self.assertEqual(sum(errors.count("decoding dataset://default:files/many.parquet") for _, errors in outcomes), 1)

    def test_2_a_changed_file_is_another_object(self):
        self.write("changes.parquet", 10)
        first = self.succeed(MATERIALISE, "dataset://files/changes.parquet")
        self.write("changes.parquet", 10, start=100)
        second = self.succeed(MATERIALISE, "dataset://files/changes.parquet")
        self.assertEqual((first["sum"], second["sum"]), (45, 1045))
        self.assertNotEqual(first["names"], second["names"])
        self.assertRegex(second["names"][0], r"^default:datasets/default/files/changes\.parquet@[0-9a-f]{32}$")
        old = self.succeed("import json, sys, gridset\nprint(json.dumps(gridset.get(sys.argv[1])['n'].to_pylist()))",
                           first["names"][0])
        self.assertEqual(old, list(range(10)), "whoever has the old version's name still gets the old version")

    def test_3_every_format_and_name_gives_the_same_table_with_a_mount_and_without(self):
        names = ["plain.csv", "packed.csv.gz", "lines.jsonl", "columns.orc", "a part/with \u00fcml\u00e4ut & year=2024/.x+y.parquet",
                 "l" * 240 + ".parquet"]
        for name in names:
            self.write(name, 3000)
        for number, name in enumerate(names):
            with self.subTest(name):
                if number == 3:
                    mount = self.scratch.disk / "mnt"
                    mount.mkdir()
                    self.node("mount", "files", str(mount))
                done = self.run_program(MATERIALISE, f"dataset://default:files/{name}")
                self.assertEqual(done.returncode, 0, done.stderr)
                told = json.loads(done.stdout)
                self.assertEqual((told["rows"], told["sum"], told["text"]), (3000, 2999 * 1500, "row 2999 \u00e9"))
                self.assertIn("through " + ("a mount" if number >= 3 else "the API"), done.stderr)
        self.node("umount", str(self.scratch.disk / "mnt"))

    def test_4_a_directory_is_all_its_data_files(self):
        for number in range(3):
            self.write(f"spark/out/part-{number}.parquet", 100, start=100 * number)
        (self.files / "spark/out/_SUCCESS").write_text("")
        (self.files / "spark/out/notes.txt").write_text("no data")
        told = self.succeed(MATERIALISE, "dataset://files/spark/out/")
        self.assertEqual((told["rows"], told["sum"], len(told["names"])), (300, 299 * 150, 3))

    def test_5_a_decoder_that_is_killed_is_followed_by_the_next(self):
        self.write("killed.parquet", 50)
        mark = self.scratch.disk / "decoding"
        first = Process(self.program("""
import sys, time
import gridset, gridset.materialising
def decode(opened, source):
    open(sys.argv[1], "w").close()
    time.sleep(1000)
gridset.materialising.decode = decode
gridset.get("dataset://files/killed.parquet")
""", mark), self.scratch.disk / "killed.log", self.environment)
        self.addCleanup(first.kill)
        wait_for("the first to decode", mark.exists, 60)
        command = [self.python, "-c", MATERIALISE, "dataset://files/killed.parquet"]
        second = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(second.kill)
        with self.assertRaises(subprocess.TimeoutExpired, msg="the second waits for the first"):
            second.wait(3)
        first.kill(signal.SIGKILL)
        out, errors = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 0, errors)
        self.assertEqual(json.loads(out)["sum"], 49 * 25)

    def test_6_a_file_that_changes_under_its_decoder_is_decoded_anew(self):
        self.write("moves.parquet", 10)
        mark = self.scratch.disk / "moving"
        asker = Process(self.program("""
import os, sys, time
import gridset, gridset.materialising
real = gridset.materialising.decode
def decode(opened, source):
    if not os.path.exists(sys.argv[1]):
        opened.read(4)
        open(sys.argv[1], "w").close()
        while not os.path.exists(sys.argv[1] + "-on"):
            time.sleep(0.05)
    return real(opened, source)
gridset.materialising.decode = decode
print(gridset.get("dataset://files/moves.parquet")["n"].to_pylist(), gridset.materialise("dataset://files/moves.parquet"))
""", mark), self.scratch.disk / "moves.log", self.environment)
        self.addCleanup(asker.kill)
        wait_for("the file to be decoded", mark.exists, 60)
        self.write("moves.parquet", 10, start=500)
        Path(f"{mark}-on").touch()
        self.assertEqual(asker.child.wait(60), 0, asker.tail())
        self.assertIn(str(list(range(500, 510))), asker.tail())
        new = self.succeed(MATERIALISE, "dataset://files/moves.parquet")["names"]
        self.assertIn(str(new), asker.tail())
        stored = self.succeed("import json, gridset\nprint(json.dumps([made.name for made in gridset.list()"
                              " if 'moves.parquet' in made.name]))")
        self.assertEqual([f"default:{name}" for name in stored], new, "nothing is put under the version that was not read")

    def test_7_what_is_no_file_or_no_table_is_a_clear_error(self):
        (self.files / "broken.parquet").write_bytes(b"PAR1 and no more")
        (self.files / "what.bin").write_bytes(b"?")
        self.node("sync", "files")
        for name, error in (("missing.parquet", "FileNotFoundError: no such file or directory"),
                            ("broken.parquet", "ValueError: dataset://default:files/broken.parquet is no parquet file"),
                            ("what.bin", "ValueError: the name of what.bin does not tell its format")):
            with self.subTest(name):
                done = self.run_program(MATERIALISE, f"dataset://files/{name}")
                self.assertEqual(done.returncode, 1)
                self.assertIn(error, done.stderr)


class Example(unittest.TestCase):
    def test_the_pipeline_learns_the_same_through_objects_as_through_files(self):
        command = [str(ROOT / "examples" / "linear-regression" / "run"), "--rows", "5000", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if done.returncode == UNAVAILABLE:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout.splitlines()[-1])
        self.assertGreater(told["objects"]["r2"], 0.7)
        self.assertEqual(told["objects"]["rows"], told["parquet"]["rows"])
        self.assertIn("step2: linear/model (46 rows", done.stderr)


def alive(pid):
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def end_if_alive(pid):
    if alive(pid):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
