"""A cluster without nodes: a real API server with its etcd, and one thread that does what controllers and kubelets would:
it makes pods of StatefulSets, runs each worker pod as a real `gridset up`, marks it ready when it listens, binds claims,
and removes what has lost its owner.

A pod has an address of its own on the loopback interface and a mount namespace of its own with the volumes that its spec names, so
that its arguments are run as they were rendered; names of Services stand in a hosts file that its Java reads.
"""

import base64
import http.client
import json
import os
import shlex
import signal
import socket
import ssl
import subprocess
import threading
import time
import traceback
import urllib.parse

from fuse_pods import FusePods, is_fuse_pod
from harness import GRIDSET, ROOT, Process, free_port, wait_for

FLUID = "/apis/data.fluid.io/v1alpha1"
RUNTIMES = ("gridruntimes", "jindoruntimes", "alluxioruntimes", "juicefsruntimes", "vineyardruntimes")
OPERATIONS = ("dataloads", "dataprocesses", "datamigrates", "databackups")
ADMIN = "admin-of-this-test"
OURS = "?labelSelector=fluid.io/managed-by=gridset"


def programs(release):
    """The directory of a release's programs (`floor` or `current`), or None when it was not built."""
    done = subprocess.run([str(ROOT / "tools" / "build-kubernetes.sh"), release, "--built"], capture_output=True,
                          text=True, timeout=60)
    return done.stdout.strip() if done.returncode == 0 else None


class Api:
    """Requests as JSON; an answer that is none of the accepted raises."""

    def __init__(self, port, token):
        self.port, self.token = port, token
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def __call__(self, method, path, body=None, kind="application/json", accept=(200, 201, 202)):
        connection = self.connection()
        try:
            connection.request(method, urllib.parse.quote(path, safe="/?=&.,"), body and json.dumps(body),
                               {"Authorization": f"Bearer {self.token}", "Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status not in accept:
                raise AssertionError(f"{method} {path}: {answer.status} {text.decode(errors='replace')[:600]}")
            return json.loads(text) if text.startswith(b"{") else text.decode()
        finally:
            connection.close()

    def connection(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=20)

    def items(self, path):
        listed = self("GET", path)
        kind = listed["kind"].removesuffix("List")
        for item in listed["items"]:
            item.setdefault("kind", kind)
            item.setdefault("apiVersion", listed["apiVersion"])
        return listed["items"]

    def merge(self, path, patch, accept=(200, 404)):
        return self("PATCH", path, patch, "application/merge-patch+json", accept)


class ApiServer:
    """etcd and kube-apiserver of a release on loopback."""

    def __init__(self, scratch, release, closing):
        home, etcd = programs(release), programs("floor")
        self.directory = scratch.disk / f"kubernetes-{release}"
        self.directory.mkdir()
        keys = self.directory / "accounts"
        subprocess.run(["openssl", "genrsa", "-out", f"{keys}.key", "2048"], check=True, capture_output=True, timeout=60)
        (self.directory / "tokens.csv").write_text(f"{ADMIN},admin,admin,system:masters\n")
        clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.etcd = Process(
            [f"{etcd}/etcd", "--name=test", f"--data-dir={self.directory}/etcd", f"--listen-client-urls={clients}",
             f"--advertise-client-urls={clients}", f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
             f"--initial-cluster=test={peers}", "--unsafe-no-fsync"], self.directory / "etcd.log")
        closing(self.etcd.kill)
        self.port = free_port()
        self.server = Process(
            [f"{home}/kube-apiserver", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
             "--endpoint-reconciler-type=none", f"--secure-port={self.port}", f"--etcd-servers={clients}",
             f"--cert-dir={self.directory}/certificates", f"--token-auth-file={self.directory}/tokens.csv",
             "--authorization-mode=RBAC", "--service-account-issuer=https://kubernetes.default.svc",
             f"--service-account-key-file={keys}.key", f"--service-account-signing-key-file={keys}.key",
             "--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true"], self.directory / "server.log")
        closing(self.server.kill)
        self.api = Api(self.port, ADMIN)
        self.kubectl_program = f"{home}/kubectl"
        self.release = release
        self.configuration = self.kubeconfig("admin", ADMIN)
        wait_for("the API server", self._ready)

    def _ready(self):
        for process in (self.etcd, self.server):
            if process.child.poll() is not None:
                raise AssertionError("the API server ended: " + process.tail())
        try:
            return self.api("GET", "/readyz") == "ok" and self.api("GET", "/api/v1/namespaces/default")
        except (AssertionError, OSError):
            return None

    def kubeconfig(self, name, token):
        file = self.directory / f"{name}.kubeconfig"
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{self.port}",
                                                   "insecure-skip-tls-verify": True}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]}))
        return file

    def kubectl(self, *argv, stdin=None, check=True):
        done = subprocess.run(
            [self.kubectl_program, f"--kubeconfig={self.configuration}", f"--cache-dir={self.directory}/kubectl-cache",
             *map(str, argv)], input=stdin, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(map(str, argv))}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def install(self):
        """Kinds, rights and account of the operator; its Deployment as a manifest only."""
        old = ["--validate=false"] if self.release == "floor" else []
        self.kubectl("apply", *old, "-f", ROOT / "manifests" / "crds")
        self.kubectl("wait", "--for=condition=Established", "--timeout=100s", "crd", "--all")
        self.kubectl("apply", "-f", ROOT / "manifests" / "operator" / "namespace.yaml")
        self.kubectl("apply", "-f", ROOT / "manifests" / "operator")
        wait_for("the kinds to be served", lambda: all(self._served(kind) for kind in (*RUNTIMES, "datasets", *OPERATIONS)))

    def _served(self, plural):
        try:
            return self.api("GET", f"{FLUID}/{plural}")
        except AssertionError:
            return None

    def account_token(self, namespace, account):
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
        return self.api("POST", path, body)["status"]["token"]


