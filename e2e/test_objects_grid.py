"""Objects in a grid of three real members: what is put on one is got on all, and no death of a member at any stage loses
an object of two copies, shows half of one, or brings back what was deleted."""

import os
import signal
import threading
import time
import unittest

from harness import Node, Scratch, wait_for
from test_cluster import Grid
from test_objects import MIB, Door, Refused, large

QUOTA = "512Mi"
SIZE = 24 * MIB
TWO = {"replicas": 2}


class ObjectGrid(Grid):
    """A grid whose members keep objects."""

    def start(self, *indices):
        join = ",".join(f"127.0.0.1:{port}" for port, _ in self.ports)
        for index in indices:
            grid, data = self.ports[index]
            options = ["--join", join, "--grid-listen", f"127.0.0.1:{grid}", "--data-listen", f"127.0.0.1:{data}",
                       "--node-name", f"n{index + 1}", "--objects-quota", QUOTA, *self.more(index)]
            self.nodes[index] = Node(self.scratch, f"n{index + 1}", None, *options, launch_only=True)
        for index in indices:
            self.nodes[index].await_answer(120)

    def more(self, index):
        """Other options of a member."""
        return []

    def running(self):
        return [index for index, node in enumerate(self.nodes) if node is not None]

    def back(self):
        """Those that are down come back, and all see each other."""
        self.start(*[index for index, node in enumerate(self.nodes) if node is None])
        self.together(len(self.nodes))

    def ask(self, index, op, tail=b"", **fields):
        with Door(self.nodes[index]) as door:
            return door.ask(op, tail, **fields)

    def put(self, index, name, payload, **attributes):
        with Door(self.nodes[index]) as door:
            return door.put(name, payload, **attributes)

    def get(self, index, name):
        """The bytes of an object, fetched if need be."""
        with Door(self.nodes[index]) as door:
            answer = door.ask("get", name=name, fetch=True)
            if "fd" not in answer:
                return answer["tail"]
            try:
                return os.pread(answer["fd"], answer["object"]["bytes"], 0)
            finally:
                os.close(answer["fd"])

    def names(self, index):
        with Door(self.nodes[index]) as door:
            return set(door.names())

    def holders(self, index, name):
        """Names of the nodes that hold an object; nothing when there is no such object."""
        ids = {node["id"]: node["name"] for node in self.nodes[index].json("nodes")}
        try:
            return {ids.get(each, each) for each in self.ask(index, "describe", name=name)["object"]["holders"]}
        except Refused:
            return set()


