"""What members hold: each origin byte leaves the origin once, whoever joins, drains, ends or restarts.

Real members on loopback with a token, over one object store that counts what leaves it.
"""

import hashlib
import json
import os
import random
import signal
import stat
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import ACCESS_KEY, SECRET_KEY, Node, Scratch, Store, free_port, wait_for

KIB, MIB = 1 << 10, 1 << 20

MANIFEST = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {name}}}
spec:
  mounts:
    - mountPoint: oss://bucket/{name}
      name: {name}
      path: /
      options: {{fs.oss.endpoint: "{endpoint}"}}
      encryptOptions:
        - {{name: fs.oss.accessKeyId, valueFrom: {{secretKeyRef: {{name: keys, key: id}}}}}}
        - {{name: fs.oss.accessKeySecret, valueFrom: {{secretKeyRef: {{name: keys, key: secret}}}}}}
---
apiVersion: data.fluid.io/v1alpha1
kind: JindoRuntime
metadata: {{name: {name}}}
spec:
  replicas: 1
  tieredstore:
    levels: [{{mediumtype: MEM, path: /dev/shm, quota: {quota}, high: "0.95", low: "0.7"}}]
"""

SECRETS = {"GRIDSET_SECRET_KEYS_ID": ACCESS_KEY, "GRIDSET_SECRET_KEYS_SECRET": SECRET_KEY}


class World:
    """One store and members n1 ... on loopback that know one secret."""

    def __init__(self, size, options=None):
        self.scratch = Scratch()
        self.store = Store(self.scratch)
        self.token = self.scratch.disk / "token"
        self.token.write_bytes(os.urandom(32).hex().encode())
        self.token.chmod(stat.S_IRUSR | stat.S_IWUSR)
        self.cluster = f"data-{os.getpid()}"
        self.seed = f"127.0.0.1:{free_port()}"
        self.nodes, self.trees = {}, {}
        try:
            for number in range(1, size + 1):
                self.add(f"n{number}", *(options or {}).get(f"n{number}", []), launch_only=True)
            for node in self.nodes.values():
                node.await_answer(120)
            self.together()
        except BaseException:
            self.close()
            raise

    def add(self, name, *options, launch_only=False):
        grid = self.seed if name == "n1" else f"127.0.0.1:{free_port()}"
        self.nodes[name] = Node(
            self.scratch, name, SECRETS, "--cluster", self.cluster, "--join", f"{self.seed},{grid}", "--grid-listen", grid,
            "--data-listen", f"127.0.0.1:{free_port()}", "--node-name", name, "--cluster-token-file", str(self.token),
            *options, launch_only=launch_only)
        return self.nodes[name]

    def together(self):
        """Waits until all living members see each other active and nothing wrong."""
        living = [node for node in self.nodes.values() if node.child.poll() is None]

        def all_see():
            for node in living:
                seen = node("nodes", "-o", "json", check=False)
                nodes = json.loads(seen.stdout) if seen.returncode == 0 else []
                active = [each["name"] for each in nodes if each["state"] == "ACTIVE" and not each["health"]]
                if sorted(active) != sorted(each.name for each in living):
                    return False
            return True

        wait_for("the members to see each other", all_see, 120)

    def make(self, dataset, sizes, quota):
        """Puts objects of these sizes into the store and declares them; their bytes in sum."""
        root = self.store.root / "bucket" / dataset
        source = random.Random(dataset)
        self.trees[dataset] = {}
        for index, size in enumerate(sizes):
            path = root / f"part-{index % 7}" / f"object-{index:04}"
            path.parent.mkdir(parents=True, exist_ok=True)
            content = source.randbytes(size)
            path.write_bytes(content)
            self.trees[dataset][str(path.relative_to(root))] = hashlib.sha256(content).hexdigest()
        first = next(iter(self.nodes.values()))
        first("apply", "-f", "-", stdin=MANIFEST.format(name=dataset, quota=quota, endpoint=self.store.endpoint))
        for node in self.nodes.values():
            self.await_bound(node, dataset)
        return sum(sizes)

    def await_bound(self, node, dataset):
        wait_for(f"{dataset} to be Bound on {node.name}", lambda: '"Bound"' in node(
            "get", "dataset", dataset, "-o", "json", check=False).stdout, 60)

    def read(self, name, dataset, shuffle=None):
        """Reads all through a mount on one member; the paths whose bytes are not the origin's."""
        node = self.nodes[name]
        mount = self.scratch.disk / f"mount-{name}-{dataset}"
        mount.mkdir(exist_ok=True)
        if not os.path.ismount(mount):
            node("mount", dataset, str(mount))
        paths = sorted(self.trees[dataset])
        if shuffle is not None:
            random.Random(shuffle).shuffle(paths)
        # By another process: this one must not hang with a mount.
        done = subprocess.run(["sha256sum", *paths], cwd=mount, capture_output=True, text=True, timeout=300)
        found = {path: digest for digest, path in (line.split(maxsplit=1) for line in done.stdout.splitlines())}
        return [path for path in paths if found.get(path) != self.trees[dataset][path]] + done.stderr.splitlines()

    def read_on(self, names, dataset, shuffle=None):
        """Reads all on several members at once."""
        with ThreadPoolExecutor(len(names)) as readers:
            return [wrong for wrongs in readers.map(
                lambda name: self.read(name, dataset, None if shuffle is None else f"{shuffle}{name}"), names)
                for wrong in wrongs]

    def held(self, dataset, at="n1"):
        """Bytes that each member holds, as one of them tells."""
        return {each["node"]: each["heldBytes"] for each in self.nodes[at].json("affinity", dataset)["nodes"]}

    def stop(self, name):
        """A graceful end, as by `gridset down`: what is left is the memory's file system."""
        self.nodes[name]("down", seconds=120)
        wait_for(f"{name} to end", lambda: self.nodes[name].child.poll() is not None, 90)

    def close(self):
        for node in self.nodes.values():
            if node.child.poll() is None:
                os.killpg(node.child.pid, signal.SIGTERM)
        for node in self.nodes.values():
            node.kill()
        self.store.kill()
        self.scratch.close()


