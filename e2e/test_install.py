"""Installing on real API servers, by Helm and by kubectl: what comes is the same, and what goes leaves nothing. No pods run;
the operator and the chart refuse beside Fluid's controllers."""

import json
import os
import shutil
import subprocess
import unittest

from harness import GRIDSET, ROOT, Process, Scratch, wait_for
from kube_world import ApiServer, programs

CHART = ROOT / "manifests" / "helm" / "gridset"
NAMESPACE = "gridset-system"
PLACES = ("/apis/apps/v1/deployments", "/apis/apps/v1/daemonsets", "/api/v1/services", "/api/v1/secrets", "/api/v1/serviceaccounts",
          "/api/v1/configmaps", "/apis/coordination.k8s.io/v1/leases", "/apis/rbac.authorization.k8s.io/v1/roles",
          "/apis/rbac.authorization.k8s.io/v1/rolebindings", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
          "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "/apis/storage.k8s.io/v1/csidrivers",
          "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
          "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "/apis/scheduling.k8s.io/v1/priorityclasses")


def helm_program():
    done = subprocess.run([ROOT / "tools" / "build-helm.sh", "--built"], capture_output=True, text=True, timeout=60)
    return done.stdout.strip() if done.returncode == 0 else None


def documents(text):
    """Objects of what `kubectl -o json` prints: a List, or one after another."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found += value["items"] if value["kind"] == "List" else [value]
        while at < len(text) and text[at].isspace():
            at += 1
    return found


def fluid_controller(replicas):
    labels = {"control-plane": "dataset-controller"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "dataset-controller", "namespace": "fluid-system", "labels": labels},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels}, "spec": {"containers": [{"name": "manager", "image": "fluid/dataset-controller"}]}}}}


class OnRelease:
    release = ""

    @classmethod
    def setUpClass(cls):
        if programs(cls.release) is None or programs("floor") is None:
            raise unittest.SkipTest(f"no kube-apiserver: tools/build-kubernetes.sh {cls.release} says what is missing")
        if shutil.which("openssl") is None:
            raise unittest.SkipTest("needs openssl (apt install openssl)")
        cls.program = helm_program()
        if cls.program is None:
            raise unittest.SkipTest("no Helm: tools/build-helm.sh says what is missing")
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = ApiServer(cls.scratch, cls.release, cls.addClassCleanup)
        cls.server.kubectl("create", "namespace", NAMESPACE)  # Nobody would end its deletion here.

    def helm(self, *argv, check=True):
        home = self.scratch.disk / "helm"
        done = subprocess.run([self.program, *map(str, argv), f"--kubeconfig={self.server.configuration}", f"--namespace={NAMESPACE}"],
                              capture_output=True, text=True, timeout=120, cwd=self.scratch.disk,
                              env=dict(os.environ, HELM_CACHE_HOME=str(home), HELM_CONFIG_HOME=str(home), HELM_DATA_HOME=str(home)))
        if check and done.returncode != 0:
            self.fail(f"helm {' '.join(map(str, argv))}: {done.stdout}{done.stderr}")
        return done.stdout if check else done.stdout + done.stderr

    def objects(self):
        """All of what an installation brings besides kinds, as `kind namespace/name`, without what a server has by itself."""
        names = set()
        for place in PLACES:
            for item in self.server.api.items(place):
                name = item["metadata"]["name"]
                if "gridset" in name or "fluid" in name or item["metadata"].get("namespace") == NAMESPACE:
                    names.add(f"{item['kind']} {item['metadata'].get('namespace', '')}/{name}")
        return names

    def get(self, place, name):
        group, kind = place.rsplit("/", 1)
        return self.server.api("GET", f"{group}/namespaces/{NAMESPACE}/{kind}/{name}")

    def installs_and_leaves_nothing(self):
        self.server.kubectl("apply", "--dry-run=server", "-f", "-", stdin=self.helm("template", "gridset", CHART))
        before = self.objects()
        notes = self.helm("install", "gridset", CHART)
        self.assertIn("kubectl get dataset", notes)
        brought = self.objects() - before
        for each in (f"Deployment {NAMESPACE}/gridset-operator", f"Deployment {NAMESPACE}/gridset-webhook",
                     f"DaemonSet {NAMESPACE}/gridset-csi-node", "CSIDriver /fuse.csi.fluid.io"):
            self.assertIn(each, brought)
        self.server.kubectl("wait", "--for=condition=Established", "--timeout=100s", "crd/datasets.data.fluid.io")
        # What the webhook writes at run time outlives an upgrade.
        registration = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/gridset-webhook"
        keys = f"/api/v1/namespaces/{NAMESPACE}/secrets/gridset-webhook-keys"
        bundle = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"
        found = self.server.api("GET", registration)
        for webhook in found["webhooks"]:
            webhook["clientConfig"]["caBundle"] = bundle
        self.server.api("PUT", registration, found)
        self.server.api.merge(keys, {"data": {"ca.crt": bundle}})
        self.helm("upgrade", "gridset", CHART, "--set", "webhook.replicas=3")
        self.assertEqual(self.get("/apis/apps/v1/deployments", "gridset-webhook")["spec"]["replicas"], 3)
        self.assertEqual({each["clientConfig"].get("caBundle") for each in self.server.api("GET", registration)["webhooks"]}, {bundle})
        self.assertEqual(self.server.api("GET", keys)["data"], {"ca.crt": bundle})
        self.helm("upgrade", "gridset", CHART, "--set", "webhook.enabled=false,csi.enabled=false")
        self.assertFalse([each for each in self.objects() - before if "webhook" in each or "csi" in each])
        self.helm("uninstall", "gridset")
        self.assertEqual(self.objects() - before, set())
        self.assertIn("datasets.data.fluid.io", self.server.kubectl("get", "crd", "-o", "name"))


class OnFloor(OnRelease, unittest.TestCase):
    """Kubernetes 1.20."""

    release = "floor"

    def test_the_chart_installs_and_leaves_nothing(self):
        self.installs_and_leaves_nothing()


class OnCurrent(OnRelease, unittest.TestCase):
    """A current Kubernetes."""

    release = "current"

    def test_the_chart_installs_and_leaves_nothing(self):
        self.installs_and_leaves_nothing()

    def test_the_chart_renders_what_manifests_say(self):
        rendered = self.json(self.helm("template", "gridset", CHART))
        plain = []
        for part in ("operator", "webhook"):
            plain += documents(self.server.kubectl("create", "--dry-run=client", "-o", "json", "-f", ROOT / "manifests" / part))
        plain += self.json(self.server.kubectl("kustomize", ROOT / "manifests" / "csi"))
        plain = [each for each in plain if each["kind"] != "Namespace"]

        def key(each):
            return each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]

        self.assertEqual(sorted(map(key, rendered)), sorted(map(key, plain)))
        for ours, theirs in zip(sorted(rendered, key=key), sorted(plain, key=key)):
            self.assertEqual(ours, theirs)
        kinds = [each for each in self.json(self.helm("template", "gridset", CHART, "--include-crds")) if each not in rendered]
        shown = documents(self.server.kubectl("create", "--dry-run=client", "-o", "json", "-f", ROOT / "manifests" / "crds"))
        self.assertEqual(sorted(kinds, key=key), sorted(shown, key=key))

    def json(self, yaml):
        return documents(self.server.kubectl("create", "--dry-run=client", "-o", "json", "-f", "-", stdin=yaml))

    def test_values_reach_the_objects_and_parts_that_are_off_are_not_there(self):
        values = {
            "image": {"repository": "mirror/gridset", "tag": "7", "pullPolicy": "Never", "pullSecrets": ["pull"]}, "webhook": {"enabled": False},
            "operator": {"replicas": 3, "tolerations": [{"operator": "Exists"}], "resources": {"limits": {"memory": "1Gi"}},
                         "nodeSelector": {"role": "system"}, "extraArgs": ["--namespace=x"],
                         "env": {"GRIDSET_JAVA_OPTIONS": "-Dx=1"}},
            "csi": {"kubeletDir": "/var/lib/k0s/kubelet"}}
        file = self.scratch.disk / "values.json"
        file.write_text(json.dumps(values))
        objects = {(each["kind"], each["metadata"]["name"]): each for each in self.json(self.helm("template", "gridset", CHART, "-f", file))}
        self.assertFalse([name for _, name in objects if "webhook" in name])
        operator = objects["Deployment", "gridset-operator"]["spec"]
        pod, container = operator["template"]["spec"], operator["template"]["spec"]["containers"][0]
        self.assertEqual((operator["replicas"], pod["tolerations"], pod["nodeSelector"], pod["imagePullSecrets"]),
                         (3, [{"operator": "Exists"}], {"role": "system"}, [{"name": "pull"}]))
        self.assertEqual((container["image"], container["imagePullPolicy"], container["resources"], container["args"]),
                         ("mirror/gridset:7", "Never", {"limits": {"memory": "1Gi"}}, ["--image=mirror/gridset:7", "--namespace=x"]))
        self.assertIn({"name": "GRIDSET_JAVA_OPTIONS", "value": "-Dx=1"}, container["env"])
        plugin = json.dumps(objects["DaemonSet", "gridset-csi-node"])
        self.assertIn("/var/lib/k0s/kubelet/plugins", plugin)
        self.assertNotIn('"/var/lib/kubelet', plugin)
        for wrong, told in (("operator.replica=2", "replica"), ("csi.enabled=no", "enabled"), ("image.pullPolicy=Sometimes", "pullPolicy")):
            self.assertIn(told, self.helm("template", "gridset", CHART, "--set-string", wrong, check=False))

    def test_neither_chart_nor_operator_runs_beside_fluid(self):
        api = self.server.api
        api("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fluid-system"}})
        api("POST", "/apis/apps/v1/namespaces/fluid-system/deployments", fluid_controller(1))
        refused = self.helm("install", "gridset", CHART, check=False)
        self.assertIn("Deployment dataset-controller in namespace fluid-system", refused)
        self.assertIn("migrate-from-fluid", refused)
        controller = fluid_controller(1)["spec"]["template"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": dict(controller["metadata"], name="dataset-controller-0"),
               "spec": dict(controller["spec"], automountServiceAccountToken=False)}
        api("POST", "/api/v1/namespaces/fluid-system/serviceaccounts",
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}, accept=(201, 409))
        api("POST", "/api/v1/namespaces/fluid-system/pods", pod)
        api.merge("/apis/apps/v1/namespaces/fluid-system/deployments/dataset-controller/scale", {"spec": {"replicas": 0}})
        self.helm("install", "gridset", CHART)
        self.addCleanup(lambda: self.helm("uninstall", "gridset", check=False))
        account = self.server.kubeconfig("refused", self.server.account_token(NAMESPACE, "gridset-operator"))

        def operator(name):
            return Process([GRIDSET, "operator", "--image=gridset:test", f"--namespace={NAMESPACE}", f"--kubeconfig={account}"],
                           self.scratch.disk / f"{name}.log", {"GRIDSET_NO_BUILD": "1"})

        beside = operator("beside")
        self.addCleanup(beside.kill)
        wait_for("the operator to refuse", lambda: beside.child.poll() is not None)
        self.assertIn("pod dataset-controller-0 in namespace fluid-system", beside.tail())
        self.assertNotEqual(beside.child.returncode, 0)
        api("DELETE", "/api/v1/namespaces/fluid-system/pods/dataset-controller-0", {"gracePeriodSeconds": 0})
        alone = operator("alone")
        self.addCleanup(alone.kill)
        try:
            wait_for("the operator to lead", lambda: any(
                each["metadata"]["name"] == "gridset-operator" and each["spec"].get("holderIdentity")
                for each in api.items(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases")))
        except AssertionError as e:
            self.fail(f"{e}\n{alone.tail()}")
        secret = self.get("/api/v1/secrets", "gridset-operator-key")
        key = secret["data"]
        self.assertTrue(key["key"])
        owners = self.get("/apis/coordination.k8s.io/v1/leases", "gridset-operator")["metadata"]["ownerReferences"]
        self.assertEqual([each["uid"] for each in owners], [secret["metadata"]["uid"]], "the Lease goes with the installation")
        self.helm("upgrade", "gridset", CHART, "--set", "operator.replicas=2")
        self.assertEqual(self.get("/api/v1/secrets", "gridset-operator-key")["data"], key)
        alone.kill()
