"""CSI and the operator's FUSE pods together, on a real API server: a volume's first call labels the node, which starts the FUSE
pod, whose mount pods then see; pods and plugins are killed, and the clean policy of the runtime's manifest says what is left."""

import os
import shutil
import signal
import subprocess
import unittest

import csi_client
from csi_client import Volume
from harness import ACCESS_KEY, ROOT, SECRET_KEY, Scratch, Store, wait_for
from kube_world import FLUID, ApiServer, Kubelet, Operator, programs
from readers import tree_digests
from test_csi import Plugin, Pod, device_at, mounts_below
from test_scenarios import expected, make_tree

NODE = "node-1"  # that the plugin is told

# A dataset of each tenant; the second tells when its mount ends.
DATASET = """
apiVersion: v1
kind: Secret
metadata: {{name: store, namespace: {namespace}}}
stringData: {{id: {id}, key: {key}}}
---
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  mounts:
    - mountPoint: oss://bucket/models
      path: /
      options: {{fs.oss.endpoint: {endpoint}}}
      encryptOptions:
        - {{name: fs.oss.accessKeyId, valueFrom: {{secretKeyRef: {{name: store, key: id}}}}}}
        - {{name: fs.oss.accessKeySecret, valueFrom: {{secretKeyRef: {{name: store, key: key}}}}}}
---
apiVersion: data.fluid.io/v1alpha1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  replicas: 1
  fuse: {{{fuse}}}
  tieredstore:
    levels: [{{mediumtype: MEM, volumeType: emptyDir, path: /dev/shm, quota: 256Mi}}]
"""


class NodePlugin(Plugin):
    """`gridset csi` with the rights that manifests/csi gives it."""

    def __init__(self, place, kubelet, configuration):
        super().__init__(place, "--kubeconfig", str(configuration), mount_root=kubelet.fuse_pods.root)


