"""Gridset as an image in real containers: control plane, kubelet, containerd and bridge network of a current Kubernetes run what
manifests/ has, and pods read Fluid's datasets through the claim and through sidecars (whole_node). Every byte is compared to the origin."""

import hashlib
import json
import signal
import string
import subprocess
import sys
import unittest
from pathlib import Path

import whole_node
from harness import ACCESS_KEY, ROOT, SCENARIOS, SECRET_KEY, Process, Scratch, Store, log, wait_for
from kube_world import FLUID, RUNTIMES, is_ready
from test_scenarios import make_tree
from whole_node import WholeNode

NAME = "serverless-data"
IMAGE = "gridset/gridset:0.1.0"
SYSTEM = "gridset-system"

# What a user's container does: prints the digest and name of each file, then says how it went.
READ_ALL = """cd /data && shopt -s globstar dotglob nullglob
for file in **; do [ -d "$file" ] || sha256sum -- "$file" || exit 3; done
[ ! -w /data ] || ! touch /data/new 2>/dev/null || exit 4
echo all-read"""


def digests(files):
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def told(output):
    """What READ_ALL printed, as {name: digest}; None while it is not all there."""
    lines = output.splitlines()
    return dict(reversed(line.split("  ", 1)) for line in lines[:-1]) if lines and lines[-1] == "all-read" else None


# Makes a node with a running pod, tells of it, and waits to be killed.
NODE_WITH_A_POD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from harness import wait_for
from whole_node import PAUSE, WholeNode
node = WholeNode(sys.argv[2])
node.await_ready()
wait_for("the account", lambda: node.seen("/api/v1/namespaces/default/serviceaccounts/default"))
pods = "/api/v1/namespaces/default/pods"
node.api("POST", pods, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "idle"},
                        "spec": {"containers": [{"name": "idle", "image": PAUSE, "imagePullPolicy": "Never"}]}})
wait_for("the pod to run", lambda: node.api("GET", pods + "/idle")["status"].get("phase") == "Running")
print(node.pid, node.group, flush=True)
time.sleep(600)
"""


class NodeStore(Store):
    """The object store on the node's own address, inside its network."""

    def __init__(self, scratch, node):
        self.node = node
        self.address = whole_node.ADDRESS
        self.enter = node.enter("net")
        super().__init__(scratch, host=self)

    def _http(self, method, path):
        return self.node.http(method, self.address, self.port, path)


