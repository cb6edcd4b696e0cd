"""What may go wrong: origins that misbehave, full caches, wrong input. Right bytes or a clear failure, in time."""

import hashlib
import os
import re
import subprocess
import time
import unittest
from pathlib import Path

from harness import ACCESS_KEY, SECRET_KEY, Node, Scratch, Store, wait_for

MANIFEST = """
apiVersion: v1
kind: Secret
metadata: {{name: key}}
stringData: {{id: "{access}", secret: "{secret}"}}
---
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {name}}}
spec:
  mounts:
    - mountPoint: oss://{bucket}/data
      name: data
      path: /
      options: {{fs.oss.endpoint: "{endpoint}"}}
      encryptOptions:
        - {{name: fs.oss.accessKeyId, valueFrom: {{secretKeyRef: {{name: {secret_name}, key: id}}}}}}
        - {{name: fs.oss.accessKeySecret, valueFrom: {{secretKeyRef: {{name: {secret_name}, key: secret}}}}}}
---
apiVersion: data.fluid.io/v1alpha1
kind: JindoRuntime
metadata: {{name: {name}}}
spec:
  replicas: 1
  tieredstore:
    levels:
      - {{mediumtype: MEM, path: /dev/shm, quota: {quota}, high: "0.95", low: "0.7"}}
"""


