"""The file's layout: the same values for every reader, aligned, and no larger than what is shown."""

import ctypes
import io
import os
import tempfile
import unittest
from unittest import mock

import pyarrow as pa
from arrow_values import LEAVES, NESTING, VIEWS, Arrays

from gridset import forms, layout


def build(content):
    """The file in memory that was full of other bytes before."""
    plan = layout.lay_out(content)
    file = pa.allocate_buffer(plan.size)
    ctypes.memset(file.address, 0xAA, file.size)
    plan.write_to(file.address)
    return file


def put(value):
    return build(forms.encode(value).marked())


class TestLayout(unittest.TestCase):
    def assertSame(self, found, wanted, what=""):
        self.assertEqual(found.schema.remove_metadata(), wanted.schema.remove_metadata(), what)
        found.validate(full=True)
        # Arrow's printing of nulls within unions shows whatever the memory holds: its own comparison knows better.
        if not found.equals(wanted):
            self.assertEqual(repr(found.to_pydict()), repr(wanted.to_pydict()), what)

    def assertAligned(self, file, what=""):
        seen = 0
        for batch in (reader := pa.ipc.open_file(file)).get_batch(0), *map(reader.get_batch, range(1, reader.num_record_batches)):
            for column in batch.columns:
                for buffer in column.buffers():
                    if buffer is not None and buffer.size:
                        self.assertEqual((buffer.address - file.address) % 64, 0, what)
                        seen += 1
        return seen

    def test_every_type_alone_and_nested_comes_back_from_whole_arrays_and_slices(self):
        for seed in range(4):
            arrays = Arrays(seed)
            made = [(str(leaf), arrays.leaf(leaf, 70)) for leaf in LEAVES + VIEWS]
            made += [(kind, arrays.nested(kind, 70, 2)) for kind in NESTING]
            for what, array in made:
                for start, count in ((0, 70), (0, 0), (1, 3), (13, 50), (69, 1)):
                    with self.subTest(seed=seed, type=what, start=start, count=count):
                        table = pa.table({"x": array.slice(start, count)})
                        file = put(table)
                        self.assertSame(pa.ipc.open_file(file).read_all(), table)
                        self.assertSame(pa.ipc.open_stream(io.BytesIO(stream_part(file))).read_all(), table)

    def test_random_tables_of_several_chunks_come_back_aligned(self):
        for seed in range(150):
            with self.subTest(seed=seed):
                arrays = Arrays(seed)
                rows = arrays.random.choice([0, 1, 2, 9, 65, 200])
                columns = []
                for _ in range(arrays.random.randint(1, 4)):
                    array = arrays.any(rows)
                    cut = arrays.random.randint(0, rows)
                    columns.append(pa.chunked_array([array.slice(0, cut), array.slice(cut)], array.type))
                table = pa.table(columns, [f"c{n}" for n in range(len(columns))])
                if not arrow_itself_can(table):
                    continue
                file = put(table)
                self.assertSame(pa.ipc.open_file(file).read_all(), table)
                if rows:
                    self.assertAligned(file)

    def test_the_file_is_the_same_however_it_is_recorded_and_written(self):
        table = pa.table({"a": list(range(999)), "b": ["text", None, ""] * 333, "e": [None] * 999})
        for content in (table, table.slice(7, 50), table.slice(0, 0), pa.concat_tables([table] * 20), table.to_batches()[0]):
            whole = bytes(build(content))
            with mock.patch.object(layout, "_SMALL", 0):
                self.assertEqual(bytes(build(content)), whole, "recorded buffer by buffer")
            with mock.patch.object(layout, "_PARTS_AT_ONCE", 3), tempfile.TemporaryFile() as file:
                file.write(b"\xaa" * len(whole))
                file.flush()
                layout.lay_out(content).write_into(file.fileno())
                self.assertEqual(os.pread(file.fileno(), len(whole) + 1, 0), whole, "written through its descriptor")

    def test_every_buffer_of_a_plain_table_is_aligned(self):
        table = pa.table({"a": list(range(999)), "b": ["text", None, ""] * 333, "c": [[1], None, [2, 3]] * 333})
        self.assertEqual(self.assertAligned(put(table)), 1 + 3 + 3)

    def test_decimals_are_aligned_for_readers_that_would_copy_otherwise(self):
        table = pa.table({"a": pa.array([True]), "d": pa.array([1, 2, 3][:1], pa.decimal128(9, 2))})
        self.assertGreater(self.assertAligned(put(table)), 1)

    def test_dictionaries_that_differ_between_chunks_become_one(self):
        chunks = [pa.array(["a", "b"]).dictionary_encode(), pa.array(["c", "a"]).dictionary_encode()]
        nested = [pa.StructArray.from_arrays([chunk], ["d"]) for chunk in chunks]
        for parts in (chunks, nested):
            table = pa.table({"x": pa.chunked_array(parts)})
            self.assertSame(pa.ipc.open_file(put(table)).read_all(), table)

    def test_a_small_slice_makes_a_small_file(self):
        parents = {
            str(leaf): Arrays(1).leaf(leaf, 2000) for leaf in [pa.int64(), pa.string(), pa.large_binary(), pa.decimal256(40, 2)]
        }
        text = [f"a text that is too long for a view to hold {n}" for n in range(2000)]
        for view in VIEWS[:1]:
            parents["view"] = pa.array(text, view)
            parents["list of views"] = pa.array([[each] for each in text], pa.list_(view))
            parents["struct of views"] = pa.array([{"a": each} for each in text], pa.struct([("a", view)]))
            parents["map to views"] = pa.array([[("k", each)] for each in text], pa.map_(pa.string(), view))
        parents.update((kind, Arrays(2).nested(kind, 3000, 1)) for kind in ("struct", "sparse_union", "dense_union"))
        parents["list"] = pa.array([[n, n] for n in range(3000)])
        for what, parent in parents.items():
            with self.subTest(what):
                whole, part = put(parent), put(parent.slice(1000, 3))
                self.assertGreater(whole.size, 10_000)
                self.assertLess(part.size, 2500)

    def test_tables_without_rows_or_columns(self):
        for table in (pa.table({}), pa.table({"a": pa.array([], pa.string())}), pa.schema([("a", pa.int8())]).empty_table()):
            self.assertSame(pa.ipc.open_file(put(table)).read_all(), table)

    def test_nothing_of_what_the_memory_held_before_is_left(self):
        table = pa.table({"a": pa.array([1, 2, None], pa.int8()), "b": ["x", "y", "z"]})
        self.assertEqual(bytes(put(table)), bytes(put(table)))
        self.assertNotIn(b"\xaa", bytes(put(table)))


def arrow_itself_can(table):
    """Some dictionaries Arrow's own writer cannot unify."""
    options = pa.ipc.IpcWriteOptions(unify_dictionaries=True)
    try:
        with pa.RecordBatchFileWriter(pa.BufferOutputStream(), table.schema, options=options) as writer:
            writer.write_table(table)
    except pa.ArrowNotImplementedError:
        return False
    except pa.ArrowInvalid:  # dictionaries that differ: that we can
        pass
    return True


def stream_part(file):
    """The messages between the file's magic and its footer, which are a stream by themselves."""
    return bytes(file)[8:]


if __name__ == "__main__":
    unittest.main()
