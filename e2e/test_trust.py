"""One tenant tries to get at another's bytes, at each edge, on a real API server with real members: references that are not
granted, readers' tokens, the operator's and the workers' rights. Controllers and kubelets are stood in for (kube_world)."""

import base64
import json
import re
import unittest

from harness import Node
from kube_world import FLUID, Api
from readers import tree_digests
from test_operator import NAME, OnRelease
from test_scenarios import expected

REFERENCE = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {name: %s, namespace: %s}
spec:
  mounts: [{mountPoint: "dataset://default/serverless-data%s"}]
"""


class Trust(OnRelease, unittest.TestCase):
    """A dataset of `default` whose directory `names` is granted to `production`; `staging` has nothing. In steps."""

    release = "current"

    def grant(self, *grants):
        self.server.api.merge(f"{FLUID}/namespaces/default/datasets/{NAME}", {"spec": {"grants": list(grants) or None}})

    def refer(self, namespace, name, directory=""):
        self.kubectl("apply", "-f", "-", stdin=REFERENCE % (name, namespace, directory))

    def ready(self, namespace, name):
        status = self.server.api("GET", f"{FLUID}/namespaces/{namespace}/datasets/{name}").get("status", {})
        return next((each for each in status.get("conditions", []) if each["type"] == "Ready"), {})

    def denied(self, namespace, name):
        self.wait(f"{namespace}/{name} to be denied", lambda: self.ready(namespace, name).get("reason") == "ReferenceNotGranted")
        self.assertEqual(self.phase("datasets", name, namespace), "NotBound")
        text = json.dumps(self.server.api("GET", f"{FLUID}/namespaces/{namespace}/datasets/{name}")["status"])
        for secret in {"production", "staging", "ufsTotal", "MiB"} - {namespace}:
            self.assertNotIn(secret, text)
        self.wait("an event to say so", lambda: [event for event in self.events(name, namespace)
                                                 if event["reason"] == "ReferenceNotGranted"])
        for place in (f"namespaces/{namespace}/persistentvolumeclaims/{name}", f"persistentvolumes/{namespace}-{name}"):
            self.wait(f"{place} to be gone", lambda: self.server.api("GET", f"/api/v1/{place}", accept=(200, 404))["kind"] == "Status")

    def token(self, namespace, name):
        """What the namespace has for its dataset."""
        found = self.server.api("GET", f"/api/v1/namespaces/{namespace}/secrets/gridset-reader-tokens", accept=(200, 404))
        entry = found.get("data", {}).get(name) if found["kind"] == "Secret" else None
        return entry and base64.b64decode(entry).decode()

    def reader(self, name, token):
        """A node that reads from the workers with this token, as a sidecar does."""
        address = next(address for address, service in self.kubelet.addresses.values() if NAME in service)
        uid = self.server.api("GET", f"{FLUID}/namespaces/default/jindoruntimes/{NAME}")["metadata"]["uid"]
        file = self.scratch.disk / f"{name}.token"
        file.write_text(token)
        node = Node(self.scratch, name, None, "--reader-of", f"{address}:5801", "--cluster", uid, "--cluster-token-file", str(file))
        self.addCleanup(node.kill)
        return node

    def mount(self, node, dataset):
        place = self.scratch.disk / f"{node.name}-mount"
        place.mkdir()
        self.wait(f"{dataset} to be there", lambda: node("get", "dataset", dataset.split("/")[1], "-n", dataset.split("/")[0],
                                                         check=False).returncode == 0)
        node("mount", dataset, str(place))
        return place

    def test_1_what_is_granted_is_bound_and_nothing_else(self):
        for namespace in ("production", "staging"):
            self.kubectl("create", "namespace", namespace)
        self.kubectl("apply", "-f", "-", stdin=self.scenario(without=["DataLoad"]))
        self.wait("the dataset to be Bound", lambda: self.phase("datasets", NAME) == "Bound")
        wrong = [{"namespaces": ["Production"]}, {"namespaces": []}, {"namespaces": ["a"], "paths": ["x/../y"]},
                 {"namespaces": ["a"], "access": "Write"}]
        for each in wrong:
            refused = self.server.api("PATCH", f"{FLUID}/namespaces/default/datasets/{NAME}", {"spec": {"grants": [each]}},
                                      "application/merge-patch+json", accept=(422,))
            self.assertIn("spec.grants[0]", json.dumps(refused))
        self.grant({"namespaces": ["production"], "paths": ["/names"]})
        self.refer("production", "granted", "/names")
        self.refer("production", "whole")
        self.refer("production", "beside", "/small")
        self.refer("production", "around", "/names/../small")
        self.refer("staging", "stolen", "/names")
        self.wait("the granted one to be Bound", lambda: self.phase("datasets", "granted", "production") == "Bound")
        attributes = self.server.api("GET", "/api/v1/persistentvolumes/production-granted")["spec"]["csi"]["volumeAttributes"]
        self.assertEqual(attributes["fluid_sub_path"], "names")
        self.denied("production", "whole")
        self.denied("production", "beside")
        self.denied("staging", "stolen")
        self.wait("dots to be refused", lambda: self.phase("datasets", "around", "production") in ("Failed", "NotBound"))
        for namespace, name in (("production", "whole"), ("production", "beside"), ("staging", "stolen")):
            self.assertIsNone(self.token(namespace, name))

    def test_2_a_token_opens_the_granted_directory_and_nothing_beside(self):
        token = self.token("production", "granted")
        self.assertNotEqual(token, self.token("default", NAME))
        reader = self.reader("tenant", token)
        place = self.mount(reader, "production/granted")
        want = {name.removeprefix("names/"): content for name, content in self.tree.items() if name.startswith("names/")}
        self.assertEqual(tree_digests(place, "read"), expected(want))
        shown = reader("get", "datasets", "-A").stdout
        self.assertNotIn(NAME, shown)
        self.assertNotIn(self.store.endpoint, (self.scratch.disk / "tenant" / "state" / "grid.json").read_text())
        # The original runs at the reader, as far as it is granted: of all else there is no name and no byte.
        for path in ("", "small", "small/0001.txt", "model.bin"):
            listed = reader("ls", "-n", "default", f"{NAME}:/{path}", check=False)
            self.assertNotRegex(listed.stdout, "0001|model|tiny|small")
        self.assertNotEqual(reader("cat", "-n", "default", f"{NAME}:/tiny", check=False).returncode, 0)
        self.assertNotEqual(reader("cat", "-n", "default", f"{NAME}:/sub/dir/deep.txt", check=False).returncode, 0)

    def test_3_a_token_of_another_runtime_or_of_nobody_opens_nothing(self):
        forged = re.sub(r"^gst1\.[^.]+", "gst1." + base64.urlsafe_b64encode(json.dumps(
            {"datasets": ["*"], "verbs": ["read"], "expires": 1 << 40}).encode()).decode().rstrip("="),
            self.token("production", "granted"))
        reader = self.reader("forger", forged)
        self.wait("a word about the token", lambda: reader("mounts", check=False).returncode == 0)
        self.assertNotIn(NAME, reader("get", "datasets", "-A", check=False).stdout)
        self.assertNotEqual(reader("cat", "-n", "default", f"{NAME}:/tiny", check=False).returncode, 0)

    def test_4_the_operator_and_the_workers_read_no_secret_of_a_store(self):
        self.kubectl("get", "secret", "access-key")  # It is there.
        operator = Api(self.server.port, self.server.account_token("gridset-system", "gridset-operator"))
        worker = Api(self.server.port, self.server.account_token("default", f"{NAME}-worker"))
        merge = "application/merge-patch+json"
        for who in (operator, worker):
            for path in ("/api/v1/secrets", "/api/v1/namespaces/default/secrets", "/api/v1/namespaces/default/secrets?watch=true",
                         "/api/v1/namespaces/default/secrets/access-key", "/api/v1/namespaces/default/secrets/gridset-reader-tokens"):
                who("GET", path, accept=(403,))
            who("PATCH", "/api/v1/namespaces/default/secrets/access-key", {"metadata": {"labels": {"a": "b"}}}, merge, accept=(403,))
            who("DELETE", "/api/v1/namespaces/default/secrets/access-key", accept=(403,))
            who("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {}, accept=(403,))
            who("POST", "/api/v1/namespaces/default/pods", {}, accept=(403,))
        operator("GET", "/api/v1/namespaces/gridset-system/secrets/gridset-operator-key")
        worker("GET", "/api/v1/namespaces/default/pods", accept=(403,))
        worker("GET", f"{FLUID}/datasets", accept=(403,))

    def test_5_a_grant_that_is_taken_back_ends_reading(self):
        token = self.token("production", "granted")
        reader = self.reader("late", token)
        self.mount(reader, "production/granted")
        self.assertEqual(reader("cat", "-n", "production", "granted:/plus+plus=1,2;3.txt").stdout, "plus")
        self.grant({"namespaces": ["staging"], "paths": ["names"]})
        self.denied("production", "granted")
        self.wait("the other's to be Bound", lambda: self.phase("datasets", "stolen", "staging") == "Bound")
        self.wait("the reader to have lost it", lambda: reader("cat", "-n", "production", "granted:/plus+plus=1,2;3.txt",
                                                              check=False).returncode != 0)
        again = self.reader("later", token)
        self.assertNotIn("granted", again("get", "datasets", "-A", check=False).stdout)
        self.assertNotEqual(again("cat", "-n", "default", f"{NAME}:/names/plus+plus=1,2;3.txt", check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
