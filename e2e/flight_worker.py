"""What the end-to-end runs do as a Flight client, in a Python with pyarrow: `flight_worker.py URI TOKEN-FILE COMMAND ARGUMENT…`;
answers leave as a line of JSON each. Knows nothing of Gridset."""

import json
import sys
import threading
from pathlib import Path

import numpy
import pyarrow
from pyarrow import flight

BATCH_ROWS = 100_000


def numbers(seed, rows):
    """A table of all that a table may be made of, from a seed."""
    words = pyarrow.array(["alpha", "beta", None, "gamma with more than twelve letters"])
    ids = numpy.arange(seed, seed + rows)
    return pyarrow.table({
        "id": ids,
        "share": pyarrow.array(ids / 7, mask=ids % 5 == 0),
        "text": pyarrow.array([f"row {number}" if number % 3 else None for number in ids.tolist()]),
        "word": pyarrow.DictionaryArray.from_arrays(pyarrow.array((ids % 4).astype("int8")), words),
        "list": pyarrow.array([[number, None] * (number % 3) for number in ids.tolist()]),
        "struct": pyarrow.array([{"a": number, "b": str(number)} for number in ids.tolist()]),
        "view": pyarrow.array([f"a view of number {number}" for number in ids.tolist()], pyarrow.string_view()),
    })


def connect(uri, token, **more):
    client = flight.FlightClient(uri, **more)
    return client, flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token)])


class Commands:
    def __init__(self, client, options, token):
        self._client, self._options, self._token = client, options, token

    def put(self, name, seed, rows):
        self._put(name, numbers(int(seed), int(rows)))

    def _put(self, name, table, **more):
        writer, _ = self._client.do_put(flight.FlightDescriptor.for_path(name), table.schema, self._options)
        with writer:
            writer.write_table(table, **more)

    def check(self, name, seed, rows):
        """Whether what is got is what was put; its batches."""
        info = self._client.get_flight_info(flight.FlightDescriptor.for_path(*name.split("/")), self._options)
        reader = self._client.do_get(info.endpoints[0].ticket, self._options)
        table = reader.read_all()
        table.validate(full=True)
        return table.equals(numbers(int(seed), int(rows))) and info.total_records == table.num_rows and info.schema == table.schema

    def large(self, name, megabytes):
        """Puts a table in one batch, with text beside numbers, gets it, and compares: rows, and in how many batches."""
        rows = int(megabytes) * (1 << 20) // 28
        ids = numpy.arange(rows)
        text = pyarrow.LargeStringArray.from_buffers(
            rows, pyarrow.py_buffer(numpy.arange(rows + 1, dtype="int64") * 4),
            pyarrow.py_buffer(numpy.full(rows, 0x64636261, dtype="int32")))
        table = pyarrow.table({"id": ids, "half": pyarrow.array(ids / 2, mask=ids % 3 == 0), "text": text})
        self._put(name, table)
        reader = self._client.do_get(flight.Ticket(name.encode()), self._options)
        got = reader.read_all()
        got.validate(full=True)
        return [got.equals(table), got.column(0).num_chunks]

    def flood(self, name, megabytes, readers, rounds):
        """Gets a table of large batches again and again, by several readers over the one connection; what went wrong."""
        rows = int(megabytes) << 17
        self._put(name, pyarrow.table({"id": numpy.arange(rows)}), max_chunksize=1 << 21)
        wrong = []

        def read():
            try:
                for _ in range(int(rounds)):
                    seen = 0
                    for chunk in self._client.do_get(flight.Ticket(name.encode()), self._options):
                        ids = chunk.data.column(0).to_numpy()
                        if ids[0] != seen or ids[-1] != seen + len(ids) - 1:
                            wrong.append(f"{ids[0]} after {seen}")
                        seen += len(ids)
                    if seen != rows:
                        wrong.append(f"{seen} of {rows}")
            except (flight.FlightError, pyarrow.ArrowException) as error:
                wrong.append(str(error))

        threads = [threading.Thread(target=read) for _ in range(int(readers))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return wrong

    def list(self, prefix=""):
        return sorted([info.descriptor.path[0].decode(), info.total_records, info.total_bytes]
                      for info in self._client.list_flights(prefix.encode(), self._options))

    def outcome(self, command, *arguments):
        """The name of the error that a command ends with, and its text."""
        try:
            getattr(self, command)(*arguments)
        except (flight.FlightError, pyarrow.ArrowException) as error:
            return [type(error).__name__, str(error)]
        return ["", ""]

    def stranger(self, uri, token):
        """Asks with another token."""
        client, options = connect(uri, token.encode())
        return Commands(client, options, token).outcome("list")

    def handshake(self):
        """Calls with what a handshake gave."""
        header = self._client.authenticate_basic_token("anybody", self._token.decode())
        self._options = flight.FlightCallOptions(headers=[header])
        return len(self.list())

    def compressed(self, name):
        table = numbers(1, 1000)
        options = flight.FlightCallOptions(
            headers=[(b"authorization", b"Bearer " + self._token)], write_options=pyarrow.ipc.IpcWriteOptions(compression="lz4"))
        writer, _ = self._client.do_put(flight.FlightDescriptor.for_path(name), table.schema, options)
        with writer:
            writer.write_table(table)

    def delete(self, name):
        list(self._client.do_action(flight.Action("delete", name.encode()), self._options))

    def drip(self, name):
        """Puts batches until it is killed."""
        table = numbers(1, BATCH_ROWS)
        writer, _ = self._client.do_put(flight.FlightDescriptor.for_path(name), table.schema, self._options)
        while True:
            writer.write_table(table)
            print(json.dumps("more"), flush=True)

    def hold(self, name):
        """Gets the first batch and waits to be killed."""
        reader = self._client.do_get(flight.Ticket(name.encode()), self._options)
        print(json.dumps(reader.read_chunk().data.num_rows), flush=True)
        threading.Event().wait()

    def together(self, name, seed, rows, count):
        """So many readers at once."""
        outcomes = []
        readers = [threading.Thread(target=lambda: outcomes.append(self.check(name, seed, rows))) for _ in range(int(count))]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        return outcomes


def main():
    uri, token_file, command, *arguments = sys.argv[1:]
    more = {}
    if command == "--tls":
        root, host, command, *arguments = arguments
        more = {"tls_root_certs": Path(root).read_bytes(), "override_hostname": host}
    token = Path(token_file).read_text().strip().encode()
    client, options = connect(uri, token, **more)
    print(json.dumps(getattr(Commands(client, options, token), command)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
