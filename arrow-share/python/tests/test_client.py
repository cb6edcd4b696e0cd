"""The package against a real node."""

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from contextlib import closing
from pathlib import Path

import pyarrow as pa
from real_node import RealNode, wait_for

import gridset
from gridset import aio, vineyard
from gridset.mapping import owned
from gridset.wire import Connection

try:
    import duckdb
    import numpy
    import pandas
    import polars
except ImportError:
    duckdb = numpy = pandas = polars = None

LARGE = pa.table({"n": pa.array(range(200_000)), "text": [f"row {n}" for n in range(200_000)]})
SMALL = pa.table({"n": [1, 2, 3]})


def mapping_of(address):
    """The line of /proc/self/maps that holds an address."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        begin, end = (int(part, 16) for part in line.split()[0].split("-"))
        if begin <= address < end:
            return line
    return None


def mappings():
    return Path("/proc/self/maps").read_text().count(" r--s ")


def addresses(table):
    for column in table.columns:
        for chunk in column.chunks:
            for buffer in chunk.buffers():
                if buffer is not None and buffer.size:
                    yield buffer.address


class WithNode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = RealNode()
        cls.addClassCleanup(cls.node.close)

    def setUp(self):
        self.client = gridset.connect(self.node.socket)
        self.addCleanup(self.client.close)
        self.addCleanup(lambda: [self.client.delete(each.name) for each in list(self.client.list())])


class TestObjects(WithNode):
    def test_what_one_process_puts_another_maps(self):
        self.client.put("risk/2024/x_train", LARGE, labels={"stage": "train"}, parents=["raw"], time_to_live=3600)
        reader = self.node.python(
            "import gridset; t = gridset.get('risk/2024/x_train');"
            "print(t.num_rows, t.column('n').to_pylist()[-1], gridset.describe('risk/2024/x_train').attributes.labels)",
            stdout=subprocess.PIPE)
        self.assertEqual(reader.communicate()[0].split(), ["200000", "199999", "{'stage':", "'train'}"])

    def test_a_large_object_is_mapped_and_not_copied_and_cannot_be_written(self):
        self.client.put("t", LARGE)
        before = pa.total_allocated_bytes()
        table = self.client.get("t")
        self.assertTrue(table.equals(LARGE))
        self.assertLess(pa.total_allocated_bytes() - before, 1024)
        for address in addresses(table):
            self.assertEqual(address % 64, 0)
            self.assertRegex(mapping_of(address), " r--s ", "mapped for reading, shared with the node")
        for chunk in table.column(0).chunks:
            self.assertFalse(chunk.buffers()[1].is_mutable)

    def test_the_mapping_lives_as_long_as_what_was_made_of_it(self):
        self.client.put("t", LARGE)
        gc.collect()
        before = mappings()
        value = self.client.get("t").column("n").chunk(0)[1000:1010]
        self.assertEqual(mappings(), before + 1)
        self.client.delete("t")
        self.client.put("t", pa.table({"n": [0] * 200_000}))
        self.assertEqual(value.to_pylist(), list(range(1000, 1010)), "delete and put do not disturb who has it mapped")
        del value
        gc.collect()
        self.assertEqual(mappings(), before)

    def test_small_and_large_put_and_get_describe_list_delete(self):
        for name, table in (("small", SMALL), ("large", LARGE)):
            info = self.client.put(name, table, labels={"a": "b"}, parents=["p/q"], producer="me")
            self.assertTrue(self.client.get(name).equals(table))
            self.assertEqual((info.name, info.rows, info.attributes.form), (name, table.num_rows, "table"))
            told = self.client.describe(name)
            self.assertEqual(told, info)
            self.assertEqual((told.attributes.labels, told.attributes.parents), ({"a": "b"}, ("p/q",)))
            self.assertEqual(told.attributes.producer, "me")
            self.assertTrue(told.held)
            self.assertTrue(self.client.exists(name))
        self.assertEqual([each.name for each in self.client.list()], ["large", "small"])
        self.assertEqual([each.name for each in self.client.list("s")], ["small"])
        self.assertTrue(self.client.delete("small"))
        self.assertFalse(self.client.delete("small"))
        self.assertFalse(self.client.exists("small"))

    def test_long_lists_come_in_pages(self):
        names = [f"many/{n:04}" for n in range(1203)]
        for name in names:
            self.client.put(name, 1)
        self.assertEqual([each.name for each in self.client.list("many/")], names)
        self.assertEqual(next(self.client.list("many/", after="many/0099")).name, "many/0100")

    def test_namespaces_are_apart(self):
        self.client.put("a", 1)
        self.client.put("other:a", 2)
        with gridset.connect(self.node.socket, namespace="other") as other:
            self.assertEqual((self.client.get("a"), other.get("a"), self.client.get("other:a")), (1, 2, 2))
            other.delete("a")

    def test_more_than_two_gibibytes(self):
        if numpy is None:
            self.skipTest("numpy is not installed")
        free = os.statvfs("/dev/shm")
        if free.f_bavail * free.f_frsize < 6 << 30:
            self.skipTest("less than 6 GiB of shared memory")
        array = numpy.zeros((2**31 + 2**20,), "u1")  # untouched zeros take no memory
        array[-1] = 7
        array[2**31 - 1] = 3
        try:
            self.client.put("huge", array)
        except gridset.MemoryFull as error:
            self.skipTest(str(error))
        found = self.client.get("huge")
        self.assertEqual((found.shape, found[-1], found[2**31 - 1], found[2**31]), (array.shape, 7, 3, 0))
        self.assertRegex(mapping_of(found.ctypes.data), "r--s")


class TestRefusals(WithNode):
    def test_an_unknown_name_is_answered_with_the_nearest(self):
        self.client.put("risk/x_train", SMALL)
        with self.assertRaisesRegex(gridset.ObjectNotFound, "risk/x_train") as caught:
            self.client.get("risk/x_trian")
        self.assertIsInstance(caught.exception, KeyError)
        self.assertNotIn('"there', str(caught.exception))
        with self.assertRaises(gridset.ObjectNotFound):
            self.client.describe("risk/x_trian")

    def test_a_name_in_use_is_refused_and_its_object_is_unharmed(self):
        for table in (SMALL, LARGE):
            self.client.put("t", table)
            for other in (SMALL, LARGE, pa.table({"z": list(range(1_000_000))})):
                with self.assertRaises(gridset.ObjectExists) as caught:
                    self.client.put("t", other)
                self.assertIsInstance(caught.exception, FileExistsError)
            self.assertTrue(self.client.get("t").equals(table))
            self.client.delete("t")

    def test_names_that_are_none(self):
        for name in ("", "a//b", "/a", ".hidden", "a b", "x" * 600, "../up"):
            with self.assertRaises(gridset.InvalidObject):
                self.client.put(name, SMALL)
        with self.assertRaisesRegex(TypeError, "an object's name is a str"):
            self.client.put(SMALL, "t")

    def test_no_memory_is_an_error_and_what_was_there_stays(self):
        self.client.put("t", LARGE)
        with self.node_connection() as connection, self.assertRaises(gridset.MemoryFull) as caught:
            connection.ask("create", namespace="default", bytes=1 << 45)
        self.assertIsInstance(caught.exception, MemoryError)
        self.assertTrue(self.client.get("t").equals(LARGE))

    def node_connection(self):
        return closing(Connection(str(self.node.socket)))

    def test_bytes_that_are_no_arrow_file_do_not_become_an_object(self):
        whole = bytes(self.file())
        with self.node_connection() as connection:
            for rubbish in (b"rubbish", whole[:-1], whole[:40] + whole[48:], bytes(len(whole)), whole[:-10] + b"\xff\xff\xff\x7f" + whole[-6:]):
                with self.assertRaises(gridset.InvalidObject):
                    connection.ask("put", rubbish, namespace="default", name="bad", attributes={})
            self.assertFalse(self.client.exists("bad"))

    def file(self):
        self.client.put("good", SMALL)
        return self.client.get_buffer("good")

    def test_who_can_still_write_cannot_seal(self):
        with self.node_connection() as connection:
            answer = connection.ask("create", namespace="default", bytes=100_000)
            try:
                with self.assertRaises(gridset.InvalidObject):
                    connection.ask("seal", staging=answer.header["staging"], bytes=100_000, namespace="default", name="w", attributes={})
            finally:
                os.close(answer.descriptor)

    def test_where_no_node_listens_the_error_tells_what_to_do(self):
        with self.assertRaisesRegex(gridset.NodeUnavailable, "gridset up.*GRIDSET_SOCKET") as caught:
            gridset.connect("/nowhere/objects.sock")
        self.assertIsInstance(caught.exception, ConnectionError)

    def test_a_closed_client_says_so(self):
        self.client.put("t", SMALL)
        other = gridset.connect(self.node.socket)
        table = other.get("t")
        other.close()
        with self.assertRaisesRegex(gridset.NodeUnavailable, "closed"):
            other.get("t")
        self.assertEqual(table.num_rows, 3)


class TestProcesses(WithNode):
    def test_several_values_are_put_at_once_and_one_that_fails_harms_no_other(self):
        frames = {f"at-once/{number}": LARGE.slice(number * 1000, 60_000) for number in range(9)}
        infos = self.client.put_all(frames, labels={"of": "all"})
        self.assertEqual([(name, info.attributes.labels) for name, info in infos.items()], [(name, {"of": "all"}) for name in frames])
        for name, table in frames.items():
            self.assertTrue(self.client.get(name).equals(table), name)
        with self.assertRaises(gridset.ObjectExists):
            self.client.put_all({"at-once/new": SMALL, "at-once/3": SMALL, "at-once/newer": LARGE})
        self.assertTrue(self.client.get("at-once/new").equals(SMALL))
        self.assertTrue(self.client.get("at-once/newer").equals(LARGE))
        self.assertTrue(self.client.get("at-once/3").equals(frames["at-once/3"]))
        self.assertEqual(self.client.put_all({}), {})

    def test_threads_share_a_client(self):
        problems = []

        def work(number):
            try:
                for turn in range(30):
                    name = f"thread/{number}/{turn}"
                    table = LARGE.slice(number * 100 + turn, 20_000) if turn % 3 else SMALL
                    self.client.put(name, table)
                    if not self.client.get(name).equals(table):
                        problems.append(name)
                    self.client.delete(name)
            except Exception as error:
                problems.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.assertEqual(problems, [])

    def test_a_forked_child_uses_the_same_client_and_disturbs_nobody(self):
        self.client.put("t", LARGE)
        table = self.client.get("t")
        child = os.fork()
        if child == 0:
            try:
                good = table.equals(LARGE) and self.client.get("t").equals(LARGE)
                self.client.put("of-child", SMALL)
                os._exit(0 if good else 3)
            except BaseException:
                os._exit(4)
        self.client.put("of-parent", LARGE)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(self.client.get("of-child").equals(SMALL))
        self.assertTrue(self.client.get("of-parent").equals(LARGE))
        self.assertTrue(table.equals(LARGE))

    def test_a_child_that_is_forked_while_an_object_is_written_cannot_write_to_it(self):
        descriptor = os.memfd_create("staging")
        with owned(descriptor):
            child = os.fork()
            if child == 0:
                try:
                    os.fstat(descriptor)
                    os._exit(1)
                except OSError:
                    os._exit(0)
            self.assertEqual(os.waitpid(child, 0)[1], 0, "its copy of the descriptor is closed")
            os.fstat(descriptor)
        with self.assertRaises(OSError):
            os.fstat(descriptor)

    def test_a_node_that_is_gone_is_an_error_and_no_signal(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/objects.sock")
            listener.listen()
            child = os.fork()
            if child == 0:
                try:
                    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as programs set it that end in `| head`
                    connection = Connection(f"{folder}/objects.sock")
                    wait_for("the end of the connection", lambda: not connection.usable())
                    connection.ask("get", namespace="default", name="t")
                    os._exit(3)
                except gridset.NodeUnavailable:
                    os._exit(0)
                except BaseException:
                    os._exit(4)
            with listener.accept()[0] as node:
                node.recv(1 << 16)
                answer = b'{"ok":true,"inlineBytes":65536}'
                node.sendall(struct.pack("<II", len(answer), 0) + answer)
            self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_a_pool_of_forked_workers_hands_back_objects(self):
        with multiprocessing.get_context("fork").Pool(3, initializer=use, initargs=(self.client,)) as pool:
            names = pool.map(put_square, range(12))
        self.assertEqual([self.client.get(name) for name in names], [n * n for n in range(12)])

    def test_programs_started_while_others_put_do_not_spoil_a_seal(self):
        ended = threading.Event()

        def start_programs():
            while not ended.is_set():
                subprocess.run(["true"], check=True, preexec_fn=int, close_fds=False)

        starter = threading.Thread(target=start_programs)
        starter.start()
        try:
            for turn in range(40):
                self.client.put(f"seal/{turn}", LARGE.slice(turn, 10_000))
        finally:
            ended.set()
            starter.join()

    def test_a_node_that_was_restarted_is_found_again(self):
        self.client.put("t", LARGE)
        table = self.client.get("t")
        self.node.end()
        self.node.start()
        self.assertTrue(table.equals(LARGE), "what was mapped stays")
        self.assertTrue(self.client.get("t").equals(LARGE), "names survive a restart")
        self.client.put("after", SMALL)

    def test_with_no_node_one_is_started_and_ended_with_the_program(self):
        place = self.node.directory / "embedded"
        code = (
            "import gridset; gridset.put('a', [1] and 7); print(gridset.get('a')); gridset.get('a');"
            "print(gridset.connect().ping()['node'] != '')")
        environment = dict(self.node.environment, GRIDSET_RUN_DIR=str(place / "run"), GRIDSET_STATE_DIR=str(place / "state"),
                           PYTHONPATH=os.pathsep.join(sys.path))
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual((done.stdout.split(), done.returncode), (["7", "True"], 0), done.stderr)
        self.assertEqual(done.stderr.count("gridset: no node ran"), 1, "said once")
        pid = int(done.stderr.split("pid ")[1].split(",")[0])
        self.assertFalse(os.path.exists(f"/proc/{pid}"), "ended with the program")

    def test_where_no_node_can_be_started_the_error_tells_what_to_do(self):
        environment = dict(os.environ, GRIDSET_RUN_DIR=str(self.node.directory / "none"), GRIDSET_COMMAND="/no/such/gridset",
                           PYTHONPATH=os.pathsep.join(sys.path))
        done = subprocess.run([sys.executable, "-c", "import gridset; gridset.get('a')"], env=environment, capture_output=True, text=True, check=False)
        self.assertIn("NodeUnavailable: no node runs here, and `/no/such/gridset up` cannot be started", done.stderr)


_shared = None


def use(client):
    global _shared
    _shared = client


def put_square(number):
    _shared.put(f"square/{number}", number * number)
    return f"square/{number}"


class TestStreams(WithNode):
    def batches(self, count):
        return [pa.record_batch({"n": list(range(n * 10, n * 10 + 10))}) for n in range(count)]

    def test_a_reader_gets_batches_while_they_come(self):
        batches = self.batches(5)
        with self.client.open_stream("s").writer() as writer:
            reader = iter(self.client.open_stream("s"))
            for batch in batches:
                writer.append(batch)
                self.assertTrue(next(reader).equals(batch))
        self.assertEqual(list(reader), [])
        self.assertEqual([batch.num_rows for batch in self.client.open_stream("s")], [10] * 5, "again from its beginning")
        self.assertTrue(self.client.get("s").equals(pa.Table.from_batches(batches)))
        self.assertEqual(self.client.describe("s").attributes.form, "stream")
        self.assertTrue(self.client.open_stream("s").delete())
        self.assertEqual(list(self.client.list("s")), [])

    def test_another_process_writes(self):
        writer = self.node.python(
            "import gridset, pyarrow as pa\n"
            "with gridset.open_stream('s').writer(pa.schema([('n', pa.int64())])) as w:\n"
            "    for n in range(50): w.append(pa.table({'n': [n] * 1000}))")
        self.assertEqual([batch.column(0)[0].as_py() for batch in self.client.open_stream("s")], list(range(50)))
        self.assertEqual(writer.wait(30), 0)

    def test_a_batch_of_another_schema_is_refused_and_the_stream_goes_on(self):
        with self.client.open_stream("s").writer(pa.schema([("n", pa.int64())])) as writer:
            writer.append(SMALL)
            with self.assertRaisesRegex(gridset.SchemaMismatch, "column 1 is m: string and should be n: int64"):
                writer.append(pa.table({"m": ["x"]}))
            with self.assertRaisesRegex(gridset.SchemaMismatch, "column 2 is z: int64 and should be missing"):
                writer.append(pa.table({"n": [1], "z": [1]}))
            writer.append(SMALL)
        self.assertEqual(self.client.get("s").num_rows, 6)

    def test_a_writer_that_fails_breaks_the_stream_for_readers(self):
        with self.assertRaises(ZeroDivisionError), self.client.open_stream("s").writer() as writer:
            writer.append(SMALL)
            1 / 0
        with self.assertRaisesRegex(gridset.StreamBroken, "after 1 batches: ZeroDivisionError"):
            list(self.client.open_stream("s"))

    def test_a_writer_that_is_killed_breaks_the_stream_for_readers(self):
        writer = self.node.python(
            "import gridset, time\nw = gridset.open_stream('s').writer()\n"
            "w.append(gridset.connect().get('small'))\nprint('one', flush=True)\ntime.sleep(100)", stdout=subprocess.PIPE)
        self.client.put("small", SMALL)
        try:
            self.assertEqual(writer.stdout.readline(), "one\n")
            reader = iter(self.client.open_stream("s"))
            self.assertEqual(next(reader).num_rows, 3)
            writer.send_signal(signal.SIGKILL)
            with self.assertRaisesRegex(gridset.StreamBroken, "died"):
                next(reader)
        finally:
            writer.kill()
            writer.wait()
            writer.stdout.close()
        with self.assertRaisesRegex(gridset.ObjectExists, "never finished"):
            self.client.open_stream("s").writer()
        self.client.open_stream("s").delete()
        with self.client.open_stream("s").writer():
            pass
        self.assertEqual(list(self.client.open_stream("s")), [])

    def test_two_writers_of_one_stream_are_one_too_many(self):
        with self.client.open_stream("s").writer() as writer:
            writer.append(SMALL)
            with self.assertRaisesRegex(gridset.ObjectExists, "somebody else"):
                self.client.open_stream("s").writer()
        with self.assertRaises(gridset.ObjectExists):
            self.client.open_stream("s").writer()

    def test_a_reader_may_take_batches_away_as_it_goes(self):
        with self.client.open_stream("s").writer() as writer:
            for batch in self.batches(100):
                writer.append(batch)
        self.assertEqual(sum(batch.num_rows for batch in self.client.open_stream("s").batches(consume=True)), 1000)
        self.assertEqual([each.name for each in self.client.list("s")], ["s"])

    def test_a_stream_that_never_begins(self):
        with self.assertRaisesRegex(gridset.TimedOut, "never/comes"):
            list(self.client.open_stream("never/comes").batches(wait=0.2))

    def test_any_table_can_be_read_as_a_stream(self):
        self.client.put("t", LARGE)
        self.assertEqual(sum(batch.num_rows for batch in self.client.open_stream("t")), 200_000)


class TestTogether(WithNode):
    def test_wait_returns_when_the_name_comes(self):
        with self.assertRaises(gridset.TimedOut):
            self.client.wait("later", timeout=0.1)
        threading.Timer(0.2, self.client.put, ("later", 5)).start()
        self.assertEqual(self.client.wait("later", timeout=30).name, "later")

    def test_of_many_that_need_an_object_one_makes_it(self):
        made = []

        def make():
            made.append(threading.get_ident())
            time.sleep(0.2)
            return LARGE

        found = []
        threads = [threading.Thread(target=lambda: found.append(self.client.get_or_put("once", make))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual((len(made), len(found)), (1, 6))
        self.assertTrue(all(each.equals(LARGE) for each in found))

    def test_when_the_one_who_makes_it_fails_the_next_one_does(self):
        with self.assertRaises(ZeroDivisionError):
            self.client.get_or_put("once", lambda: 1 / 0)
        self.assertEqual(self.client.get_or_put("once", lambda: 3, timeout=30), 3)

    def test_asyncio(self):
        async def run():
            async with aio.connect(self.node.socket) as client:
                await asyncio.gather(*(client.put(f"a/{n}", n) for n in range(20)))
                self.assertEqual(await asyncio.gather(*(client.get(f"a/{n}") for n in range(20))), list(range(20)))
                self.assertEqual([each.name async for each in client.list("a/1")], ["a/1"] + [f"a/1{n}" for n in range(10)])
                waiting = asyncio.ensure_future(client.wait("b", timeout=30))
                await client.put("b", SMALL)
                self.assertEqual((await waiting).rows, 3)
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.wait("never"), 0.1)
                async with await client.open_stream("s").writer() as writer:
                    await writer.append(SMALL)
                    await writer.append(SMALL)
                self.assertEqual([batch.num_rows async for batch in client.open_stream("s")], [3, 3])
                self.assertTrue(await client.delete("b"))
                self.assertFalse(await client.exists("b"))

        asyncio.run(run())

    def test_vineyards_names(self):
        with vineyard.connect(self.node.socket) as client:
            unnamed = client.put(LARGE)
            named = client.put(SMALL, name="x_train", persist=True)
            self.assertTrue(client.get(unnamed).equals(LARGE))
            self.assertTrue(client.get(name="x_train", fetch=True).equals(SMALL))
            self.assertEqual(client.get_name("x_train", wait=True), named)
            self.assertEqual(client.list_objects("x_*"), [named])
            client.put({"a": 1}, name="pickled")
            with self.assertRaises(gridset.PickleNotAllowed):
                client.get(name="pickled")
            with vineyard.connect(self.node.socket, allow_pickle=True) as trusting:
                self.assertEqual(trusting.get(name="pickled"), {"a": 1})
            client.delete([unnamed, named])
            self.assertFalse(client.exists(named))

    def test_what_vineyard_persists_is_on_disk_where_the_node_has_one(self):
        with vineyard.connect(self.node.socket) as client:  # it has none
            for name in ("first", "second"):
                client.put(LARGE, name=name, persist=True)
                self.assertFalse(self.client.describe(name).attributes.persist)
                self.assertTrue(client.get(name=name).equals(LARGE))
            with self.assertRaises(gridset.ObjectExists):
                client.put(SMALL, name="first", persist=True)
            client.persist("first")
            self.assertEqual(list(self.client.lost()), [])
            self.assertTrue(self.client.migrate("second").held)
            with self.assertRaisesRegex(gridset.InvalidObject, "no node n2"):
                self.client.migrate("second", "n2", keep=True)
            self.assertEqual(client.migrate("first"), "first")
        with tempfile.TemporaryDirectory() as disk:
            node = RealNode("--objects-spill", disk)
            self.addCleanup(node.close)
            with vineyard.connect(node.socket) as client:
                client.put(LARGE, name="kept", persist=True)
                client.put(LARGE, name="not-kept")
                self.assertTrue(client.client.describe("kept").attributes.persist)
            node.command("down", "--release")  # memory is given back, the disk stays
            node.end()
            node.start()
            with vineyard.connect(node.socket) as client:
                self.assertTrue(client.get(name="kept").equals(LARGE))
                self.assertFalse(client.exists("not-kept"))

    @unittest.skipUnless(duckdb, "pandas, polars or duckdb is not installed")
    def test_pandas_polars_and_duckdb_read_the_same_object(self):
        self.client.put("shared", LARGE)
        shared = self.client.get("shared")
        before = pa.total_allocated_bytes()
        series = polars.from_arrow(shared)["n"]
        self.assertRegex(mapping_of(series.to_numpy().ctypes.data), "r--s")
        frame = self.client.get("shared", form="pandas.DataFrame")
        self.assertRegex(mapping_of(frame["n"].to_numpy().ctypes.data), "r--s")
        widened = 8 * (LARGE.num_rows + 1)  # pandas counts text with 64 bits; the text itself is not copied
        self.assertLess(pa.total_allocated_bytes() - before, widened + (1 << 16))
        total = duckdb.sql("select sum(n), count(distinct text) from shared").fetchall()[0]
        self.assertEqual(total, (sum(range(200_000)), 200_000))
        self.assertEqual(int(series.sum()), sum(range(200_000)))
        self.assertEqual(int(frame["n"].sum()), sum(range(200_000)))
        self.client.put("of-duckdb", duckdb.sql("select n * 2 as d from shared where n < 5"))
        self.assertEqual(self.client.get("of-duckdb").to_pydict(), {"d": [0, 2, 4, 6, 8]})

    def test_the_default_client_of_the_module(self):
        process = self.node.python(
            "import gridset\ngridset.put('m', 'text')\nassert gridset.exists('m') and gridset.get('m') == 'text'\n"
            "assert [o.name for o in gridset.list('m')] == ['m'] and gridset.describe('m').rows == 1\n"
            "assert gridset.wait('m', 1).id and gridset.delete('m') and gridset.get_or_put('m', lambda: 2) == 2")
        self.assertEqual(process.wait(60), 0)


if __name__ == "__main__":
    unittest.main()