class WithFusePods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if programs("current") is None or programs("floor") is None:
            raise unittest.SkipTest("no kube-apiserver: tools/build-kubernetes.sh current says what is missing")
        if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter", "openssl", "ip"))):
            raise unittest.SkipTest("pods need root, unshare, openssl and ip (apt install util-linux openssl iproute2)")
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.store = Store(cls.scratch)
        cls.addClassCleanup(cls.store.kill)
        cls.want = expected(make_tree(cls.store.root / "bucket" / "models"))
        cls.server = ApiServer(cls.scratch, "current", cls.addClassCleanup)
        cls.server.install()
        cls.server.kubectl("apply", "-f", ROOT / "manifests" / "csi" / "rbac.yaml")
        cls.kubelet = Kubelet(cls.server, cls.scratch, nodes=2)
        cls.addClassCleanup(cls.kubelet.close)
        cls.operator = Operator(cls.server, cls.scratch)
        cls.addClassCleanup(cls.operator.kill)
        cls.account = cls.server.account_token("gridset-system", "gridset-csi")
        cls.place = cls.scratch.disk / "node"
        cls.pods = cls.place / "kubelet"
        cls.pods.mkdir(parents=True)
        subprocess.run(["mount", "--bind", str(cls.pods), str(cls.pods)], check=True)
        subprocess.run(["mount", "--make-shared", str(cls.pods)], check=True)
        cls.plugin = NodePlugin(cls.place, cls.kubelet, cls.server.kubeconfig("csi", cls.account))
        cls.addClassCleanup(lambda: cls.plugin.kill())
        cls.apply("default", "GridRuntime", "")
        cls.server.kubectl("create", "namespace", "ml")
        cls.apply("ml", "JindoRuntime", "cleanPolicy: OnDemand")
        for namespace in ("default", "ml"):
            cls.wait(f"the dataset of {namespace} to be Bound", lambda: cls.status("datasets", namespace).get("phase") == "Bound")

    @classmethod
    def apply(cls, namespace, kind, fuse):
        cls.server.kubectl("apply", "-f", "-", stdin=DATASET.format(
            namespace=namespace, name="models", kind=kind, fuse=fuse, id=ACCESS_KEY, key=SECRET_KEY, endpoint=cls.store.endpoint))

    @classmethod
    def wait(cls, what, condition, seconds=120):
        try:
            return wait_for(what, condition, seconds)
        except AssertionError as e:
            shown = cls.server.kubectl("get", "nodes,datasets,pods,daemonsets", "-A", "--show-labels", check=False)
            raise AssertionError(f"{e}\n{shown[-4000:]}\n{cls.operator.tail()}\n{cls.plugin.tail()}\n{cls.kubelet.failure}\n"
                                 f"{cls.kubelet.logs()}") from e

    @classmethod
    def status(cls, plural, namespace):
        return cls.server.api("GET", f"{FLUID}/namespaces/{namespace}/{plural}/models").get("status", {})

    def volume(self, namespace):
        """Of the PersistentVolume that the operator made; this machine's directory in place of the node's."""
        volume = self.server.api("GET", f"/api/v1/persistentvolumes/{namespace}-models")["spec"]["csi"]
        attributes = {key: self.kubelet.fuse_pods.here(value) for key, value in volume["volumeAttributes"].items()}
        return Volume(self.plugin.socket, volume["volumeHandle"], self.pods / "staging" / namespace, **attributes)

    def target(self, pod):
        return self.pods / "pods" / pod / "mount"

    def labelled(self, namespace):
        """The nodes with the label that starts FUSE pods."""
        return [node["metadata"]["name"] for node in self.server.api.items("/api/v1/nodes")
                if node["metadata"]["labels"].get(f"fluid.io/f-{namespace}-models") == "true"]

    def fuse_pods(self, namespace):
        pods = self.server.api.items(f"/api/v1/namespaces/{namespace}/pods")
        return [pod["metadata"]["name"] for pod in pods if pod["metadata"]["labels"].get("role", "").endswith("-fuse")]

    def fuses(self, plural, namespace):
        status = self.status(plural, namespace)
        return [status.get("fusePhase"), status.get("desiredFuseNumberScheduled"), status.get("fuseNumberReady")]

    def refusal(self, code, action, *arguments):
        with self.assertRaises(csi_client.Refused) as caught:
            action(*arguments)
        self.assertEqual(code, caught.exception.code, caught.exception.text)
        return caught.exception.text

    def test_1_a_volume_starts_its_fuse_pod_and_shows_the_origins_bytes(self):
        volume = self.volume("default")
        self.assertEqual([[], []], [self.labelled("default"), self.fuse_pods("default")], "nobody asked for it")
        volume.stage(110)
        self.assertEqual([NODE], self.labelled("default"))
        self.assertEqual(1, len(self.fuse_pods("default")))
        volume.stage()
        for target in (self.target("one"), self.target("two")):
            volume.publish(target)
            self.assertEqual(self.want, tree_digests(target, "read"))
        self.wait("the runtime to tell", lambda: self.fuses("gridruntimes", "default") == ["Ready", 1, 1])

    def test_2_the_plugin_has_no_other_rights(self):
        as_plugin = type(self.server.api)(self.server.port, self.account)
        for method, path in (("GET", "/api/v1/secrets"), ("GET", "/api/v1/persistentvolumes"), ("GET", f"{FLUID}/datasets"),
                             ("DELETE", f"/api/v1/nodes/{NODE}"), ("GET", "/api/v1/namespaces/default/configmaps")):
            as_plugin(method, path, accept=(403,))
        volume = self.volume("default")
        for label in ("kubernetes.io/hostname", "fluid.io/s-default-models"):
            volume.attributes["mount_pod_node_selector_key"] = label
            self.assertIn("mount_pod_node_selector_key", self.refusal(csi_client.INVALID_ARGUMENT, volume.stage))
        # Another tenant's label starts no FUSE pod of this dataset.
        other = Volume(self.plugin.socket, "x", self.pods / "staging" / "x", **dict(
            self.volume("default").attributes, mount_pod_node_selector_key="fluid.io/f-ml-models",
            fluid_path=str(self.plugin.mount_root / "grid" / "default" / "other")))
        self.assertIn("no DaemonSet", self.refusal(csi_client.DEADLINE_EXCEEDED, other.stage, 3))
        other.unstage()
        self.assertEqual([], self.labelled("ml"))

    def test_3_two_datasets_of_a_node_come_and_go_by_their_policies(self):
        default, ml = self.target("one"), self.target("ml")
        seen = device_at(default)
        volume = self.volume("ml")
        volume.stage(110)
        volume.publish(ml)
        self.assertEqual(self.want, tree_digests(ml, "read"))
        volume.unpublish(ml)
        self.assertEqual([NODE], self.labelled("ml"), "it is staged still")
        volume.unstage(110)
        self.assertEqual([], self.labelled("ml"), "OnDemand, as the runtime's manifest says")
        self.assertEqual([], self.fuse_pods("ml"))
        self.assertEqual([], [point for point, _ in mounts_below(self.plugin.mount_root) if "/ml/" in point])
        self.assertEqual(seen, device_at(default), "the other is not touched")
        self.wait("the runtime to tell", lambda: self.fuses("jindoruntimes", "ml") == ["Ready", 0, 0])
        with self.subTest("it comes again"):
            volume.stage(110)
            volume.publish(ml)
            self.assertEqual(self.want["tiny"][0], tree_digests(ml, "read")["tiny"][0])
            volume.unpublish(ml)
            volume.unstage(110)

    def test_4_readers_go_on_after_deaths_of_fuse_pod_and_plugin(self):
        target, want = self.target("one"), self.want["one-byte-more"][0]
        pod = Pod(self.place, "reader", target, "one-byte-more")
        self.addCleanup(pod.kill)

        def reads_on(count=3):
            begun = len(pod.lines())
            self.wait("the pod to read on", lambda: pod.lines()[begun:].count(f"read {want}") >= count)

        def mounted_anew(seen):
            self.wait("new mounts at the targets", lambda: all(
                device_at(each) not in (None, seen) for each in (target, self.target("two"))))

        reads_on()
        for death in range(2):
            with self.subTest("FUSE container killed", death=death):
                seen = device_at(target)
                os.kill(self.kubelet.fuse_pods.pid("default"), signal.SIGKILL)
                mounted_anew(seen)
                reads_on()
                layers = [point for point, _ in mounts_below(self.pods)]
                self.assertLessEqual(max(map(layers.count, layers)), 2, "dead mounts do not pile up")
        with self.subTest("plugin killed"):
            seen = device_at(target)
            self.plugin.kill(signal.SIGKILL)
            reads_on()
            self.plugin.launch()
            self.assertEqual(seen, device_at(target), "nothing was mounted anew")
        with self.subTest("both killed"):
            self.plugin.kill(signal.SIGKILL)
            os.kill(self.kubelet.fuse_pods.pid("default"), signal.SIGKILL)
            self.plugin.launch()
            mounted_anew(seen)
            reads_on()
        with self.subTest("FUSE pod deleted, as for an update"):
            seen, name = device_at(target), self.fuse_pods("default")
            self.server.kubectl("delete", "pod", *name, "--wait=false")
            mounted_anew(seen)
            reads_on()
            self.assertNotEqual(name, self.fuse_pods("default"))
        with self.subTest("the node's label lost"):
            seen = device_at(target)
            self.server.kubectl("label", "node", NODE, "fluid.io/f-default-models-")
            mounted_anew(seen)
            reads_on()
            self.assertEqual([NODE], self.labelled("default"))
        self.assertEqual([], [line for line in pod.lines() if line.startswith("read ") and line[5:] != want])

    def test_5_a_fuse_pod_that_never_is_ready_is_named_with_the_reason(self):
        self.kubelet.fuse_pods.broken["ml"] = ("ImagePullBackOff", "Back-off pulling image \"gridset:test\"")
        volume = self.volume("ml")
        try:
            told = self.refusal(csi_client.DEADLINE_EXCEEDED, volume.stage, 10)
            name = self.wait("the FUSE pod", lambda: self.fuse_pods("ml"))[0]
            self.wait("its status", lambda: f"ml/{name} is not ready: container fuse waits: ImagePullBackOff: Back-off"
                      in self.refusal(csi_client.DEADLINE_EXCEEDED, volume.stage, 5))
            self.assertIn("the mount of dataset ml/models is not there in time", told)
        finally:
            del self.kubelet.fuse_pods.broken["ml"]
        volume.unstage(110)
        self.assertEqual([[], []], [self.labelled("ml"), self.fuse_pods("ml")])

    def test_6_a_deleted_dataset_takes_its_mount_along(self):
        volume = self.volume("default")
        for target in (self.target("one"), self.target("two")):
            volume.unpublish(target)
        volume.unstage()
        self.assertEqual([[NODE], 1], [self.labelled("default"), len(self.fuse_pods("default"))],
                         "OnRuntimeDeleted: the next pod finds it warm")
        self.server.kubectl("delete", "dataset", "models", "--wait=false")
        self.wait("the end of the FUSE pod", lambda: not self.labelled("default") and not self.fuse_pods("default"))
        self.wait("the end of the mount", lambda: not mounts_below(self.plugin.mount_root) and not mounts_below(self.pods))
        self.wait("the volume to be forgotten", lambda: not list(self.plugin.state.glob("volumes/*")))


if __name__ == "__main__":
    unittest.main()
