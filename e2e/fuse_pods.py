"""What a DaemonSet's controller and kubelets do with the operator's FUSE pods, for kube_world: pods come and go with labels of
nodes, and each runs its container as it was rendered, as a process with a mount namespace of its own.

In place of the nodes' /runtime-mnt is a directory of the test, whose mounts reach whoever has it, as with Bidirectional
propagation: all nodes of this machine share it."""

import shlex
import signal
import subprocess
import time

from harness import GRIDSET, ROOT, Process

NODES_PATH = "/runtime-mnt"

# Mounts in the container's own directories are its own.
PRIVATE = "grep ' shared:' /proc/self/mountinfo | cut -d ' ' -f 5 | { grep -v ^%s || :; } | xargs -r -n 1 mount --make-private"


class FusePods:
    """Is told to take a turn by the thread of its kubelet, and by nobody else."""

    def __init__(self, kubelet):
        self.kubelet, self.api = kubelet, kubelet.api
        self.root = kubelet.scratch.disk / "runtime-mnt"
        self.root.mkdir()
        subprocess.run(["mount", "--bind", str(self.root), str(self.root)], check=True)
        subprocess.run(["mount", "--make-shared", str(self.root)], check=True)
        self.containers = {}
        self.broken = {}  # by the namespace of a DaemonSet: (reason, message) why its containers never run

    def close(self):
        for container in self.containers.values():
            container.process.kill(signal.SIGKILL)

    def here(self, text):
        """A path of the node, or a text with some, as it is on this machine."""
        return text.replace(NODES_PATH, str(self.root))

    def logs(self):
        return "\n".join(f"--- {each.process.log.name}\n{each.process.tail()}" for each in self.containers.values())

    def pid(self, namespace):
        """Of the FUSE server of a namespace's dataset; None when none runs."""
        running = [each for each in self.containers.values() if each.namespace == namespace and each.process.child.poll() is None]
        return running[0].process.child.pid if running else None

    def turn(self, daemons, pods):
        labels = {node["metadata"]["name"]: node["metadata"]["labels"] for node in self.api.items("/api/v1/nodes")}
        for daemon in daemons:
            own = [pod for pod in pods if pod["metadata"]["ownerReferences"][0]["uid"] == daemon["metadata"]["uid"]]
            selector = daemon["spec"]["template"]["spec"]["nodeSelector"]
            wanted = {name for name, its in labels.items() if selector.items() <= its.items()}
            if "deletionTimestamp" in daemon["metadata"]:
                wanted = set()
            self._schedule(daemon, own, wanted)
            self._tell(daemon, own, wanted)
        uids = {daemon["metadata"]["uid"] for daemon in daemons}
        for pod in pods:
            if pod["metadata"]["ownerReferences"][0]["uid"] not in uids and not going(pod):
                self.api("DELETE", place(pod), accept=(200, 202, 404))
            self._run(pod)
        for gone in set(self.containers) - {uid(pod) for pod in pods}:
            self.containers.pop(gone).process.kill(signal.SIGKILL)

    def _schedule(self, daemon, own, wanted):
        metadata, template = daemon["metadata"], daemon["spec"]["template"]
        for node in wanted - {pod["spec"]["nodeName"] for pod in own}:
            self.api("POST", f"/api/v1/namespaces/{metadata['namespace']}/pods", {
                "apiVersion": "v1", "kind": "Pod", "metadata": {
                    "generateName": metadata["name"] + "-", "labels": template["metadata"]["labels"],
                    "annotations": template["metadata"].get("annotations", {}),
                    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": metadata["name"],
                                         "uid": metadata["uid"], "controller": True}]},
                "spec": dict(template["spec"], nodeName=node)})
        for pod in own:
            if pod["spec"]["nodeName"] not in wanted and not going(pod):
                self.api("DELETE", place(pod), accept=(200, 202, 404))

    def _tell(self, daemon, own, wanted):
        there = [pod for pod in own if pod["spec"]["nodeName"] in wanted and not going(pod)]
        ready = sum(1 for pod in there if uid(pod) in self.containers and self.containers[uid(pod)].told == "ready")
        status = {"desiredNumberScheduled": len(wanted), "currentNumberScheduled": len(there), "numberReady": ready,
                  "numberAvailable": ready, "numberMisscheduled": 0, "observedGeneration": daemon["metadata"]["generation"]}
        if any(daemon.get("status", {}).get(key, 0) != value for key, value in status.items()):
            self.api.merge(f"/apis/apps/v1/namespaces/{daemon['metadata']['namespace']}/daemonsets/"
                           f"{daemon['metadata']['name']}/status", {"status": status})

    def _run(self, pod):
        container = self.containers.get(uid(pod))
        if going(pod):
            if container is None or container.ended():
                self.api("DELETE", place(pod), {"gracePeriodSeconds": 0}, accept=(200, 404))
                self.containers.pop(uid(pod), None)
        elif pod["metadata"]["namespace"] in self.broken:
            reason, message = self.broken[pod["metadata"]["namespace"]]
            self._status(pod, False, {"waiting": {"reason": reason, "message": message}}, 0)
        elif container is None:
            files = self._files(pod)
            if files is not None:
                self.containers[uid(pod)] = Container(self, pod, files)
        else:
            told = container.look()
            if told != container.told:
                container.told = told
                self._status(pod, told == "ready", {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, container.restarts)

    def _status(self, pod, ready, state, restarts):
        status = {"phase": "Running", "podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
                  "containerStatuses": [{"name": "fuse", "image": "i", "imageID": "", "ready": ready, "restartCount": restarts,
                                         "state": state}]}
        if pod.get("status", {}).get("containerStatuses") != status["containerStatuses"]:
            self.api.merge(place(pod) + "/status", {"status": status})

    def _files(self, pod):
        """Directories of the pod's volumes, made once; None while a Secret is not there."""
        found = {}
        for volume in pod["spec"]["volumes"]:
            directory = self.kubelet.directory / uid(pod) / volume["name"]
            if "hostPath" in volume:
                directory = self.here(volume["hostPath"]["path"])
                subprocess.run(["mkdir", "-p", directory], check=True)
            else:
                directory.mkdir(parents=True, exist_ok=True)
            if "secret" in volume and not self.kubelet.secret(pod["metadata"]["namespace"], volume["secret"], directory):
                return None
            found[volume["name"]] = str(directory)
        return found


class Container:
    """The pod's one container; started again when it ends."""

    def __init__(self, pods, pod, files):
        self.pods, self.spec, self.files = pods, pod["spec"]["containers"][0], files
        self.namespace, self.name = pod["metadata"]["namespace"], f"{pod['metadata']['name']}-{uid(pod)}"
        self.restarts, self.told, self.next_look = 0, "", 0.0
        self.stopping, self.patience = False, 0.0
        self._start()

    def _start(self):
        mounts = []
        for mount in self.spec["volumeMounts"]:
            if mount.get("mountPropagation") != "Bidirectional":
                target = shlex.quote(mount["mountPath"])
                mounts += [f"mkdir -p {target}", f"mount --bind {shlex.quote(self.files[mount['name']])} {target}"]
        arguments = [self.pods.here(each) for each in self.spec["args"]]
        script = "\n".join(["set -e", PRIVATE % self.pods.root, "mount -t tmpfs none /run", "mount -t tmpfs none /var/lib",
                            "mount -t tmpfs -o size=64m none /dev/shm", *mounts, "exec " + shlex.join([str(GRIDSET), *arguments])])
        self.environment = {each["name"]: each["value"] for each in self.spec["env"] if "value" in each}
        self.environment.update(GRIDSET_JAVA_OPTIONS=f"-Djdk.net.hosts.file={self.pods.kubelet.hosts}", GRIDSET_NO_BUILD="1")
        self.process = Process(["unshare", "-m", "--propagation", "unchanged", "sh", "-c", script],
                               self.pods.kubelet.directory / f"{self.name}.log", self.environment)

    def look(self):
        """What its probe says; starts it again when it has ended."""
        if self.process.child.poll() is not None:
            self.restarts += 1
            self._start()
            return "restarted"
        if time.monotonic() < self.next_look:
            return self.told
        self.next_look = time.monotonic() + 0.5
        probe = [self.pods.here(each) for each in self.spec["readinessProbe"]["exec"]["command"]]
        try:
            done = subprocess.run(probe, capture_output=True, timeout=10)
        except subprocess.TimeoutExpired:
            return "silent"
        return "ready" if done.returncode == 0 else "running"

    def ended(self):
        """Tells it to end: the hook before, then the signal."""
        if not self.stopping and self.process.child.poll() is None:
            self.stopping = True
            self.patience = time.monotonic() + 30
            hook = [self.pods.here(each) for each in self.spec["lifecycle"]["preStop"]["exec"]["command"]]
            command = shlex.join([GRIDSET if each == "gridset" else each for each in hook])
            exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.environment.items())
            script = f"{exports} {command}; kill {self.process.child.pid}"
            subprocess.Popen(["nsenter", "-m", "-t", str(self.process.child.pid), "sh", "-c", script],
                             stdout=self.process._file, stderr=self.process._file, stdin=subprocess.DEVNULL, cwd=ROOT)
        elif self.stopping and time.monotonic() > self.patience:
            self.process.kill(signal.SIGKILL)
        return self.process.child.poll() is not None


def uid(pod):
    return pod["metadata"]["uid"]


def going(pod):
    return "deletionTimestamp" in pod["metadata"]


def is_fuse_pod(pod):
    return pod["metadata"]["labels"].get("role", "").endswith("-fuse")


def place(pod):
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