LOCAL = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {name}}}
spec: {{mounts: [{{mountPoint: "local://{source}", name: local, path: /}}]}}
---
apiVersion: data.fluid.io/v1alpha1
kind: AlluxioRuntime
metadata: {{name: {name}}}
spec: {{replicas: 1, tieredstore: {{levels: [{{mediumtype: MEM, path: /dev/shm, quota: 64Mi}}]}}}}
"""


class FaultyOrigin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.store = Store(cls.scratch)
        cls.addClassCleanup(cls.store.kill)
        cls.node = Node(cls.scratch)
        cls.addClassCleanup(cls.node.kill)
        cls.data = cls.store.root / "bucket" / "data"
        cls.data.mkdir(parents=True)
        (cls.data / "seed").write_bytes(b"seed")

    def manifest(self, **changes):
        values = dict(access=ACCESS_KEY, secret=SECRET_KEY, name="faulty", bucket="bucket", secret_name="key",
                      endpoint=self.store.endpoint, quota="256Mi")
        return MANIFEST.format(**{**values, **changes})

    def bound(self, **changes):
        self.node("apply", "-f", "-", stdin=self.manifest(**changes))
        name = changes.get("name", "faulty")
        mount = self.scratch.disk / f"mnt-{name}"
        mount.mkdir(exist_ok=True)
        if not os.path.ismount(mount):
            self.node("mount", name, str(mount))  # waits until the dataset is Bound
        self.assertEqual(self.node.json("get", "dataset", name)["status"]["phase"], "Bound")
        return mount

    def read(self, path, seconds=110):
        return subprocess.run(["cat", str(path)], capture_output=True, timeout=seconds)

    def test_every_fault_of_the_origin_ends_in_right_bytes_or_a_clear_error(self):
        mount = self.bound()
        faults = {
            "throttled": "status=503,1s;first=2", "too many": "status=429;first=3", "broken": "status=500;first=2",
            "reset": "reset=1MB;first=3", "truncated": "truncate=100KB;first=3", "silent": "stall-after=1MB,3s;first=1",
            "lying-length": "content-length=-1000;first=1", "lying-range": "content-range=4096;first=1",
            "lying-total": "total-length=77;first=1", "no-ranges": "ignore-range;first=2",
            "always-500": "status=500", "always-lying-range": "content-range=4096", "always-truncated": "truncate=10KB"}
        for name, fault in faults.items():
            with self.subTest(fault=name):
                content = os.urandom((9 << 20) + 17)
                (self.data / name).write_bytes(content)
                self.store.behave(fault=f"bucket/data/{name};{fault}")
                self.node("sync", "faulty")
                started = time.monotonic()
                done = self.read(mount / name)
                took = time.monotonic() - started
                if done.returncode == 0:
                    self.assertEqual(hashlib.sha256(done.stdout).hexdigest(), hashlib.sha256(content).hexdigest())
                else:
                    self.assertIn("always", name, f"a passing fault was not survived: {done.stderr}")
                    self.assertRegex(done.stderr, b"Input/output error|Stale")
                    self.assertEqual(done.stdout, content[:len(done.stdout)], "wrong bytes before the error")
                self.assertLess(took, 100)
                self.store.behave(fault="")
                again = self.read(mount / name)
                self.assertEqual(again.stdout, content, "after the fault is gone")

    def test_a_dead_origin_ends_in_an_error_and_cached_files_stay_readable(self):
        mount = self.bound()
        (self.data / "kept").write_bytes(b"kept" * 1000)
        (self.data / "lost").write_bytes(b"lost" * 1000)
        self.node("sync", "faulty")
        self.assertEqual(self.read(mount / "kept").stdout, b"kept" * 1000)
        os.stat(mount / "lost")
        self.store.behave(fault="bucket/*;status=500")
        self.assertNotEqual(self.read(mount / "lost").returncode, 0)
        self.assertEqual(self.read(mount / "kept").stdout, b"kept" * 1000)
        self.store.behave(fault="")
        self.assertEqual(self.read(mount / "lost").stdout, b"lost" * 1000)

    def test_a_dataset_larger_than_its_quota_is_read_right_and_its_load_fails_with_the_reason(self):
        big = self.store.root / "bigbucket" / "data"
        big.mkdir(parents=True)
        contents = {f"part-{i}": os.urandom(11 << 20) for i in range(8)}
        for name, content in contents.items():
            (big / name).write_bytes(content)
        mount = self.bound(name="big", bucket="bigbucket", quota="40Mi")
        for _ in range(2):
            for name, content in contents.items():
                self.assertEqual(self.read(mount / name).stdout, content)
        load = self.node("load", "big", check=False)
        self.assertEqual(load.returncode, 1, load.stdout + load.stderr)
        self.assertRegex(load.stdout + load.stderr, "(?i)quota")
        self.node("evict", "big")
        load = self.node("load", "big", "--path", "part-0", "--path", "part-1", "--path", "part-2", "--path", "part-3",
                         check=False)
        self.assertEqual(load.returncode, 1)
        held = self.node.json("stats")["datasets"]
        held = next(each for each in held if each["dataset"]["name"] == "big")["cachedBytes"]
        self.assertGreaterEqual(held, (38 << 20) - (4 << 20), "what 95 % of 40 MiB hold in blocks of 4")
        usage = self.node("get", "dataset", "big").stdout.splitlines()[1].split()
        self.assertRegex(usage[2], r"^[0-3]?\d\.\d\dMiB$")
        check = self.node("load", "big", "--check", check=False)
        self.assertEqual(check.returncode, 1, "--check tells that not all is cached")

    def test_wrong_input_is_refused_with_the_field_and_the_remedy(self):
        cases = [
            (self.manifest(name="bad1").replace("mountPoint:", "mountpoint:"), "mountPoint"),
            (self.manifest(name="bad2").replace("oss://bucket", "osss://bucket"), "oss"),
            (self.manifest(name="bad3", quota="many"), "quota"),
            (self.manifest(name="bad4").replace("kind: Dataset", "kind: Datasets"), "Dataset"),
            (self.manifest(name="bad5").replace('"0.95"', '"0.5"'), "high|low|watermark"),
        ]
        for manifest, pattern in cases:
            done = self.node("apply", "-f", "-", stdin=manifest, check=False)
            self.assertNotEqual(done.returncode, 0, manifest)
            self.assertRegex(done.stderr + done.stdout, pattern)
        done = self.node("apply", "-f", "-", stdin="${NOT_SET_ANYWHERE}", check=False)
        self.assertIn("NOT_SET_ANYWHERE", done.stderr)

    def test_secrets_credentials_and_buckets_that_are_wrong_are_named(self):
        cases = {
            "nosecret": (dict(secret_name="missing"), "missing"),
            "wrongkey": (dict(secret="wrong-secret-value"), "(?i)accessKey|credential|signature|denied"),
            "nobucket": (dict(bucket="nobucket"), "nobucket"),
            "nowhere": (dict(endpoint="http://127.0.0.1:1"), "127.0.0.1:1"),
        }
        for name, (change, pattern) in cases.items():
            with self.subTest(case=name):
                manifest = self.manifest(name=name, **change)
                if "secret" in change:
                    manifest = manifest.replace("name: key", "name: wrong")
                self.node("apply", "-f", "-", stdin=manifest)
                text = wait_for(f"{name} to say why", lambda: (lambda out: out if re.search(pattern, out) else None)(
                    self.node("describe", "dataset", name).stdout), 60)
                self.assertNotIn("wrong-secret-value", text)
                self.assertNotEqual(self.node.json("get", "dataset", name)["status"].get("phase"), "Bound")
                self.node("delete", "dataset", name)
        self.assertNotIn("wrong-secret-value", self.node.tail())
        self.assertNotIn(SECRET_KEY, self.node("get", "secret", "-o", "yaml").stdout)

    def test_mount_points_in_use_and_unknown_names_are_explained(self):
        mount = self.bound()
        done = self.node("mount", "faulty", str(mount), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("in use", done.stderr)
        done = self.node("mount", "faulty", str(self.scratch.disk / "no-such-dir"), check=False)
        self.assertNotEqual(done.returncode, 0)
        done = self.node("get", "dataset", "no-such-name", check=False)
        self.assertEqual(done.returncode, 3)
        done = self.node("get", "datset", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("dataset", done.stderr)


class Ending(unittest.TestCase):
    def test_deleting_waits_for_umount_and_down_release_gives_the_memory_back(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        source = scratch.disk / "source"
        source.mkdir()
        (source / "a").write_bytes(os.urandom(20 << 20))
        node = Node(scratch)
        self.addCleanup(node.kill)
        for name in ("kept", "gone"):
            node("apply", "-f", "-", stdin=LOCAL.format(name=name, source=source))
            wait_for("Bound", lambda: node.json("get", "dataset", name)["status"]["phase"] == "Bound")
            node("load", name)
        mount = scratch.disk / "mnt"
        mount.mkdir()
        node("mount", "gone", str(mount))
        refused = node("delete", "dataset", "gone", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"gridset umount {mount}", refused.stderr)
        node("umount", str(mount))
        node("delete", "dataset", "gone")
        tiers = lambda: [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(node.run) in line]
        self.assertLessEqual(len(tiers()), 1, "the deleted dataset's file system is gone")
        self.assertRegex(node("down").stdout, r"2\d\.\d\dMiB stay cached")
        node.kill()
        node.start()
        wait_for("adoption", lambda: node.json("get", "dataset", "kept")["status"].get("phase") == "Bound")
        self.assertEqual(node("load", "kept", "--check").returncode, 0, "kept for this start")
        self.assertIn("given back", node("down", "--release").stdout)
        self.assertEqual(tiers(), [], "when `down` returns, all is given back")

    def test_a_node_that_ends_leaves_no_mount_and_no_process(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        source = scratch.disk / "source"
        source.mkdir()
        (source / "a").write_bytes(b"a" * 100_000)
        node = Node(scratch)
        self.addCleanup(node.kill)
        node("apply", "-f", "-", stdin=LOCAL.format(name="local", source=source))
        wait_for("Bound", lambda: node.json("get", "dataset", "local")["status"]["phase"] == "Bound")
        mount = scratch.disk / "mnt"
        mount.mkdir()
        node("mount", "local", str(mount))
        held = os.open(mount / "a", os.O_RDONLY)
        self.assertEqual(os.read(held, 10), b"a" * 10)
        node.kill()
        self.assertIn(node.child.returncode, (0, 143))
        self.assertFalse(os.path.ismount(mount), "the mount goes, though a file of it is open")
        try:
            os.close(held)
        except OSError as gone:
            self.assertEqual(gone.errno, 107, "ENOTCONN: its server is gone")


class FullState(unittest.TestCase):
    NOTE = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {}}}
spec: {{mounts: [{{mountPoint: "local:///nowhere", name: note}}]}}
"""

    @unittest.skipIf(os.geteuid() != 0, "a small file system for the state directory needs root")
    def test_a_full_state_directory_is_told_and_mends_itself(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        state = scratch.disk / "node" / "state"
        state.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "gridset-e2e-state", state], check=True)
        node = Node(scratch)
        self.addCleanup(node.kill)
        node("apply", "-f", "-", stdin=self.NOTE.format("before"))
        self.assertEqual([], self.health(node))
        filler = state / "filler"
        with self.assertRaises(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        wait_for("the full disk to be told", lambda: "is full" in " ".join(self.health(node)))
        wait_for("changes to be refused", lambda: self.refusals(node), 60)
        told = " ".join(self.health(node))
        self.assertRegex(told, r"journal in \S+ cannot be written: No space left")
        self.assertIn("cannot be written: No space left", self.refusals(node)[-1])
        self.assertEqual(0, node("get", "dataset", "before").returncode)
        filler.unlink()
        wait_for("the node to be well by itself", lambda: self.health(node) == [])
        node("apply", "-f", "-", stdin=self.NOTE.format("after"))
        node.kill()
        node.start()
        names = [each["metadata"]["name"] for each in node.json("get", "dataset")["items"]]
        self.assertTrue({"before", "after"} <= set(names), names)

    @staticmethod
    def health(node):
        return [line for each in node.json("nodes") for line in each["health"]]

    def refusals(self, node):
        """Changes until one no longer fits into what the journal's last page has left."""
        done = node("apply", "-f", "-", stdin=self.NOTE.format(f"note-{time.monotonic_ns()}"), check=False)
        return [done.stderr] if done.returncode != 0 else []


if __name__ == "__main__":
    unittest.main(verbosity=2)
