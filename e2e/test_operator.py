"""Fluid's manifests on a real API server: `gridset operator` with its own rights, workers as real processes, figures from
what they hold. Controllers and kubelets are stood in for (kube_world)."""

import hashlib
import json
import os
import re
import shutil
import signal
import string
import subprocess
import sys
import unittest

from harness import ACCESS_KEY, SCENARIOS, SECRET_KEY, Scratch, Store, wait_for
from kube_world import FLUID, OPERATIONS, RUNTIMES, ApiServer, Kubelet, Operator, programs
from test_scenarios import make_tree

NAME = "serverless-data"

# Prints the digest of each file below the directory that it is given.
READ_ALL = """
import hashlib, json, os, sys
top, found = sys.argv[1], {}
for directory, _, names in os.walk(top):
    for name in names:
        path = os.path.join(directory, name)
        with open(path, "rb") as file:
            found[os.path.relpath(path, top)] = hashlib.sha256(file.read()).hexdigest()
print(json.dumps(found))
"""

HEAD = ["NAME", "UFS TOTAL SIZE", "CACHED", "CACHE CAPACITY", "CACHED PERCENTAGE", "PHASE", "AGE"]


def size(amount):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{amount:.2f}{unit}"
        amount /= 1024


class OnRelease:
    release = ""
    run_at_most = 9

    @classmethod
    def setUpClass(cls):
        if programs(cls.release) is None or programs("floor") is None:
            raise unittest.SkipTest(f"no kube-apiserver: tools/build-kubernetes.sh {cls.release} says what is missing")
        if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "openssl", "ip"))):
            raise unittest.SkipTest("pods need root, unshare, openssl and ip (apt install util-linux openssl iproute2)")
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.store = Store(cls.scratch)
        cls.addClassCleanup(cls.store.kill)
        cls.tree = make_tree(cls.store.root / "bucket" / "models")
        cls.bytes = sum(map(len, cls.tree.values()))
        cls.server = ApiServer(cls.scratch, cls.release, cls.addClassCleanup)
        cls.server.install()
        cls.kubelet = Kubelet(cls.server, cls.scratch, run_at_most=cls.run_at_most)
        cls.addClassCleanup(cls.kubelet.close)
        cls.operator = Operator(cls.server, cls.scratch)
        cls.addClassCleanup(lambda: cls.operator.kill())

    def kubectl(self, *argv, **more):
        return self.server.kubectl(*argv, **more)

    def wait(self, what, condition, seconds=120):
        try:
            return wait_for(what, condition, seconds)
        except AssertionError as e:
            shown = self.kubectl("get", "datasets,jindoruntimes,dataloads,dataprocesses,jobs,pods,statefulsets", "-A", "-o", "yaml", check=False)
            raise AssertionError(f"{e}\n{shown[-6000:]}\n{self.operator.tail()}\n{self.kubelet.failure}\n{self.kubelet.logs()}")

    def table(self, *argv):
        lines = self.kubectl("get", *argv).splitlines()
        starts = [match.start() for match in re.finditer(r"\S+( \S+)*", lines[0])]
        return [[line[start:end].strip() for start, end in zip(starts, [*starts[1:], None])] for line in lines]

    def row(self, *argv):
        """The cells of one resource without its age."""
        return self.table(*argv)[1][:-1]

    def scenario(self, without=()):
        text = (SCENARIOS / "1-model-serving.yaml").read_text()
        parts = [part for part in text.split("\n---\n") if not any(f"kind: {kind}" in part for kind in without)]
        values = {"OSS_ACCESS_KEY_ID": ACCESS_KEY, "OSS_ACCESS_KEY_SECRET": SECRET_KEY, "OSS_BUCKET": "bucket",
                  "OSS_ENDPOINT": self.store.endpoint}
        return string.Template("\n---\n".join(parts)).substitute(values)

    def phase(self, kind, name, namespace="default"):
        found = self.server.api("GET", f"{FLUID}/namespaces/{namespace}/{kind}/{name}", accept=(200, 404))
        return found.get("status", {}).get("phase") if found["kind"] != "Status" else None

    def events(self, name, namespace="default"):
        items = self.server.api.items(f"/api/v1/namespaces/{namespace}/events")
        return [item for item in items if item["involvedObject"]["name"] == name]

    def bind(self):
        self.kubectl("apply", "-f", "-", stdin=self.scenario(without=["DataLoad"]))
        self.wait("the dataset to be Bound", lambda: self.phase("datasets", NAME) == "Bound")
        total = size(self.bytes)
        self.wait("its size to be known", lambda: total in self.row("dataset", NAME))
        self.assertEqual(self.table("dataset", NAME)[0], HEAD)
        self.assertEqual(self.row("dataset", NAME), [NAME, total, "0.00B", "5.00GiB", "0.0%", "Bound"])

    def released(self):
        """All that must be gone with the dataset; what is left."""
        left = []
        for place in ("/apis/apps/v1/statefulsets", "/apis/apps/v1/daemonsets", "/api/v1/pods", "/api/v1/services",
                      "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes", "/api/v1/serviceaccounts", "/api/v1/secrets",
                      "/apis/networking.k8s.io/v1/networkpolicies", "/apis/batch/v1/jobs", "/api/v1/configmaps"):
            left += self.server.api.items(place + "?labelSelector=fluid.io/managed-by=gridset")
        for kind in ("datasets", *RUNTIMES, *OPERATIONS):
            left += self.server.api.items(f"{FLUID}/{kind}")
        names = [f"{item['kind']} {item['metadata']['name']}" for item in left]
        for node in self.server.api.items("/api/v1/nodes"):
            names += [key for key in node["metadata"]["labels"] if "fluid" in key]
        return names

    def delete(self):
        self.kubectl("delete", "dataset", NAME, "--wait=false")
        self.wait("everything to be released", lambda: not self.released())


