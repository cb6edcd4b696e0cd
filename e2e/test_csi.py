"""The CSI node plugin as a real process: kubernetes-csi's own suite over its socket, and what a kubelet does with volumes of
a real grid: pods read the origin's bytes, plugins and FUSE servers are killed, and nothing is left at the end."""

import os
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path

import csi_client
from csi_client import Volume, call, fields, message
from harness import GRIDSET, ROOT, Process, Scratch, Store, wait_for
from hosts import SECRET, manifest
from readers import tree_digests
from test_reader_node import Members, World
from test_scenarios import expected, make_tree

# A container of a pod: a mount namespace that hears of the node's mounts (HostToContainer), and a program that reads one
# file again and again and tells what it got.
POD = """
import hashlib, sys, time
while True:
    try:
        told = 'read ' + hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest()
    except OSError as failure:
        told = 'failed %d' % failure.errno
    print(told, flush=True)
    time.sleep(0.1)
"""


def mounts_below(path):
    """The (mount point, device) of all mounts below a path, without asking any of them."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        point = words[4].encode().decode("unicode_escape")
        if point.startswith(str(path) + "/"):
            found.append((point, words[2]))
    return found


def device_at(path):
    """The device of the file system that is seen at a path; None when nothing is mounted there."""
    found = [device for point, device in mounts_below(Path(path).parent) if point == str(path)]
    return found[-1] if found else None


class Pod(Process):
    """A container that has a volume's target at its own /data, and reads a file of it."""

    def __init__(self, where, name, target, file):
        place = where / f"pod-{name}"
        place.mkdir()
        script = 'mount --rbind "$1" "$2" && exec "$3" -u -c "$4" "$2/$5"'
        super().__init__(
            ["unshare", "--mount", "--propagation", "slave", "sh", "-ec", script, "sh", str(target), str(place),
             sys.executable, POD, file], where / f"pod-{name}.log")

    def lines(self):
        return self.log.read_text().splitlines()


class Plugin(Process):
    """`gridset csi` on a socket of its own."""

    def __init__(self, place, *options, mount_root=None):
        self.place, self.options = place, options
        self.socket = place / "csi.sock"
        self.state = place / "csi"
        self.mount_root = mount_root or place / "runtime-mnt"
        self.mount_root.mkdir(exist_ok=True)
        self.launch()

    def launch(self):
        super().__init__(
            [GRIDSET, "csi", "--endpoint", f"unix://{self.socket}", "--node-id", "node-1", "--state-dir", str(self.state),
             "--mount-root", str(self.mount_root), *self.options], self.place / "csi.log")
        wait_for("the plugin", self._answers)

    def _answers(self):
        if self.child.poll() is not None:
            raise AssertionError("the plugin ended: " + self.tail())
        try:
            return call(self.socket, "Identity/Probe") is not None
        except ConnectionError:
            return False

    def fuse_pids(self):
        """The processes that serve mounts."""
        found = []
        for lock in self.state.glob("fuse/*/run/node.lock"):
            try:
                pid = int(lock.read_text() or 0)
                if pid and b"--reader-of" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
            except OSError:
                pass  # it ended meanwhile
        return found

    def end_all(self):
        """The plugin, and the processes that are to outlive it."""
        self.kill()
        for pid in self.fuse_pids():
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGKILL)
            wait_for(f"the end of {pid}", lambda: not Path(f"/proc/{pid}/cmdline").exists()
                     or not Path(f"/proc/{pid}/cmdline").read_bytes())


