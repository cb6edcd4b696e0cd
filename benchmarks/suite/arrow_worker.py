"""One subject of the Arrow benchmarks, run in a Python that has its packages: commands come as lines of JSON on standard
input, answers leave as lines of JSON. What is timed is one call each, with the clock around nothing else."""

import ctypes
import json
import mmap
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute

COLUMNS = 8
MAP_POPULATE = 0x8000


def private_memory():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


class Gridset:
    """Objects by name, from a node's socket."""

    def __init__(self, socket):
        import gridset

        self._client = gridset.connect(socket)

    def put(self, name, table):
        self._client.put(name, table)

    def get(self, name):
        return self._client.get(name)

    def fetch(self, name):
        return self._client.get(name, fetch=True)

    def seen(self, name):
        return self._client.exists(name)

    def delete(self, name):
        self._client.delete(name)


class Flight:
    """Tables by name, from a Flight server; `token` is a file, or nothing for a server that asks for none."""

    def __init__(self, uri, token=""):
        from pyarrow import flight

        headers = []
        if token:
            with open(token, encoding="ascii") as file:
                headers = [(b"authorization", b"Bearer " + file.read().strip().encode())]
        self._flight = flight
        self._client = flight.FlightClient(uri)
        self._options = flight.FlightCallOptions(headers=headers)

    def put(self, name, table):
        writer, _ = self._client.do_put(self._flight.FlightDescriptor.for_path(name), table.schema, self._options)
        with writer:
            for batch in table.to_batches():
                writer.write_batch(batch)

    def get(self, name):
        return self._client.do_get(self._flight.Ticket(name.encode()), self._options).read_all()

    def delete(self, name):
        """Arrow's own server, which is no store, does not know how."""
        try:
            list(self._client.do_action(self._flight.Action("delete", name.encode()), self._options))
        except self._flight.FlightError:
            pass
        except NotImplementedError:
            pass


class Ray:
    """Objects by reference, since Ray has no names for them; got in an actor, a process of Ray's own that is handed the
    reference once."""

    def __init__(self, folder, memory):
        import logging

        import ray

        self._ray = ray
        self._references = {}
        ray.init(num_cpus=1, object_store_memory=int(memory), include_dashboard=False, _temp_dir=folder,
                 logging_level=logging.ERROR, log_to_driver=False)
        self._getter = ray.remote(num_cpus=0)(RayGetter).remote(str(Path(__file__).resolve().parent))

    def put(self, name, table):
        self._references[name] = self._ray.put(table)

    def get_elsewhere(self, name, times, cold):
        """As `Commands.get`, in the actor."""
        return self._ray.get(self._getter.get.remote([self._references[name]], times, cold))

    def delete(self, name):
        self._references.pop(name, None)

    def close(self):
        self._ray.shutdown()


class RayGetter:
    """What the actor does."""

    def __init__(self, modules):
        sys.path.insert(0, modules)
        import arrow_worker
        import ray

        self._commands = arrow_worker.Commands(arrow_worker.Handed(ray))

    def get(self, handed, times, cold):
        return self._commands.get(handed[0], times, cold)


class Handed:
    """A reference in place of a name."""

    def __init__(self, ray):
        self._ray = ray

    def get(self, reference):
        return self._ray.get(reference)


class Vineyard:
    """Objects by name, from a vineyardd with local metadata."""

    def __init__(self, socket):
        import vineyard

        self._client = vineyard.connect(socket)

    def put(self, name, table):
        self._client.put(table, name=name, persist=True)

    def get(self, name):
        return self._client.get(name=name)

    def delete(self, name):
        self._client.delete(self._client.get_name(name))
        self._client.drop_name(name)


