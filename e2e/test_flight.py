"""Objects through pyarrow's Flight client, from a real node: listed, got and put by name, with its token and over TLS; what
breaks off leaves nothing."""

import json
import os
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from harness import Node, Scratch, free_port, wait_for
from test_cluster_tls import Authority
from test_objects import Door
from test_objects_grid import ObjectGrid
from test_objects_python import interpreter

WORKER = Path(__file__).with_name("flight_worker.py")


class Client:
    """Runs a Flight client in a process of its own for each command."""

    def __init__(self, python, node, uri, *tls):
        self.python, self.node, self.uri, self.tls = python, node, uri, [*map(str, tls)]

    def start(self, *arguments):
        return subprocess.Popen([self.python, str(WORKER), self.uri, str(self.node.run / "token"), *self.tls, *map(str, arguments)],
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __call__(self, *arguments):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        if process.returncode:
            raise AssertionError(f"{arguments} ended with {process.returncode}: {err}")
        return json.loads(out)


class TestFlight(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = interpreter()
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        port = free_port()
        cls.node = Node(cls.scratch, "node", None, "--flight-listen", f"127.0.0.1:{port}", "--objects-quota", "1Gi")
        cls.addClassCleanup(lambda: (cls.node("down", "--release", check=False), cls.node.kill()))
        cls.client = Client(cls.python, cls.node, f"grpc://127.0.0.1:{port}")
        cls.client("put", "before", 1, 200_000)  # loads code, takes the first memory
        cls.client("check", "before", 1, 200_000)
        with Door(cls.node) as door:
            descriptor = door.ask("get", name="before")["fd"]
            cls.memory = Path(os.readlink(f"/proc/self/fd/{descriptor}")).parent.parent
            os.close(descriptor)

    def tearDown(self):
        for name, *_ in self.client("list"):
            self.client("delete", name)

    def held(self):
        """How many of the node's mappings are of objects."""
        return Path(f"/proc/{self.node.pid()}/maps").read_text().count(str(self.memory))

    def staged(self):
        return os.listdir(self.memory / "staging")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.node.pid()}/fd"))

    def test_tables_are_put_listed_got_and_deleted_by_name(self):
        self.client("put", "risk/2024/x_train", 5, 250_000)
        self.client("put", "risk/2025/x_train", 6, 10)
        self.client("put", "team:other", 7, 10)
        self.assertTrue(self.client("check", "risk/2024/x_train", 5, 250_000))
        self.assertTrue(self.client("check", "team:other", 7, 10))
        self.assertEqual([row[:2] for row in self.client("list", "risk/")], [["risk/2024/x_train", 250_000], ["risk/2025/x_train", 10]])
        self.assertEqual([row[:2] for row in self.client("list", "team:")], [["team:other", 10]])
        self.client("delete", "team:other")
        self.assertEqual(self.client("list", "team:"), [])
        # What Flight put, everybody else has too.
        told = self.node.json("objects", "describe", "risk/2024/x_train")
        self.assertEqual(told["rows"], 250_000)

    def test_one_large_batch_goes_in_and_comes_out_in_parts(self):
        equal, chunks = self.client("large", "large/one", 300)
        self.assertTrue(equal)
        self.assertGreater(chunks, 3)

    def test_errors_say_what_is_wrong(self):
        self.client("put", "risk/model", 1, 10)
        kind, text = self.client("outcome", "put", "risk/model", 1, 10)
        self.assertIn("already", text)
        kind, text = self.client("outcome", "check", "risk/modal", 1, 10)
        self.assertIn("risk/model", text, kind)
        kind, text = self.client("outcome", "compressed", "packed")
        self.assertIn("compress", text, kind)
        kind, text = self.client("outcome", "large", "too/large", 1500)
        self.assertIn("no memory", text, kind)
        self.assertEqual([row[0] for row in self.client("list", "risk/")], ["risk/model"])
        self.assertEqual(self.client("list", "too/") + self.client("list", "packed"), [])
        self.assertEqual(self.staged(), [])

    def test_only_who_knows_the_token_is_served(self):
        kind, text = self.client("stranger", self.client.uri, "wrong")
        self.assertEqual(kind, "FlightUnauthenticatedError", text)
        self.assertGreaterEqual(self.client("handshake"), 0)

    def test_many_readers_at_once_get_the_same_and_leave_nothing(self):
        self.client("put", "shared", 9, 300_000)
        self.client("together", "shared", 9, 300_000, 4)
        descriptors = self.descriptors()
        self.assertEqual(self.client("together", "shared", 9, 300_000, 8), [True] * 8)
        self.client("delete", "shared")
        wait_for("mappings to go", lambda: self.held() == 0)
        wait_for("descriptors to be closed", lambda: self.descriptors() <= descriptors + 2)

    def test_large_gets_at_once_do_not_break_each_other(self):
        self.assertEqual(self.client("flood", "flooded", 512, 3, 6), [])

    def test_a_client_that_is_killed_while_it_puts_leaves_nothing(self):
        for _ in range(3):
            process = self.client.start("drip", "dripping")
            for _ in range(3):
                self.assertEqual(json.loads(process.stdout.readline()), "more", "it does not get on")
            self.assertTrue(self.staged())
            process.send_signal(signal.SIGKILL)
            process.communicate()
            wait_for("staged memory to be given back", lambda: not self.staged())
            self.assertNotIn("dripping", [row[0] for row in self.client("list")])
        self.client("put", "dripping", 1, 10)

    def test_a_client_that_is_killed_while_it_gets_leaves_nothing(self):
        self.client("put", "held", 3, 600_000)
        process = self.client.start("hold", "held")
        self.assertGreater(json.loads(process.stdout.readline()), 0)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        wait_for("the mapping to go", lambda: self.held() == 0)
        self.assertTrue(self.client("check", "held", 3, 600_000))


@unittest.skipIf(shutil.which("openssl") is None, "certificates are made by openssl (apt install openssl)")
class TestFlightTls(unittest.TestCase):
    def test_over_tls_with_the_nodes_certificate(self):
        python = interpreter()
        scratch = Scratch()
        self.addCleanup(scratch.close)
        authority = Authority(scratch.disk / "authority")
        names = scratch.disk / "names"
        names.write_text("subjectAltName=DNS:node.test\n")
        signed, key = authority.sign("node", "-extfile", str(names))
        port = free_port()
        node = Node(scratch, "node", None, "--flight-listen", f"127.0.0.1:{port}", "--tls-cert", str(signed), "--tls-key", str(key),
                    "--tls-ca", str(authority.certificate))
        self.addCleanup(lambda: (node("down", "--release", check=False), node.kill()))
        client = Client(python, node, f"grpc+tls://127.0.0.1:{port}", "--tls", authority.certificate, "node.test")
        client("put", "secret", 1, 50_000)
        self.assertTrue(client("check", "secret", 1, 50_000))
        plain = Client(python, node, f"grpc://127.0.0.1:{port}")
        kind, _ = plain("outcome", "list")
        self.assertTrue(kind, "plain text is refused")


class TestFlightInAGrid(unittest.TestCase):
    def test_an_object_of_another_node_is_fetched(self):
        python = interpreter()
        scratch = Scratch()
        self.addCleanup(scratch.close)
        ports = [free_port(), free_port()]

        class FlightGrid(ObjectGrid):
            def more(self, index):
                return ["--flight-listen", f"127.0.0.1:{ports[index]}"]

        grid = FlightGrid(scratch, 2)
        self.addCleanup(grid.close)
        clients = [Client(python, grid.nodes[index], f"grpc://127.0.0.1:{port}") for index, port in enumerate(ports)]
        clients[0]("put", "far/away", 4, 120_000)
        wait_for("the other to see it", lambda: [row[0] for row in clients[1]("list", "far/")] == ["far/away"])
        self.assertTrue(clients[1]("check", "far/away", 4, 120_000))
        self.assertEqual(len(grid.holders(0, "far/away")), 2)


if __name__ == "__main__":
    unittest.main()