class ObjectsInAGrid(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.grid = ObjectGrid(cls.scratch, 3)
        cls.addClassCleanup(cls.grid.close)

    def tearDown(self):
        self.grid.back()
        for name in self.grid.names(0):
            self.grid.ask(0, "delete", name=name)
        for index in range(3):
            wait_for("nothing to be left", lambda: not self.grid.names(index))

    def sees(self, index, name):
        return wait_for(f"n{index + 1} to see {name}", lambda: name in self.grid.names(index))

    def refused(self, kind, texts, call):
        with self.assertRaises(Refused) as caught:
            call()
        self.assertEqual(kind, caught.exception.kind, caught.exception)
        for text in texts:
            self.assertIn(text, str(caught.exception))

    def test_1_what_is_put_on_one_is_got_on_all_and_deleted_for_all(self):
        small, big = large(1, 8 * 1024), large(2, SIZE)
        self.grid.put(0, "small", small)
        self.grid.put(0, "big", big)
        for index in (1, 2):
            self.assertEqual(small, self.grid.get(index, "small"), "at once, whatever was heard of it")
            self.assertEqual(big, self.grid.get(index, "big"))
        wait_for("all to hold it", lambda: self.grid.holders(0, "big") == {"n1", "n2", "n3"})
        self.refused("ALREADY_EXISTS", ["big"], lambda: self.grid.put(1, "big", small))
        self.assertTrue(self.grid.ask(2, "delete", name="big")["deleted"])
        for index in range(3):
            wait_for("its end to be known", lambda: "big" not in self.grid.names(index))
            self.refused("NOT_FOUND", ["big"], lambda: self.grid.get(index, "big"))
        self.grid.put(1, "big", small)
        self.assertEqual(small, self.grid.get(0, "big"))

    def test_2_a_member_killed_while_it_puts_leaves_all_or_nothing(self):
        payload = large(3, SIZE)
        for round_, delay in enumerate((None, 0, 0.01, 0.03, 0.06, 0.12, 0.25)):
            name = f"put/{round_}"
            with Door(self.grid.nodes[0]) as door:
                staging, memory = door.create(len(payload))
                memory[:] = payload
                memory.close()
                if delay is not None:  # else it dies before the seal
                    request = dict(op="seal", staging=staging, bytes=len(payload), name=name, attributes=TWO)
                    door.socket.sendall(Door.frame(request))
                    time.sleep(delay)  # where in the put it dies is chance: each outcome must be right
                self.grid.kill(0)
            wait_for("n1 to be gone", lambda: self.grid.states(1)["n1"] == "GONE")
            for index in (1, 2):
                if name in self.grid.names(index):
                    self.assertEqual(payload, self.grid.get(index, name), f"after {delay} s: visible, so whole")
            self.grid.back()
            self.settle_name(name, payload)

    def settle_name(self, name, payload):
        """After whatever happened the name stands for all of it on all members, or is free again."""
        def agreed():
            seen = [name in self.grid.names(index) for index in range(3)]
            if all(seen):
                return all(self.grid.get(index, name) == payload for index in range(3))
            if any(seen):
                return False
            try:
                return self.grid.put(1, name, payload, **TWO)
            except Refused:
                return False  # not given free yet
        wait_for(f"{name} to be whole or free", agreed, 60)

    def test_3_a_holder_killed_while_it_gives_fails_no_fetch(self):
        for round_, delay in enumerate((0, 0.01, 0.03, 0.06)):
            name, payload = f"fetch/{round_}", large(10 + round_, 2 * SIZE)
            self.grid.put(0, name, payload, **TWO)
            wait_for("two to hold it", lambda: len(self.grid.holders(0, name)) == 2)
            other = next(index for index in (1, 2) if f"n{index + 1}" in self.grid.holders(0, name))
            third = 3 - other
            self.sees(third, name)
            got = []
            reader = threading.Thread(target=lambda: got.append(self.grid.get(third, name)))
            reader.start()
            time.sleep(delay)  # as above
            self.grid.kill(0)
            reader.join(90)
            self.assertEqual([payload], got, f"killed after {delay} s")
            self.grid.back()

    def test_4_two_copies_outlive_one_death_after_the_other(self):
        payload = large(4, SIZE)
        self.grid.put(0, "two", payload, **TWO)
        self.assertEqual(2, len(self.grid.holders(0, "two")), "before the put returns")
        other = next(index for index in (1, 2) if f"n{index + 1}" in self.grid.holders(0, "two"))
        third = 3 - other
        self.grid.kill(0)
        wait_for("a second copy again", lambda: self.grid.holders(other, "two") == {f"n{other + 1}", f"n{third + 1}"}, 60)
        self.grid.kill(other)
        self.assertEqual(payload, self.grid.get(third, "two"))
        wait_for("two to be gone", lambda: list(self.grid.states(third).values()).count("GONE") == 2)
        self.refused("UNAVAILABLE", ["1 of 3 members"], lambda: self.grid.put(third, "late", payload))
        self.refused("UNAVAILABLE", ["1 of 3 members"], lambda: self.grid.ask(third, "delete", name="two"))
        self.assertEqual(payload, self.grid.get(third, "two"), "reads go on")

    def test_5_all_are_killed_and_come_back_with_what_was_there_and_nothing_that_was_deleted(self):
        small, big = large(5, 4096), large(6, SIZE)
        for name, attributes in (("gone", TWO), ("kept", TWO), ("alone", {})):
            self.grid.put(0, name, big, **attributes)
        self.grid.put(0, "small", small)
        self.grid.put(0, "small-gone", small)
        wait_for("two to hold it", lambda: len(self.grid.holders(0, "gone")) == 2)
        self.sees(1, "small-gone")
        self.grid.kill(0)  # which holds all of them and hears of no deletion
        wait_for("n1 to be gone", lambda: self.grid.states(1)["n1"] == "GONE")
        self.grid.ask(1, "delete", name="gone")
        self.grid.ask(1, "delete", name="small-gone")
        self.refused("UNAVAILABLE", ["alone", "n1"], lambda: self.grid.get(2, "alone"))
        self.grid.kill(1, 2)
        self.grid.start(0)  # alone with what it remembers
        self.grid.start(1, 2)
        self.grid.together(3)
        for index in range(3):
            wait_for("what was deleted to be gone", lambda: self.grid.names(index) == {"kept", "alone", "small"})
            self.assertEqual(big, self.grid.get(index, "kept"))
            self.assertEqual(big, self.grid.get(index, "alone"))
            self.assertEqual(small, self.grid.get(index, "small"))
            self.refused("NOT_FOUND", ["gone"], lambda: self.grid.get(index, "gone"))

    def test_6_a_claim_is_granted_to_one_and_freed_when_its_node_dies(self):
        with Door(self.grid.nodes[0]) as first, Door(self.grid.nodes[1]) as second:
            self.assertEqual("granted", first.ask("claim", name="wanted", waitMillis=0)["state"])
            self.assertEqual("busy", second.ask("claim", name="wanted", waitMillis=200)["state"])
            self.grid.kill(0)
            self.assertEqual("granted", second.ask("claim", name="wanted", waitMillis=60_000)["state"])
            second.put("wanted", large(7, SIZE))
            self.assertEqual("exists", self.grid.ask(2, "claim", name="wanted", waitMillis=10_000)["state"])


if __name__ == "__main__":
    unittest.main()
