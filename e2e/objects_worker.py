"""What the processes of test_objects_python do: python objects_worker.py SOCKET ACTION ARGUMENT...

Runs with the packages of tools/python-env.sh. What an object holds follows from a number that stands in it, so that
every reader can tell whether it got all of one object and nothing of another.
"""

import gc
import json
import os
import random
import signal
import sys
import threading
from pathlib import Path

import numpy
import pyarrow as pa

import gridset
from gridset import layout
from gridset.wire import Connection

NAMES = 40
HELD = 6


def value_of(number):
    """A value that tells its number, of one of several forms and sizes."""
    rng = random.Random(number)
    rows = rng.choice([1, 10, 1000, 20_000, 120_000])
    kind = number % 5
    if kind == 0:
        return pa.table({"number": pa.array([number] * rows), "text": [f"{number}-{n % 97}" for n in range(rows)]})
    if kind == 1:
        return numpy.full((rows, 3), number, "i8")
    if kind == 2:
        return pa.record_batch({"number": pa.array([number] * rows)}).slice(0, max(1, rows // 2))
    if kind == 3:
        return {"number": number, "array": numpy.full(rows, number)}
    return number


def number_in(value):
    """The number it tells; fails if anything of it contradicts."""
    if isinstance(value, dict):
        number, found = value["number"], value["array"]
    elif isinstance(value, (pa.Table, pa.RecordBatch)):
        found = value.column(0).to_numpy()
        number = int(found[0])
        if "text" in value.schema.names:
            assert value.column("text")[-1].as_py().startswith(f"{number}-"), "the text is another object's"
    elif isinstance(value, numpy.ndarray):
        number, found = int(value[0, 0]), value
    else:
        return value
    assert (found == number).all(), f"an object is a mixture: {set(found.ravel().tolist())}"
    return number


def resources():
    """Descriptors, and mappings of objects, of this process."""
    gc.collect()
    maps = Path("/proc/self/maps").read_text()
    return len(os.listdir("/proc/self/fd")), maps.count(" r--s ") + maps.count(" rw-s ")


def operate(socket, seed, count):
    """Random operations; prints how many of which, and what is left of descriptors and mappings."""
    rng = random.Random(seed)
    client = gridset.connect(socket)
    client.put(f"warm/{seed}", value_of(5))
    number_in(client.get(f"warm/{seed}"))
    begun = resources()
    held, done = {}, {}
    for turn in range(count):
        name = f"shared/{rng.randrange(NAMES)}"
        what = rng.choice(["put", "put", "get", "get", "get", "delete", "list", "describe", "hold", "make", "abort", "look"])
        try:
            if what == "put":
                client.put(name, value_of(rng.randrange(1_000_000)), labels={"by": str(seed)})
            elif what == "get":
                number_in(client.get(name, allow_pickle=True))
            elif what == "delete":
                client.delete(name)
            elif what == "list":
                assert all(each.name.startswith("shared/") for each in client.list("shared/"))
            elif what == "describe":
                assert client.describe(name).name == name
            elif what == "hold":
                key = rng.randrange(HELD)
                if key in held:
                    number_in(held.pop(key))  # unchanged, whoever deleted it meanwhile
                held[key] = client.get(name, allow_pickle=True)
            elif what == "make":
                number_in(client.get_or_put(name, lambda: value_of(rng.randrange(1_000_000)), allow_pickle=True))
            elif what == "abort":
                client.put("shared//bad", value_of(rng.randrange(1_000_000)))
            elif what == "look":
                assert isinstance(client.exists(name), bool)
        except (gridset.ObjectNotFound, gridset.ObjectExists) as error:
            what += " " + type(error).__name__
        except gridset.InvalidObject:
            assert what == "abort"
        except gridset.MemoryFull:
            what += " MemoryFull"
        done[what] = done.get(what, 0) + 1
    for value in held.values():
        number_in(value)
    held.clear()
    value = None
    ended = resources()
    print(json.dumps({"done": done, "begun": begun, "ended": ended}))


def die_at(stage, name, socket):
    """Puts a large object (a small one at the stages of a frame), and is killed in the middle."""
    value = pa.table({"number": pa.array([7] * 500_000)})
    client = gridset.connect(socket)

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    ask = Connection.ask

    def dying_at(op, after):
        def asked(self, wanted, *rest, **fields):
            if wanted == op and not after:
                die()
            answer = ask(self, wanted, *rest, **fields)
            if wanted == op:
                die()
            return answer

        return asked

    if stage in ("before create", "after create"):
        Connection.ask = dying_at("create", stage.startswith("after"))
    elif stage == "mapped":
        layout.Layout.write_to = die
    elif stage == "half copied":

        write_to = layout.Layout.write_to

        def half(self, address):
            start, last = max(self.pieces, key=lambda each: len(each[1]))
            pieces = [each for each in self.pieces if each[0] < start] + [(start, last[: len(last) // 2])]
            write_to(layout.Layout(start + len(last) // 2, pieces), address)
            die()

        layout.Layout.write_to = half
    elif stage in ("before seal", "after seal"):
        Connection.ask = dying_at("seal", stage.startswith("after"))
    elif stage == "seal sent":
        Connection._receive = lambda self, old=Connection._receive: die() if client.sealing else old(self)
        client.sealing = False

        def sealing(self, wanted, *rest, **fields):
            client.sealing = wanted == "seal"
            return ask(self, wanted, *rest, **fields)

        Connection.ask = sealing
    elif stage == "half a frame":
        value = pa.table({"number": pa.array([7] * 5000)})

        def half_sent(self, head, tail):
            self._socket.sendall((head + bytes(memoryview(tail).cast("B")))[: (len(head) + len(tail)) // 2])
            die()

        client.ping()
        Connection._send = half_sent
    elif stage == "claimed":
        with client.claimed(name) as claim:
            assert claim.state == "granted", claim.state
            die()
    client.put(name, value)
    raise AssertionError(f"still alive after {stage}")


def die_amid(name, rows, socket):
    """Is killed while it is writing a large object to memory that nobody had before; says whether that was amid the write."""
    write = os.pwritev

    def watch(descriptor, size):
        while os.pread(descriptor, 8, size // 8) == bytes(8):
            pass
        print("amid" if os.pread(descriptor, 8, size - size // 8) == bytes(8) else "late", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

    def watched(descriptor, *arguments):
        threading.Thread(target=watch, args=(descriptor, os.fstat(descriptor).st_size), daemon=True).start()
        os.pwritev = write
        return write(descriptor, *arguments)

    os.pwritev = watched
    gridset.connect(socket).put(name, pa.table({"number": numpy.full(rows, 7)}))
    raise AssertionError("still alive after the write")


def main():
    socket, action, *arguments = sys.argv[1:]
    if action == "operate":
        operate(socket, int(arguments[0]), int(arguments[1]))
    elif action == "die":
        die_at(arguments[0], arguments[1], socket)
    elif action == "die-amid":
        die_amid(arguments[0], int(arguments[1]), socket)
    elif action == "hold":  # maps an object, says so, and waits for its end
        table = gridset.connect(socket).get(arguments[0])
        print(number_in(table), flush=True)
        sys.stdin.readline()
        print(number_in(table), flush=True)
    elif action == "put":
        gridset.connect(socket).put(arguments[0], pa.table({"number": pa.array([int(arguments[1])] * int(arguments[2]))}))
    elif action == "check":  # what is under a name: a number, or nothing
        client = gridset.connect(socket)
        print(number_in(client.get(arguments[0])) if client.exists(arguments[0]) else "nothing")
    elif action == "clear":
        client = gridset.connect(socket)
        print(sum(client.delete(each.name) for each in list(client.list())))
    elif action == "delete":
        print(gridset.connect(socket).delete(arguments[0]))
    elif action == "migrate":
        gridset.connect(socket).migrate(*arguments)
        print("moved")
    elif action == "where":  # the file that an object is in
        table = gridset.connect(socket).get(arguments[0])
        address = table.column(0).chunk(0).buffers()[1].address
        for line in Path("/proc/self/maps").read_text().splitlines():
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            if begin <= address < end:
                print(line.split()[-1])


if __name__ == "__main__":
    main()
