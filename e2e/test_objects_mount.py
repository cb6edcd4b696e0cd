"""Arrow objects as files of a real node's mount: written, read, renamed and deleted by ordinary programs."""

import errno
import hashlib
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import arrow_file
from harness import ROOT, Node, Scratch, wait_for

sys.path.insert(0, str(ROOT / "tools"))
from python_environments import Unavailable, python_with  # noqa: E402

MIB = 1 << 20
QUOTA = 128 * MIB

SLOW_WRITER = """
import os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_EXCL | os.O_WRONLY)
data = open(sys.argv[2], 'rb').read()
at = 0
while at < len(data) - 100: at += os.write(fd, data[at:len(data) - 100])
print('almost', flush=True); sys.stdin.readline()
os.write(fd, data[at:]); os.close(fd)
"""

# Puts, reads and deletes objects of one repeated value at random; what it reads is whole and of one value, or is not there.
RANDOM_USER = """
import errno, mmap, os, random, struct, sys
sys.path.insert(0, sys.argv[1])
import arrow_file
objects, number, count = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
random.seed(number); done = dict(put=0, got=0, gone=0)
def file(value, rows):
    before, after = arrow_file.ends(rows)
    return before + struct.pack('<q', value) * rows + after
for i in range(count):
    path = '%s/r/o%d.arrow' % (objects, random.randrange(5))
    draw = random.random()
    try:
        if draw < 0.4:
            rows = random.choice((1, 500, 40_000, 300_000)); data = file(number * count + i, rows)
            how = random.random(); target = path if how < 0.5 else '%s/r/.%d.tmp' % (objects, number)
            with open(target, 'wb') as f: f.write(data)
            if how >= 0.5: os.rename(target, path)
            done['put'] += 1
        elif draw < 0.5:
            os.unlink(path); done['gone'] += 1
        else:
            with open(path, 'rb') as f:
                if draw < 0.7: data = f.read()
                else:
                    with mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m: data = m[:]
            value, rows = None, (len(data) - len(file(0, 0))) // 8
            assert data.startswith(b'ARROW1') and data.endswith(b'ARROW1'), path
            for rows in (1, 500, 40_000, 300_000):
                before, after = arrow_file.ends(rows)
                if len(data) == len(before) + 8 * rows + len(after):
                    values = data[len(before):len(before) + 8 * rows]
                    assert values == values[:8] * rows and data.endswith(after), (path, 'a mixture')
                    break
            else: raise AssertionError((path, len(data)))
            done['got'] += 1
    except OSError as e:
        if e.errno not in (errno.ENOENT, errno.EEXIST): raise
    finally:
        try: os.unlink('%s/r/.%d.tmp' % (objects, number))
        except FileNotFoundError: pass
print(done)
"""

ARROW_PROGRAMS = """
import os, sys
import duckdb, pandas, polars, pyarrow as pa, pyarrow.ipc
objects = sys.argv[1]; rows = 300_000
table = pa.table({'n': range(rows), 's': [str(i) for i in range(rows)]}).append_column('d', pa.array(['a', 'b'] * (rows // 2)).dictionary_encode())
with pa.OSFile(objects + '/pyarrow.arrow', 'wb') as sink, pa.ipc.new_file(sink, table.schema) as writer:
    writer.write_table(table, max_chunksize=100_000)
polars.from_arrow(table).write_ipc(objects + '/polars.arrow', compression='uncompressed')
polars.from_arrow(table).lazy().sink_ipc(objects + '/sunk.arrow', compression='uncompressed')
pandas.DataFrame({'n': range(rows)}).to_feather(objects + '/pandas.arrow', compression='uncompressed')
for name in ('pyarrow', 'polars', 'sunk', 'pandas'):
    path = objects + '/' + name + '.arrow'
    before = pa.total_allocated_bytes()
    mapped = pa.ipc.open_file(pa.memory_map(path)).read_all()
    assert pa.total_allocated_bytes() == before, 'copied'
    assert mapped.num_rows == rows and mapped['n'].to_pylist()[-1] == rows - 1, name
    assert polars.read_ipc(path)['n'].sum() == rows * (rows - 1) // 2, name
    assert duckdb.sql('select sum(n) from mapped').fetchall()[0][0] == rows * (rows - 1) // 2, name
try:
    pandas.DataFrame({'n': range(rows)}).to_feather(objects + '/packed.arrow', compression='lz4')
    print('compressed was taken')
except OSError as e:
    print(e.errno)
print(sorted(os.listdir(objects)))
"""