class Counted(unittest.TestCase):
    """What leaves the origin during a test, counted there."""

    def origin(self):
        return self.world.store.body_bytes() - self.before

    def mark(self):
        self.before = self.world.store.body_bytes()

    def right(self, names, dataset, shuffle=None):
        self.assertEqual([], self.world.read_on(names, dataset, shuffle)[:5])


class ClusterData(Counted):
    """Three members, and a fourth; the tests go on from each other."""

    @classmethod
    def setUpClass(cls):
        cls.world = World(3)
        cls.addClassCleanup(cls.world.close)
        cls.total = cls.world.make("mixed", [37 * MIB + 5, *(9_000 + 131 * i for i in range(60))], "128Mi")

    def setUp(self):
        self.mark()

    def test_1_cold_reads_on_all_members_at_once_cost_each_byte_once(self):
        self.right(["n1", "n2", "n3"], "mixed")
        self.assertEqual(self.total, self.origin(), "origin bytes")
        self.assertEqual({"n1": self.total, "n2": self.total, "n3": self.total}, self.settled("mixed", 3 * self.total))
        for node in self.world.nodes.values():
            figures = wait_for(f"the figures on {node.name}", lambda: self.whole(node))
            self.assertEqual("100.0%", figures["cachedPercentage"])

    def settled(self, dataset, total, at="n1"):
        wait_for("the members to tell what they hold", lambda: sum(self.world.held(dataset, at).values()) == total)
        return self.world.held(dataset, at)

    def whole(self, node):
        states = node.json("get", "dataset", "mixed")["status"].get("cacheStates", {})
        return states if states.get("cachedPercentage") == "100.0%" else None

    def test_2_a_fourth_member_reads_everything_at_no_cost_to_the_origin(self):
        fourth = self.world.add("n4")
        self.world.together()
        self.world.await_bound(fourth, "mixed")
        via = self.world.scratch.disk / "via"
        via.write_text(f'#!/bin/sh\nrun={self.world.scratch.disk}/"$1"/run; shift\n'
                       'GRIDSET_RUN_DIR="$run" exec "$@"\n')
        via.chmod(0o755)
        near = fourth("run", "--near", "mixed", "--via", f"{via} {{node}}", "--", "printenv", "GRIDSET_RUN_DIR")
        self.assertIn(near.stdout.strip(), {str(self.world.nodes[name].run) for name in ("n1", "n2", "n3")})
        self.right(["n4"], "mixed")
        self.assertEqual(0, self.origin(), "origin bytes")
        near = fourth("run", "--near", "mixed", "--", "printenv", "GRIDSET_RUN_DIR")
        self.assertEqual(str(fourth.run), near.stdout.strip(), "it holds everything now")

    def test_3_after_a_drain_a_member_may_go(self):
        # Loaded, not read: nobody has copies, so each byte is on one member only.
        total = self.world.make("drained", [9 * MIB + 1, *(300 * KIB for _ in range(60))], "64Mi")
        self.mark()
        self.world.nodes["n1"]("load", "drained")
        self.assertEqual(total, self.origin(), "origin bytes of the load")
        held = self.settled("drained", total)
        self.assertEqual(4, len(held), held)
        drained = self.world.nodes["n4"].json("drain")
        self.assertEqual(("DONE", 0), (drained["phase"], drained["noRoomBytes"]), drained)
        self.assertEqual(drained["totalBytes"], drained["handedBytes"])
        self.stop_for_good("n4")
        self.right(["n1"], "drained")
        self.assertEqual(total, self.origin(), "origin bytes after all")

    def test_4_a_drain_that_is_undone_makes_the_member_a_home_again(self):
        third = self.world.nodes["n3"]

        def state():
            return {node["name"]: node["state"] for node in self.world.nodes["n1"].json("nodes")}["n3"]

        third("drain")
        wait_for("n1 to see it drain", lambda: state() == "DRAINING")
        third("drain", "--undo")
        wait_for("n1 to see it back", lambda: state() == "ACTIVE")
        total = self.world.make("undone", [300 * KIB for _ in range(60)], "64Mi")
        self.world.nodes["n1"]("load", "undone")
        self.assertEqual(3, len(self.settled("undone", total)))

    def test_5_a_graceful_end_hands_over_too(self):
        total = self.world.make("ended", [9 * MIB + 1, *(300 * KIB for _ in range(60))], "64Mi")
        self.mark()
        self.world.nodes["n1"]("load", "ended")
        self.assertEqual(3, len(self.settled("ended", total)))
        self.stop_for_good("n3")
        self.right(["n1", "n2"], "ended")
        self.assertEqual(total, self.origin(), "origin bytes")

    def stop_for_good(self, name):
        self.world.stop(name)
        del self.world.nodes[name]
        self.world.nodes["n1"]("nodes", "forget", name, check=False)


