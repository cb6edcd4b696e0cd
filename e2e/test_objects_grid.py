"""Objects in a grid of three real members: what is put on one is got on all, and no death of a member at any stage loses
an object of two copies, shows half of one, or brings back what was deleted."""

import os
import signal
import subprocess
import threading
import time
import unittest
from pathlib import Path

from harness import ROOT, Node, Scratch, wait_for
from test_cluster import Grid
from test_objects import MIB, Door, Refused, large
from test_objects_java import java_command
from test_objects_python import WORKER, interpreter

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
                       "--node-name", f"n{index + 1}", "--objects-quota", QUOTA,
                       "--objects-spill", str(self.scratch.disk / f"spill-{index + 1}"), *self.more(index)]
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

    def file(self, index, name):
        """The file in memory of an object that this node holds."""
        descriptor = self.ask(index, "get", name=name)["fd"]
        try:
            return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        finally:
            os.close(descriptor)

    def lost(self, index):
        return set(self.nodes[index]("objects", "ls", "--lost", "-o", "name").stdout.split())

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
        for name in self.grid.names(0) | self.grid.lost(0):
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

    def test_7_what_is_lost_is_listed_with_its_node_and_its_name_is_free(self):
        payload = large(8, SIZE)
        self.grid.put(2, "results/gone", payload)
        self.grid.put(2, "results/kept", payload, **TWO)
        self.sees(0, "results/gone")
        file = self.grid.file(2, "results/gone")
        self.grid.kill(2)
        file.unlink()  # as the end of a machine does
        self.grid.back()
        wait_for("it to be lost", lambda: self.grid.lost(0) == {"results/gone"}, 60)
        node = self.grid.nodes[0]
        listed = {line.split()[0]: line.split()[1] for line in node("objects", "ls", "results/").stdout.splitlines()[1:]}
        self.assertEqual({"results/gone": "Lost", "results/kept": "Ready"}, listed)
        described = node("objects", "describe", "results/gone", check=False)
        self.assertEqual(1, described.returncode)
        self.assertIn("n3 held it in memory", described.stderr)
        self.refused("UNAVAILABLE", ["results/gone", "n3"], lambda: self.grid.get(1, "results/gone"))
        self.assertEqual({"results/kept"}, self.grid.names(0), "programs list what is there")
        node("objects", "delete", "results/gone")
        for index in range(3):
            wait_for("it to be forgotten", lambda: not self.grid.lost(index))
            self.refused("NOT_FOUND", ["results/gone"], lambda: self.grid.get(index, "results/gone"))

    def test_8_an_object_whose_time_is_over_is_gone_from_all_nodes(self):
        self.grid.put(0, "brief", large(9, SIZE), timeToLiveSeconds=8, **TWO)
        for index in range(3):
            self.grid.get(index, "brief")
        files = [self.grid.file(index, "brief") for index in range(3)]
        for index in range(3):
            wait_for("its time", lambda: "brief" not in self.grid.names(index), 60)
            self.refused("NOT_FOUND", ["brief"], lambda: self.grid.get(index, "brief"))
            wait_for("its memory to be given back", lambda: not files[index].exists(), 60)
        self.grid.put(2, "brief", large(10, 4096))
        self.assertEqual(large(10, 4096), self.grid.get(0, "brief"))

    def test_9_what_persists_in_two_copies_outlives_the_memory_of_all(self):
        payload = large(11, SIZE)
        self.grid.put(0, "durable", payload, persist=True, **TWO)
        self.grid.put(0, "volatile", payload, **TWO)
        holders = {name: self.grid.holders(0, name) for name in ("durable", "volatile")}
        self.assertEqual([2, 2], [len(each) for each in holders.values()])
        files = [self.grid.file(int(node[1]) - 1, name) for name, nodes in holders.items() for node in nodes]
        self.grid.kill(0, 1, 2)
        for file in files:
            file.unlink()
        self.grid.back()
        wait_for("both copies to be back", lambda: self.grid.holders(0, "durable") >= holders["durable"], 60)
        for index in range(3):
            self.assertEqual(payload, self.grid.get(index, "durable"))
        wait_for("what was in memory only to be lost", lambda: self.grid.lost(1) == {"volatile"}, 60)

    def test_a_member_killed_while_it_takes_a_copy_leaves_two_of_it_or_nothing(self):
        for round_, delay in enumerate((0, 0.02, 0.05, 0.1, 0.2)):
            name, payload, victim = f"copy/{round_}", large(20 + round_, 2 * SIZE), 1 + round_ % 2
            other, outcome = 3 - victim, []
            putter = threading.Thread(target=lambda: outcome.append(self.outcome(lambda: self.grid.put(0, name, payload, **TWO))))
            putter.start()
            time.sleep(delay)  # where it dies is chance: each outcome must be right
            self.grid.kill(victim)
            putter.join(120)
            self.assertTrue(outcome, "the put ends")
            if isinstance(outcome[0], Refused):
                self.assertNotIn(name, self.grid.names(other), "refused, so not there")
            else:
                self.assertEqual(payload, self.grid.get(0, name))
                wait_for("two of those that live to hold it",
                         lambda: self.grid.holders(0, name) >= {"n1", f"n{other + 1}"}, 90)
                self.grid.kill(0)
                self.assertEqual(payload, self.grid.get(other, name))
            self.grid.back()
            self.settle_name(name, payload)

    @staticmethod
    def outcome(call):
        try:
            return call()
        except Refused as refusal:
            return refusal

    def test_b_a_member_killed_while_it_fetches_leaves_nothing_half_there(self):
        payload = large(30, 4 * SIZE)
        self.grid.put(0, "wanted", payload, **TWO)
        other = next(index for index in (1, 2) if f"n{index + 1}" in self.grid.holders(0, "wanted"))
        third = 3 - other
        staging = self.grid.file(0, "wanted").parent.parent / "staging"
        for delay in (0, 0.02, 0.05, 0.1):
            self.sees(third, "wanted")
            door = Door(self.grid.nodes[third])
            door.socket.sendall(Door.frame(dict(op="get", name="wanted", fetch=True)))
            time.sleep(delay)  # as above
            self.grid.kill(third)
            door.socket.close()
            self.assertEqual(payload, self.grid.get(other, "wanted"))
            self.grid.back()
            self.assertEqual(payload, self.grid.get(third, "wanted"))
            own = self.grid.file(third, "wanted").parent.parent
            self.assertEqual([], [*(own / "staging").iterdir()], "what was half fetched is given back")
        self.assertEqual([], [*staging.iterdir()])

    def test_c_an_object_is_moved_to_a_node_and_work_goes_there(self):
        payload, node = large(40, SIZE), self.grid.nodes[0]
        self.grid.put(0, "moved", payload)
        self.assertIn("n1,n2", node("objects", "fetch", "moved", "--to", "n2").stdout)
        node("objects", "migrate", "moved", "--to", "n3")
        wait_for("only n3 to hold it", lambda: self.grid.holders(0, "moved") == {"n3"})
        self.assertEqual("n3: ssh n3 true\n", node("run", "--near", "moved", "--via", "ssh {node}", "--dry-run", "--", "true").stdout)
        self.assertEqual(["n3"], [each["node"] for each in node.json("affinity", "moved")["nodes"]])
        self.assertEqual(payload, self.grid.get(0, "moved"))
        refused = node("objects", "migrate", "moved", "--to", "n9", check=False)
        self.assertIn("there are n1, n2, n3", refused.stderr)

    def test_d_the_clients_move_objects_and_what_persists_stays_on_its_disk(self):
        payload = large(50, SIZE)
        self.grid.put(0, "light", payload)
        self.grid.put(0, "kept", payload, persist=True)
        self.by_java(0, "migrate", "light", "n2")
        wait_for("only n2 to hold it", lambda: self.grid.holders(0, "light") == {"n2"})
        self.by_python(0, "migrate", "light", "n3")
        wait_for("only n3 to hold it", lambda: self.grid.holders(0, "light") == {"n3"})
        self.by_python(2, "migrate", "light")  # to the node that is asked
        self.by_java(1, "migrate", "kept", "n3")
        wait_for("both to hold it", lambda: self.grid.holders(1, "kept") == {"n1", "n3"})
        in_memory = self.grid.file(2, "kept")
        self.grid.kill(0, 2)
        in_memory.unlink()
        self.grid.start(2)
        wait_for("n3 to hold both again", lambda: all("n3" in self.grid.holders(1, name) for name in ("light", "kept")))
        for name in ("light", "kept"):
            self.assertEqual(payload, self.grid.get(1, name))

    def by_java(self, index, *words):
        java = Path(os.environ.get("JAVA_HOME", "/usr"), "bin", "java")
        return self.run_client(java_command(java, self.grid.nodes[index], *words))

    def by_python(self, index, *words):
        return self.run_client([interpreter(), str(WORKER), str(self.grid.nodes[index].run / "objects.sock"), *words])

    def run_client(self, command):
        environment = dict(os.environ, PYTHONPATH=str(ROOT / "arrow-share" / "python"))
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
        self.assertEqual((0, "moved"), (done.returncode, done.stdout.strip()), done.stderr)


if __name__ == "__main__":
    unittest.main()