class OnFloor(OnRelease, unittest.TestCase):
    """Kubernetes 1.20."""

    release = "floor"

    def test_scenario_1_is_bound_and_loaded_and_released(self):
        self.bind()
        self.kubectl("apply", "-f", "-", stdin=self.scenario())
        self.wait("the load to be complete", lambda: self.phase("dataloads", f"{NAME}-warmup") == "Complete")
        total = size(self.bytes)
        self.wait("all to be told as cached", lambda: self.row("dataset", NAME)
                  == [NAME, total, total, "5.00GiB", "100.0%", "Bound"])
        self.delete()


class OnCurrent(OnRelease, unittest.TestCase):
    """A current Kubernetes. One life of a dataset in steps, since workers start slowly."""

    release = "current"

    def test_1_scenario_1_is_bound_with_its_columns(self):
        self.bind()
        self.wait("the runtime to be ready", lambda: self.row("jindo", NAME) == [NAME, "Ready", "Ready", "Ready"])
        self.assertEqual(self.table("jindo", NAME)[0], ["NAME", "MASTER PHASE", "WORKER PHASE", "FUSE PHASE", "AGE"])
        claim = self.server.api("GET", f"/api/v1/namespaces/default/persistentvolumeclaims/{NAME}")
        self.assertEqual(claim["spec"]["volumeName"], f"default-{NAME}")
        labelled = [node for node in self.server.api.items("/api/v1/nodes")
                    if node["metadata"]["labels"].get(f"fluid.io/s-default-{NAME}") == "true"]
        self.assertEqual([node["metadata"]["name"] for node in labelled], ["node-0"])

    def test_2_a_load_survives_the_operators_death(self):
        self.kubectl("apply", "-f", "-", stdin=self.scenario())
        self.operator.kill(signal.SIGKILL)
        type(self).operator = Operator(self.server, self.scratch)
        load = f"{NAME}-warmup"
        self.wait("the load to be complete", lambda: self.phase("dataloads", load) == "Complete")
        total = size(self.bytes)
        self.wait("all to be told as cached", lambda: self.row("dataset", NAME)
                  == [NAME, total, total, "5.00GiB", "100.0%", "Bound"])
        self.assertEqual(self.table("dataload", load)[0], ["NAME", "DATASET", "PHASE", "AGE", "DURATION"])
        status = self.server.api("GET", f"{FLUID}/namespaces/default/dataloads/{load}")["status"]
        self.assertRegex(status["duration"], r"^([0-9]+h)?([0-9]+m)?[0-9]+s$")
        self.assertEqual(status["progress"]["percentage"], "100.0%")
        self.assertEqual(status["conditions"][0]["type"], "Complete")
        self.assertLessEqual(self.store.body_bytes(), self.bytes * 1.01)
        self.wait("the node's share to be told", lambda: 0.7 * self.bytes <= self.held().get("node-0", 0) <= self.bytes)

    def held(self):
        dataset = self.server.api("GET", f"{FLUID}/namespaces/default/datasets/{NAME}")
        return json.loads(dataset["metadata"]["annotations"].get("gridset.io/held-bytes", "{}"))

    def test_2b_a_labelled_node_runs_a_fuse_pod_that_reads_with_a_readers_token(self):
        label = f"fluid.io/f-default-{NAME}"
        self.kubectl("label", "node", "node-1", f"{label}=true")
        self.wait("the FUSE pod to be told", lambda: self.fuses() == ["Ready", 1, 1])
        place = self.kubelet.fuse_pods.here(f"/runtime-mnt/jindo/default/{NAME}/jindofs-fuse")
        told = json.loads(subprocess.run([sys.executable, "-c", READ_ALL, place], capture_output=True, text=True, timeout=240,
                                         check=True).stdout)
        self.assertEqual(told, {path: hashlib.sha256(content).hexdigest() for path, content in self.tree.items()})
        self.assertLessEqual(self.store.body_bytes(), self.bytes * 1.01)
        self.kubectl("label", "node", "node-1", f"{label}-")
        self.wait("its end to be told", lambda: self.fuses() == ["Ready", 0, 0])

    def fuses(self):
        status = self.server.api("GET", f"{FLUID}/namespaces/default/jindoruntimes/{NAME}")["status"]
        return [status["fusePhase"], status["desiredFuseNumberScheduled"], status["fuseNumberReady"]]

    def test_3_another_namespace_shares_it(self):
        self.kubectl("create", "namespace", "production")
        manifest = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {name: shared, namespace: production}
