"""Scenarios 1 and 3 with their manifests unchanged, on one machine."""

import hashlib
import os
import subprocess
import unittest
from pathlib import Path

from harness import ACCESS_KEY, ROOT, SCENARIOS, SECRET_KEY, Node, Process, Scratch, Store, free_port, wait_for
from readers import STYLES, tree_digests


def make_tree(root):
    """A tree with what goes wrong in practice; returns {relative path: bytes}."""
    files = {
        "model.bin": os.urandom(1 << 20) * 24 + b"tail",
        "exactly-two-blocks": os.urandom(8 << 20),
        "one-byte-more": os.urandom((4 << 20) + 1),
        "empty": b"",
        "tiny": b"x",
        "sub/dir/deep.txt": b"deep" * 1000,
        "names/with space & amp%.txt": b"awkward",
        "names/plus+plus=1,2;3.txt": b"plus",
        "names/\u00fcml\u00e4ut-\u6f22\u5b57-\U0001f600.txt": b"unicode",
        "names/'quote\"s'.txt": b"quotes",
    }
    for number in range(150):
        files[f"small/{number:04d}.txt"] = os.urandom(200 + number * 13)
    for name, content in files.items():
        path = Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return files


def expected(files):
    return {name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in files.items()}


class ModelServing(unittest.TestCase):
    """Scenario 1: a bucket behind OSS' protocol, read through a mount."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.store = Store(cls.scratch)
        cls.addClassCleanup(cls.store.kill)
        cls.files = make_tree(cls.store.root / "bucket" / "models")
        cls.bytes = sum(map(len, cls.files.values()))
        cls.environment = {"OSS_ACCESS_KEY_ID": ACCESS_KEY, "OSS_ACCESS_KEY_SECRET": SECRET_KEY,
                           "OSS_BUCKET": "bucket", "OSS_ENDPOINT": cls.store.endpoint}
        cls.node = Node(cls.scratch)
        cls.addClassCleanup(cls.node.kill)
        cls.mount = cls.scratch.disk / "mnt"
        cls.mount.mkdir()

    def apply_without_load(self):
        text = (SCENARIOS / "1-model-serving.yaml").read_text()
        kept = [part for part in text.split("\n---\n") if "kind: DataLoad" not in part]
        self.node("apply", "-f", "-", stdin="\n---\n".join(kept), env=self.environment)
        wait_for("the dataset to be Bound", lambda: self.node(
            "get", "dataset", "serverless-data", "-o", "json").stdout.find('"Bound"') > 0)
        if not os.path.ismount(self.mount):
            self.node("mount", "serverless-data", str(self.mount))

    def test_1_the_whole_tree_equals_the_origin_in_every_read_style(self):
        self.apply_without_load()
        want = expected(self.files)
        for style in STYLES:
            with self.subTest(style=style, state="cold"):
                self.node("evict", "serverless-data")
                before = self.store.body_bytes()
                self.assertEqual(tree_digests(self.mount, style), want)
                self.assertEqual(self.store.body_bytes() - before, self.bytes, "origin bytes, cold")
            with self.subTest(style=style, state="warm"):
                before = self.store.body_bytes()
                self.assertEqual(tree_digests(self.mount, style), want)
                self.assertEqual(self.store.body_bytes() - before, 0, "origin bytes, warm")
        for style in STYLES:
            with self.subTest(style=style, state="partly cached"):
                self.node("evict", "serverless-data")
                with open(self.mount / "model.bin", "rb", buffering=0) as file:
                    self.assertEqual(os.pread(file.fileno(), 100, 9 << 20), self.files["model.bin"][9 << 20:][:100])
                self.assertEqual(tree_digests(self.mount, style), want)

    def test_2_the_manifests_apply_unchanged_and_print_kubectls_columns(self):
        self.node("evict", "serverless-data")
        done = self.node("apply", "-f", str(SCENARIOS / "1-model-serving.yaml"), env=self.environment)
        self.assertIn("Deployment", done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, "(?i)skipped")
        load = wait_for("the DataLoad to end", lambda: (
            lambda phase: phase if phase in ("Complete", "Failed") else None)(
            self.node.json("get", "dataload", "serverless-data-warmup").get("status", {}).get("phase")), 60)
        self.assertEqual(load, "Complete")
        header, row = self.node("get", "dataset", "serverless-data").stdout.splitlines()
        self.assertRegex(header, r"^NAME\s+UFS TOTAL SIZE\s+CACHED\s+CACHE CAPACITY\s+CACHED PERCENTAGE\s+PHASE\s+AGE$")
        self.assertRegex(row, r"^serverless-data\s+(\d+\.\d\dMiB)\s+\1\s+5\.00GiB\s+100\.0%\s+Bound\s+\d+m?\d*s$")
        header, row = self.node("get", "jindo", "serverless-data").stdout.splitlines()
        self.assertRegex(header, r"^NAME\s+MASTER PHASE\s+WORKER PHASE\s+FUSE PHASE\s+AGE$")
        self.assertRegex(row, r"^serverless-data\s+Ready\s+Ready\s+Ready\s+\d+m?\d*s$")
        header, row = self.node("get", "dataload").stdout.splitlines()
        self.assertRegex(header, r"^NAME\s+DATASET\s+PHASE\s+AGE\s+DURATION$")
        self.assertRegex(row, r"^serverless-data-warmup\s+serverless-data\s+Complete\s+\S+\s+\d+s$")

    def test_3_a_node_killed_with_9_comes_back_with_manifests_mounts_and_bytes(self):
        self.apply_without_load()
        self.node("load", "serverless-data")
        held = open(self.mount / "model.bin", "rb", buffering=0)
        self.addCleanup(held.close)
        first = os.pread(held.fileno(), 1 << 16, 0)
        before = self.store.body_bytes()
        self.node.kill(9)
        # A sealed file was opened in passthrough: its reader does not notice the daemon's death.
        self.assertEqual(os.pread(held.fileno(), 1 << 16, 12 << 20), self.files["model.bin"][12 << 20:][:1 << 16])
        self.assertEqual(first, self.files["model.bin"][:1 << 16])
        self.node.start()
        wait_for("the mount to be back", lambda: os.path.ismount(self.mount) and
                 os.path.exists(self.mount / "model.bin"), 30)
        self.assertEqual(tree_digests(self.mount, "read"), expected(self.files))
        self.assertEqual(self.store.body_bytes() - before, 0, "origin bytes after kill -9")

    def test_4_the_mount_is_read_only_and_tells_the_truth(self):
        self.apply_without_load()
        self.node("load", "serverless-data")
        for call in (lambda: open(self.mount / "new", "w"), lambda: os.unlink(self.mount / "tiny"),
                     lambda: os.mkdir(self.mount / "dir"), lambda: os.rename(self.mount / "tiny", self.mount / "t"),
                     lambda: os.truncate(self.mount / "tiny", 0), lambda: os.chmod(self.mount / "tiny", 0o777),
                     lambda: open(self.mount / "tiny", "r+b"), lambda: os.setxattr(self.mount / "tiny", "user.x", b"1"),
                     lambda: os.symlink("a", self.mount / "link"), lambda: os.utime(self.mount / "tiny")):
            with self.assertRaises(OSError) as failure:
                call()
            self.assertEqual(failure.exception.errno, 30, "EROFS")
        self.assertEqual(os.getxattr(self.mount / "model.bin", "user.gridset.cached"), b"100.0%")
        self.assertEqual(len(os.getxattr(self.mount / "model.bin", "user.gridset.version")), 32)
        self.assertEqual(os.stat(self.mount / "model.bin").st_size, len(self.files["model.bin"]))
        inode = os.stat(self.mount / "model.bin").st_ino
        self.node("evict", "serverless-data")
        self.assertEqual(os.stat(self.mount / "model.bin").st_ino, inode)
        with self.assertRaises(FileNotFoundError):
            open(self.mount / "missing")
        self.assertGreater(os.statvfs(self.mount).f_blocks, 0)

    def test_5_an_open_handle_stays_on_its_version(self):
        self.apply_without_load()
        path = self.store.root / "bucket" / "models" / "changing"
        old, new = b"o" * (12 << 20), b"n" * (12 << 20)
        path.write_bytes(old)
        self.node("sync", "serverless-data")
        with open(self.mount / "changing", "rb", buffering=0) as held:
            self.assertEqual(os.pread(held.fileno(), 4096, 0), old[:4096])
            path.write_bytes(new)
            self.node("sync", "serverless-data")
            self.assertEqual(os.pread(held.fileno(), 4096, 0), old[:4096], "cached bytes of the old version")
            try:
                tail = os.pread(held.fileno(), 4096, (12 << 20) - 4096)
                self.assertEqual(tail, old[-4096:], "read ahead before the change")
            except OSError as failure:
                self.assertEqual(failure.errno, 116, "ESTALE")
        self.assertEqual((self.mount / "changing").read_bytes(), new)
        path.unlink()
        self.node("sync", "serverless-data")
        wait_for("the deleted file to go", lambda: not os.path.exists(self.mount / "changing"))


class CrossNamespace(unittest.TestCase):
    """Scenario 3: a web server's index pages, one cache, two namespaces."""

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.site = self.scratch.disk / "site"
        self.root = self.site / "apache" / "spark"
        for name, size in {"spark-3.3.1/a.tgz": 9 << 20, "spark-3.3.1/b.tgz": 3 << 20,
                           "spark-3.3.1/sub/c+d e.txt": 100, "spark-3.2.0/old.tgz": 5 << 20}.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes(os.urandom(size))
        nginx = next((p for p in ("/usr/sbin/nginx", "/usr/bin/nginx") if os.path.exists(p)), None)
        if nginx is None:
            self.skipTest("nginx is not installed (apt install nginx-light)")
        self.port = free_port()
        configuration = self.scratch.disk / "nginx.conf"
        configuration.write_text(f"""
            daemon off; pid {self.scratch.disk}/nginx.pid; error_log {self.scratch.disk}/nginx-error.log;
            user root; events {{}}
            http {{ access_log {self.scratch.disk}/access.log; client_body_temp_path {self.scratch.disk}/tmp;
                    proxy_temp_path {self.scratch.disk}/tmp; fastcgi_temp_path {self.scratch.disk}/tmp;
                    uwsgi_temp_path {self.scratch.disk}/tmp; scgi_temp_path {self.scratch.disk}/tmp;
                    log_format sent '$request_method $uri $status $body_bytes_sent';
                    access_log {self.scratch.disk}/sent.log sent;
                    server {{ listen 127.0.0.1:{self.port}; root {self.site}; autoindex on; }} }}""")
        self.nginx = Process([nginx, "-c", str(configuration)], self.scratch.disk / "nginx.log")
        self.addCleanup(self.nginx.kill)
        self.node = Node(self.scratch)
        self.addCleanup(self.node.kill)

    def sent(self):
        lines = (self.scratch.disk / "sent.log").read_text().splitlines()
        return sum(int(line.split()[-1]) for line in lines if line.startswith("GET") and not line.split()[-3].endswith("/"))

    def test_one_cache_serves_two_namespaces_and_the_origin_pays_once(self):
        self.node("apply", "-f", str(SCENARIOS / "3-cross-namespace.yaml"),
                  env={"HTTP_MIRROR": f"http://127.0.0.1:{self.port}"})
        wait_for("the load", lambda: self.node.json(
            "get", "dataload", "spark", "-n", "development").get("status", {}).get("phase") == "Complete", 60)

        def row(namespace):
            return self.node("get", "dataset", "spark", "-n", namespace).stdout.splitlines()[1].split()[:6]

        wait_for("the total", lambda: "[" not in row("development")[1])
        self.assertEqual(row("development"), ["spark", "17.00MiB", "12.00MiB", "4.00GiB", "70.6%", "Bound"])
        self.assertEqual(row("production"), row("development"))
        before = self.sent()
        for namespace in ("development", "production"):
            mount = self.scratch.disk / namespace
            mount.mkdir()
            self.node("mount", f"{namespace}/spark", str(mount))
            for path in self.root.glob("spark-3.3.1/**/*"):
                if path.is_file():
                    read = subprocess.run(["cat", str(mount / path.relative_to(self.root))],
                                          capture_output=True, timeout=30)
                    self.assertEqual(read.stdout, path.read_bytes())
        self.assertEqual(self.sent(), before, "the second namespace and the second read cost the origin nothing")
        refused = self.node("apply", "-f", "-", stdin="""
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {name: mixed, namespace: production}
spec:
  mounts:
    - {mountPoint: "dataset://development/spark"}
    - {mountPoint: "http://127.0.0.1:1/x/", name: other}
""", check=False)
        described = self.node("describe", "dataset", "mixed", "-n", "production", check=False)
        self.assertIn("dataset://", refused.stdout + refused.stderr + described.stdout + described.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
