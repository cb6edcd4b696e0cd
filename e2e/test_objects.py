"""Arrow objects through the local socket of a real node: what docs/object-protocol.md says, with the standard library."""

import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import arrow_file
from harness import Node, Scratch, wait_for

MIB = 1 << 20
QUOTA = 96 * MIB


class Refused(Exception):
    def __init__(self, answer):
        super().__init__(answer["message"])
        self.kind = answer["kind"]


class Door:
    """One connection to a node's objects.sock."""

    def __init__(self, node):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(node.run / "objects.sock"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @staticmethod
    def frame(request, tail=b""):
        header = json.dumps(request).encode()
        return struct.pack("<II", len(header), len(tail)) + header + tail

    def ask(self, op, tail=b"", **fields):
        """The answer, with "tail" and, where one came, "fd" in it."""
        self.socket.sendall(self.frame(dict(fields, op=op), tail))
        return self.receive()

    def receive(self):
        first, fds, _, _ = socket.recv_fds(self.socket, 8, 1)
        header, tail = struct.unpack("<II", first + self._exactly(8 - len(first)))
        answer = json.loads(self._exactly(header))
        answer["tail"] = self._exactly(tail)
        if fds:
            answer["fd"] = fds[0]
        if not answer["ok"]:
            raise Refused(answer)
        return answer

    def _exactly(self, count):
        parts = []
        while count:
            part = self.socket.recv(count)
            if not part:
                raise EOFError("the node hung up")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def create(self, byte_count):
        """A staging's id and its file, mapped for writing."""
        staged = self.ask("create", bytes=byte_count)
        memory = mmap.mmap(staged["fd"], byte_count)
        os.close(staged["fd"])
        return staged["staging"], memory

    def put(self, name, payload, **attributes):
        staging, memory = self.create(len(payload))
        memory[:] = payload
        memory.close()
        return self.ask("seal", staging=staging, bytes=len(payload), name=name, attributes=attributes)["object"]

    def get(self, name):
        """The bytes of an object: a mapping, or bytes when they are few."""
        answer = self.ask("get", name=name)
        if "fd" not in answer:
            return answer["tail"]
        try:
            return mmap.mmap(answer["fd"], 0, prot=mmap.PROT_READ)
        finally:
            os.close(answer["fd"])

    def names(self, prefix=""):
        return [o["name"] for o in self.ask("list", prefix=prefix)["objects"]]


def large(seed, byte_count=4 * MIB):
    rows = byte_count // 8
    before, after = arrow_file.ends(rows)
    return before + struct.pack("<q", seed) * rows + after


class Objects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        try:
            cls.node = Node(cls.scratch, "node", None, "--objects-quota", str(QUOTA))
        except BaseException:
            cls.scratch.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.node.kill()
        cls.scratch.close()

    def setUp(self):
        self.door = Door(self.node)
        self.addCleanup(self.door.socket.close)
        self.addCleanup(self.empty)

    def empty(self):
        with Door(self.node) as door:
            for name in door.names():
                door.ask("delete", name=name)

    def refused(self, kind, text, op, **fields):
        with self.assertRaises(Refused) as caught:
            self.door.ask(op, **fields)
        self.assertEqual(kind, caught.exception.kind, caught.exception)
        self.assertIn(text, str(caught.exception))

    def test_a_small_object_travels_in_frames(self):
        payload = arrow_file.table([3, 1, 4])
        put = self.door.ask("put", payload, name="risk/pi", attributes={"labels": {"k": "v"}, "producer": "e2e"})
        self.assertEqual((3, 1), (put["object"]["rows"], put["object"]["batches"]))
        self.assertIn("a: int64", put["object"]["schema"].lower())
        self.assertEqual(payload, bytes(self.door.get("risk/pi")))
        told = self.door.ask("describe", name="risk/pi")["object"]
        self.assertEqual({"k": "v"}, told["attributes"]["labels"])
        self.assertEqual(["risk/pi"], self.door.names("risk/"))

    def test_a_large_object_is_mapped_with_the_bytes_that_were_put(self):
        payload = large(7, 20 * MIB)
        info = self.door.put("big", payload)
        self.assertEqual(len(payload), info["bytes"])
        mapped = self.door.get("big")
        self.assertTrue(mapped[:] == payload)
        answer = self.door.ask("get", name="big")
        with self.assertRaises(OSError):
            os.write(answer["fd"], b"x")
        os.close(answer["fd"])

    def test_deleting_an_object_never_changes_what_is_mapped(self):
        payload = large(1)
        self.door.put("held", payload)
        mapped = self.door.get("held")
        self.assertTrue(self.door.ask("delete", name="held")["deleted"])
        for i in range(30):  # Of the same size: they would take its memory, were it free.
            self.door.put(f"after/{i}", large(100 + i))
            self.door.ask("delete", name=f"after/{i}")
        self.assertTrue(mapped[:] == payload)
        mapped.close()

    def test_a_name_in_use_and_an_unknown_name_are_told(self):
        payload = arrow_file.table([1])
        self.door.ask("put", payload, name="x_train")
        with self.assertRaises(Refused) as caught:
            self.door.ask("put", payload, name="x_train")
        self.assertEqual("ALREADY_EXISTS", caught.exception.kind)
        with self.assertRaises(Refused) as caught:
            self.door.put("x_train", large(2))
        self.assertEqual("ALREADY_EXISTS", caught.exception.kind)
        self.assertEqual(payload, self.door.get("x_train"))
        self.refused("NOT_FOUND", "did you mean x_train?", "get", name="x_trian")
        self.refused("NOT_FOUND", "did you mean x_train?", "describe", name="x_tran")

    def test_what_is_no_arrow_file_gets_no_name(self):
        for rubbish in (b"ARROW1" + bytes(94), large(3)[:-40], arrow_file.table([1, 2], compression=0)):
            with self.assertRaises(Refused) as caught:
                self.door.ask("put", rubbish[:60_000], name="no")
            self.assertIn(caught.exception.kind, ("INVALID", "UNSUPPORTED"))
        self.assertEqual([], self.door.names())

    def test_a_writer_that_keeps_its_mapping_cannot_seal(self):
        payload = large(5)
        staging, memory = self.door.create(len(payload))
        memory[:] = payload
        self.refused("INVALID", "", "seal", staging=staging, bytes=len(payload), name="kept")
        self.assertEqual([], self.door.names())
        memory.close()
        self.door.ask("seal", staging=staging, bytes=len(payload), name="kept")
        self.assertTrue(self.door.get("kept")[:] == payload)

    def test_a_full_memory_is_an_error_and_deleting_makes_room(self):
        half = large(6, QUOTA * 4 // 10)
        self.door.put("one", half)
        self.door.put("two", half)
        self.refused("NO_SPACE", "", "create", bytes=len(half))
        self.door.ask("delete", name="one")
        wait_for("room", lambda: self._fits("three", half))
        self.assertTrue(self.door.get("two")[:] == half)
        self.assertTrue(self.door.get("three")[:] == half)

    def _fits(self, name, payload):
        try:
            return self.door.put(name, payload)
        except Refused as e:
            self.assertEqual("NO_SPACE", e.kind)
            return False

    def killed_writer(self, stage):
        """Runs `stage` with a connection of its own in a process that is then killed as it stands."""
        child = os.fork()
        if child == 0:
            try:
                stage(Door(self.node))
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        self.assertTrue(os.WIFSIGNALED(status))

    def test_a_writer_killed_at_any_stage_leaves_nothing(self):
        payload = large(9, QUOTA * 6 // 10)

        def half_a_frame(door):
            door.socket.sendall(Door.frame({"op": "put", "name": "dead"}, bytes(50_000))[:30_000])

        def created_and_not_answered(door):
            door.socket.sendall(Door.frame({"op": "create", "bytes": len(payload)}))

        def created(door):
            door.ask("create", bytes=len(payload))

        def half_written(door):
            _, memory = door.create(len(payload))
            memory[:len(payload) // 2] = payload[:len(payload) // 2]

        def written(door):
            _, memory = door.create(len(payload))
            memory[:] = payload
            memory.close()

        def claimed(door):
            self.assertEqual("granted", door.ask("claim", name="dead")["state"])

        def sealing(door):
            staging, memory = door.create(len(payload))
            memory[:] = payload
            memory.close()
            door.socket.sendall(Door.frame({"op": "seal", "staging": staging, "bytes": len(payload), "name": "dead"}))

        for stage in (half_a_frame, created_and_not_answered, created, half_written, written, claimed, sealing):
            with self.subTest(stage.__name__):
                self.killed_writer(stage)
                if stage is sealing and wait_for("an outcome", lambda: self._settled(payload)) == "sealed":
                    self.assertTrue(self.door.get("dead")[:] == payload)
                    self.door.ask("delete", name="dead")
                self.assertEqual([], self.door.names())
                self.assertEqual("granted", self.door.ask("claim", name="dead", waitMillis=30_000)["state"])
                self.door.ask("release", name="dead")
                # Only one of them fits: it does once the dead writer's memory is back.
                wait_for("room", lambda: self._fits("next", payload))
                self.assertTrue(self.door.get("next")[:] == payload)
                self.door.ask("delete", name="next")

    def _settled(self, payload):
        if self.door.names():
            return "sealed"
        staging = self._create_or_none(len(payload))
        if staging is None:
            return None
        self.door.ask("abort", staging=staging)
        return "gone"

    def _create_or_none(self, byte_count):
        try:
            answer = self.door.ask("create", bytes=byte_count)
        except Refused:
            return None
        os.close(answer["fd"])
        return answer["staging"]

    def test_rubbish_on_the_socket_hurts_nobody_else(self):
        self.door.ask("put", arrow_file.table([1]), name="calm")
        for rubbish in (b"\xff" * 64, struct.pack("<II", 3, 0) + b"{{{", b"GET / HTTP/1.1\r\n\r\n", os.urandom(10_000)):
            with Door(self.node) as hostile:
                try:
                    hostile.socket.sendall(rubbish)
                    hostile.receive()
                except (Refused, EOFError, OSError):
                    pass
        self.assertEqual(["calm"], self.door.names())

    def test_the_command_line_puts_lists_and_fetches(self):
        source = self.scratch.disk / "in.arrow"
        target = self.scratch.disk / "out.arrow"
        source.write_bytes(large(8))
        self.node("objects", "put", str(source), "cli/x", "--label", "team=e2e")
        self.assertEqual(large(8)[:100], self.door.get("cli/x")[:100])
        listed = self.node.json("objects", "ls", "cli/")
        self.assertEqual([("cli/x", "e2e")], [(o["name"], o["attributes"]["labels"]["team"]) for o in listed])
        self.node("objects", "get", "cli/x", str(target))
        self.assertTrue(target.read_bytes() == source.read_bytes())
        self.assertEqual(1, self.node("objects", "put", str(source), "cli/x", check=False).returncode)
        missing = self.node("objects", "describe", "cli/y", check=False)
        self.assertEqual(3, missing.returncode)
        self.assertIn("did you mean cli/x?", missing.stderr)
        self.node("objects", "delete", "cli/x")
        self.assertEqual([], self.door.names())


class Restarts(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.node = Node(self.scratch, "node", None, "--objects-quota", str(QUOTA))
        self.addCleanup(lambda: self.node.kill())

    def test_names_and_bytes_outlive_a_killed_node_and_a_release_gives_all_back(self):
        payload, small = large(11, 8 * MIB), arrow_file.table([1, 2, 3])
        with Door(self.node) as door:
            door.put("kept/large", payload, labels={"k": "v"})
            door.ask("put", small, name="kept/small")
            door.put("deleted", payload)
            door.ask("delete", name="deleted")
            mapped = door.get("kept/large")
            door.create(MIB)[1].close()
        self.node.kill(signal.SIGKILL)
        self.assertTrue(mapped[:] == payload)
        self.node.start()
        with Door(self.node) as door:
            self.assertEqual(["kept/large", "kept/small"], door.names())
            self.assertTrue(door.get("kept/large")[:] == payload)
            self.assertEqual(small, bytes(door.get("kept/small")))
            self.assertEqual({"k": "v"}, door.ask("describe", name="kept/large")["object"]["attributes"]["labels"])
        self.assertTrue(mapped[:] == payload)
        self.assertIn("2 objects, ", self.node("down", "--release").stdout)
        self.assertTrue(mapped[:] == payload)
        mapped.close()
        mounts = subprocess.run(["cat", "/proc/self/mounts"], capture_output=True, text=True).stdout
        self.assertNotIn(str(self.node.run), mounts)
        self.assertFalse((self.node.run / "objects.sock").exists())
        self.node.kill()
        self.node.start()
        with Door(self.node) as door:
            self.assertEqual([], door.names())


if __name__ == "__main__":
    unittest.main()
