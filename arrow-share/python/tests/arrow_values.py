"""Random Arrow arrays of all types, from a seed."""

import datetime
import decimal
import random
import string

import pyarrow as pa

LEAVES = [
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
    pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.decimal128(20, 4), pa.decimal256(50, 7), pa.date32(),
    pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.timestamp("s"),
    pa.timestamp("ns", "Europe/Rome"), pa.duration("ms"), pa.month_day_nano_interval(), pa.string(), pa.large_string(),
    pa.binary(), pa.large_binary(), pa.binary(7),
]
VIEWS = [pa.string_view(), pa.binary_view()] if hasattr(pa, "string_view") else []
NESTING = ["list", "large_list", "fixed_size_list", "struct", "map", "sparse_union", "dense_union", "dictionary", "run_ends"]
if hasattr(pa, "list_view"):
    NESTING += ["list_view", "large_list_view"]


class Arrays:
    """Makes arrays; the same from the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def any(self, rows, depth=3):
        if depth == 0 or self.random.random() < 0.3:
            return self.leaf(self.random.choice(LEAVES + VIEWS), rows)
        return self.nested(self.random.choice(NESTING), rows, depth)

    def leaf(self, type_, rows):
        maybe = self.random.random() < 0.7
        missing = pa.types.is_null(type_)
        values = [None if missing or (maybe and self.random.random() < 0.2) else self._value(type_) for _ in range(rows)]
        return pa.array(values, type_)

    def _value(self, type_):
        rng, types = self.random, pa.types
        if types.is_boolean(type_):
            return rng.random() < 0.5
        if types.is_integer(type_):
            bits = type_.bit_width
            return rng.getrandbits(bits) - (0 if types.is_unsigned_integer(type_) else 1 << (bits - 1))
        if types.is_floating(type_):
            return float(rng.randint(-1000, 1000)) / 4
        if types.is_decimal(type_):
            return decimal.Decimal(rng.randint(-10**9, 10**9)).scaleb(-type_.scale)
        if types.is_date(type_):
            return datetime.date(2000, 1, 1) + datetime.timedelta(rng.randint(0, 9999))
        if types.is_time(type_):
            return datetime.time(rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
        if types.is_timestamp(type_):
            return datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc if type_.tz else None) + datetime.timedelta(
                seconds=rng.randint(0, 10**8))
        if types.is_duration(type_):
            return datetime.timedelta(seconds=rng.randint(-(10**6), 10**6))
        if types.is_interval(type_):
            return pa.MonthDayNano([rng.randint(0, 9), rng.randint(0, 9), rng.randint(0, 10**9)])
        text = "".join(rng.choices(string.ascii_letters + "äß€", k=rng.choice([0, 1, 5, 12, 13, 40])))
        if types.is_fixed_size_binary(type_):
            return rng.getrandbits(8 * type_.byte_width).to_bytes(type_.byte_width, "big")
        return text.encode() if "binary" in str(type_) else text

    def nested(self, kind, rows, depth):
        rng = self.random
        if kind in ("list", "large_list", "list_view", "large_list_view"):
            lengths = [rng.randint(0, 3) for _ in range(rows)]
            values = self.any(sum(lengths), depth - 1)
            offsets = [sum(lengths[:n]) for n in range(rows + 1)]
            big = kind.startswith("large")
            numbers = pa.int64() if big else pa.int32()
            if "view" not in kind:
                if rows and rng.random() < 0.5:
                    offsets[rng.randrange(rows)] = None
                return (pa.LargeListArray if big else pa.ListArray).from_arrays(pa.array(offsets, numbers), values)
            make = pa.LargeListViewArray if big else pa.ListViewArray
            return make.from_arrays(pa.array(offsets[:-1], numbers), pa.array(lengths, numbers), values)
        if kind == "fixed_size_list":
            size = rng.randint(1, 3)
            return pa.FixedSizeListArray.from_arrays(self.any(rows * size, depth - 1), size)
        if kind == "struct":
            children = [self.any(rows, depth - 1) for _ in range(rng.randint(1, 3))]
            mask = pa.array([rng.random() < 0.2 for _ in range(rows)], pa.bool_())
            return pa.StructArray.from_arrays(children, [f"f{n}" for n in range(len(children))], mask=mask)
        if kind == "map":
            lengths = [rng.randint(0, 3) for _ in range(rows)]
            offsets = [sum(lengths[:n]) for n in range(rows + 1)]
            keys = pa.array([f"k{n}" for n in range(sum(lengths))])
            return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, self.any(sum(lengths), depth - 1))
        if kind == "sparse_union":
            children = [self.any(rows, depth - 1) for _ in range(2)]
            return pa.UnionArray.from_sparse(pa.array([rng.randint(0, 1) for _ in range(rows)], pa.int8()), children)
        if kind == "dense_union":
            types = [rng.randint(0, 1) for _ in range(rows)]
            offsets = [types[:n].count(types[n]) for n in range(rows)]
            children = [self.any(types.count(n), depth - 1) for n in range(2)]
            return pa.UnionArray.from_dense(pa.array(types, pa.int8()), pa.array(offsets, pa.int32()), children)
        if kind == "dictionary":
            size = rng.randint(1, 5)
            indices = [None if rng.random() < 0.1 else rng.randrange(size) for _ in range(rows)]
            return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int16()), self.any(size, depth - 1))
        if kind == "run_ends":
            ends = sorted(rng.sample(range(1, rows), min(3, rows - 1)) + [rows]) if rows > 1 else list(range(1, rows + 1))
            return pa.RunEndEncodedArray.from_arrays(pa.array(ends, pa.int32()), self.leaf(rng.choice(LEAVES[1:]), len(ends)))
        raise AssertionError(kind)
