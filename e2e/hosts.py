"""Test hosts on one machine: network namespaces on a bridge, with links that can be shaped, cut and made lossy.

Nothing touches the machine's own network: the bridge is in a namespace of its own, addresses are private and known
inside only, there is no route out. Processes enter a host by `nsenter --net` and share everything else (files, mounts)
with the test; `ip netns exec` would hide FUSE mounts in a mount namespace. All names bear the process id of the run;
what a dead run left (namespaces and the processes in them, mounts, directories) is swept when the next one starts.

    lab = Lab()                                  # lab.close() at the end; atexit and SIGTERM do it as well
    a, b = lab.host("a"), lab.host("b")
    a.rate("1gbit"); b.loss(5); a.cut(b); a.one_way(b); b.unplug(); lab.heal()
    Process(a.enter + ["some", "command"], "log")

This kernel has no netem, so there is no added delay: rates are tbf on both ends of a host's cable, loss is iptables'
`statistic` match, cuts are dropped packets (silence, not resets), `unplug` is the loss of carrier.
"""

import atexit
import contextlib
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

from harness import GRIDSET, SECRET_KEY, ACCESS_KEY, Node, Scratch, Store, log, wait_for

NETNS = Path("/run/netns")
PREFIX = "gridset-e2e"
CLONE_NEWNET = 0x40000000
GRID_PORT, DATA_PORT = 5701, 5801


def unavailable():
    """Why test hosts cannot be made here, or None."""
    if os.geteuid() != 0:
        return "test hosts are network namespaces, which need root"
    for command, package in (("ip", "iproute2"), ("tc", "iproute2"), ("nsenter", "util-linux"), ("iptables", "iptables")):
        if shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            return f"test hosts need {command} (apt install {package})"
    probe = f"{PREFIX}-{os.getpid()}-probe"
    try:
        _run("ip", "netns", "add", probe)
        _run("ip", "-n", probe, "link", "add", "probe0", "type", "bridge")
        _run("nsenter", f"--net={NETNS / probe}", "iptables", "-A", "INPUT", "-s", "10.0.0.0/8", "-m", "statistic",
             "--mode", "random", "--probability", "0.5", "-j", "DROP")
    except AssertionError as failure:
        return f"network namespaces cannot be made here: {failure}"
    finally:
        subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False, env=_environment())
    return None


def _environment():
    return dict(os.environ, PATH=os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin")


def _run(*argv, check=True, stdin=None):
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, env=_environment(), input=stdin, timeout=60)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, argv))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def alive(pid):
    return Path(f"/proc/{pid}").exists()


def processes_in(namespace):
    """The ids of the processes in a named network namespace."""
    try:
        wanted = os.stat(NETNS / namespace).st_ino
    except FileNotFoundError:
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.stat(entry / "ns" / "net").st_ino == wanted:
                    found.append(int(entry.name))
            except OSError:
                pass  # it ended meanwhile
    return found


def _end_all(namespace):
    """Ends what runs in a namespace of ours, and waits until it is gone."""
    deadline = time.monotonic() + 20
    while (pids := processes_in(namespace)) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)


def left_overs(dead_only=True):
    """(kind, name) of what runs of this program left behind: namespaces, mounts, loop devices, groups, directories."""
    pattern = re.compile(rf"{PREFIX}-(\d+)-")

    def counts(name):
        match = pattern.search(name)
        return match and (not dead_only or not alive(match.group(1)))

    found = []
    if NETNS.is_dir():
        found += [("namespace", each.name) for each in NETNS.iterdir() if counts(each.name)]
    for line in Path("/proc/self/mounts").read_text().splitlines():
        target = line.split()[1].encode().decode("unicode_escape")
        if counts(target) and not target.startswith(str(NETNS)):
            found.append(("mount", target))
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        if counts(backing.read_text()):
            found.append(("loop device", f"/dev/{backing.parent.parent.name}"))
    for parent in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/blkio")):
        found += [("control group", str(each)) for each in parent.glob(f"{PREFIX}-*") if counts(each.name)]
    for parent in (Path("/tmp"), Path("/dev/shm"), Path(os.environ.get("TMPDIR", "/tmp"))):
        found += [("directory", str(each)) for each in parent.glob(f"{PREFIX}-*") if counts(each.name)]
    return list(dict.fromkeys(found))


def sweep():
    """Takes away what dead runs left."""
    for kind, name in left_overs():
        log(f"sweeping the {kind} {name} of a dead run")
        if kind == "namespace":
            _end_all(name)
            _run("ip", "netns", "del", name, check=False)
        elif kind == "mount":
            _run("umount", "-l", name, check=False)
        elif kind == "loop device":
            _run("losetup", "-d", name, check=False)
        elif kind == "control group":
            with contextlib.suppress(OSError):
                os.rmdir(name)
        else:
            shutil.rmtree(name, ignore_errors=True)


