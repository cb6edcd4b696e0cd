"""Data operations, and the scenarios' manifests as they are, on a real API server: `gridset operator` with its own rights,
workers and the pods of Jobs as real processes. Controllers and kubelets are stood in for (kube_world); a claim in a pod of a
Job is an empty directory here, since nobody mounts it."""

import os
import signal
import string
import sys
import unittest

from harness import ROOT, SCENARIOS, Process, free_port
from kube_world import FLUID, Operator
from test_operator import HEAD, OnRelease

sys.path.insert(0, str(ROOT / "tools"))
from python_environments import Unavailable, python_with  # noqa: E402

# A newer client of Kubernetes refuses the SDK's own models.
SDK = ("fluid-pysdk==1.0.4", "kubernetes==31.0.0")
DURATION = r"^([0-9]+h)?([0-9]+m)?[0-9]+s$"

# Scenario 5 as its text has it; what a processor is, is the user's own code.
FLOW = """
import sys
from fluid import constants, models, FluidClient, ClientConfig

def create_processor(text):
    return models.Processor(script=models.ScriptProcessor(
        image="python", image_tag="3.11", command=["python3"],
        source=f"with open({sys.argv[1]!r}, 'a') as file: file.write({text!r})"))

fluid_client = FluidClient(ClientConfig())
fluid_client.create_dataset(dataset_name="vineyard-sdk")
dataset = fluid_client.get_dataset(dataset_name="vineyard-sdk")
dataset.bind_runtime(runtime_type=constants.VINEYARD_RUNTIME_KIND, replicas=2, cache_capacity_GiB=30, cache_medium="MEM", wait=True)
print(dataset.report_status("binding_status")["phase"])
flow = dataset.process(processor=create_processor("preprocess "), dataset_mountpath="/var/run/vineyard") \\
              .process(processor=create_processor("train "), dataset_mountpath="/var/run/vineyard") \\
              .process(processor=create_processor("test "), dataset_mountpath="/var/run/vineyard")
run = flow.run(run_id="linear-regression-with-vineyard")
run.wait()
print([status.phase for step in run.get_current_status() for status in step.values()])
dataset.clean_up(wait=True)
"""


class Operations(OnRelease):
    run_at_most = 1

    def apply(self, text, **values):
        self.kubectl("apply", "-f", "-", stdin=string.Template(text).substitute(values))

    def scenario_file(self, name, **values):
        self.apply((SCENARIOS / name).read_text(), **values)

    def status(self, kind, name, namespace="default"):
        return self.server.api("GET", f"{FLUID}/namespaces/{namespace}/{kind}/{name}").get("status", {})

    def stages_end(self):
        self.wait("the second stage to say for what it waits", lambda: any(
            event["message"] == "waiting for DataProcess default/preprocess to be complete" for event in self.events("train")))
        self.wait("both stages to be complete", lambda: [self.phase("dataprocesses", name) for name in ("preprocess", "train")]
                  == ["Complete", "Complete"])
        self.assertEqual(self.row("dataset", "vineyard")[0::5], ["vineyard", "Bound"])
        first, second = (self.server.api("GET", f"/apis/batch/v1/namespaces/default/jobs/{name}-processor-job")
                         for name in ("preprocess", "train"))
        self.assertLessEqual(first["status"]["completionTime"], second["metadata"]["creationTimestamp"])
        self.assertRegex(self.status("dataprocesses", "train")["duration"], DURATION)
        self.assertEqual(self.table("dataprocess", "train")[0], ["NAME", "DATASET", "PHASE", "AGE", "DURATION"])


class OnFloor(Operations, unittest.TestCase):
    """Kubernetes 1.20."""

    release = "floor"

    def test_scenario_5_runs_its_stages_one_after_the_other(self):
        self.scenario_file("5-arrow-pipeline.yaml")
        self.stages_end()


