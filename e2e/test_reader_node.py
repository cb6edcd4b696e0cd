"""Reader nodes as real processes: no member of the grid, no credentials, all bytes from members; what they read is the
origin's, costs the origin nothing twice, and outlives members."""

import concurrent.futures
import errno
import hashlib
import os
import signal
import time
import unittest

from harness import Node, Scratch, Store, free_port, wait_for
from hosts import SECRET, manifest
from readers import STYLES, tree_digests
from test_scenarios import expected, make_tree

EIO_SECONDS = 150  # A read waits two minutes for a member before it fails; the rest is this machine's.


class Members:
    """Members m1 ... on loopback, with or without a token."""

    def __init__(self, scratch, size, token=None):
        self.scratch, self.token = scratch, token
        self.ports = [(free_port(), free_port()) for _ in range(size)]
        self.nodes = [None] * size
        self.start(*range(size))
        wait_for("the members to see each other", lambda: all(
            [each["state"] for each in node.json("nodes")].count("ACTIVE") == size for node in self.nodes), 120)

    def trust(self):
        return ["--cluster-token-file", str(self.token)] if self.token else []

    def start(self, *indices):
        join = ",".join(f"127.0.0.1:{grid}" for grid, _ in self.ports)
        for index in indices:
            grid, data = self.ports[index]
            self.nodes[index] = Node(
                self.scratch, f"m{index + 1}", None, "--join", join, "--grid-listen", f"127.0.0.1:{grid}",
                "--data-listen", f"127.0.0.1:{data}", "--node-name", f"m{index + 1}", *self.trust(), launch_only=True)
        for index in indices:
            self.nodes[index].await_answer(120)

    def data(self):
        return ",".join(f"127.0.0.1:{data}" for _, data in self.ports)

    def kill(self, *indices):
        for index in indices:
            self.nodes[index].kill(signal.SIGKILL)
            self.nodes[index] = None

    def close(self):
        for node in filter(None, self.nodes):
            os.killpg(node.child.pid, signal.SIGTERM)
        for node in filter(None, self.nodes):
            node.kill()


class World(unittest.TestCase):
    """An origin with a dataset per bucket, members, and readers that are ended with them."""

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.store = Store(self.scratch)
        self.addCleanup(self.store.kill)

    def members(self, size, token=True):
        file = None
        if token:
            file = self.scratch.disk / "token"
            file.write_text("the secret of this run's members " + os.urandom(16).hex() + "\n")
        grid = Members(self.scratch, size, file)
        self.addCleanup(grid.close)
        return grid

    def dataset(self, grid, name, quota="256Mi"):
        for node in grid.nodes:
            node("apply", "-f", "-", stdin=SECRET)
        grid.nodes[0]("apply", "-f", "-", stdin=manifest(self.store, name, name, quota))
        for node in grid.nodes:
            wait_for(f"{name} to be Bound", lambda: self.is_bound(node, name), 90)

    @staticmethod
    def is_bound(node, name):
        found = node("get", "dataset", name, "-o", "json", check=False)
        return found.returncode == 0 and '"Bound"' in found.stdout

    def reader(self, name, grid, *options, trust=None):
        node = Node(self.scratch, name, None, "--reader-of", grid.data(), *(grid.trust() if trust is None else trust), *options)
        self.addCleanup(node.kill)
        return node

    def mount(self, node, dataset):
        place = self.scratch.disk / f"{node.name}-{dataset}"
        place.mkdir(exist_ok=True)
        wait_for(f"{node.name} to have heard of {dataset}", lambda: self.is_bound(node, dataset), 60)
        node("mount", dataset, str(place))  # waits by itself until it runs there
        return place


def kept_reading(places, want, stop):
    """Reads whole trees until told to stop; returns how many, and fails at the first that differs."""
    trees = 0
    while not stop():
        for place in places:
            if tree_digests(place, STYLES[trees % len(STYLES)]) != want:
                raise AssertionError(f"{place} differs from the origin")
            trees += 1
    return trees