def large(value, byte_count=4 * MIB):
    rows = byte_count // 8
    before, after = arrow_file.ends(rows)
    return before + struct.pack("<q", value) * rows + after


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class World(unittest.TestCase):
    """A node with a mount of its objects."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.node = Node(cls.scratch, "node", None, "--objects-quota", str(QUOTA))
        cls.addClassCleanup(lambda: cls.node.kill())
        cls.mount = cls.scratch.disk / "mnt"
        cls.mount.mkdir()
        cls.node("mount", "--objects", str(cls.mount))
        cls.objects = cls.mount / "objects"

    def setUp(self):
        self.addCleanup(self.empty)

    def empty(self):
        subprocess.run(["bash", "-c", f"rm -rf {self.objects}/* {self.objects}/.[!.]*"], check=True, timeout=60)
        self.assertEqual([], self.names())

    def names(self):
        return [o["name"] for o in self.node.json("objects", "ls")]

    def source(self, name, payload):
        path = self.scratch.disk / name
        path.write_bytes(payload)
        return path

    def run_program(self, *argv, seconds=120):
        done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, timeout=seconds)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout


class ObjectsAsFiles(World):
    def test_what_is_copied_in_is_an_object_and_what_is_put_is_a_file(self):
        source = self.source("in.arrow", large(1, 10 * MIB))
        self.run_program("mkdir", "-p", self.objects / "risk" / "2024")
        self.run_program("cp", source, self.objects / "risk" / "2024" / "x_train.arrow")
        self.run_program("cmp", source, self.objects / "risk" / "2024" / "x_train.arrow")
        described = self.node.json("objects", "describe", "risk/2024/x_train")
        self.assertEqual((10 * MIB // 8, source.stat().st_size), (described["rows"], described["bytes"]))
        self.node("objects", "get", "risk/2024/x_train", str(self.scratch.disk / "out.arrow"))
        self.assertTrue((self.scratch.disk / "out.arrow").read_bytes() == source.read_bytes())
        small = self.source("small.arrow", arrow_file.table([3, 1, 4]))
        for name, path in (("by-client", source), ("small", small)):
            self.assertFalse((self.objects / f"{name}.arrow").exists())
            self.node("objects", "put", str(path), name)
            self.run_program("cmp", path, self.objects / f"{name}.arrow")
        self.node("objects", "delete", "by-client")
        self.assertFalse((self.objects / "by-client.arrow").exists())
        self.run_program("cp", source, self.objects / ".x.arrow.tmp")
        self.assertNotIn("x", self.names())
        self.run_program("mv", self.objects / ".x.arrow.tmp", self.objects / "x.arrow")
        self.run_program("cmp", source, self.objects / "x.arrow")
        self.assertEqual(["risk/2024/x_train", "small", "x"], self.names())
        self.run_program("rm", self.objects / "x.arrow")
        self.assertEqual(["risk/2024/x_train", "small"], self.names())

    def test_the_kernel_reads_objects_while_the_node_is_stopped(self):
        if "active" not in self.node("mounts").stdout:
            self.skipTest("this kernel or container refuses passthrough")
        payload = large(2, 8 * MIB)
        self.run_program("cp", self.source("in.arrow", payload), self.objects / "seen.arrow")
        fd = os.open(self.objects / "seen.arrow", os.O_RDONLY)
        with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as mapped:
            try:
                os.kill(self.node.pid(), signal.SIGSTOP)
                self.assertTrue(os.pread(fd, len(payload), 0) == payload)
                self.assertTrue(mapped[:] == payload)
            finally:
                os.kill(self.node.pid(), signal.SIGCONT)
        os.close(fd)

    def test_a_mapping_of_a_deleted_object_stays_right_while_others_take_its_place(self):
        payload = large(3)
        self.run_program("cp", self.source("in.arrow", payload), self.objects / "held.arrow")
        with open(self.objects / "held.arrow", "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        self.run_program("rm", self.objects / "held.arrow")
        for i in range(20):
            path = self.objects / f"after-{i}.arrow"
            self.run_program("cp", self.source("in.arrow", large(100 + i)), path)
            self.run_program("rm", path)
        self.run_program("cp", self.source("in.arrow", large(4)), self.objects / "held.arrow")
        self.assertTrue(mapped[:] == payload)
        mapped.close()

    def test_a_writer_is_seen_when_it_closes_and_a_killed_one_never(self):
        payload = large(5, QUOTA * 4 // 10)
        source = self.source("in.arrow", payload)
        for name in ("slow.arrow", "slow.arrow.tmp"):
            for end in ("killed", "closed"):
                with self.subTest(f"{name} {end}"):
                    writer = subprocess.Popen(
                        [sys.executable, "-c", SLOW_WRITER, str(self.objects / name), str(source)],
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                    try:
                        self.assertEqual("almost\n", writer.stdout.readline())
                        self.assertEqual([], self.names())
                        self.assertEqual([], [n for n in os.listdir(self.objects) if n.endswith(".arrow")])
                        if end == "killed":
                            writer.kill()
                        writer.communicate("\n", timeout=60)
                    finally:
                        writer.kill()
                        writer.wait(10)
                        writer.stdin.close()
                        writer.stdout.close()
                    if end == "killed":  # Its memory is back as well: the next one takes as much.
                        wait_for("nothing", lambda: not os.listdir(self.objects))
                    elif name == "slow.arrow":
                        self.assertEqual(["slow"], self.names())
                    self.empty()

    def test_close_tells_what_is_wrong(self):
        source = self.source("in.arrow", large(6))
        self.run_program("cp", source, self.objects / "used.arrow")
        for name, payload, expected in (
                ("used.arrow", source.read_bytes(), errno.EEXIST),
                ("text.arrow", b"a,b\n" * 100, errno.EINVAL),
                ("half.arrow", source.read_bytes()[:-9], errno.EINVAL),
                ("rubbish.arrow", b"ARROW1" + bytes(100) + b"ARROW1", errno.EINVAL),
                ("packed.arrow", arrow_file.table([1, 2], compression=0), errno.EINVAL),
                ("too-large.arrow", large(7, QUOTA + 8 * MIB), errno.ENOSPC),
                ("table.parquet", b"PAR1", errno.EINVAL)):
            with self.subTest(name):
                with self.assertRaises(OSError) as caught:
                    with open(self.objects / name, "wb") as file:
                        file.write(payload)
                self.assertEqual(expected, caught.exception.errno, caught.exception)
        self.assertEqual(["used"], self.names())
        self.assertEqual(["used.arrow"], os.listdir(self.objects))

    def test_several_programs_at_random_never_see_a_part_or_a_mixture(self):
        (self.objects / "r").mkdir()
        users = [subprocess.Popen(
            [sys.executable, "-c", RANDOM_USER, str(Path(__file__).resolve().parent), str(self.objects), str(i), "250"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for i in range(1, 4)]
        for user in users:
            try:
                said, _ = user.communicate(timeout=180)
            finally:
                user.kill()
            self.assertEqual(0, user.returncode, said)
        shutil.rmtree(self.objects / "r")
        self.assertEqual([], self.names())
        # All memory is back: one object takes most of it.
        most = self.source("in.arrow", large(8, QUOTA * 8 // 10))
        wait_for("room", lambda: self.node("objects", "put", str(most), "most", check=False).returncode == 0)

    def test_arrow_programs_write_and_map_objects(self):
        try:
            python = python_with("arrow-readers", "pyarrow", "pandas", "polars", "duckdb")
        except Unavailable as reason:
            self.skipTest(f"no Python with pyarrow, pandas, polars and duckdb: {reason}")
        said = self.run_program(python, "-c", ARROW_PROGRAMS, self.objects).splitlines()
        self.assertEqual(str(errno.EINVAL), said[0])
        self.assertEqual("['pandas.arrow', 'polars.arrow', 'pyarrow.arrow', 'sunk.arrow']", said[1])


class Restarts(World):
    def test_a_mount_of_objects_comes_back_with_its_objects(self):
        source = self.source("in.arrow", large(9))
        self.run_program("cp", source, self.objects / "kept.arrow")
        other = self.scratch.disk / "other"
        other.mkdir()
        self.node("mount", "--objects", "risk", str(other))
        self.assertEqual(["objects"], os.listdir(other))
        self.assertEqual([], os.listdir(other / "objects"))
        self.run_program("cp", source, other / "objects" / "theirs.arrow")
        self.node.kill(signal.SIGKILL)
        self.node.start()
        self.run_program("cmp", source, self.objects / "kept.arrow")
        self.assertEqual(["kept.arrow"], os.listdir(self.objects))
        self.assertEqual(["theirs.arrow"], os.listdir(other / "objects"))
        listed = self.node("mounts").stdout
        self.assertIn("objects of default", listed)
        self.assertIn("objects of risk", listed)
        self.run_program("rm", other / "objects" / "theirs.arrow")
        self.node("umount", str(other))
        self.assertEqual([], os.listdir(other))


if __name__ == "__main__":
    unittest.main()
