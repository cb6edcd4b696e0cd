"""One whole node of Kubernetes on this machine: etcd, API server, controller manager, scheduler, kubelet, kube-proxy, containerd
and a bridge network, in network, mount and process namespaces of their own, with real containers.

    keeper                       a process outside that ends and removes everything once its standard input ends, so also when
      |                          the test was killed
    init (process 1 inside)      mounts, network, programs; the end of it is the end of all processes and mounts of the node

Nothing of it listens outside its network namespace; the test enters that for each connection. What it writes is below one directory
of the scratch. Control groups bear the test's process id; those of killed keepers are swept by the next one.
The cluster's DNS is a stand-in (cluster_dns.py), all else is what clusters run.
"""

import base64
import contextlib
import ctypes
import hashlib
import http.client
import json
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from harness import ROOT, wait_for
from kube_world import ADMIN, Api, programs

ADDRESS = "10.88.0.1"  # of the node, on the pods' bridge
NODE = "node-1"
SERVICES = "10.96.0.0/16"
API_PORT = 6443
PREFIX = "gridset-e2e"
GROUPS = Path("/sys/fs/cgroup")
PAUSE = "localhost/pause:1"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CLONE_NEWNET = 0x40000000
SOCKET = "/run/containerd/containerd.sock"
MOUNT_ROOT = Path("/runtime-mnt")  # where Fluid's manifests have it on every node
# What a kubelet sets on its machine. It finds these values on files of its own, so that the machine keeps its own.
TUNABLES = {"vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1,
            "kernel/keys/root_maxkeys": 1000000, "kernel/keys/root_maxbytes": 25000000}
COMMANDS = {"containerd": "containerd", "ctr": "containerd", "runc": "runc", "iptables": "iptables", "ip": "iproute2",
            "nsenter": "util-linux", "unshare": "util-linux", "openssl": "openssl"}
PLUGINS = Path("/usr/lib/cni")


def search_path():
    return os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def unavailable():
    """Why there can be no node here, or None."""
    if os.geteuid() != 0:
        return "a whole node needs root"
    missing = {package for command, package in COMMANDS.items() if shutil.which(command, path=search_path()) is None}
    if not (PLUGINS / "bridge").exists():
        missing.add("containernetworking-plugins")
    if missing:
        return f"a whole node needs {', '.join(sorted(missing))} (apt install {' '.join(sorted(missing))})"
    if programs("node") is None or programs("floor") is None:
        return "no kubelet: tools/build-kubernetes.sh node says what is missing"
    name = f"{PREFIX}-{os.getpid()}-probe"
    try:
        for place in hierarchies():
            (place / name).mkdir()
            (place / name).rmdir()
    except OSError as failure:
        return f"control groups cannot be made here: {failure}"
    if not hierarchies():
        return "there are no control groups here"
    probe = ["unshare", "--net", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-ec",
             "mount --make-rshared /; ip link add probe type bridge; iptables -t nat -A OUTPUT -d 10.96.0.1 -j DNAT --to 10.88.0.1"]
    done = subprocess.run(probe, capture_output=True, text=True, timeout=60, env=dict(os.environ, PATH=search_path()))
    return f"namespaces cannot be made here: {done.stderr.strip()}" if done.returncode else None


def hierarchies():
    """Where control groups are made: one directory for each hierarchy of version 1, or the one of version 2."""
    if (GROUPS / "cgroup.controllers").exists():
        return [GROUPS]
    mounted = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return sorted({Path(words[1]) for words in mounted if words[2] in ("cgroup", "cgroup2") and words[1].startswith(str(GROUPS))})


