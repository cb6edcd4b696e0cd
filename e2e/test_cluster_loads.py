"""Loads across three members on loopback, over one object store that counts what leaves it."""

import json
import os
import random
import signal
import subprocess
import unittest

from harness import ACCESS_KEY, GRIDSET, SECRET_KEY, Node, Scratch, Store, free_port, wait_for

MIB = 1 << 20

MANIFEST = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata:
  name: shards
spec:
  mounts:
    - mountPoint: oss://bucket/shards
      name: shards
      path: /
      options:
        fs.oss.endpoint: ENDPOINT
      encryptOptions:
        - name: fs.oss.accessKeyId
          valueFrom: {secretKeyRef: {name: keys, key: id}}
        - name: fs.oss.accessKeySecret
          valueFrom: {secretKeyRef: {name: keys, key: secret}}
---
apiVersion: data.fluid.io/v1alpha1
kind: JindoRuntime
metadata:
  name: shards
spec:
  replicas: 3
  tieredstore:
    levels:
      - {mediumtype: MEM, path: /dev/shm, quota: 256Mi, high: "0.95", low: "0.7"}
"""

LOAD = """
apiVersion: data.fluid.io/v1alpha1
kind: DataLoad
metadata:
  name: warmup
spec:
  dataset: {name: shards, namespace: default}
"""


class ClusterLoads(unittest.TestCase):
    """Three members; whatever one is told to load all load, each its share."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.store = Store(cls.scratch)
        cls.addClassCleanup(cls.store.kill)
        root = cls.store.root / "bucket" / "shards"
        root.mkdir(parents=True)
        source = random.Random(3)
        cls.bytes = 0
        for index in range(12):
            length = 5 * MIB + index
            (root / f"shard-{index:02}").write_bytes(source.randbytes(length))
            cls.bytes += length
        for index in range(100):
            (root / f"small-{index:03}").write_bytes(source.randbytes(1000 + index))
            cls.bytes += 1000 + index
        ports = [free_port() for _ in range(3)]
        join = ",".join(f"127.0.0.1:{port}" for port in ports)
        environment = {"GRIDSET_SECRET_KEYS_ID": ACCESS_KEY, "GRIDSET_SECRET_KEYS_SECRET": SECRET_KEY}
        cls.nodes = []
        for index, port in enumerate(ports):
            node = Node(cls.scratch, f"member{index}", environment, "--cluster", f"loads-{os.getpid()}", "--join", join,
                        "--grid-listen", f"127.0.0.1:{port}", "--data-listen", f"127.0.0.1:{free_port()}",
                        "--node-name", f"member{index}", launch_only=True)
            cls.addClassCleanup(node.kill)
            cls.nodes.append(node)
        for node in cls.nodes:
            node.await_answer()
        wait_for("the members to see each other", lambda: all(map(cls.sees_all, cls.nodes)), 90)
        cls.nodes[0]("apply", "-f", "-", stdin=MANIFEST.replace("ENDPOINT", cls.store.endpoint))
        cls.await_bound()

    @classmethod
    def sees_all(cls, node):
        return len(node.json("nodes")) == 3 if node("nodes", check=False).returncode == 0 else False

    @classmethod
    def await_bound(cls):
        for node in cls.nodes:
            wait_for(f"the dataset to be Bound on {node.name}", lambda: '"Bound"' in node(
                "get", "dataset", "shards", "-o", "json", check=False).stdout, 60)

    def setUp(self):
        for node in self.nodes:
            node("evict", "shards")
        self.before = self.store.body_bytes()

    def tearDown(self):
        self.store.behave(rate=0)

    def loaded(self):
        return self.store.body_bytes() - self.before

    def begin(self, node, *options):
        """`gridset load` beside the test; its last words are the figures."""
        child = subprocess.Popen(
            [GRIDSET, "load", "shards", "-o", "json", *options], env=dict(os.environ, **node.env),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: child.poll() is None and child.kill())
        return child

    def end(self, child):
        out, err = child.communicate(timeout=120)
        self.assertEqual(child.returncode, 0, out + err)
        return json.loads(out)["progress"]

    def test_1_a_data_load_applied_anywhere_is_brought_once_and_shown_everywhere(self):
        self.nodes[2]("apply", "-f", "-", stdin=LOAD)
        for node in self.nodes:
            ended = wait_for(f"the DataLoad to end on {node.name}", lambda: (
                lambda status: status if status.get("phase") in ("Complete", "Failed") else None)(
                node.json("get", "dataload", "warmup").get("status", {})), 90)
            self.assertEqual(ended["phase"], "Complete", ended)
            self.assertEqual(ended["progress"]["cachedBytes"], self.bytes)
            shares = ended["progress"]["members"]
            self.assertEqual(len(shares), 3)
            self.assertEqual(sum(share["cachedBytes"] for share in shares), self.bytes)
            for share in shares:
                self.assertGreater(share["cachedBytes"], self.bytes // 10, shares)
        self.assertEqual(self.loaded(), self.bytes, "origin bytes")
        self.nodes[2]("delete", "dataload", "warmup")

    def test_2_a_cancelled_load_stops_on_all_members_and_the_next_goes_on(self):
        self.store.behave(rate=2 * MIB)
        child = self.begin(self.nodes[1])
        wait_for("some of it to come", lambda: self.loaded() > 2 * MIB)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        self.assertNotEqual(child.returncode, 0)
        self.store.behave(rate=0)
        self.assertLess(self.loaded(), self.bytes)
        done = self.end(self.begin(self.nodes[0]))
        self.assertEqual(done["cachedBytes"], self.bytes)
        self.assertEqual(self.loaded(), self.bytes, "origin bytes of both")

    def test_3_a_limited_load_takes_its_time(self):
        limit = 16 * MIB
        done = self.end(self.begin(self.nodes[0], "--bandwidth", "16MiB/s"))
        self.assertEqual(done["cachedBytes"], self.bytes)
        # Each member may be one block ahead, and have saved a tenth of a second.
        least = (self.bytes - 3 * 4 * MIB) / limit - 0.1
        self.assertGreater(done["elapsedMillis"] / 1000, least)

    def test_4_a_member_killed_with_9_leaves_its_share_to_the_others(self):
        self.store.behave(rate=8 * MIB)
        child = self.begin(self.nodes[0])
        wait_for("some of it to come", lambda: self.loaded() > 8 * MIB)
        self.nodes[2].kill(9)
        self.store.behave(rate=0)
        done = self.end(child)
        self.assertEqual((done["phase"], done["cachedBytes"]), ("COMPLETE", self.bytes))
        self.assertEqual(len(done["members"]), 2)
        self.nodes[2].start()
        wait_for("it to be back", lambda: all(map(self.sees_all, self.nodes)), 90)
        self.await_bound()
        done = self.end(self.begin(self.nodes[2]))
        self.assertEqual(len(done["members"]), 3)