class ReaderNodes(World):
    def test_1_readers_read_the_origin_byte_by_byte_through_deaths_of_members(self):
        files = make_tree(self.store.root / "data")
        later = self.store.root / "data" / "later"
        later.mkdir()
        for number in range(4):
            files[f"later/{number}.bin"] = os.urandom(5 << 20)
            (later / f"{number}.bin").write_bytes(files[f"later/{number}.bin"])
        want, total = expected(files), sum(map(len, files.values()))
        grid = self.members(3)
        self.dataset(grid, "data")
        readers = [self.reader(f"r{number}", grid) for number in (1, 2)]
        places = [self.mount(node, "data") for node in readers]

        with self.subTest("cold, two readers at once"), concurrent.futures.ThreadPoolExecutor() as pool:
            for found in pool.map(lambda place: tree_digests(place, "read"), places):
                self.assertEqual(found, want)
            self.assertEqual(self.store.body_bytes(), total, "each byte left the origin once")
        for style in STYLES:
            with self.subTest(style=style):
                self.assertEqual(tree_digests(places[0], style), want)
        self.assertEqual(self.store.body_bytes(), total, "warm reads cost nothing")
        for style in STYLES:
            with self.subTest(style=style, state="cold here, warm there"):
                readers[1]("evict", "data")
                self.assertEqual(tree_digests(places[1], style), want)
        self.assertEqual(self.store.body_bytes(), total, "what members have costs nothing")

        with self.subTest("figures"):
            figures = readers[1].json("stats")["datasets"][0]
            self.assertGreaterEqual(figures["peerBytes"], total)
            self.assertGreater(figures["peerRequests"], 0)
            self.assertEqual(0, figures["originBytes"])
            served = sum(node.json("stats")["datasets"][0]["servedToPeersBytes"] for node in grid.nodes)
            self.assertGreaterEqual(served, figures["peerBytes"])
            self.assertIn("FROM PEERS", readers[0]("stats").stdout)
        with self.subTest("commands"):
            self.commands(readers[0], files)

        with self.subTest("a member dies while readers read"), concurrent.futures.ThreadPoolExecutor() as pool:
            readers[0]("evict", "data")
            readers[1]("evict", "data")
            until = time.monotonic() + 6
            work = [pool.submit(kept_reading, [place], want, lambda: time.monotonic() > until) for place in places]
            time.sleep(0.3)
            grid.kill(0)
            self.assertGreater(sum(each.result() for each in work), 0)

        with self.subTest("nobody is there"):
            readers[1]("evict", "data", check=False)
            warm = {name: data for name, data in files.items() if not name.startswith("later/")}
            for name in warm:
                (places[1] / name).read_bytes()
            grid.kill(1, 2)
            begun = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor() as pool:
                lost = pool.submit((places[1] / "later" / "0.bin").read_bytes)
                for name, data in warm.items():
                    self.assertEqual((places[1] / name).read_bytes(), data, "cached files stay readable")
                readers[1].kill(signal.SIGKILL)
                with self.assertRaises(OSError):
                    lost.result()
            readers[1].start()
            with concurrent.futures.ThreadPoolExecutor() as pool:
                wait_for("the mount to be back", lambda: os.path.ismount(places[1]), 60)
                begun = time.monotonic()
                lost = pool.submit((places[1] / "later" / "0.bin").read_bytes)
                for name, data in warm.items():
                    self.assertEqual((places[1] / name).read_bytes(), data, "after a restart too")
                refused = readers[1]("get", "dataset", check=False)
                self.assertNotEqual(0, refused.returncode)
                self.assertIn("no member of the grid answers", refused.stderr)
                with self.assertRaises(OSError) as failure:
                    lost.result()
            self.assertEqual(errno.EIO, failure.exception.errno)
            self.assertLess(time.monotonic() - begun, EIO_SECONDS)

        with self.subTest("they come back"):
            grid.start(0, 1, 2)
            for node, place in zip(readers, places):
                wait_for("reads to go on", lambda: self.readable(place / "later" / "0.bin"), 150)
                self.assertEqual(tree_digests(place, "read"), want)

    @staticmethod
    def readable(path):
        try:
            return len(path.read_bytes()) > 0
        except OSError:
            return False

    def commands(self, reader, files):
        self.assertIn("data", reader("get", "dataset").stdout)
        self.assertIn("Bound", reader("get", "dataset", "data", "-o", "wide").stdout)
        self.assertIn("model.bin", reader("ls", "data:/").stdout)
        self.assertIn(str(len(files["model.bin"])), reader("stat", "data:/model.bin", "-o", "json").stdout)
        self.assertEqual(3, len(reader.json("nodes")))
        for argv in (["load", "data"], ["delete", "secret", "key"], ["nodes", "forget", "m1"], ["drain"]):
            refused = reader(*argv, check=False)
            self.assertNotEqual(0, refused.returncode, argv)
            self.assertRegex(refused.stderr, "(?i)member", argv)
        refused = reader("apply", "-f", "-", stdin=SECRET, check=False)
        self.assertIn("at a member, such as 127.0.0.1", refused.stderr)

    def test_2_a_token_opens_its_datasets_and_no_other_until_it_expires(self):
        for name in ("open", "closed"):
            (self.store.root / name).mkdir()
            (self.store.root / name / "file").write_text(f"of {name}\n" * 1000)
        grid = self.members(2)
        self.dataset(grid, "open", "32Mi")
        self.dataset(grid, "closed", "32Mi")
        node = grid.nodes[0]
        made = node.json("token", "create", *grid.trust(), "--dataset", "default/open", "--ttl", "10m")
        self.assertEqual(["default/open"], made["datasets"])
        token = self.scratch.disk / "reader-token"
        token.write_text(made["token"] + "\n")
        reader = self.reader("scoped", grid, trust=["--cluster-token-file", str(token)])
        place = self.mount(reader, "open")
        self.assertEqual("of open\n" * 1000, (place / "file").read_text())
        self.assertEqual(["open"], [each["metadata"]["name"] for each in reader.json("get", "dataset")["items"]])
        for argv in (["ls", "closed:/"], ["cat", "closed:/file"], ["get", "dataset", "closed"], ["stat", "closed:/file"],
                     ["mount", "closed", str(self.scratch.disk)]):
            refused = reader(*argv, check=False)
            self.assertNotEqual(0, refused.returncode, argv)
            self.assertNotIn("of closed", refused.stdout)
        self.assertEqual([], reader.json("get", "secret")["items"])

        with self.subTest("as a member's token"):
            with self.assertRaisesRegex(AssertionError, "holds a reader token"):
                Node(self.scratch, "false", None, "--join", "127.0.0.1:1", "--cluster-token-file", str(token))
        with self.subTest("expired"):
            token.write_text(node("token", "create", *grid.trust(), "--all", "--ttl", "1s").stdout)
            time.sleep(2)
            late = self.reader("late", grid, trust=["--cluster-token-file", str(token)])
            refused = late("get", "dataset", check=False)
            self.assertNotEqual(0, refused.returncode)
            self.assertIn("the reader token has expired", refused.stderr)
        with self.subTest("without a token"):
            bare = self.reader("bare", grid, trust=[])
            self.assertIn("asks for a cluster token", bare("get", "dataset", check=False).stderr)

    def test_3_on_loopback_no_token_is_needed_and_many_datasets_share_the_memory(self):
        for name in ("alpha", "beta"):
            (self.store.root / name).mkdir()
            (self.store.root / name / "file").write_bytes(os.urandom(24 << 20))
        grid = self.members(1, token=False)
        early = self.scratch.disk / "early" / "alpha"  # as a sidecar does, which starts before its dataset is bound
        waiting = self.reader("waiting", grid, "--mount", f"default/alpha={early}")
        for name in ("alpha", "beta"):
            self.dataset(grid, name, "64Mi")
        wait_for("alpha to be mounted by itself", lambda: early.is_mount(), 90)
        self.assertEqual(hashlib.sha256((self.store.root / "alpha" / "file").read_bytes()).digest(),
                         hashlib.sha256((early / "file").read_bytes()).digest())
        self.assertEqual([str(early)], [each["mountPoint"] for each in waiting.json("mounts")])
        waiting.kill()
        reader = self.reader("plain", grid, "--memory", "64Mi")
        for name in ("alpha", "beta"):
            place = self.mount(reader, name)
            self.assertEqual(hashlib.sha256((self.store.root / name / "file").read_bytes()).digest(),
                             hashlib.sha256((place / "file").read_bytes()).digest())
        quotas = [tier["quotaBytes"] for tier in reader.json("stats")["node"]["cache"]["tiers"]]
        self.assertLessEqual(sum(quotas), 64 << 20)
        grid.nodes[0]("delete", "dataset", "alpha")
        wait_for("the deletion to be heard", lambda: self.gone(reader), 60)
        self.assertEqual(24 << 20, len((place / "file").read_bytes()))

    def test_4_a_dataset_without_copies_leaves_nothing_on_a_reader(self):
        files = make_tree(self.store.root / "bare")
        want, total = expected(files), sum(map(len, files.values()))
        grid = self.members(2)
        for node in grid.nodes:
            node("apply", "-f", "-", stdin=SECRET)
        declared = manifest(self.store, "bare", "bare", "256Mi").replace(
            "metadata: {name: bare}", 'metadata: {name: bare, annotations: {gridset.io/copies: "none"}}', 1)
        grid.nodes[0]("apply", "-f", "-", stdin=declared)
        for node in grid.nodes:
            wait_for("bare to be Bound", lambda: self.is_bound(node, "bare"), 90)
        reader = self.reader("keeper-of-nothing", grid)
        place = self.mount(reader, "bare")
        for style in STYLES:
            with self.subTest(style=style):
                self.assertEqual(tree_digests(place, style), want)
        self.assertEqual(0, reader.json("stats")["datasets"][0]["cachedBytes"])
        self.assertEqual(self.store.body_bytes(), total, "each byte left the origin once")
        for node in grid.nodes:
            self.assertEqual(tree_digests(self.mount(node, "bare"), "read"), want)
        wait_for("the members' figures", lambda: self.held(grid, "bare") >= total)
        self.assertEqual(total, self.held(grid, "bare"), "members hold their home blocks and nothing else")
        refused = grid.nodes[0]("apply", "-f", "-", stdin=declared.replace('"none"', '"non"'), check=False)
        self.assertIn("gridset.io/copies: 'non' is not none", refused.stderr)

    @staticmethod
    def held(grid, dataset):
        return sum(each["heldBytes"] for each in grid.nodes[0].json("affinity", dataset)["nodes"])

    @staticmethod
    def gone(reader):
        return [each["dataset"]["name"] for each in reader.json("stats")["datasets"]] == ["beta"]


if __name__ == "__main__":
    unittest.main()
