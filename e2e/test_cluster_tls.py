"""Two members and a reader node with mutual TLS and a cluster token: blocks travel, and a stranger gets nothing and is
told why. Certificates are made by openssl for this run."""

import os
import shutil
import socket
import ssl
import subprocess
import unittest

from harness import Node, Scratch, Store, free_port, wait_for
from hosts import manifest
from readers import tree_digests
from test_scenarios import expected, make_tree


class Authority:
    """A certificate authority in a directory, and what it has signed."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        self.certificate = directory / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={directory.name}",
                      "-keyout", directory / "ca.key", "-out", self.certificate)

    def sign(self, name, *more):
        """A certificate of this authority, and its key."""
        key, request, signed = (self.directory / f"{name}.{end}" for end in ("key", "csr", "pem"))
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.directory / "ca.key",
                      "-CAcreateserial", "-days", "2", "-out", signed, *more)
        return signed, key

    def options(self, name):
        """--tls-cert, --tls-key and --tls-ca of a node whose certificate this authority signed."""
        signed, key = self.sign(name)
        return ["--tls-cert", str(signed), "--tls-key", str(key), "--tls-ca", str(self.certificate)]

    @staticmethod
    def _openssl(*argv):
        done = subprocess.run(["openssl", *map(str, argv)], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"openssl {argv[0]}: {done.stderr}")


@unittest.skipIf(shutil.which("openssl") is None, "certificates are made by openssl (apt install openssl)")
class ClusterTls(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.store = Store(self.scratch)
        self.addCleanup(self.store.kill)
        self.authority = Authority(self.scratch.disk / "authority")
        self.token = self.secret("token")
        self.grid = [free_port(), free_port()]
        self.data = [free_port(), free_port()]

    def secret(self, name):
        file = self.scratch.disk / name
        file.write_text(os.urandom(32).hex() + "\n")
        file.chmod(0o600)
        return file

    def node(self, name, *options):
        node = Node(self.scratch, name, None, "--cluster", f"tls-{os.getpid()}", "--node-name", name, *options,
                    launch_only=True)
        self.addCleanup(node.kill)
        return node

    def member(self, number):
        return self.node(
            f"n{number}", "--join", ",".join(f"127.0.0.1:{port}" for port in self.grid),
            "--grid-listen", f"127.0.0.1:{self.grid[number]}", "--data-listen", f"127.0.0.1:{self.data[number]}",
            "--cluster-token-file", str(self.token), *self.authority.options(f"n{number}"))

    def reader(self, name, token, tls):
        return self.node(name, "--reader-of", ",".join(f"127.0.0.1:{port}" for port in self.data),
                         "--cluster-token-file", str(token), *tls)

    def mount(self, node):
        place = self.scratch.disk / f"mount-{node.name}"
        place.mkdir()
        wait_for(f"the mount on {node.name}", lambda: node("mount", "data", str(place), check=False).returncode == 0, 60)
        return place

    def test_blocks_travel_and_strangers_are_refused(self):
        files = make_tree(self.store.root / "data")
        want, total = expected(files), sum(map(len, files.values()))
        members = [self.member(0), self.member(1)]
        reader = self.reader("reader", self.token, self.authority.options("reader"))
        for node in (*members, reader):
            node.await_answer(120)
        for node in members:
            wait_for(f"{node.name} to see both", lambda: [
                each["state"] for each in node.json("nodes")].count("ACTIVE") == 2, 120)
        members[0]("apply", "-f", "-", stdin=manifest(self.store, "data", "data", "256Mi"))
        for node in members:
            wait_for(f"the dataset on {node.name}", lambda: '"Bound"' in node(
                "get", "dataset", "data", "-o", "json", check=False).stdout, 90)
        for node in (members[1], reader, members[0]):
            self.assertEqual(tree_digests(self.mount(node), "read"), want, node.name)
        self.assertEqual(self.store.body_bytes(), total, "each byte left the origin once: the rest came from members")
        self.assertGreater(reader.json("stats")["datasets"][0]["peerBytes"], 0)

        with self.subTest("plain text on the wire"):
            self.assert_silent_without_tls()
        strangers = {
            "plain": (self.token, [], r"(?i)tls"),
            "foreign": (self.token, Authority(self.scratch.disk / "foreign").options("foreign"), r"(?i)certificate|PKIX"),
            "guessing": (self.secret("guess"), self.authority.options("guessing"), r"(?i)token|secret"),
        }
        for name, (token, tls, why) in strangers.items():
            with self.subTest(stranger=name):
                self.assert_refused(self.reader(name, token, tls), why)
        before = self.store.body_bytes()
        self.assertEqual(tree_digests(self.scratch.disk / "mount-reader", "pread"), want, "the others are not disturbed")
        self.assertEqual(self.store.body_bytes(), before)

    def assert_refused(self, node, why):
        node.await_answer(120)
        refused = node("get", "dataset", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertNotIn("data ", refused.stdout)
        self.assertRegex(refused.stderr, why)
        place = self.scratch.disk / f"mount-{node.name}"
        place.mkdir()
        self.assertNotEqual(node("mount", "data", str(place), check=False).returncode, 0)
        node.kill()

    def assert_silent_without_tls(self):
        """Who speaks no TLS to the data port reads an alert at most, never a greeting."""
        with socket.create_connection(("127.0.0.1", self.data[0]), timeout=30) as plain:
            plain.sendall(b"\0" * 64)
            said = b""
            while piece := self.receive(plain):
                said += piece
            self.assertLessEqual(len(said), 64)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.authority.certificate)
        with socket.create_connection(("127.0.0.1", self.data[0]), timeout=30) as raw:
            with self.assertRaises(OSError):  # TLS 1.3 tells of the missing certificate at the first read.
                with context.wrap_socket(raw) as bare:
                    bare.sendall(b"\0" * 64)
                    if not bare.recv(64):
                        raise ConnectionError("closed")

    @staticmethod
    def receive(connection):
        try:
            return connection.recv(4096)
        except ConnectionError:
            return b""


if __name__ == "__main__":
    unittest.main(verbosity=2)
