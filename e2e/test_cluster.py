"""Several real nodes that are one grid: what is applied on one is known to all, and stays so whoever dies."""

import os
import signal
import time
import unittest

from harness import Node, Scratch, free_port, wait_for

DATASET = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {name}}}
spec: {{mounts: [{{mountPoint: "local://{path}", name: data, path: /}}]}}
---
apiVersion: data.fluid.io/v1alpha1
kind: JindoRuntime
metadata: {{name: {name}}}
spec: {{tieredstore: {{levels: [{{mediumtype: MEM, path: /dev/shm, quota: 32Mi}}]}}}}
"""


class Grid:
    """Nodes n1 ... of one grid, each with ports of its own on loopback."""

    def __init__(self, scratch, size):
        self.scratch = scratch
        self.ports = [(free_port(), free_port()) for _ in range(size)]
        self.nodes = [None] * size
        self.start(*range(size))
        self.together(size)

    def start(self, *indices):
        join = ",".join(f"127.0.0.1:{port}" for port, _ in self.ports)
        for index in indices:
            grid, data = self.ports[index]
            options = ["--join", join, "--grid-listen", f"127.0.0.1:{grid}", "--data-listen", f"127.0.0.1:{data}",
                       "--node-name", f"n{index + 1}"]
            self.nodes[index] = Node(self.scratch, f"n{index + 1}", None, *options, launch_only=True)
        for index in indices:
            self.nodes[index].await_answer(120)

    def states(self, index):
        return {node["name"]: node["state"] for node in self.nodes[index].json("nodes")}

    def healthy(self, index):
        return not any(node["health"] for node in self.nodes[index].json("nodes"))

    def together(self, size, seconds=120):
        """Waits until each living node sees `size` active ones and nothing wrong."""
        for index, node in enumerate(self.nodes):
            if node is not None:
                wait_for(f"n{index + 1} to see {size}", lambda: list(self.states(index).values()).count("ACTIVE") == size
                         and self.healthy(index), seconds)

    def kill(self, *indices, sig=signal.SIGKILL):
        victims = [self.nodes[index] for index in indices]
        for victim in victims:
            os.killpg(victim.child.pid, sig)
        for index, victim in zip(indices, victims):
            victim.kill(sig, 60)
            self.nodes[index] = None

    def close(self):
        for node in self.nodes:
            if node is not None:
                os.killpg(node.child.pid, signal.SIGTERM)
        for node in self.nodes:
            if node is not None:
                node.kill()


class Cluster(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.data = self.scratch.disk / "data"
        self.data.mkdir()
        (self.data / "file").write_text("some text\n" * 10_000)

    def apply(self, node, *names):
        node("apply", "-f", "-", stdin="---".join(DATASET.format(name=name, path=self.data) for name in names))

    def datasets(self, node):
        return {item["metadata"]["name"] for item in node.json("get", "dataset")["items"]}

    def is_bound(self, node, name):
        found = node("get", "dataset", name, "-o", "json", check=False)
        return found.returncode == 0 and '"Bound"' in found.stdout

    def test_nothing_is_lost_when_two_of_five_are_killed_at_once_nor_when_all_are(self):
        grid = Grid(self.scratch, 5)
        self.addCleanup(grid.close)
        first, last = grid.nodes[0], grid.nodes[4]
        self.apply(first, "kept", "deleted")
        wait_for("both datasets to run on the last", lambda: self.is_bound(last, "kept") and self.is_bound(last, "deleted"))
        self.assertEqual((self.data / "file").read_text(), last("cat", "kept:/file").stdout)

        grid.kill(0, 1)
        wait_for("two to be gone", lambda: list(grid.states(4).values()).count("GONE") == 2)
        self.assertEqual({"kept", "deleted"}, self.datasets(last))
        last("delete", "dataset", "deleted")  # Three of five may.
        self.apply(last, "younger")
        for index in (2, 3):
            wait_for("the change to reach the others", lambda: self.datasets(grid.nodes[index]) == {"kept", "younger"})

        grid.kill(2, 3)
        wait_for("four to be gone", lambda: list(grid.states(4).values()).count("GONE") == 4)
        refused = last("delete", "dataset", "kept", check=False)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("1 of 5 members", refused.stderr)
        self.assertIn("gridset nodes forget", refused.stderr)
        self.assertEqual({"kept", "younger"}, self.datasets(last), "reads go on")

        # All down; those first who know nothing of the deletion.
        grid.kill(4)
        grid.start(0, 1)
        self.assertEqual({"kept", "deleted"}, self.datasets(grid.nodes[0]))
        grid.start(2, 3, 4)
        grid.together(5)
        for node in grid.nodes:
            wait_for("what was deleted to be gone everywhere", lambda: self.datasets(node) == {"kept", "younger"})
            wait_for("the rest to run", lambda: self.is_bound(node, "kept") and self.is_bound(node, "younger"), 60)

    def test_a_rolling_restart_keeps_everything_and_every_id(self):
        grid = Grid(self.scratch, 3)
        self.addCleanup(grid.close)
        self.apply(grid.nodes[0], "data")
        ids = {node["name"]: node["id"] for node in grid.nodes[0].json("nodes")}
        for index in range(3):
            begun = time.monotonic()
            grid.kill(index, sig=signal.SIGTERM)
            self.assertLess(time.monotonic() - begun, 45, "a graceful stop is bounded")
            grid.together(2)
            grid.start(index)
            grid.together(3)
        for node in grid.nodes:
            self.assertEqual({"data"}, self.datasets(node))
            self.assertEqual(ids, {each["name"]: each["id"] for each in node.json("nodes")})
        table = grid.nodes[1]("nodes").stdout.splitlines()
        self.assertRegex(table[0], r"^NAME +ROLE +STATE +HEALTH +CAPACITY +CACHED +DATA-ADDRESS +AGE$")
        self.assertEqual(["n1", "n2", "n3"], [line.split()[0] for line in table[1:]])

    def test_a_port_in_use_and_a_missing_token_are_told(self):
        grid = Grid(self.scratch, 1)
        self.addCleanup(grid.close)
        taken = f"127.0.0.1:{grid.ports[0][0]}"
        with self.assertRaisesRegex(AssertionError, f"the grid cannot listen on {taken}"):
            Node(self.scratch, "second", None, "--join", taken, "--grid-listen", taken)
        with self.assertRaisesRegex(AssertionError, "head -c 32 /dev/urandom"):
            Node(self.scratch, "third", None, "--join", taken, "--data-listen", "10.1.2.3:5801")


if __name__ == "__main__":
    unittest.main()
