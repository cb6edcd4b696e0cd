"""Values become tables and come back the same, over the file's own memory."""

import datetime
import decimal
import json
import random
import threading
import unittest
import warnings

import numpy
import pyarrow as pa
from test_layout import build

import gridset
from gridset import forms

try:
    import pandas
except ImportError:
    pandas = None
try:
    import polars
except ImportError:
    polars = None

DTYPES = [
    "?", "i1", "u1", "<i2", ">i2", "<u4", "<i8", ">u8", "<f2", "<f4", "<f8", ">f8", "<c8", "<c16", "S5", "<U3", "V4",
    "<M8[D]", "<M8[s]", "<M8[ns]", "<M8[25us]", "<m8[ms]", "<m8[h]",
    [("a", "<i4"), ("b", "<f8", (2, 2)), ("c", "U2")],
]


def file_of(value):
    return build(forms.encode(value).marked())


def back(value, **options):
    return forms.decode(file_of(value), **options)


def within(file, address):
    return file.address <= address < file.address + file.size


class TestForms(unittest.TestCase):
    def test_arrow_values_come_back_as_what_they_were(self):
        table = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]}).replace_schema_metadata({"mine": "kept"})
        for value in (
            table, table.slice(1, 1), table.to_batches()[0], table.column(0), pa.array([1, None, 3]), pa.array([], pa.string()),
            pa.chunked_array([[1], [2, 3]]), pa.chunked_array([], pa.int8()), pa.scalar(decimal.Decimal("1.50")),
            pa.scalar(None, pa.int64()), pa.scalar([1, 2]),
        ):
            found = back(value)
            self.assertIs(type(found), type(value))
            self.assertTrue(found.equals(value), value)
        self.assertTrue(back(table).schema.equals(table.schema, check_metadata=True))
        self.assertTrue(back(table.schema).equals(table.schema, check_metadata=True))

    def test_plain_values_come_back_exactly(self):
        utc = datetime.timezone.utc
        for value in (
            None, True, 0, -(2**63), 2**63 - 1, 1.5, -0.0, float("inf"), "", "text äß", b"", b"\0\xff", decimal.Decimal("1.10"),
            datetime.date(1, 1, 1), datetime.datetime(2024, 2, 29, 1, 2, 3, 456), datetime.time(1, 2, 3, 4),
            datetime.timedelta(-1, 5, 6),
        ):
            found = back(value)
            self.assertEqual((type(found), repr(found)), (type(value), repr(value)))
        for value in (2**64, 2**100, datetime.datetime(2024, 1, 1, tzinfo=utc)):
            self.assertEqual(back(value, allow_pickle=True), value)

    def test_arrays_of_every_type_and_shape_come_back_as_views_that_nobody_can_write_to(self):
        for seed in range(3):
            rng = random.Random(seed)
            for dtype in DTYPES:
                for shape in ((), (0,), (1,), (7,), (3, 4), (2, 3, 5), (3, 0), (0, 3), (2, 1, 1, 2)):
                    with self.subTest(seed=seed, dtype=dtype, shape=shape):
                        kind = numpy.dtype(dtype)
                        count = int(numpy.prod(shape))
                        array = numpy.frombuffer(rng.randbytes(kind.itemsize * count), kind).reshape(shape)
                        if kind.kind in "?bU" or kind.names:
                            array = numpy.zeros(shape, kind)
                        for value in (array, array.T, array[::-1] if array.ndim else array):
                            file = file_of(value)
                            found = forms.decode(file)
                            self.assertEqual((found.dtype, found.shape), (value.dtype, value.shape))
                            self.assertEqual(found.tobytes(), value.tobytes())
                            self.assertFalse(found.flags.writeable)
                            if found.size:
                                self.assertTrue(within(file, found.ctypes.data))

    def test_not_a_time_is_missing_for_other_readers_and_itself_for_numpy(self):
        value = numpy.array(["2024-01-01", "NaT"], "M8[s]")
        self.assertEqual(back(value, form="table").column(0).null_count, 1)
        self.assertEqual(back(value).tobytes(), value.tobytes())

    def test_numbers_are_columns_that_other_readers_understand(self):
        table = back(numpy.arange(6.0).reshape(2, 3), form="table")
        self.assertEqual(table.num_rows, 2)
        self.assertEqual(table.column(0).chunk(0).storage.to_pylist(), [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(back(numpy.arange(3, dtype="u2"), form="table").column(0).to_pylist(), [0, 1, 2])

    def test_scalars_of_numpy_come_back(self):
        for value in (numpy.float32(1.5), numpy.int8(-3), numpy.bool_(True), numpy.complex128(1 + 2j), numpy.datetime64("2020", "s")):
            found = back(value)
            self.assertEqual((type(found), found), (type(value), value))

    def test_anything_else_is_a_pickle_that_a_reader_has_to_allow(self):
        large = numpy.arange(100_000)
        value = {"a": [1, (2, {3})], "large": large}
        with self.assertRaisesRegex(gridset.PickleNotAllowed, "builtins.dict.*allow_pickle=True"):
            back(value)
        file = file_of(value)
        found = forms.decode(file, allow_pickle=True)
        self.assertEqual(found["a"], value["a"])
        self.assertTrue((found["large"] == large).all())
        self.assertTrue(within(file, found["large"].ctypes.data), "its arrays are not copied")
        self.assertIsInstance(forms.decode(file, form="table"), pa.Table)

    def test_what_not_even_pickle_takes_is_refused(self):
        for value in (lambda: 1, threading.Lock(), (n for n in range(3))):
            with self.assertRaisesRegex(gridset.NotSupported, "can be put neither"):
                forms.encode(value)

    def test_a_file_that_is_none_is_refused(self):
        for rubbish in (b"", b"rubbish", b"ARROW1\0\0" + bytes(100) + b"ARROW1"):
            with self.assertRaisesRegex(gridset.InvalidObject, "no Arrow file"):
                forms.decode(pa.py_buffer(rubbish))

    def test_a_form_of_another_language_is_a_table(self):
        table = pa.table({"a": [1]}).replace_schema_metadata({"gridset.form": "r.data.frame"})
        self.assertTrue(forms.decode(build(table)).equals(pa.table({"a": [1]})))

    def test_a_form_that_cannot_be_had_is_refused(self):
        with self.assertRaisesRegex(gridset.NotSupported, "only as table"):
            back(pa.table({"a": [1]}), form="numpy")


@unittest.skipUnless(pandas, "pandas is not installed")
class TestPandas(unittest.TestCase):
    def frames(self):
        index = pandas.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", "y"])
        yield pandas.DataFrame({"a": [1, 2], "b": [0.5, None], "c": ["x", None]})
        yield pandas.DataFrame({"a": [1, 2]}, index=index)
        yield pandas.DataFrame({"a": [1, 2]}, index=pandas.date_range("2024", periods=2, freq="h", tz="Europe/Rome", name="t"))
        yield pandas.DataFrame({"a": pandas.Categorical(["x", "y"], ordered=True), "n": pandas.array([1, None], "Int32")})
        yield pandas.DataFrame({"t": pandas.to_datetime(["2024", None]), "d": pandas.to_timedelta([1, 2])}, index=["p", "q"])
        yield pandas.DataFrame([[1, 2]], columns=pandas.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
        yield pandas.DataFrame([[1, 2]], columns=[0, 7])
        yield pandas.DataFrame({"a": []})
        yield pandas.DataFrame(index=range(3, 9, 2))
        yield pandas.DataFrame({"b": [True, False]})[:0]

    def test_frames_come_back_with_index_and_types(self):
        for frame in self.frames():
            pandas.testing.assert_frame_equal(back(frame), frame, check_freq=False)

    def test_series_come_back_with_index_and_name(self):
        for series in (
            pandas.Series([1, 2], name="n"), pandas.Series([0.5, None], index=["a", "b"]), pandas.Series(["x"], name=3),
            pandas.Series([], dtype="int64"),
        ):
            pandas.testing.assert_series_equal(back(series), series)

    def test_columns_of_numbers_are_not_copied(self):
        file = file_of(pandas.DataFrame({"a": range(10_000), "b": numpy.random.rand(10_000), "c": range(10_000)}))
        before = pa.total_allocated_bytes()
        frame = forms.decode(file)
        for column in frame:
            self.assertTrue(within(file, frame[column].to_numpy().ctypes.data), column)
        self.assertLess(pa.total_allocated_bytes() - before, 4096)

    def test_many_numbers_become_what_pyarrow_makes_of_them(self):
        rows = 20_000
        numbers = pandas.DataFrame({
            "a": numpy.random.rand(rows), "b": range(rows), "c": numpy.random.rand(rows).astype("f4"),
            "d": numpy.arange(rows, dtype="u8")})
        missing, endless, large = numbers.copy(), numbers.copy(), numbers * 1e300
        missing.loc[7, "a"] = None
        endless.loc[7:8, "a"] = numpy.inf, -numpy.inf
        labelled = numbers.rename_axis(columns="label")
        labelled.attrs = {"source": "test"}
        matrix = pandas.DataFrame(numpy.random.rand(rows, 3), columns=[0, 1, 2])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for frame in (numbers, missing, endless, large, labelled, matrix, numbers.sample(frac=0.9), numbers.iloc[5::2],
                          numbers.rename_axis("i"), numbers.set_index("a"), numbers.set_index(["a", "b"]),
                          numbers.astype({"b": "Int64"}), numbers.assign(s="x"), numbers.assign(o=True), numbers[[]]):
                expected = pa.Table.from_pandas(frame, preserve_index=None if len(frame.columns) else True)
                found = forms.encode(frame).content
                self.assertTrue(found.equals(expected), frame)
                self.assertTrue(found.schema.equals(expected.schema), frame)
                self.assertEqual([each.null_count for each in found.columns], [each.null_count for each in expected.columns])
                self.assertEqual({key: json.loads(value) for key, value in found.schema.metadata.items()},
                                 {key: json.loads(value) for key, value in expected.schema.metadata.items()})
                pandas.testing.assert_frame_equal(back(frame), frame, check_freq=False)
        column = forms.encode(numbers).content.column("a").chunk(0).buffers()[1].address
        self.assertEqual(column, numbers["a"].to_numpy().ctypes.data, "no copy")

    def test_frames_that_arrow_cannot_hold_are_pickled(self):
        twice = pandas.DataFrame([[1, 2]], columns=["a", "a"])
        mixed = pandas.DataFrame({"a": [1, "x", object]})
        for frame in (twice, mixed):
            with self.assertRaises(gridset.PickleNotAllowed):
                back(frame)
            pandas.testing.assert_frame_equal(back(frame, allow_pickle=True), frame)

    def test_a_table_can_be_had_as_a_frame(self):
        self.assertEqual(back(pa.table({"a": [1]}), form="pandas.DataFrame").to_dict("list"), {"a": [1]})


@unittest.skipUnless(polars, "polars is not installed")
class TestPolars(unittest.TestCase):
    def test_frames_and_series_come_back(self):
        for frame in (
            polars.DataFrame({"a": [1, None], "s": ["a text that is too long for a view", None], "l": [[1], [2, 3]]}),
            polars.DataFrame({"c": polars.Series(["x", "y"], dtype=polars.Categorical), "t": [datetime.time(1), None]}),
            polars.DataFrame({"e": polars.Series(["x", "y"], dtype=polars.Enum(["y", "x"]))}),
            polars.DataFrame({"d": [datetime.timedelta(1)], "n": [decimal.Decimal("1.5")], "b": [b"x"], "st": [{"p": 1}]}),
            polars.DataFrame(), polars.DataFrame({"a": []}),
        ):
            found = back(frame)
            self.assertEqual(found.schema, frame.schema)
            self.assertTrue(found.equals(frame))
            for column in frame:
                self.assertTrue(back(column).equals(column, check_names=True))

    def test_text_and_numbers_are_not_copied(self):
        text = [f"a text that is too long for a view {n}" for n in range(10_000)]
        file = file_of(polars.DataFrame({"a": range(10_000), "s": text}))
        before = pa.total_allocated_bytes()
        frame = forms.decode(file)
        self.assertEqual(frame["s"].to_list(), text)
        self.assertTrue(within(file, frame["a"].to_numpy().ctypes.data))
        self.assertLess(pa.total_allocated_bytes() - before, 4096)

    def test_lazy_frames_are_to_be_collected(self):
        with self.assertRaisesRegex(gridset.NotSupported, "collect"):
            forms.encode(polars.LazyFrame({"a": [1]}))


if __name__ == "__main__":
    unittest.main()
