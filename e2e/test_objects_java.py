"""Objects between Java processes and a real node: put in one JVM, mapped by the next."""

import os
import subprocess
import unittest
from pathlib import Path

from harness import ROOT, Node, Scratch

CLIENT = ROOT / "arrow-share" / "java" / "target"
CACHE = Path(os.environ.get("GRIDSET_CACHE", Path.home() / ".cache" / "gridset"))


def java_command(java, node, *words, main="io.gridset.arrow.ObjectsMain"):
    class_path = [CLIENT / "classes", CLIENT / "test-classes", *sorted((CLIENT / "lib").glob("*.jar"))]
    flags = ["-Xmx512m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"]
    return [str(java), *flags, "-cp", ":".join(map(str, class_path)), main,
            str(node.run / "objects.sock"), *map(str, words)]


class ObjectsInJava(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.node = Node(cls.scratch, "node", None, "--memory", "1Gi", "--objects-quota", "4Gi")
        cls.addClassCleanup(cls.node.kill)
        cls.java = Path(os.environ.get("JAVA_HOME", "/usr"), "bin", "java")

    def run_java(self, *words, java=None):
        done = subprocess.run(java_command(java or self.java, self.node, *words),
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.strip().splitlines()[-1]

    def start_java(self, *words):
        child = subprocess.Popen(java_command(self.java, self.node, *words), text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (child.kill(), child.wait(), child.stdin.close(), child.stdout.close()))
        return child

    def test_1_every_type_put_by_one_jvm_is_mapped_by_the_next(self):
        self.assertTrue(self.run_java("put", "all/types", 5, 400).startswith("put "))
        self.assertRegex(self.run_java("get", "all/types", 5, 400), "^equal=true mapped=true allocated=0 java=25$")
        old = sorted(CACHE.glob("java-21*/bin/java"))
        if not old:
            self.skipTest("no Java 21 in the cache (tools/fetch-java-21.sh): not tried with it")
        self.assertEqual(self.run_java("get", "all/types", 5, 400, java=old[-1]),
                         "equal=true mapped=true allocated=0 java=21")
        self.assertTrue(self.run_java("put", "all/types-21", 6, 400, java=old[-1]).startswith("put "))
        self.assertRegex(self.run_java("get", "all/types-21", 6, 400), "^equal=true mapped=true")

    def test_2_a_reader_keeps_what_it_mapped_when_the_name_is_deleted_and_put_again(self):
        self.run_java("put-long", "kept", 1)
        reader = self.start_java("hold", "kept")
        mapped = reader.stdout.readline().split(" ", 1)[1]
        self.assertEqual(self.run_java("delete", "kept"), "true")
        self.assertIn("put ", self.run_java("put", "kept", 9, 3000))
        self.run_java("put-long", "another", 1)
        reader.stdin.close()
        self.assertEqual(reader.stdout.readline(), "still " + mapped)
        self.assertEqual(reader.wait(60), 0)

    def test_3_more_than_two_gibibytes_are_one_object(self):
        put = self.run_java("put-long", "long", 22).split()
        size, rows = int(put[1]), int(put[3])
        self.assertGreater(size, 2 ** 31)
        reader = self.start_java("hold", "long")
        line = reader.stdout.readline()
        self.assertIn(f"rows={rows} ids={rows * (rows - 1) // 2} ", line)
        status = Path(f"/proc/{reader.pid}/status").read_text()
        resident = {name: int(value.split()[0]) * 1024 for name, value in
                    (row.split(":", 1) for row in status.splitlines() if row.startswith("Rss"))}
        self.assertGreater(resident["RssShmem"], 2 ** 31, "it reads the node's own pages")
        self.assertLess(resident["RssAnon"], 400 << 20, "and has none of its own")
        self.assertTrue(self.run_java("put", "long", 1, 3000).startswith("ALREADY_EXISTS: "))

    def test_4_a_killed_writer_leaves_nothing(self):
        writer = self.start_java("stall", "half")
        self.assertEqual(writer.stdout.readline(), "staged\n")
        self.assertTrue(self.run_java("sum", "half").startswith("NOT_FOUND: "))
        writer.kill()
        writer.wait()
        self.assertTrue(self.run_java("put-long", "half", 1).startswith("put "))
        self.assertTrue(self.run_java("sum", "half").startswith("rows="))

    def test_5_an_unknown_name_gets_its_neighbours(self):
        self.run_java("put", "risk/x_train", 1, 10)
        self.assertRegex(self.run_java("sum", "risk/x_trian"), "^NOT_FOUND: .*risk/x_train")

    def test_6_every_type_that_one_language_puts_the_other_reads(self):
        done = subprocess.run([str(ROOT / "tools" / "python-env.sh")], capture_output=True, text=True)
        if done.returncode:
            self.skipTest("the Python packages of the tests are not to be had: " + done.stderr.strip())
        python, path = done.stdout.strip(), f"{ROOT / 'arrow-share' / 'python'}:{ROOT / 'arrow-share' / 'python' / 'tests'}"

        def run_python(text):
            run = subprocess.run([python, "-c", text, str(self.node.run / "objects.sock")], capture_output=True, text=True,
                                 timeout=300, env=dict(os.environ, PYTHONPATH=path))
            self.assertEqual(run.returncode, 0, run.stderr)
            return run.stdout.split()

        names = run_python(OF_PYTHON)
        self.assertGreater(len(names), 50)
        told = subprocess.run(java_command(self.java, self.node, "copy", "python/"), capture_output=True, text=True, timeout=300)
        self.assertEqual(told.returncode, 0, told.stderr)
        read = dict(line.split(" ", 1) for line in told.stdout.splitlines())
        self.assertEqual({name: "300" for name in names}, read)
        compared = run_python(OF_COPIES)
        self.assertGreater(len(compared), 50)
        self.assertEqual({"equal"}, set(compared))
        for seed in range(3):
            self.run_java("put", f"java/{seed}", seed, 300)
        self.assertEqual(["300"] * 3, run_python(OF_JAVA))


# Every second without nulls, whose validity Arrow leaves out.
OF_PYTHON = """
import sys
import gridset, pyarrow as pa
from arrow_values import LEAVES, VIEWS, Arrays
client = gridset.connect(sys.argv[1])
client.put("python/leaves", pa.table({str(each): Arrays(1).leaf(each, 300) for each in LEAVES + VIEWS}))
print("python/leaves")
for seed in range(60):
    arrays = Arrays(seed)
    if seed % 2:
        arrays.random.random = lambda: 0.9
    table = pa.table({"a": arrays.any(300), "b": arrays.any(300), "n": range(300)})
    try:
        client.put(f"python/{seed}", table)
        print(f"python/{seed}")
    except gridset.NotSupported as refused:
        assert "dictionary whose values are a dictionary" in str(refused)
"""
# Arrow Java forgets the type ids of a sparse union's field, and a dictionary's values have no other one.
OF_COPIES = """
import re, sys
import gridset, pyarrow as pa
client = gridset.connect(sys.argv[1])
for each in client.list("python/"):
    put, copied = client.get(each.name), client.get("copy/" + each.name)
    if re.search("dictionary<values=.*sparse_union", str(put.schema)):
        continue
    try:
        copied.validate(full=True)
        same = "equal" if put.equals(copied) else "not_equal"
    except pa.ArrowInvalid as error:
        same = f"invalid:{error}".replace(" ", "_")
    print(same if same == "equal" else f"{same}:{each.name}:{put.schema}".replace(chr(10), ";").replace(" ", "_"))
"""
# Checked by Arrow itself: Python has no values for intervals of months, nor for dates after the year 9999.
OF_JAVA = """
import sys
import gridset
client = gridset.connect(sys.argv[1])
for each in client.list("java/"):
    table = client.get(each.name)
    table.validate(full=True)
    print(table.num_rows)
"""


if __name__ == "__main__":
    unittest.main()