class OnCurrent(Operations, unittest.TestCase):
    """A current Kubernetes; the scenarios in turn."""

    release = "current"

    def test_1_scenario_3_prints_the_same_figures_in_both_namespaces(self):
        nginx = next((path for path in ("/usr/sbin/nginx", "/usr/bin/nginx") if os.path.exists(path)), None)
        if nginx is None:
            self.skipTest("nginx is not installed (apt install nginx-light)")
        site, port = self.site(), free_port()
        server = Process([nginx, "-c", str(self.nginx_configuration(site, port))], self.scratch.disk / "nginx.log")
        self.addClassCleanup(server.kill)
        for namespace in ("development", "production"):
            self.kubectl("create", "namespace", namespace)
        self.scenario_file("3-cross-namespace.yaml", HTTP_MIRROR=f"http://127.0.0.1:{port}")
        self.wait("the load", lambda: self.phase("dataloads", "spark", "development") == "Complete")
        expected = ["spark", "17.00MiB", "12.00MiB", "4.00GiB", "70.6%", "Bound"]
        for namespace in ("development", "production"):
            self.wait(f"the figures of {namespace}", lambda: self.row("dataset", "spark", "-n", namespace) == expected)
            self.assertEqual(self.table("dataset", "spark", "-n", namespace)[0], HEAD)
        self.assertEqual(self.row("alluxio", "spark", "-n", "development"), ["spark", "Ready", "Ready", "Ready"])
        self.apply("""
apiVersion: data.fluid.io/v1alpha1
kind: DataLoad
metadata: {name: follow, namespace: development}
spec: {dataset: {name: spark, namespace: development}, policy: OnEvent}
""")
        self.wait("all of it", lambda: self.row("dataset", "spark", "-n", "development")[2] == "17.00MiB")
        self.wait("the first run", lambda: self.phase("dataloads", "follow", "development") == "Complete")
        (site / "apache" / "spark" / "spark-3.3.1" / "c.tgz").write_bytes(os.urandom(2 << 20))

    def site(self):
        site = self.scratch.disk / "site"
        root = site / "apache" / "spark"
        for name, size in {"spark-3.3.1/a.tgz": 9 << 20, "spark-3.3.1/b.tgz": 3 << 20, "spark-3.2.0/old.tgz": 5 << 20}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(os.urandom(size))
        return site

    def nginx_configuration(self, site, port):
        top = self.scratch.disk
        file = top / "nginx.conf"
        places = " ".join(f"{kind}_temp_path {top}/tmp;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        file.write_text(f"daemon off; pid {top}/nginx.pid; error_log {top}/nginx-error.log; user root; events {{}} "
                        f"http {{ access_log off; {places} server {{ listen 127.0.0.1:{port}; root {site}; autoindex on; }} }}")
        return file

    def test_2_scenario_5_runs_its_stages_though_the_operator_dies(self):
        self.scenario_file("5-arrow-pipeline.yaml")
        self.wait("the first stage to run", lambda: self.phase("dataprocesses", "preprocess") in ("Executing", "Complete"))
        self.operator.kill(signal.SIGKILL)
        type(self).operator = Operator(self.server, self.scratch)
        self.stages_end()
        self.kubectl("delete", "dataset", "vineyard", "--wait=false")

    def test_3_a_load_follows_the_origin(self):
        """What test_1 has put there; the operator has the origin listed each minute."""
        if not self.phase("datasets", "spark", "development"):
            self.skipTest("scenario 3 did not run")
        self.wait("the new file to be loaded, too", lambda: self.row("dataset", "spark", "-n", "development")[1:5]
                  == ["19.00MiB", "19.00MiB", "4.00GiB", "100.0%"], 180)
        for namespace in ("production", "development"):
            self.kubectl("delete", "dataset", "spark", "-n", namespace, "--wait=false")

    def test_4_fluids_own_sdk_runs_scenario_5(self):
        try:
            python = python_with("fluid-sdk", *SDK)
        except Unavailable as e:
            self.skipTest(f"Fluid's SDK cannot be installed: {e}")
        trace = self.scratch.disk / "trace"
        program = Process([str(python), "-u", "-c", FLOW, str(trace)], self.scratch.disk / "sdk.log",
                          {"KUBECONFIG": str(self.server.configuration), "PYTHONWARNINGS": "ignore"})
        self.addCleanup(program.kill)
        self.wait("the program to end", lambda: program.child.poll() is not None, 240)
        told = program.log.read_text()
        self.assertEqual(program.child.returncode, 0, told[-4000:])
        said = [line for line in told.splitlines() if line.startswith(("Bound", "["))]
        self.assertEqual(said, ["Bound", "['Complete', 'Complete', 'Complete']"])
        self.assertEqual(trace.read_text(), "preprocess train test ")

    def test_5_scenarios_2_and_4_become_what_their_manifests_say(self):
        """Their tiers of 40 GiB fit into few machines: no worker is run."""
        self.kubelet.run_at_most = 0
        for name, keys in {"oss-access-key": ("fs.oss.accessKeyId", "fs.oss.accessKeySecret"),
                           "jfs-secret": ("token", "access-key", "secret-key")}.items():
            self.kubectl("create", "secret", "generic", name, *(f"--from-literal={key}=x" for key in keys))
        self.scenario_file("4-burst-inference.yaml", OSS_BUCKET="bucket", OSS_ENDPOINT=self.store.endpoint)
        self.scenario_file("2-juicefs-cache-cluster.yaml", VOLUME="volume", BUCKET="http://127.0.0.1:1/bucket")
        pods = {}
        for name in ("demo-dataset", "jfsdemo"):
            pods[name] = self.wait(f"five workers of {name}", lambda: self.pods_of(name))
            self.assertEqual(self.row("dataset", name)[-1], "NotBound")
        notes = [pod["metadata"].get("annotations", {}) for pod in (pods["demo-dataset"][0], pods["jfsdemo"][0])]
        self.assertEqual(notes[0]["k8s.aliyun.com/eci-use-specs"], "ecs.d1ne.6xlarge")
        self.assertEqual(notes[1]["k8s.aliyun.com/eci-extra-ephemeral-storage"], "200Gi")
        self.assertEqual(pods["jfsdemo"][0]["metadata"]["labels"]["alibabacloud.com/eci"], "true")
        self.wait("the load to wait", lambda: self.phase("dataloads", "jfs-load") == "Pending")
        for name in ("demo-dataset", "jfsdemo"):
            self.kubectl("delete", "dataset", name, "--wait=false")
        self.wait("everything to be released", lambda: not self.released())

    def pods_of(self, name):
        pods = self.server.api.items(f"/api/v1/namespaces/default/pods?labelSelector=release={name}")
        return pods if len(pods) == 5 else None


if __name__ == "__main__":
    unittest.main()