class CsiNode(unittest.TestCase):
    """A grid of one member with a dataset, and a kubelet's directory with mounts that containers hear of."""

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("a kubelet's plugin mounts for others, which needs root")
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.store = Store(cls.scratch)
        cls.addClassCleanup(cls.store.kill)
        cls.files = make_tree(cls.store.root / "data")
        cls.want = expected(cls.files)
        token = cls.scratch.disk / "token"
        token.write_text("the secret of this run's members " + os.urandom(16).hex() + "\n")
        cls.grid = Members(cls.scratch, 1, token)
        cls.addClassCleanup(cls.grid.close)
        cls.memory = cls.scratch.memory / "tier"
        cls.memory.mkdir()
        cls.apply("data")

    @classmethod
    def apply(cls, name):
        node = cls.grid.nodes[0]
        node("apply", "-f", "-", stdin=SECRET)
        node("apply", "-f", "-", stdin=manifest(cls.store, name, "data", ("MEM", str(cls.memory), "256Mi")))
        wait_for(f"{name} to be Bound", lambda: World.is_bound(node, name), 90)

    def setUp(self):
        self.place = self.scratch.disk / self._testMethodName.split("_")[1]  # short: sockets' paths must be
        self.kubelet = self.place / "kubelet"
        self.kubelet.mkdir(parents=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.kubelet)], check=False)
        subprocess.run(["mount", "--bind", str(self.kubelet), str(self.kubelet)], check=True)
        subprocess.run(["mount", "--make-shared", str(self.kubelet)], check=True)

    def plugin(self, *options):
        plugin = Plugin(self.place, "--reader-of", self.grid.data(), *self.grid.trust(), *options)
        self.addCleanup(plugin.end_all)
        return plugin

    def volume(self, plugin, handle="default-data", name="data", **attributes):
        return Volume(plugin.socket, handle, self.kubelet / "staging" / handle,
                      runtime_namespace="default", runtime_name=name, **attributes)

    def target(self, pod):
        return self.kubelet / "pods" / pod / "mount"

    def refusal(self, code, action, *arguments, **more):
        """What a refused call says."""
        with self.assertRaises(csi_client.Refused) as caught:
            action(*arguments, **more)
        self.assertEqual(code, caught.exception.code, caught.exception.text)
        return caught.exception.text

    def assertRefused(self, code, words, action, *arguments, **more):
        self.assertIn(words, self.refusal(code, action, *arguments, **more))

    def digest(self, path):
        """Of a file, read by another process: this one must not hang on a mount."""
        done = subprocess.run(["sha256sum", str(path)], capture_output=True, text=True, timeout=120)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.lstrip("\\").split()[0]


