"""The README's lines on objects do what they say: they are taken from there and run against a real node."""

import os
import re
import subprocess
import unittest
from pathlib import Path

from harness import GRIDSET, ROOT, Node, Scratch, wait_for
from test_objects_python import interpreter

CLIENT = ROOT / "arrow-share" / "java" / "target"
SECTION = re.search(r"^## Arrow tables between processes\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S).group(1)
PROGRAM = """
import io.gridset.arrow.*;
import java.util.List;
import org.apache.arrow.memory.*;
import org.apache.arrow.vector.*;

public class Readme {
  public static void main(String[] arguments) throws Exception {
    try (BufferAllocator allocator = new RootAllocator(); BigIntVector numbers = new BigIntVector("n", allocator)) {
      numbers.allocateNew(100_000);
      for (int i = 0; i < 100_000; i++) {
        numbers.set(i, i);
      }
      numbers.setValueCount(100_000);
      VectorSchemaRoot root = VectorSchemaRoot.of(numbers);
SNIPPET
    }
  }
}
"""


def snippet(language):
    return re.search(rf"^```{language}\n(.*?)^```", SECTION, re.M | re.S).group(1)


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = interpreter()
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.node = Node(cls.scratch, "node")
        cls.addClassCleanup(lambda: (cls.node("down", "--release", check=False), cls.node.kill()))
        wait_for("the objects' socket", (cls.node.run / "objects.sock").exists)
        bin_ = cls.scratch.disk / "bin"
        bin_.mkdir()
        for name, target in (("gridset", GRIDSET), ("python3", cls.python)):
            script = bin_ / name
            script.write_text(f'#!/bin/sh\nexec {target} "$@"\n')
            script.chmod(0o755)
        cls.environment = {**os.environ, **cls.node.env, "PATH": f"{bin_}:{os.environ['PATH']}",
                           "PYTHONPATH": str(ROOT / "arrow-share" / "python")}

    def run_in_scratch(self, *command):
        done = subprocess.run(command, env=self.environment, cwd=self.scratch.disk, capture_output=True, text=True, timeout=180)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_1_java(self):
        program = self.scratch.disk / "Readme.java"
        program.write_text(PROGRAM.replace("SNIPPET", snippet("java")))
        class_path = ":".join(map(str, [CLIENT / "classes", *sorted((CLIENT / "lib").glob("*.jar"))]))
        java = Path(os.environ.get("JAVA_HOME", "/usr"), "bin", "java")
        out = self.run_in_scratch(str(java), "-cp", class_path, "--enable-native-access=ALL-UNNAMED", str(program))
        self.assertEqual("100000\n", out)

    def test_2_python_reads_what_java_put(self):
        prepared = "import pandas\nframe = pandas.DataFrame({'n': range(1000)})\n"
        out = self.run_in_scratch(self.python, "-c", prepared + snippet("python") + "assert x_train.equals(frame)\n")
        self.assertIn("100000", out)

    def test_3_the_shell(self):
        self.run_in_scratch(self.python, "-c", "import pyarrow as pa\ntable = pa.table({'n': range(100_000)})\n"
                            "with pa.OSFile('x.arrow', 'wb') as file, pa.ipc.new_file(file, table.schema) as out:\n"
                            "    out.write_table(table)\n")
        (self.scratch.disk / "shared").mkdir()
        self.addCleanup(lambda: self.node("umount", str(self.scratch.disk / "shared"), check=False))
        out = self.run_in_scratch("bash", "-euc", snippet("sh").replace("/run/gridset/gridset.sock", str(self.node.run / "gridset.sock")))
        self.assertRegex(out, r"shell/x_train +Ready")
        self.assertIn("n: int64", out)
        self.assertTrue(out.endswith("where its bytes are\n"), out)
        self.assertEqual((self.scratch.disk / "x.arrow").stat().st_size, (self.scratch.disk / "copy.arrow").stat().st_size)
        listed = self.node("objects", "ls", "-o", "name").stdout.split()
        self.assertTrue({"shell/x_train", "shell/y_train"} <= set(listed), listed)


if __name__ == "__main__":
    unittest.main()