class OnWholeNode(unittest.TestCase):
    """One life of a dataset, in steps."""

    @classmethod
    def setUpClass(cls):
        why = whole_node.unavailable()
        if why:
            raise unittest.SkipTest(why)
        built = subprocess.run([str(ROOT / "tools" / "build-images.sh"), "--name", IMAGE], capture_output=True, text=True,
                               timeout=600)
        if built.returncode != 0:
            raise unittest.SkipTest(f"no image: {built.stderr.strip().splitlines()[-1]}")
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.node = WholeNode(cls.scratch.disk / "node")
        cls.addClassCleanup(cls.node.close)
        cls.node.await_ready()
        cls.store = NodeStore(cls.scratch, cls.node)
        cls.addClassCleanup(cls.store.kill)
        cls.tree = make_tree(cls.store.root / "bucket" / "models")
        cls.bytes = sum(map(len, cls.tree.values()))
        cls.node.import_image(built.stdout.strip().splitlines()[-1])
        try:
            cls.install()
        except AssertionError:
            log(cls.node.logs())
            raise

    @classmethod
    def install(cls):
        """As manifests/README.md says."""
        kubectl, manifests = cls.node.kubectl, ROOT / "manifests"
        kubectl("apply", "-f", manifests / "crds")
        kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        kubectl("apply", "-f", manifests / "operator" / "namespace.yaml")
        for part in ("operator", "webhook"):
            kubectl("apply", "-f", manifests / part)
        kubectl("apply", "-k", manifests / "csi")
        for name in ("gridset-operator", "gridset-webhook"):
            kubectl("rollout", "status", f"deployment/{name}", "-n", SYSTEM, "--timeout=120s", seconds=130)
        wait_for("the kubelet to know the CSI driver", lambda: "fuse.csi.fluid.io" in kubectl("get", "csinode", "-o", "yaml"))
        wait_for("the webhook's keys to be told", lambda: "caBundle" in kubectl(
            "get", "mutatingwebhookconfiguration", "gridset-webhook", "-o", "yaml"))

    def wait(self, what, condition, seconds=120):
        try:
            return wait_for(what, condition, seconds)
        except AssertionError as failure:
            shown = [self.node.kubectl("get", kinds, "-A", "-o", "wide", check=False) for kinds in (
                "datasets,jindoruntimes,dataloads", "pods", "events")]
            raise AssertionError("\n".join([str(failure), *shown, self.node.logs()])) from None

    def phase(self, kind, name):
        found = self.node.api("GET", f"{FLUID}/namespaces/default/{kind}/{name}", accept=(200, 404))
        return found.get("status", {}).get("phase") if found["kind"] != "Status" else None

    def figures(self):
        return self.node.kubectl("get", "dataset", NAME, "--no-headers").split()[1:6]

    def apply(self, kind, name, spec):
        version = "batch/v1" if kind == "Job" else "v1"
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
        self.node.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    @staticmethod
    def reading(labels=None, then="", **more):
        """The template of a pod that reads all of the claim's volume."""
        return {"metadata": {"labels": labels or {}}, "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "automountServiceAccountToken": False,
            "containers": [{"name": "app", "image": IMAGE, "command": ["bash", "-c", READ_ALL + then],
                            "volumeMounts": [{"name": "data", "mountPath": "/data", "mountPropagation": "HostToContainer"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": NAME}}], **more}}

    def read_by(self, pod):
        """Waits until a pod has read everything; compares it."""
        found = self.wait(f"{pod} to read", lambda: told(self.node.kubectl("logs", pod, "-c", "app", check=False)))
        self.assertEqual(found, digests(self.tree))

    def fuse_mounts(self):
        lines = self.node.run("cat", "/proc/self/mounts").splitlines()
        return [line.split()[1] for line in lines if line.split()[2].startswith("fuse")]

    def test_1_scenario_1_is_bound_and_loaded(self):
        """Fluid's manifests; two members on the one node, which find each other by the headless Service."""
        text = string.Template((SCENARIOS / "1-model-serving.yaml").read_text()).substitute(
            OSS_ACCESS_KEY_ID=ACCESS_KEY, OSS_ACCESS_KEY_SECRET=SECRET_KEY, OSS_BUCKET="bucket", OSS_ENDPOINT=self.store.endpoint)
        for ours, theirs in (("  mounts:\n", "  placement: Shared\n  mounts:\n"), ("replicas: 1", "replicas: 2"),
                             ("quota: 5Gi", "quota: 128Mi")):
            self.assertIn(ours, text)
            text = text.replace(ours, theirs)
        parts = [part for part in text.split("\n---\n") if "kind: Deployment" not in part]
        self.node.kubectl("apply", "-f", "-", stdin="\n---\n".join(parts))
        self.wait("the dataset to be Bound", lambda: self.phase("datasets", NAME) == "Bound")
        self.wait("the load to be complete", lambda: self.phase("dataloads", f"{NAME}-warmup") == "Complete")
        self.wait("all to be told as cached", lambda: self.figures()[3:] == ["100.0%", "Bound"])
        self.wait("both workers to be ready", lambda: self.node.kubectl(
            "get", "jindo", NAME, "--no-headers").split()[1:4] == ["Ready", "Ready", "Ready"])
        self.assertLessEqual(self.store.body_bytes(), self.bytes * 1.01)

    def test_2_a_pod_reads_the_claim(self):
        self.apply("Pod", "reader", self.reading(then="; sleep 3600")["spec"])
        self.read_by("reader")
        self.assertLessEqual(self.store.body_bytes(), self.bytes * 1.01)

    def test_2b_a_pod_reads_on_after_its_fuse_pod_was_replaced(self):
        fuse = "/api/v1/namespaces/default/pods?labelSelector=role=jindo-fuse"
        before = self.node.api.items(fuse)
        self.assertEqual(len(before), 1, "a FUSE pod for the node")
        self.node.kubectl("delete", "pod", before[0]["metadata"]["name"], "--wait=false")
        self.wait("another FUSE pod", lambda: [pod for pod in self.node.api.items(fuse)
                                               if pod["metadata"]["uid"] != before[0]["metadata"]["uid"] and is_ready(pod)])
        self.wait("the pod to read on", lambda: told(self.node.kubectl(
            "exec", "reader", "-c", "app", "--", "bash", "-c", READ_ALL, check=False)) == digests(self.tree))

    def test_3_a_job_with_a_sidecar_reads_and_ends(self):
        template = self.reading(labels={"serverless.fluid.io/inject": "true"})
        self.apply("Job", "reading", {"backoffLimit": 0, "template": template})
        self.wait("the job to be complete", lambda: self.node.api(
            "GET", "/apis/batch/v1/namespaces/default/jobs/reading").get("status", {}).get("succeeded") == 1)
        pod = self.node.api.items("/api/v1/namespaces/default/pods?labelSelector=job-name=reading")[0]
        sidecar = pod["spec"]["initContainers"][0]
        self.assertEqual((sidecar["name"], sidecar["restartPolicy"], sidecar["image"]), ("fluid-fuse", "Always", IMAGE))
        self.read_by(pod["metadata"]["name"])
        self.wait("its mount to go", lambda: not [path for path in self.fuse_mounts() if "sidecar-" in path])
        self.assertLessEqual(self.store.body_bytes(), self.bytes * 1.01)

    def test_4_deleting_it_leaves_nothing(self):
        self.node.kubectl("delete", "dataset", NAME, "--wait=false")
        self.node.kubectl("delete", "pod,job", "--all", "--wait=false")
        self.wait("everything to be released", lambda: not self.left(), 180)
        self.assertEqual(self.fuse_mounts(), [])

    def left(self):
        paths = [f"{FLUID}/{kind}" for kind in ("datasets", "dataloads", *RUNTIMES)]
        paths += [place + "?labelSelector=fluid.io/managed-by=gridset" for place in (
            "/apis/apps/v1/statefulsets", "/apis/apps/v1/daemonsets", "/api/v1/services", "/api/v1/persistentvolumeclaims",
            "/api/v1/persistentvolumes", "/api/v1/secrets")]
        items = [item for path in [*paths, "/api/v1/namespaces/default/pods"] for item in self.node.api.items(path)]
        labels = self.node.api("GET", f"/api/v1/nodes/{whole_node.NODE}")["metadata"]["labels"]
        return [f"{item['kind']} {item['metadata']['name']}" for item in items] + [key for key in labels if "fluid" in key]


class AfterAKill(unittest.TestCase):
    def test_a_killed_test_leaves_nothing_of_its_node(self):
        why = whole_node.unavailable()
        if why:
            self.skipTest(why)
        scratch = Scratch()
        self.addCleanup(scratch.close)
        was = whole_node.MOUNT_ROOT.exists()
        child = Process([sys.executable, "-c", NODE_WITH_A_POD, str(ROOT / "e2e"), str(scratch.disk / "node")],
                        scratch.disk / "child.log")
        self.addCleanup(child.kill)

        def line():
            if child.child.poll() is not None:
                raise AssertionError("the node's test ended: " + child.tail())
            return next((words for words in map(str.split, child.log.read_text().splitlines()) if "-node" in words[-1]), None)
        pid, group = wait_for("the node with its pod", line, 120)
        places = [place / group for place in whole_node.hierarchies()]
        self.assertTrue(any(place.exists() for place in places))
        child.kill(signal.SIGKILL)
        wait_for("the node's processes to end", lambda: not Path(f"/proc/{pid}").exists(), 60)
        wait_for("its control groups to go", lambda: not any(place.exists() for place in places), 60)
        wait_for("the place of its mounts to go", lambda: was or not whole_node.MOUNT_ROOT.exists(), 60)


if __name__ == "__main__":
    unittest.main()