def remove_groups(name):
    """Removes a control group and those below it, from the leaves, once nothing runs in them."""
    deadline = time.monotonic() + 20
    for place in hierarchies():
        while (place / name).exists() and time.monotonic() < deadline:
            for directory, _, _ in os.walk(place / name, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(directory)
            if (place / name).exists():
                time.sleep(0.05)


def sweep():
    """Removes the control groups of runs that are dead with their keepers."""
    names = {each.name for place in hierarchies() for each in place.glob(f"{PREFIX}-*-node")}
    for name in names:
        if not Path(f"/proc/{name.split('-')[2]}").exists():
            remove_groups(name)


class WholeNode:
    """A node that is Ready; `close()` leaves nothing of it."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.group = f"{PREFIX}-{os.getpid()}-node"
        sweep()
        self.directory.mkdir()
        self.log = self.directory / "keeper.log"
        with open(self.log, "ab") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, __file__, "keep", str(self.directory), self.group], stdin=subprocess.PIPE, stdout=log,
                stderr=log, env=dict(os.environ, PATH=search_path()), start_new_session=True)
        self.pid, self._kubectl = None, f"{programs('node')}/kubectl"
        self.api = NodeApi(self)

    def await_ready(self):
        self.pid = int(wait_for("the node's namespaces", lambda: self._lives() and read(self.directory / "pid"), 60))
        wait_for("the API server", lambda: self._lives() and self._answers("/readyz"), 120)
        wait_for("the node to be Ready", lambda: self._lives() and self._is_ready(), 120)
        self.import_pause()

    def _lives(self):
        if self.keeper.poll() is not None:
            raise AssertionError("the node ended:\n" + self.logs())
        return True

    def _answers(self, path):
        try:
            return self.api("GET", path)
        except (AssertionError, OSError, http.client.HTTPException):
            return None

    def _is_ready(self):
        node = self._answers(f"/api/v1/nodes/{NODE}")
        return node and any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"])

    def enter(self, *namespaces):
        """A command's beginning that runs it in the node's namespaces: by default network, mounts and processes."""
        return ["nsenter", f"--target={self.pid}", *(f"--{each}" for each in namespaces or ("net", "mount", "pid"))]

    def run(self, *argv, stdin=None, check=True, seconds=120):
        done = subprocess.run([*self.enter(), *map(str, argv)], input=stdin, capture_output=True, text=True, timeout=seconds,
                              env=dict(os.environ, PATH=search_path()))
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, argv))}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def kubectl(self, *argv, **more):
        return self.run(self._kubectl, f"--kubeconfig={self.directory}/admin.conf",
                        f"--cache-dir={self.directory}/kubectl-cache", *argv, **more)

    def import_pause(self):
        """The image of the containers that hold pods' namespaces, from a program of one line."""
        with tempfile.TemporaryDirectory(dir=self.directory) as place:
            layer, archive = Path(place) / "layer.tar", Path(place) / "pause.tar"
            with tarfile.open(layer, "w") as tar:
                tar.add(f"{programs('node')}/pause", "pause")
            digest = hashlib.sha256(layer.read_bytes()).hexdigest()
            files = {"config.json": {"architecture": ARCHITECTURES.get(os.uname().machine), "os": "linux",
                                     "config": {"Entrypoint": ["/pause"]},
                                     "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}},
                     "manifest.json": [{"Config": "config.json", "RepoTags": [PAUSE], "Layers": ["layer.tar"]}]}
            with tarfile.open(archive, "w") as tar:
                tar.add(layer, "layer.tar")
                for name, content in files.items():
                    write_json(Path(place) / name, content)
                    tar.add(Path(place) / name, name)
            self.import_image(archive)

    def import_image(self, tar):
        """Makes the images of an archive (OCI's or Docker's) known to the kubelet."""
        self.run("ctr", f"--address={SOCKET}", "--namespace=k8s.io", "images", "import", tar, seconds=240)

    def images(self):
        return self.run("ctr", f"--address={SOCKET}", "--namespace=k8s.io", "images", "ls", "-q").split()

    def http(self, method, host, port, path):
        """The body of an answer of a server inside."""
        connection = http.client.HTTPConnection(host, port, timeout=20)
        connection._create_connection = lambda address, timeout, _: self.connect(address, timeout)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status >= 300:
                raise OSError(f"{method} {path}: {answer.status} {body!r}")
            return body
        finally:
            connection.close()

    def connect(self, address, timeout):
        """A TCP connection from the node's network."""
        with self._network():
            return socket.create_connection(address, timeout)

    @contextlib.contextmanager
    def _network(self):
        """This thread, and no other, in the node's network."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/self/task/{threading.get_native_id()}/ns/net", "rb") as ours, \
                open(f"/proc/{self.pid}/ns/net", "rb") as theirs:
            if libc.setns(theirs.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(ours.fileno(), CLONE_NEWNET)

    def seen(self, path):
        """Whether a path of the API is there."""
        return self.api("GET", path, accept=(200, 404))["kind"] != "Status"

    def logs(self):
        """The last lines of all programs and containers."""
        files = sorted([self.log, *self.directory.glob("logs/*.log"), *self.directory.glob("var-log/pods/*/*/*.log")])
        return "\n".join(f"--- {file.relative_to(self.directory)}\n{tail(file)}" for file in files)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.keeper.stdin.close()
        try:
            self.keeper.wait(90)
        except subprocess.TimeoutExpired:
            self.keeper.kill()
            self.keeper.wait(10)
            remove_groups(self.group)


def read(file):
    return file.read_text() if file.exists() else None


def tail(file, size=2500):
    try:
        return file.read_bytes()[-size:].decode(errors="replace")
    except OSError:
        return ""


class NodeApi(Api):
    """The node's API server, asked from within its network."""

    def __init__(self, node):
        super().__init__(API_PORT, ADMIN)
        self.node = node

    def connection(self):
        connection = http.client.HTTPSConnection(ADDRESS, self.port, context=self.context, timeout=20)
        connection._create_connection = lambda address, timeout, _: self.node.connect(address, timeout)
        return connection


# What follows runs as processes of its own: python3 whole_node.py keep|init DIRECTORY GROUP.


def keep(directory, group):
    """Starts the node; ends and removes it when standard input ends, or when it has ended by itself."""
    made = not MOUNT_ROOT.exists()
    MOUNT_ROOT.mkdir(exist_ok=True)  # Only a place for a mount in the node's own namespace.
    for place in hierarchies():
        (place / group).mkdir(exist_ok=True)
    child = subprocess.Popen(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
         sys.executable, __file__, "init", str(directory), group], stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while child.poll() is None and not select.select([sys.stdin], [], [], 0.2)[0]:
            pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child.kill()
        child.wait()
        remove_groups(group)
        if made:
            with contextlib.suppress(OSError):
                MOUNT_ROOT.rmdir()


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


class Init:
    """Process 1 of the node."""

    def __init__(self, directory, group):
        self.directory, self.group = directory, group
        self.programs, self.etcd = programs("node"), programs("floor") + "/etcd"
        self.names = {}
        (directory / "logs").mkdir()

    def run(self):
        (self.directory / "pid.new").write_text(os.readlink("/proc/self"))  # As those outside see it.
        self.mounts()
        self.network()
        self.keys()
        self.containerd()
        self.control_plane()
        (self.directory / "pid.new").rename(self.directory / "pid")
        self.await_api()
        self.rest()
        self.reap()

    def start(self, name, *argv):
        with open(self.directory / "logs" / f"{name}.log", "ab") as log:
            child = subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.names[child.pid] = name

    def reap(self):
        """Waits for children, own and adopted. A program that ends is told of, and is the end of the node."""
        while True:
            pid, status = os.wait()
            if pid in self.names:
                print(f"{self.names[pid]} ended: {os.waitstatus_to_exitcode(status)}", flush=True)
                sys.exit(1)

    def mounts(self):
        mount("-t", "proc", "proc", "/proc")
        for name, target in (("var-lib", "/var/lib"), ("var-log", "/var/log"), ("runtime-mnt", MOUNT_ROOT)):
            (self.directory / name).mkdir()
            mount("--bind", self.directory / name, target)
        mount("-t", "tmpfs", "-o", "mode=755", "run", "/run")
        mount("-t", "tmpfs", "-o", "size=3g,mode=1777", "shm", "/dev/shm")
        for name, value in TUNABLES.items():
            file = self.directory / name.replace("/", "-")
            file.write_text(f"{value}\n")
            mount("--bind", file, f"/proc/sys/{name}")
        mount("--make-rshared", "/")  # Bidirectional mounts of containers reach others.

    def network(self):
        for line in ("link set lo up", "link add cni0 type bridge", f"address add {ADDRESS}/24 dev cni0", "link set cni0 up",
                     f"route add {SERVICES} dev cni0"):  # Any route will do: kube-proxy puts a pod in the place of a Service.
            command("ip", *line.split())
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        (self.directory / "cni").mkdir()
        bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False, "hairpinMode": True,
                  "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/24", "gateway": ADDRESS}]],
                           "routes": [{"dst": "0.0.0.0/0"}]}}
        write_json(self.directory / "cni" / "node.conflist",
                   {"cniVersion": "0.4.0", "name": "node", "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]})
        (self.directory / "resolv.conf").write_text("nameserver 192.0.2.1\n")  # Nobody: there is no way out of this network.

    def keys(self):
        """One authority, the API server's certificate and the one by which it calls the kubelet; all others have tokens."""
        place = self.directory
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command("openssl", "req", "-x509", *curve, "-keyout", place / "ca.key", "-out", place / "ca.crt", "-days", "2",
                "-subj", "/CN=ca-of-the-test", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        names = f"subjectAltName=IP:{ADDRESS},IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes.default.svc,DNS:localhost"
        for name, subject in (("server", "/CN=kube-apiserver"), ("caller", "/O=system:masters/CN=kube-apiserver")):
            command("openssl", "req", *curve, "-keyout", place / f"{name}.key", "-out", place / f"{name}.csr", "-subj", subject)
            (place / f"{name}.ext").write_text(f"extendedKeyUsage=serverAuth,clientAuth\n{names}\n")
            command("openssl", "x509", "-req", "-in", place / f"{name}.csr", "-CA", place / "ca.crt", "-CAkey", place / "ca.key",
                    "-CAcreateserial", "-days", "2", "-out", place / f"{name}.crt", "-extfile", place / f"{name}.ext")
        command("openssl", "genrsa", "-out", place / "accounts.key", "2048")
        users = {"admin": (ADMIN, "admin", "system:masters"),
                 "kubelet": ("kubelet", f"system:node:{NODE}", "system:nodes"),
                 "controllers": ("controllers", "system:kube-controller-manager", ""),
                 "scheduler": ("scheduler", "system:kube-scheduler", ""),
                 "proxy": ("proxy", "system:kube-proxy", "")}
        (place / "tokens.csv").write_text("".join(f"{token},{user},{user},{groups}\n" for token, user, groups in users.values()))
        authority = base64.b64encode((place / "ca.crt").read_bytes()).decode()
        for name, (token, _, _) in users.items():
            write_json(place / f"{name}.conf", {
                "apiVersion": "v1", "kind": "Config", "current-context": "x",
                "clusters": [{"name": "c", "cluster": {"server": f"https://{ADDRESS}:{API_PORT}",
                                                       "certificate-authority-data": authority}}],
                "users": [{"name": "u", "user": {"token": token}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]})

    def containerd(self):
        (self.directory / "containerd.toml").write_text(f"""
version = 2
root = "{self.directory}/containerd"
state = "/run/containerd"
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{self.directory}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
""")
        self.start("containerd", "containerd", "--config", self.directory / "containerd.toml")

    def control_plane(self):
        clients, peers = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        self.start("etcd", self.etcd, "--name=test", f"--data-dir={self.directory}/etcd", f"--listen-client-urls={clients}",
                   f"--advertise-client-urls={clients}", f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
                   f"--initial-cluster=test={peers}", "--unsafe-no-fsync")
        place = self.directory
        self.start("kube-apiserver", f"{self.programs}/kube-apiserver", f"--bind-address={ADDRESS}",
                   f"--advertise-address={ADDRESS}", f"--secure-port={API_PORT}", f"--etcd-servers={clients}",
                   f"--tls-cert-file={place}/server.crt", f"--tls-private-key-file={place}/server.key",
                   f"--client-ca-file={place}/ca.crt", f"--token-auth-file={place}/tokens.csv",
                   "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
                   f"--kubelet-client-certificate={place}/caller.crt", f"--kubelet-client-key={place}/caller.key",
                   "--kubelet-preferred-address-types=InternalIP", "--service-account-issuer=https://kubernetes.default.svc",
                   f"--service-account-key-file={place}/accounts.key", f"--service-account-signing-key-file={place}/accounts.key",
                   f"--service-cluster-ip-range={SERVICES}", "--allow-privileged=true")

    def await_api(self):
        context = ssl.create_default_context(cafile=self.directory / "ca.crt")
        request = urllib.request.Request(f"https://{ADDRESS}:{API_PORT}/readyz", headers={"Authorization": f"Bearer {ADMIN}"})

        def answers():
            try:
                with urllib.request.urlopen(request, timeout=5, context=context) as answer:
                    return answer.read() == b"ok"
            except OSError:
                return False
        wait_for("the API server", answers, 120)

    def rest(self):
        place = self.directory
        self.start("kube-controller-manager", f"{self.programs}/kube-controller-manager", f"--kubeconfig={place}/controllers.conf",
                   "--bind-address=127.0.0.1", "--leader-elect=false", "--use-service-account-credentials",
                   f"--service-account-private-key-file={place}/accounts.key", f"--root-ca-file={place}/ca.crt",
                   f"--cert-dir={place}/controllers")
        self.start("kube-scheduler", f"{self.programs}/kube-scheduler", f"--kubeconfig={place}/scheduler.conf",
                   "--bind-address=127.0.0.1", "--leader-elect=false", f"--cert-dir={place}/scheduler")
        self.start("kube-proxy", f"{self.programs}/kube-proxy", f"--kubeconfig={place}/proxy.conf", f"--hostname-override={NODE}",
                   "--proxy-mode=iptables", "--conntrack-max-per-core=0", "--conntrack-min=0",
                   "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0", "--cluster-cidr=10.88.0.0/24")
        self.start("cluster-dns", sys.executable, ROOT / "e2e" / "cluster_dns.py", ADDRESS, place / "admin.conf")
        write_json(place / "kubelet.json", {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "address": ADDRESS,
            "healthzBindAddress": "127.0.0.1", "readOnlyPort": 0,
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": f"{place}/ca.crt"}},
            "authorization": {"mode": "Webhook"}, "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{self.group}",
            "failCgroupV1": False, "failSwapOn": False, "containerRuntimeEndpoint": f"unix://{SOCKET}",
            "clusterDomain": "cluster.local", "clusterDNS": [ADDRESS], "resolvConf": f"{place}/resolv.conf",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100, "registerNode": True, "nodeStatusUpdateFrequency": "5s",
            "volumePluginDir": f"{place}/volume-plugins"})
        self.start("kubelet", f"{self.programs}/kubelet", f"--config={place}/kubelet.json", f"--kubeconfig={place}/kubelet.conf",
                   f"--hostname-override={NODE}", f"--node-ip={ADDRESS}", "--root-dir=/var/lib/kubelet",
                   f"--cert-dir={place}/kubelet-pki")


def mount(*argv):
    command("mount", *argv)


def command(*argv):
    subprocess.run(list(map(str, argv)), check=True, stdin=subprocess.DEVNULL, timeout=60)


def write_json(file, content):
    file.write_text(json.dumps(content))


if __name__ == "__main__":
    if sys.argv[1] == "keep":
        keep(Path(sys.argv[2]), sys.argv[3])
    else:
        Init(Path(sys.argv[2]), sys.argv[3]).run()