class RollingRestart(Counted):
    @classmethod
    def setUpClass(cls):
        cls.world = World(3)
        cls.addClassCleanup(cls.world.close)

    def test_after_a_rolling_restart_of_all_nothing_is_paid_again(self):
        total = self.world.make("rolled", [9 * MIB + 1, *(300 * KIB for _ in range(60))], "64Mi")
        self.mark()
        self.world.nodes["n1"]("load", "rolled")
        self.assertEqual(total, self.origin())
        for name, node in self.world.nodes.items():
            self.world.stop(name)
            node.start()
            self.world.together()
            self.world.await_bound(node, "rolled")
        self.right(["n1", "n2", "n3"], "rolled")
        self.assertEqual(total, self.origin(), "origin bytes")


class LargerThanOneMember(Counted):
    @classmethod
    def setUpClass(cls):
        cls.world = World(3)
        cls.addClassCleanup(cls.world.close)

    def test_what_only_all_together_can_hold_is_paid_once_however_often_it_is_read(self):
        total = self.world.make("wide", [500 * KIB + i for i in range(110)], "32Mi")
        self.mark()
        everyone = ["n1", "n2", "n3"]
        self.right(everyone, "wide", shuffle="first")
        self.assertEqual(total, self.origin(), "origin bytes of the first pass")
        for again in ("second", "third"):
            self.right(everyone, "wide", shuffle=again)
        self.assertEqual(total, self.origin(), "origin bytes after all passes")


class WithoutAShare(Counted):
    @classmethod
    def setUpClass(cls):
        cls.world = World(3, {"n3": ["--no-share"]})
        cls.addClassCleanup(cls.world.close)

    def test_a_member_without_a_share_reads_from_the_others_and_is_home_to_nothing(self):
        total = self.world.make("lent", [5 * MIB + 1, *(300 * KIB for _ in range(40))], "64Mi")
        self.mark()
        self.world.nodes["n3"]("load", "lent")
        self.assertEqual(total, self.origin(), "origin bytes of the load")
        held = self.world.held("lent")
        self.assertNotIn("n3", held)
        self.right(["n3"], "lent")
        self.assertEqual(total, self.origin(), "origin bytes")
        wait_for("n3 to tell of its copies", lambda: self.world.held("lent").get("n3") == total)
        self.world.nodes["n3"].kill(signal.SIGKILL)
        self.right(["n1", "n2"], "lent")
        self.assertEqual(total, self.origin(), "nothing was at home there")


if __name__ == "__main__":
    unittest.main()