class Volumes(CsiNode):
    def test_0_kubernetes_csis_suite_passes(self):
        built = subprocess.run([str(ROOT / "tools" / "build-csi-sanity.sh")], capture_output=True, text=True)
        if built.returncode != 0:
            self.skipTest(built.stderr.strip().splitlines()[-1])
        plugin = self.plugin("--clean-policy", "OnDemand")
        controller_socket = self.place / "controller.sock"
        java = os.environ.get("JAVA_HOME", "") + "/bin/java"
        classes = [ROOT / "operator-lite" / "csi" / "target" / "test-classes",
                   *sorted((ROOT / "ui-api" / "target" / "lib").glob("*.jar"))]
        controller = Process(
            [java, "-Xmx64m", "-cp", ":".join(map(str, classes)), "io.gridset.csi.wire.SanityControllerMain",
             str(controller_socket), "default", "data"], self.place / "controller.log")
        self.addCleanup(controller.kill)
        wait_for("the controller", lambda: controller_socket.exists())
        done = subprocess.run(
            [built.stdout.strip(), "--csi.endpoint", f"unix://{plugin.socket}", "--csi.controllerendpoint",
             f"unix://{controller_socket}", "--csi.mountdir", str(self.kubelet / "mount"), "--csi.stagingdir",
             str(self.kubelet / "stage"), "--ginkgo.no-color", "--ginkgo.skip", "Controller Service"], capture_output=True, text=True, timeout=400)
        self.assertEqual(0, done.returncode, done.stdout[-8000:] + plugin.tail())
        print(next((line for line in done.stdout.splitlines() if "Passed" in line), "").strip(), flush=True)
        self.assertEqual([], mounts_below(self.kubelet))

    def test_0b_the_kubelet_is_told_by_the_plugin_itself(self):
        """What kubelets ask on a socket in their directory of plugins; without another program for it."""
        registry = self.place / "registry"
        plugin = self.plugin("--registry", str(registry), "--kubelet-endpoint", "/var/lib/kubelet/plugins/x/csi.sock")
        socket = registry / "fuse.csi.fluid.io-reg.sock"
        wait_for("the registration's socket", lambda: socket.exists())
        told = fields(call(socket, "pluginregistration.Registration/GetInfo"))
        self.assertEqual(told, [(1, b"CSIPlugin"), (2, b"fuse.csi.fluid.io"), (3, b"/var/lib/kubelet/plugins/x/csi.sock"),
                                (4, b"1.0.0")])
        call(socket, "pluginregistration.Registration/NotifyRegistrationStatus", message({1: 1}))
        call(socket, "pluginregistration.Registration/NotifyRegistrationStatus", message({1: 0, 2: "no such driver"}))
        wait_for("the log to say why", lambda: "no such driver" in plugin.tail())
        plugin.kill()
        self.assertFalse(socket.exists(), "the kubelet forgets a plugin without its socket")

    def test_1_pods_read_the_origins_bytes_and_leave_nothing(self):
        plugin = self.plugin("--clean-policy", "OnDemand")
        before = {str(path) for path in self.memory.iterdir()}
        self.assertEqual(b"fuse.csi.fluid.io", dict(fields(call(plugin.socket, "Identity/GetPluginInfo")))[1])
        self.assertEqual(b"node-1", dict(fields(call(plugin.socket, "Node/NodeGetInfo")))[1])
        path = plugin.mount_root / "jindo" / "default" / "data" / "jindofs-fuse"
        volume = self.volume(plugin, fluid_path=str(path), mount_type="fuse.jindofs-fuse",
                             mount_pod_node_selector_key="fluid.io/f-default-data")
        volume.stage()
        volume.stage()
        one, two, sub, link = (self.target(name) for name in ("one", "two", "sub", "link"))
        for target in (one, two, two):
            volume.publish(target)
        for target in (one, two):
            self.assertEqual(self.want, tree_digests(target, "read"))
        part = self.volume(plugin, "default-data-sub", fluid_path=str(path), fluid_sub_path="sub/dir")
        part.stage()
        part.publish(sub)
        self.assertEqual(self.want["sub/dir/deep.txt"][0], self.digest(sub / "deep.txt"))
        linked = self.volume(plugin, "default-data-link", fluid_path=str(path), node_publish_method="symlink")
        linked.stage()
        linked.publish(link)
        self.assertEqual(str(path), os.readlink(link))
        self.assertEqual(self.want["tiny"][0], self.digest(link / "tiny"))
        self.assertEqual(1, len(plugin.fuse_pids()), "one FUSE server for all volumes of a dataset")

        with self.subTest("what is written is refused"), self.assertRaises(OSError):
            (one / "new").write_bytes(b"x")
        with self.subTest("stats"):
            total, abnormal, _ = volume.stats(one)
            self.assertFalse(abnormal)
            self.assertGreater(total, 0)
            self.assertRefused(csi_client.NOT_FOUND, "is not at", volume.stats, self.target("nobody"))
        with self.subTest("what is wrong is refused with the remedy"):
            self.assertRefused(csi_client.ALREADY_EXISTS, "unpublish it there first", volume.publish, one, fluid_sub_path="sub")
            self.assertRefused(csi_client.INVALID_ARGUMENT, "below", volume.publish, self.target("x"), fluid_path="/etc")
            self.assertRefused(csi_client.ALREADY_EXISTS, "volumeHandle", volume.publish, self.target("x"), runtime_name="other")
            self.assertRefused(csi_client.NOT_FOUND, "no directory", self.volume(
                plugin, "default-data-no", fluid_path=str(path), fluid_sub_path="no").publish, self.target("no"))
            self.assertRefused(csi_client.FAILED_PRECONDITION, "shows gridset:default/data", self.volume(
                plugin, "default-stranger", "stranger", fluid_path=str(path)).publish, self.target("stranger"))
            nothing = self.volume(plugin, "default-nothing", "nothing")
            wait_for("the reason of a dataset that is not there", lambda: "nothing is not Bound" in self.refusal(
                csi_client.DEADLINE_EXCEEDED, nothing.stage, 3), 90)
        self.assertFalse(self.target("stranger").exists())
        nothing.unstage()

        pid = plugin.fuse_pids()[0]
        for each, target in ((volume, one), (volume, two), (part, sub), (linked, link), (volume, self.target("never"))):
            each.unpublish(target)
            each.unpublish(target)
            self.assertFalse(os.path.lexists(target))
        for each in (part, linked):
            each.unstage()
        self.assertEqual([pid], plugin.fuse_pids(), "a volume is staged still")
        volume.unstage()
        volume.unstage()
        self.assertEqual([], plugin.fuse_pids())
        self.assertEqual([], mounts_below(self.kubelet) + mounts_below(plugin.mount_root))
        self.assertEqual([], list(plugin.mount_root.iterdir()))
        self.assertEqual([], list(plugin.state.glob("volumes/*")) + list(plugin.state.glob("fuse/*")))
        self.assertEqual({str(path) for path in self.memory.iterdir()}, before, "its cache is given back")
        wait_for("the end of the FUSE server", lambda: not Path(f"/proc/{pid}").exists())

    def test_2_a_reader_goes_on_after_kills_of_plugin_and_fuse_server(self):
        self.apply("mortal")
        plugin = self.plugin()
        volume = self.volume(plugin, "default-mortal", "mortal")
        targets = [self.target(name) for name in ("one", "two")]
        volume.stage()
        for target in targets:
            volume.publish(target)
        want = self.want["one-byte-more"][0]
        pods = []
        for number, target in enumerate(targets):
            pods.append(Pod(self.place, str(number), target, "one-byte-more"))
            self.addCleanup(pods[-1].kill)

        def reads_on(count=3):
            begun = [len(pod.lines()) for pod in pods]
            wait_for("the pods to read on", lambda: all(
                pod.lines()[at:].count(f"read {want}") >= count for pod, at in zip(pods, begun)), 120)

        def no_wrong_byte():
            for pod in pods:
                self.assertEqual([], [line for line in pod.lines() if line.startswith("read ") and line[5:] != want])

        reads_on()
        for death in range(3):
            with self.subTest("FUSE server killed", death=death):
                seen = device_at(targets[0])
                os.kill(plugin.fuse_pids()[0], signal.SIGKILL)
                wait_for("new mounts at the targets", lambda: all(
                    device_at(target) not in (None, seen) for target in targets), 120)
                reads_on()
                layers = [point for point, _ in mounts_below(self.kubelet)]
                self.assertLessEqual(max(map(layers.count, layers)), 2, "dead mounts do not pile up")
        with self.subTest("plugin killed"):
            seen, pid = device_at(targets[0]), plugin.fuse_pids()
            plugin.kill(signal.SIGKILL)
            reads_on()
            plugin.launch()
            self.assertEqual((seen, pid), (device_at(targets[0]), plugin.fuse_pids()), "nothing was mounted anew")
        with self.subTest("both killed"):
            plugin.kill(signal.SIGKILL)
            os.kill(plugin.fuse_pids()[0], signal.SIGKILL)
            plugin.launch()
            wait_for("new mounts at the targets", lambda: all(
                device_at(target) not in (None, seen) for target in targets), 120)
            reads_on()
        with self.subTest("plugin ended by SIGTERM"):
            seen = device_at(targets[0])
            plugin.kill()
            self.assertEqual(143, plugin.child.returncode)
            self.assertEqual(seen, device_at(targets[0]))
            self.assertFalse(plugin.socket.exists())
            reads_on()
            plugin.launch()
        no_wrong_byte()
        for pod in pods:
            pod.kill()
        for target in targets:
            volume.unpublish(target)
        volume.unstage()
        self.assertEqual([], mounts_below(self.kubelet))
        self.assertEqual(1, len(plugin.fuse_pids()), "OnRuntimeDeleted: the next pod finds it warm")
        self.grid.nodes[0]("delete", "dataset", "mortal")
        wait_for("the end of the mount", lambda: not plugin.fuse_pids() and not mounts_below(plugin.mount_root), 120)
        wait_for("the end of its files", lambda: not list(plugin.state.glob("fuse/*")), 120)

    def test_3_a_server_that_hangs_does_not_hang_the_plugin(self):
        plugin = self.plugin("--clean-policy", "OnDemand")
        volume = self.volume(plugin)
        volume.stage()
        one, two = self.target("one"), self.target("two")
        volume.publish(one)
        self.assertEqual(self.want["tiny"][0], self.digest(one / "tiny"))
        pid = plugin.fuse_pids()[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            _, abnormal, why = volume.stats(one)
            self.assertTrue(abnormal)
            self.assertIn("does not answer", why)
            with self.assertRaises(csi_client.Refused) as caught:
                volume.publish(two, 3)
            # A look at the volume may be under way, and is not waited for either.
            self.assertIn(caught.exception.code, (csi_client.DEADLINE_EXCEEDED, csi_client.ABORTED), caught.exception.text)
            self.assertIsNone(device_at(two))
            volume.unpublish(one)
            self.assertIsNone(device_at(one))
        finally:
            os.kill(pid, signal.SIGCONT)
        volume.publish(two)
        self.assertEqual(self.want["tiny"][0], self.digest(two / "tiny"))
        self.assertEqual([pid], plugin.fuse_pids(), "it was not started anew")

    def test_4_calls_at_once_make_one_mount(self):
        plugin = self.plugin("--clean-policy", "OnDemand")
        volumes = [self.volume(plugin, f"default-data-{number % 2}") for number in range(6)]
        failures = []

        def one_pod(number, volume):
            try:
                volume.stage(120)
                volume.publish(self.target(f"p{number}"), 120)
            except Exception as failure:  # told below
                failures.append(failure)

        threads = [threading.Thread(target=one_pod, args=each) for each in enumerate(volumes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(200)
        self.assertEqual([], failures)
        self.assertEqual(1, len(plugin.fuse_pids()))
        for number, volume in enumerate(volumes):
            self.assertEqual(self.want["tiny"][0], self.digest(self.target(f"p{number}") / "tiny"))
            volume.unpublish(self.target(f"p{number}"))
        volumes[0].unstage()
        self.assertEqual(1, len(plugin.fuse_pids()))
        volumes[1].unstage()
        self.assertEqual([], plugin.fuse_pids())
        self.assertEqual([], mounts_below(self.kubelet) + mounts_below(plugin.mount_root))


if __name__ == "__main__":
    unittest.main()