class Lab:
    """A bridge and the hosts on it."""

    def __init__(self, network="10.99.0"):
        sweep()
        self.network, self.hosts, self._closed = network, {}, False
        self.name = f"{PREFIX}-{os.getpid()}-{len(_labs)}"
        _labs.append(self)
        self.switch = f"{self.name}-switch"
        _run("ip", "netns", "add", self.switch)
        _run("ip", "-n", self.switch, "link", "add", "br0", "type", "bridge", "forward_delay", "0")
        _run("ip", "-n", self.switch, "link", "set", "br0", "up")

    def host(self, name, rate=None):
        host = Host(self, name, len(self.hosts) + 2)
        self.hosts[name] = host
        if rate:
            host.rate(rate)
        return host

    def heal(self):
        """All cuts, losses and pulled cables mended; rates stay."""
        for host in self.hosts.values():
            host.heal()

    def close(self):
        if self._closed:
            return
        self._closed = True
        for host in self.hosts.values():
            _end_all(host.netns)
        for netns in [host.netns for host in self.hosts.values()] + [self.switch]:
            _run("ip", "netns", "del", netns, check=False)


_labs = []


def _close_labs():
    for lab in _labs:
        lab.close()


atexit.register(_close_labs)


def exit_on_signals():
    """SIGTERM and SIGHUP end the run as Ctrl-C does, so that everything is taken away. Not by an exit, which
    unittest takes for a test's failure."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) == signal.SIG_DFL:
            signal.signal(each, signal.default_int_handler)


class Host:
    """A network namespace with one cable (`eth0`) to the bridge."""

    def __init__(self, lab, name, number):
        self.lab, self.name, self.address = lab, name, f"{lab.network}.{number}"
        self.netns = f"{lab.name}-{name}"
        self.port = f"p{number}"  # the bridge's end of the cable
        self.enter = ["nsenter", f"--net={NETNS / self.netns}"]
        _run("ip", "netns", "add", self.netns)
        _run("ip", "link", "add", "eth0", "netns", self.netns, "type", "veth", "peer", "name", self.port,
             "netns", lab.switch)
        _run("ip", "-n", lab.switch, "link", "set", self.port, "master", "br0")
        _run("ip", "-n", lab.switch, "link", "set", self.port, "up")
        _run("ip", "-n", self.netns, "link", "set", "lo", "up")
        _run("ip", "-n", self.netns, "address", "add", f"{self.address}/24", "dev", "eth0")
        _run("ip", "-n", self.netns, "link", "set", "eth0", "up")

    def run(self, *argv, **more):
        return _run(*self.enter, *argv, **more)

    # Links.

    def rate(self, rate):
        """Both directions of this host's cable carry at most this much, such as "1gbit"; None for no limit."""
        for namespace, device in ((self.netns, "eth0"), (self.lab.switch, self.port)):
            if rate is None:
                _run("tc", "-n", namespace, "qdisc", "del", "dev", device, "root", check=False)
            else:
                # A burst of 2 ms, yet never less than one large segment, which tbf would cut up.
                burst = max(128 * 1024, _bits(rate) // 8 // 500)
                _run("tc", "-n", namespace, "qdisc", "replace", "dev", device, "root", "tbf", "rate", rate,
                     "burst", burst, "limit", max(4 * burst, 1 << 20))

    def cut(self, other):
        """No packet between the two, in either direction, until heal()."""
        self._drop("INPUT", "-s", other.address)
        self._drop("OUTPUT", "-d", other.address)

    def one_way(self, other):
        """Packets from this host to the other are lost; the other direction works."""
        other._drop("INPUT", "-s", self.address)

    def loss(self, percent):
        """That share of the packets that arrive here is lost: packets as on a wire, not the kernel's large segments."""
        for host in self.lab.hosts.values():
            host._segments(1)
        self._drop("INPUT", "!", "-i", "lo", "-m", "statistic", "--mode", "random", "--probability", percent / 100)

    def unplug(self):
        """The cable is pulled: no carrier, on either end."""
        _run("ip", "-n", self.lab.switch, "link", "set", self.port, "down")

    def plug(self):
        _run("ip", "-n", self.lab.switch, "link", "set", self.port, "up")

    def heal(self):
        for chain in ("INPUT", "OUTPUT"):
            self.run("iptables", "-F", chain)
        self._segments(65535)
        self.plug()

    def _segments(self, most):
        _run("ip", "-n", self.netns, "link", "set", "eth0", "gso_max_segs", most)

    def _drop(self, chain, *match):
        self.run("iptables", "-A", chain, *match, "-j", "DROP")

    # Sockets.

    def connect(self, address, timeout=10):
        """A TCP connection from inside this host. A thread enters the namespace and ends; the socket stays in it."""
        result = []

        def dial():
            try:
                _enter_thread(NETNS / self.netns)
                result.append(socket.create_connection(address, timeout))
            except OSError as failure:
                result.append(failure)

        thread = threading.Thread(target=dial)
        thread.start()
        thread.join()
        if isinstance(result[0], OSError):
            raise result[0]
        return result[0]

    def http(self, method, url, timeout=10):
        """An HTTP request from inside this host: (status, body)."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
        connection.sock = self.connect((parts.hostname, parts.port or 80), timeout)
        try:
            connection.request(method, parts.path + ("?" + parts.query if parts.query else ""),
                               headers={"Content-Length": "0"} if method in ("PUT", "POST") else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _enter_thread(path):
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(fd)


def _bits(rate):
    number, unit = re.fullmatch(r"([0-9.]+)(k|m|g)bit", rate).groups()
    return int(float(number) * {"k": 1e3, "m": 1e6, "g": 1e9}[unit])


class Origin(Store):
    """The local object store on a host of its own. Statistics are asked from inside that host."""

    def __init__(self, scratch, host, *options):
        self.host = host
        super().__init__(scratch, *options, host=host)

    def _http(self, method, path):
        status, body = self.host.http(method, self.endpoint + path)
        if status >= 300:
            raise OSError(f"{method} {path}: {status} {body!r}")
        return body


class Member(Node):
    """`gridset up` on a host."""

    def __init__(self, scratch, host, *options, env=None, name=None):
        self.host, self.mounts = host, {}
        self.address = host.address
        super().__init__(scratch, name or host.name, env, *options, enter=host.enter, launch_only=True)

    def is_up(self):
        return self.child.poll() is None

    def freeze(self):
        os.kill(self.pid(), signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid(), signal.SIGCONT)

    def crash(self):
        """kill -9, as the machine's end would be for everybody else."""
        self.kill(signal.SIGKILL)

    def restart(self):
        """A graceful stop if it still runs, and a start with the same directories and options."""
        self.kill()
        self.start()

    def mount(self, dataset):
        """The dataset's mount on this host's directory; made when it is not there."""
        point = self.scratch.disk / self.name / ("mnt-" + dataset.replace("/", "-"))
        point.mkdir(parents=True, exist_ok=True)
        if not os.path.ismount(point):
            self.await_bound(dataset)
            self("mount", dataset, str(point))
        self.mounts[dataset] = point
        return point

    def unmount(self, dataset):
        """Takes the mount away for good: no restart is expected to bring it back."""
        point = self.mounts.pop(dataset, None)
        if point is not None:
            self("umount", str(point), check=False)

    def await_bound(self, dataset, seconds=180):
        """The dataset runs on this node, whichever node it was applied on."""
        status = {}

        def is_bound():
            with contextlib.suppress(OSError):  # not there yet
                status.update(self.api(f"/v1/resources/datasets/default/{dataset}")["status"])
            return status.get("phase") == "Bound"

        try:
            wait_for(f"{dataset} to be Bound at {self.name}", is_bound, seconds)
        except AssertionError as failure:
            raise AssertionError(f"{failure}: {status}\n{self.tail()}") from None

    def await_mounts(self, seconds=60):
        """After a restart: the mounts are back and answer."""
        for point in self.mounts.values():
            wait_for(f"{point} to be back", lambda: os.path.ismount(point) and _lists(point), seconds)

    def tier_directory(self, path):
        """Where this node keeps its tiers below `path` (see NodeCaches): mount there what one node alone shall have."""
        number = 0
        for letter in str(self.run):
            number = (31 * number + ord(letter)) & 0xFFFFFFFF
        directory = Path(path) / f"gridset-{number:x}"
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def nodes(self):
        """What `gridset nodes -o json` prints, or [] when the node does not answer."""
        try:
            return self.api("/v1/nodes")
        except (OSError, http.client.HTTPException):
            return []

    def api(self, path, timeout=10):
        """GET by the node's Unix socket: a command would start a JVM for each look."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self.run / "gridset.sock"))
            exchange = http.client.HTTPConnection("localhost", timeout=timeout)
            exchange.sock = connection
            exchange.request("GET", path)
            answer = exchange.getresponse()
            body = answer.read()
        if answer.status >= 300:
            raise OSError(f"GET {path}: {answer.status} {body!r}")
        return json.loads(body)

    def figures(self):
        """Descriptors, anonymous bytes and threads of the JVM: what must not grow."""
        return {"descriptors": len(os.listdir(f"/proc/{self.pid()}/fd")), "anonymous": self.anonymous_bytes(),
                "threads": len(os.listdir(f"/proc/{self.pid()}/task"))}


def _lists(directory):
    try:
        return bool(os.listdir(directory))
    except OSError:
        return False


class Cluster:
    """Members, one per host, that find each other by a static list."""

    def __init__(self, scratch, lab):
        self.scratch, self.lab, self.members, self.readers = scratch, lab, [], []
        self.token = scratch.disk / "cluster-token"
        self.token.write_text("token-of-this-test-cluster\n")
        self.token.chmod(0o600)

    @staticmethod
    def supported():
        """Whether this build has grids of several members."""
        return "--join" in subprocess.run([GRIDSET, "up", "--help"], capture_output=True, text=True, timeout=600).stdout

    def options(self, host, join):
        return ["--join", ",".join(f"{each.address}:{GRID_PORT}" for each in join),
                "--grid-listen", f"{host.address}:{GRID_PORT}", "--data-listen", f"{host.address}:{DATA_PORT}",
                "--node-name", host.name, "--cluster-token-file", str(self.token)]

    def up(self, count, *options, env=None, rate=None):
        """Starts that many members more, all at once, and waits until each sees all."""
        numbers = range(len(self.members), len(self.members) + count)
        hosts = [self.lab.host(f"m{number + 1}", rate) for number in numbers]
        all_hosts = [each.host for each in self.members] + hosts
        begun = [Member(self.scratch, host, *self.options(host, all_hosts), *options,
                        env=(env or {}).get(host.name)) for host in hosts]
        self.members += begun
        for member in begun:
            member.await_answer()
        self.await_grid()
        return begun

    def reader(self, name, *options, rate=None, of=None):
        """A node that is no member and reads straight from the members."""
        host = self.lab.host(name, rate)
        places = ",".join(f"{each.address}:{DATA_PORT}" for each in (of or self.members))
        reader = Member(self.scratch, host, "--reader-of", places, "--node-name", name,
                        "--cluster-token-file", str(self.token), *options)
        reader.await_answer()
        self.readers.append(reader)
        return reader

    def await_grid(self, members=None, seconds=90):
        """Waits until each of these members sees just these as alive."""
        wanted = members or [each for each in self.members if each.is_up()]
        names = {each.name for each in wanted}

        told = {}

        def seen():
            for each in wanted:
                told[each.name] = sorted(node["name"] for node in each.nodes() if node["state"].upper() == "ACTIVE")
            return all(names.issubset(of_one) for of_one in told.values())

        try:
            wait_for(f"{sorted(names)} to see each other", seen, seconds)
        except AssertionError as failure:
            last = {each.name: each.tail().splitlines()[-3:] for each in wanted if set(told.get(each.name, ())) != names}
            raise AssertionError(f"{failure}; seen: {told}; last said: {last}") from None

    def __getitem__(self, index):
        return self.members[index]

    def split(self, *groups):
        """No packet passes between members of different groups."""
        for index, group in enumerate(groups):
            for other in groups[index + 1:]:
                for left in group:
                    for right in other:
                        left.host.cut(right.host)

    def close(self):
        for each in self.readers + self.members:
            if each.is_up():
                each.thaw()
                os.killpg(each.child.pid, signal.SIGTERM)
        for each in self.readers + self.members:
            each.kill(seconds=45)


SECRET = f"""
apiVersion: v1
kind: Secret
metadata: {{name: key}}
stringData: {{id: "{ACCESS_KEY}", secret: "{SECRET_KEY}"}}
"""
DATASET = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {name}}}
spec:
  mounts:
    - mountPoint: oss://{bucket}/
      name: data
      path: /
      options: {{fs.oss.endpoint: "{endpoint}"}}
      encryptOptions:
        - {{name: fs.oss.accessKeyId, valueFrom: {{secretKeyRef: {{name: key, key: id}}}}}}
        - {{name: fs.oss.accessKeySecret, valueFrom: {{secretKeyRef: {{name: key, key: secret}}}}}}
---
apiVersion: data.fluid.io/v1alpha1
kind: JindoRuntime
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  tieredstore:
    levels:
{levels}"""


def manifest(origin, name, bucket, *levels, replicas=1):
    """A Dataset on the origin's bucket, the Secret for it, and its Runtime; a level is a quota of memory, or
    (medium, path, quota)."""
    lines = []
    for level in levels:
        medium, path, quota = ("MEM", "/dev/shm", level) if isinstance(level, str) else level
        lines.append(f'      - {{mediumtype: {medium}, path: {path}, quota: {quota}, high: "0.95", low: "0.8"}}')
    return SECRET + "---" + DATASET.format(endpoint=origin.endpoint, name=name, bucket=bucket, replicas=replicas,
                                           levels="\n".join(lines))


def bound(member, text, name):
    """Applies a manifest by this member and waits until the dataset is Bound there."""
    member("apply", "-f", "-", stdin=text)
    member.await_bound(name)