class Segment:
    """The least that a put can be: memcpy into a file in memory whose pages are there, mapped with MAP_POPULATE; with
    `kept` into one mapping for all."""

    def __init__(self, file, kept):
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        self._kept = kept == "kept"
        self._mapping = None
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
        libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        self._libc = libc

    def put(self, name, table):
        size = table.nbytes
        if os.fstat(self._descriptor).st_size != size:
            os.ftruncate(self._descriptor, size)
        address = self._mapping
        if address is None:
            address = self._libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | MAP_POPULATE,
                                      self._descriptor, 0)
            if address in (None, ctypes.c_void_p(-1).value):
                raise OSError(ctypes.get_errno(), "mmap")
        at = address
        for column in table.columns:
            for buffer in (chunk.buffers()[1] for chunk in column.chunks):
                ctypes.memmove(at, buffer.address, buffer.size)
                at += buffer.size
        if self._kept:
            self._mapping = address
        else:
            self._libc.munmap(address, size)

    def delete(self, name):
        pass


class Commands:
    def __init__(self, subject):
        self._subject = subject
        self._table = None

    def make(self, size):
        """A table of about `size` bytes in memory, different each time."""
        rows = max(1, size // (8 * COLUMNS))
        start = int.from_bytes(os.urandom(3), "little")
        self._table = pa.table({f"c{number}": np.arange(start + number, start + number + rows) for number in range(COLUMNS)})
        return {"bytes": self._table.nbytes}

    def batches(self, size):
        """Cuts the table into batches of `size` bytes; 0 for one."""
        rows = max(1, self._table.num_rows * size // self._table.nbytes) if size else self._table.num_rows
        self._table = pa.Table.from_batches(self._table.to_batches(max_chunksize=rows))
        return {"batches": self._table.column(0).num_chunks}

    def drop(self):
        self._table = None
        return {}

    def put(self, name, times=1):
        """Puts the table under `times` names and answers the seconds of each."""
        seconds = []
        for number in range(times):
            began = time.perf_counter()
            self._subject.put(f"{name}-{number}", self._table)
            seconds.append(time.perf_counter() - began)
        return {"seconds": seconds, "median": statistics.median(seconds)}

    def get(self, name, times=1, cold=0):
        """Gets an object `times` times, each time summing a column of it up: the seconds of the gets, of the sums, and
        the private memory that the whole took. `cold`: bytes of other memory that are read before each."""
        if hasattr(self._subject, "get_elsewhere"):
            return self._subject.get_elsewhere(name, times, cold)
        gets, sums, checks = [], [], set()
        other = np.ones(cold // 8)
        before = private_memory()
        grown = 0
        for _ in range(times):
            other.sum()
            began = time.perf_counter()
            table = self._subject.get(name)
            got = time.perf_counter()
            checks.add(pyarrow.compute.sum(table.column(0)).as_py())
            sums.append(time.perf_counter() - got)
            gets.append(got - began)
            grown = max(grown, private_memory() - before)
            del table
        if len(checks) != 1:
            raise ValueError(f"one object, several sums: {checks}")
        return {"seconds": gets, "median": statistics.median(gets), "sum": statistics.median(sums), "grown": grown,
                "check": checks.pop()}

    def seen(self, name):
        """Whether the subject knows the name."""
        return {"seen": self._subject.seen(name)}

    def fetch(self, name):
        """Gets an object that another node holds, once, and sums a column of it up."""
        began = time.perf_counter()
        table = self._subject.fetch(name)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "check": pyarrow.compute.sum(table.column(0)).as_py()}

    def check(self):
        return {"check": pyarrow.compute.sum(self._table.column(0)).as_py()}

    def delete(self, name, times=1):
        for number in range(times):
            self._subject.delete(f"{name}-{number}")
        return {}


def main():
    kind, *arguments = sys.argv[1:]
    subject = {"gridset": Gridset, "flight": Flight, "ray": Ray, "vineyard": Vineyard, "segment": Segment}[kind](*arguments)
    commands = Commands(subject)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = getattr(commands, asked.pop("command"))(**asked)
        print(json.dumps(answer), file=answers, flush=True)
    if hasattr(subject, "close"):
        subject.close()


if __name__ == "__main__":
    main()
