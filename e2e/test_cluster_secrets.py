"""A Secret applied on one member: with a cluster token the dataset runs on all of them, and nobody shows the Secret."""

import base64
import os
import unittest

from harness import ACCESS_KEY, SCENARIOS, SECRET_KEY, Node, Scratch, Store, free_port, wait_for
from readers import tree_digests
from test_scenarios import expected

NAME = "serverless-data"


def manifests():
    """Scenario 1 without what is done once the dataset runs."""
    kept = [part for part in (SCENARIOS / "1-model-serving.yaml").read_text().split("\n---\n")
            if "kind: DataLoad" not in part and "kind: Deployment" not in part]
    return "\n---\n".join(kept).replace("quota: 5Gi", "quota: 32Mi")


class ClusterSecrets(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.store = Store(self.scratch)
        self.addCleanup(self.store.kill)
        self.files = {"model.bin": os.urandom((9 << 20) + 7), "sub/tiny": b"x"}
        for name, content in self.files.items():
            path = self.store.root / "bucket" / "models" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.environment = {"OSS_ACCESS_KEY_ID": ACCESS_KEY, "OSS_ACCESS_KEY_SECRET": SECRET_KEY,
                            "OSS_BUCKET": "bucket", "OSS_ENDPOINT": self.store.endpoint}

    def grid(self, size, *options):
        ports = [free_port() for _ in range(size)]
        join = ",".join(f"127.0.0.1:{port}" for port in ports)
        nodes = []
        for index, port in enumerate(ports):
            node = Node(self.scratch, f"n{index}", None, "--cluster", f"secrets-{os.getpid()}", "--join", join,
                        "--grid-listen", f"127.0.0.1:{port}", "--data-listen", f"127.0.0.1:{free_port()}",
                        "--node-name", f"n{index}", *options, launch_only=True)
            self.addCleanup(node.kill)
            nodes.append(node)
        for node in nodes:
            node.await_answer(120)
        for node in nodes:
            wait_for(f"{node.name} to see {size}", lambda: len(node.json("nodes")) == size, 120)
        return nodes

    def dataset(self, node):
        done = node("get", "dataset", NAME, "-o", "json", check=False)
        return done.stdout if done.returncode == 0 else ""

    def await_bound(self, nodes):
        for node in nodes:
            wait_for(f"the dataset to be Bound on {node.name}", lambda: '"Bound"' in self.dataset(node), 90)

    def secrets(self, node):
        return [item["metadata"]["name"] for item in node.json("get", "secret")["items"]]

    def assert_nothing_shown(self, nodes):
        hidden = [SECRET_KEY, base64.b64encode(SECRET_KEY.encode()).decode()]
        for node in nodes:
            shown = [node(*argv).stdout for argv in (
                ("get", "secret", "-o", "yaml"), ("get", "secret", "access-key", "-o", "json"),
                ("describe", "secret", "access-key"), ("describe", "dataset", NAME), ("get", "dataset", "-o", "yaml"))]
            self.assertIn("access-key", shown[0])
            for text in (*shown, node.log.read_text(errors="replace")):
                for secret in hidden:
                    self.assertNotIn(secret, text)

    def test_what_is_applied_on_one_runs_on_all_and_is_shown_by_none(self):
        token = self.scratch.disk / "token"
        token.write_text(os.urandom(16).hex())
        nodes = self.grid(3, "--cluster-token-file", str(token))
        nodes[0]("apply", "-f", "-", stdin=manifests(), env=self.environment)
        self.await_bound(nodes)
        for node in nodes[1:]:
            mount = self.scratch.disk / f"mnt-{node.name}"
            mount.mkdir()
            node("mount", NAME, str(mount))
            self.assertEqual(tree_digests(mount, "read"), expected(self.files))
        self.assert_nothing_shown(nodes)
        for node in nodes:
            self.assertEqual(self.secrets(node), ["access-key"])
            journal = node.state / "manifests" / "records.journal"
            self.assertEqual(journal.stat().st_mode & 0o777, 0o600)

        nodes[2]("delete", "secret", "access-key")
        for node in nodes:
            wait_for(f"the Secret to be gone on {node.name}", lambda: self.secrets(node) == [])
            wait_for(f"{node.name} to say so", lambda: "SecretNotFound" in self.dataset(node))
        nodes[1]("apply", "-f", "-", stdin=manifests(), env=self.environment)
        self.await_bound(nodes)

    def test_without_a_token_the_others_say_what_to_do(self):
        first, second = self.grid(2)
        first("apply", "-f", "-", stdin=manifests(), env=self.environment)
        self.await_bound([first])
        wait_for("the other to say so", lambda: "SecretNotFound" in self.dataset(second))
        told = second("describe", "dataset", NAME).stdout
        self.assertIn("no cluster token", told)
        self.assertIn("--cluster-token-file", told)
        self.assertEqual(self.secrets(second), [])
        second("apply", "-f", "-", stdin=manifests().split("\n---\n")[0], env=self.environment)
        self.await_bound([second])