spec:
  mounts:
    - mountPoint: dataset://default/serverless-data
"""
        self.kubectl("apply", "-f", "-", stdin=manifest)
        expected = ["shared", *self.row("dataset", NAME)[1:]]
        self.wait("the same figures", lambda: self.row("dataset", "shared", "-n", "production") == expected)
        volume = self.server.api("GET", "/api/v1/persistentvolumes/production-shared")
        self.assertEqual(volume["spec"]["csi"]["volumeAttributes"]["runtime_name"], NAME)
        other = manifest.replace("name: shared", "name: mixed") + "    - {mountPoint: 'https://elsewhere/', name: more}\n"
        self.kubectl("apply", "-f", "-", stdin=other)
        self.wait("the mixed one to fail", lambda: self.phase("datasets", "mixed", "production") == "Failed")
        self.wait("an event to say why", lambda: [event for event in self.events("mixed", "production")
                                                  if event["reason"] == "ErrorCreateDataset"])
        self.kubectl("delete", "dataset", "mixed", "-n", "production", "--timeout=60s")

    def test_4_it_is_scaled_up_and_down_one_by_one(self):
        self.kubectl("scale", "jindoruntime", NAME, "--replicas=3")
        self.wait("three workers", lambda: self.workers() == 3)
        self.wait("their capacity", lambda: self.row("dataset", NAME)[3] == "15.00GiB")
        self.kubelet.most_at_once_leaving = 0
        self.kubectl("scale", "jindoruntime", NAME, "--replicas=1")
        self.wait("one worker", lambda: self.workers() == 1 and self.row("dataset", NAME)[3] == "5.00GiB")
        self.assertEqual(self.kubelet.most_at_once_leaving, 1)
        total = size(self.bytes)
        self.wait("all to be cached still", lambda: self.row("dataset", NAME)[1:] == [total, total, "5.00GiB", "100.0%", "Bound"])
        self.assertLessEqual(self.store.body_bytes(), self.bytes * 1.01)

    def workers(self):
        found = self.server.api("GET", f"/apis/apps/v1/namespaces/default/statefulsets/{NAME}-worker")
        pods = self.server.api.items("/api/v1/pods?labelSelector=role=jindo-worker")
        ready = found["status"].get("readyReplicas", 0)
        return ready if len(pods) == ready == found["spec"]["replicas"] else None

    def test_5_it_goes_when_nobody_uses_it_and_leaves_nothing(self):
        self.server.api("POST", "/api/v1/namespaces/default/serviceaccounts", {
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"},
            "automountServiceAccountToken": False}, accept=(201, 409))
        self.server.api("POST", "/api/v1/namespaces/default/pods", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reader"},
            "spec": {"automountServiceAccountToken": False, "containers": [{"name": "c", "image": "i"}],
                     "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": NAME}}]}})
        self.kubectl("delete", "dataset", NAME, "--wait=false")
        self.wait("the guard to say who uses it", lambda: [event for event in self.events(NAME)
                                                           if event["reason"] == "DatasetInUse" and "reader" in event["message"]])
        self.server.api("DELETE", "/api/v1/namespaces/default/pods/reader", {"gracePeriodSeconds": 0})
        self.wait("the guard to say who refers to it", lambda: [event for event in self.events(NAME)
                                                                if event["reason"] == "DatasetReferred"])
        self.assertEqual(self.phase("datasets", NAME), "Bound")
        self.kubectl("delete", "dataset", "shared", "-n", "production", "--timeout=60s")
        self.wait("everything to be released", lambda: not self.released())

    def test_6_it_ends_when_it_is_told_and_hands_the_lead_on(self):
        self.operator.kill()
        self.assertIn(self.operator.child.returncode, (0, 143))
        lease = self.server.api("GET", "/apis/coordination.k8s.io/v1/namespaces/gridset-system/leases/gridset-operator")
        # The client leaves the name and makes the lease run out at once.
        spec = lease["spec"]
        self.assertTrue(not spec.get("holderIdentity") or spec["leaseDurationSeconds"] <= 1, f"{spec} {self.operator.tail()}")


if __name__ == "__main__":
    unittest.main()