class Kubelet:
    """The thread; `nodes` are the names of the nodes, of which pods take turns. Of a StatefulSet `run_at_most` pods are run,
    the others stay pending, as where a cluster is full."""

    def __init__(self, server, scratch, nodes=3, run_at_most=9):
        self.api, self.scratch, self.run_at_most = server.api, scratch, run_at_most
        self.directory = scratch.disk / "pods"
        self.directory.mkdir()
        self.hosts = self.directory / "hosts"
        self.hosts.write_text("")
        self.nodes = [f"node-{i}" for i in range(nodes)]
        for name in self.nodes:
            self.api("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {
                "name": name, "labels": {"kubernetes.io/hostname": name}}})
        self.network = f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 250}"
        self.processes, self.addresses, self.failure = {}, {}, None
        self.most_at_once_leaving = 0
        self.fuse_pods = FusePods(self)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kubelet", daemon=True)
        self._thread.start()

    def close(self):
        self._ending.set()
        self._thread.join(60)
        self.fuse_pods.close()
        for process in self.processes.values():
            process.kill(signal.SIGKILL)
        for address, _ in self.addresses.values():
            loopback("del", address)

    def logs(self):
        return "\n".join(f"--- {process.log.name}\n{process.tail()}" for process in self.processes.values()) + self.fuse_pods.logs()

    def _run(self):
        while not self._ending.wait(0.2):
            try:
                self._turn()
                self.failure = None
            except (AssertionError, OSError, http.client.HTTPException):
                self.failure = traceback.format_exc()  # Objects change meanwhile; the next turn sees them as they are.

    def _turn(self):
        sets = self.api.items("/apis/apps/v1/statefulsets" + OURS)
        every = {True: [], False: []}
        for pod in self.api.items("/api/v1/pods" + OURS):
            every[is_fuse_pod(pod)].append(pod)
        pods = every[False]
        jobs = self.api.items("/apis/batch/v1/jobs" + OURS)
        for job in jobs:
            self._run_job(job, [pod for pod in pods if owner(pod) == job["metadata"]["uid"]])
        for each in sets:
            self._replicate(each, [pod for pod in pods if owner(pod) == each["metadata"]["uid"]])
        workers = {each["metadata"]["uid"] for each in sets}
        leaving = [pod for pod in pods if going(pod) and owner(pod) in workers]
        self.most_at_once_leaving = max(self.most_at_once_leaving, len(leaving))
        for pod in pods:
            if pod["metadata"]["labels"].get("role") in JOB_ROLES:
                self._run_job_pod(pod)
            elif int(pod["metadata"]["name"].rsplit("-", 1)[1]) < self.run_at_most or going(pod):
                self._run_pod(pod)
        for claim in self.api.items("/api/v1/persistentvolumeclaims" + OURS):
            self._bind(claim, pods)
        for volume in self.api.items("/api/v1/persistentvolumes" + OURS):
            if going(volume):
                self.api.merge(path(volume), {"metadata": {"finalizers": None}})
        self.fuse_pods.turn(self.api.items("/apis/apps/v1/daemonsets" + OURS), every[True])
        self._collect()

    def _replicate(self, each, pods):
        wanted = each["spec"]["replicas"]
        name, namespace = each["metadata"]["name"], each["metadata"]["namespace"]
        there = {pod["metadata"]["name"] for pod in pods}
        for number in range(wanted):
            if f"{name}-{number}" not in there:
                template = each["spec"]["template"]
                pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {
                    "name": f"{name}-{number}", "namespace": namespace, "labels": template["metadata"]["labels"],
                    "annotations": template["metadata"].get("annotations", {}),
                    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name,
                                         "uid": each["metadata"]["uid"], "controller": True}]},
                    "spec": dict(template["spec"], nodeName=self.nodes[number % len(self.nodes)])}
                self.api("POST", f"/api/v1/namespaces/{namespace}/pods", pod, accept=(201, 409))
        for pod in pods:
            if int(pod["metadata"]["name"].rsplit("-", 1)[1]) >= wanted and not going(pod):
                self.api("DELETE", path(pod))
        status = {"replicas": len(pods), "readyReplicas": sum(map(is_ready, pods)),
                  "currentReplicas": len(pods), "observedGeneration": each["metadata"]["generation"]}
        if any(each.get("status", {}).get(key, 0) != value for key, value in status.items()):
            self.api.merge(path(each) + "/status", {"status": status})

    def _run_job(self, job, pods):
        """A pod after the other until one ends well or the limit is reached."""
        if going(job) or any(each["status"] == "True" for each in job.get("status", {}).get("conditions", [])):
            return
        ended = [pod for pod in pods if pod.get("status", {}).get("phase") in ("Succeeded", "Failed")]
        name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
        if any(pod["status"]["phase"] == "Succeeded" for pod in ended):
            self._end_job(job, "SuccessCriteriaMet", "Complete", {"succeeded": 1, "completionTime": now()})
        elif len(ended) > job["spec"]["backoffLimit"]:
            self._end_job(job, "FailureTarget", "Failed", {"failed": len(ended)}, "BackoffLimitExceeded")
        elif len(ended) == len(pods):
            template = job["spec"]["template"]
            self.api("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}, accept=(201, 409))
            metadata = dict(template["metadata"], name=f"{name}-{len(pods)}", namespace=namespace, ownerReferences=[
                {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"], "controller": True}])
            self.api("POST", f"/api/v1/namespaces/{namespace}/pods", {
                "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
                "spec": dict(template["spec"], nodeName=self.nodes[0], automountServiceAccountToken=False)}, accept=(201, 409))

    def _end_job(self, job, first, last, status, reason=""):
        conditions = [{"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": now(),
                       "lastProbeTime": now()} for kind in (first, last)]
        self.api.merge(path(job) + "/status", {"status": dict(
            status, startTime=job["metadata"]["creationTimestamp"], conditions=conditions)}, accept=(200, 404))

    def _run_job_pod(self, pod):
        """The first container of a pod of a Job, with its script and claims."""
        uid = pod["metadata"]["uid"]
        process = self.processes.get(uid)
        if going(pod):
            if process is not None:
                process.kill(signal.SIGKILL)
            self.processes.pop(uid, None)
            self.api("DELETE", path(pod), {"gracePeriodSeconds": 0}, accept=(200, 404))
        elif pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            return
        elif process is None:
            self._start_job_pod(pod)
        elif (code := process.child.poll()) is not None:
            name = pod["spec"]["containers"][0]["name"]
            ended = {"exitCode": code, "reason": "Error" if code else "Completed", "message": process.tail()[-500:] if code else ""}
            self.api.merge(path(pod) + "/status", {"status": {
                "phase": "Failed" if code else "Succeeded", "containerStatuses": [
                    {"name": name, "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": {"terminated": ended}}]}})

    def _start_job_pod(self, pod):
        namespace, uid = pod["metadata"]["namespace"], pod["metadata"]["uid"]
        container = pod["spec"]["containers"][0]
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        arguments = [*container.get("command", []), *container.get("args", [])]
        commands = ["set -e", "mount -t tmpfs none /run"]
        for mount in container["volumeMounts"]:
            volume, target = volumes[mount["name"]], mount["mountPath"]
            if "configMap" in volume:
                found = self.api("GET", f"/api/v1/namespaces/{namespace}/configmaps/{volume['configMap']['name']}")
                source = self.directory / f"{uid}-{mount['subPath']}"
                source.write_text(found["data"][mount["subPath"]])
                arguments = [str(source) if text == target else text for text in arguments]
            elif "persistentVolumeClaim" in volume and target.startswith(("/run/", "/var/run/")):
                claim = volume["persistentVolumeClaim"]["claimName"]
                self.api("GET", f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim}")
                source = self.directory / "claims" / namespace / claim
                source.mkdir(parents=True, exist_ok=True)
                commands.append(f"mkdir -p {target} && mount --bind {shlex.quote(str(source))} {target}")
        environment = {each["name"]: each["value"] for each in container.get("env", []) if "value" in each}
        script = "\n".join([*commands, "exec " + shlex.join(arguments)])
        self.processes[uid] = Process(["unshare", "-m", "sh", "-c", script],
                                      self.directory / f"{pod['metadata']['name']}-{uid}.log", environment)
        self.api.merge(path(pod) + "/status", {"status": {"phase": "Running"}})

    def _run_pod(self, pod):
        uid = pod["metadata"]["uid"]
        process = self.processes.get(uid)
        if going(pod):
            if process is None or process.child.poll() is not None:
                self.api("DELETE", path(pod), {"gracePeriodSeconds": 0}, accept=(200, 404))
                self.processes.pop(uid, None)
                if uid in self.addresses:
                    loopback("del", self.addresses.pop(uid)[0])
                self._write_hosts()
            elif not getattr(process, "told", False):
                process.told = True
                process.child.send_signal(signal.SIGTERM)
            return
        if process is None:
            self._start(pod)
            return
        if process.child.poll() is not None:
            raise AssertionError(f"{pod['metadata']['name']} ended: {process.tail()}")
        address = self.addresses[uid][0]
        ready = listens(address, 7600)
        if is_ready(pod) != ready or pod["status"].get("podIP") != address:
            self.api.merge(path(pod) + "/status", {"status": {
                "phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
                "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}})

    def _start(self, pod):
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        uid = pod["metadata"]["uid"]
        container = pod["spec"]["containers"][0]
        mounts = self._volumes(pod, container)
        if mounts is None:
            return  # A Secret is not there yet: the kubelet waits, too.
        taken = {address for address, _ in self.addresses.values()}
        address = next(one for number in range(2, 250) if (one := f"{self.network}.{number}") not in taken)
        loopback("add", address)
        service = f"{name.rsplit('-', 1)[0]}.{namespace}.svc"
        self.addresses[uid] = (address, f"{service} {name}.{service}")
        self._write_hosts()
        fields = {"POD_IP": address, "POD_NAME": name}
        arguments = [GRIDSET, *container["args"]]
        for field, value in fields.items():
            arguments = [text.replace(f"$({field})", value) for text in arguments]
        script = "\n".join(["set -e", "mount -t tmpfs none /run", "mount -t tmpfs none /var/lib", *mounts,
                            "exec " + shlex.join(arguments)])
        environment = {each["name"]: each["value"] for each in container["env"] if "value" in each}
        environment.update(fields, GRIDSET_JAVA_OPTIONS=f"-Djdk.net.hosts.file={self.hosts}", GRIDSET_NO_BUILD="1")
        self.processes[uid] = Process(["unshare", "-m", "sh", "-c", script], self.directory / f"{name}-{uid}.log", environment)

    def _write_hosts(self):
        lines = [f"{address} {service}" for address, service in self.addresses.values()]
        self.hosts.write_text("\n".join([f"127.0.0.1 localhost {socket.gethostname()}", *lines]) + "\n")

    def _volumes(self, pod, container):
        """Commands that mount the container's volumes, below paths first; None while one cannot be had."""
        uid, namespace = pod["metadata"]["uid"], pod["metadata"]["namespace"]
        commands = []
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        for mount in sorted(container["volumeMounts"], key=lambda each: len(each["mountPath"])):
            volume, target = volumes[mount["name"]], mount["mountPath"]
            place = shlex.quote(target)
            if target == "/tmp":
                continue  # The test's own files are there.
            if target == "/dev/shm":
                commands.append(f"mount -t tmpfs -o size=1g none {place}")
            elif "secret" in volume:
                source = self.directory / uid / mount["name"]
                if not self.secret(namespace, volume["secret"], source):
                    return None
                if "subPath" in mount:
                    commands.append(f"cp {shlex.quote(str(source / mount['subPath']))} {place}")
                else:
                    commands.append(f"mkdir -p {place} && mount --bind {shlex.quote(str(source))} {place}")
            else:
                commands.append(f"mkdir -p {place}")
        return commands

    def secret(self, namespace, secret, directory):
        found = self.api("GET", f"/api/v1/namespaces/{namespace}/secrets/{secret['secretName']}", accept=(200, 404))
        if found["kind"] != "Secret":
            return secret.get("optional", False)
        directory.mkdir(parents=True, exist_ok=True)
        data = found.get("data", {})
        files = {item["path"]: item["key"] for item in secret.get("items", [])} or {key: key for key in data}
        if any(key not in data for key in files.values()):
            return secret.get("optional", False)
        for name, key in files.items():
            (directory / name).write_bytes(base64.b64decode(data[key]))
        return True

    def _bind(self, claim, pods):
        if going(claim):
            self.api.merge(path(claim), {"metadata": {"finalizers": None}})
        elif claim.get("status", {}).get("phase") != "Bound":
            self.api.merge(path(claim) + "/status", {"status": {"phase": "Bound"}})

    def _collect(self):
        """Deletes what has owners and none of them is left."""
        runtimes, operations = ([f"{FLUID}/{kind}" for kind in kinds] for kinds in (RUNTIMES, OPERATIONS))
        controllers = [f"/apis/{kind}{OURS}" for kind in ("apps/v1/statefulsets", "apps/v1/daemonsets", "batch/v1/jobs")]
        kinds = [*operations, *runtimes, "/apis/batch/v1/jobs" + OURS, *(f"/api/v1/{kind}{OURS}" for kind in ("configmaps", "secrets", "services", "pods"))]
        # Owners are looked for last: they were there before what they own.
        dependents = [item for kind in kinds for item in self.api.items(kind) if item["metadata"].get("ownerReferences")]
        owners = [each for kind in (f"{FLUID}/datasets", *runtimes, *operations, *controllers) for each in self.api.items(kind)]
        alive = {each["metadata"]["uid"] for each in owners}
        for each in dependents:
            if not going(each) and not any(one["uid"] in alive for one in each["metadata"]["ownerReferences"]):
                self.api("DELETE", path(each), {"propagationPolicy": "Background"}, accept=(200, 202, 404))


PLURALS = {"Pod": "pods", "Secret": "secrets", "Service": "services", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets",
           "PersistentVolumeClaim": "persistentvolumeclaims", "PersistentVolume": "persistentvolumes", "DataProcess": "dataprocesses"}
JOB_ROLES = ("dataprocess-pod", "datamigrate-pod")


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def loopback(change, address):
    """Hazelcast listens only on an address that an interface has, though all of 127.0.0.0/8 is this machine's."""
    subprocess.run(["ip", "address", change, f"{address}/32", "dev", "lo"], check=change == "add", timeout=20)


def path(item):
    version, metadata = item["apiVersion"], item["metadata"]
    kind = item["kind"]
    plural = PLURALS.get(kind) or kind.lower() + "s"
    place = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"/{'apis' if '/' in version else 'api'}/{version}{place}/{plural}/{metadata['name']}"


def owner(item):
    return next((one["uid"] for one in item["metadata"].get("ownerReferences", [])), None)


def going(item):
    return "deletionTimestamp" in item["metadata"]


def is_ready(pod):
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod.get("status", {}).get("conditions", []))


def listens(address, port):
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False


class Operator(Process):
    """`gridset operator` with the rights that manifests/operator gives it."""

    def __init__(self, server, scratch):
        token = server.account_token("gridset-system", "gridset-operator")
        self.begun = time.monotonic()
        super().__init__(
            [GRIDSET, "operator", "--image=gridset:test", "--namespace=gridset-system",
             f"--kubeconfig={server.kubeconfig('operator', token)}"],
            scratch.disk / "operator.log", {"GRIDSET_NO_BUILD": "1"})
