"""A grid on test hosts: members, readers and the store in network namespaces whose links are shaped (`e2e/hosts.py`).

Links, not the two cores, are to be the limit: rates are chosen so, and said beside the figures. Mounts and files are
seen from outside the hosts, so the readers that are timed need no host of their own.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import mounts, processes
from .gridset import START_SECONDS, Gridset
from .measuring import process_tree
from .session import Session
from .store import UNLIMITED, Limits, LocalStore

GRID_PORT, DATA_PORT = 5701, 5801
GRID_SECONDS = 90  # until all members see each other
STOP_SECONDS = 45  # a graceful stop, the handing over of blocks included
NO_DRAIN = "--drain-timeout=1s"  # where stopping is not what is measured


class Hosts:
    """The test hosts of one benchmark; they go with its workspace."""

    def __init__(self, session: Session):
        sys.path.append(str(session.repository / "e2e"))
        import hosts

        reason = hosts.unavailable()
        if reason:
            raise RuntimeError(reason)
        self.lab = hosts.Lab()
        session.workspace.on_close(self.lab.close)

    def host(self, name: str, rate: str | None = None):
        """A host whose cable carries at most `rate` in each direction, such as "1gbit"."""
        return self.lab.host(name, rate)


class Node(Gridset):
    """`gridset up` on a host."""

    def __init__(self, session: Session, host, options: list[str]):
        super().__init__(session, host.name, ["--node-name", host.name, *options], host.enter)
        self.host = host
        self.name: str = host.name
        self.refusal = ""

    def signal(self, number: int) -> None:
        """To the daemon and to the script above it."""
        for pid in process_tree(self.pid):
            os.kill(pid, number)

    def crash(self) -> None:
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(STOP_SECONDS)
            self.stop()

    def leave(self) -> None:
        """A graceful stop: what it is home to is handed over first."""
        os.kill(self.pid, signal.SIGTERM)
        if self.process is not None:
            self.process.wait(STOP_SECONDS)
            self.stop()

    def takes_keys(self) -> bool:
        """Gives it the store's keys; a member that is still joining, or counting its majority, refuses for a moment."""
        try:
            self.give_keys()
        except RuntimeError as refusal:
            self.refusal = str(refusal)
            return False
        return True

    def mount_again(self) -> None:
        """The mount of before a restart, as soon as it answers; mounted anew when it has not come back by itself."""
        if not mounts.is_mounted(self.mount_path):
            self.mount()
        patiently(f"the mount of {self.name}", self._listed, START_SECONDS)

    def _listed(self) -> bool:
        try:
            return bool(os.listdir(self.mount_path))
        except OSError:
            return False

    def sees(self) -> set[str]:
        """The names of the nodes that this one takes for alive."""
        return {entry["name"] for entry in json.loads(self.command("nodes", "-o", "json")) if entry["state"] == "ACTIVE"}


class Grid:
    """Members that find each other by a static list, and readers beside them, with one dataset for all."""

    def __init__(self, session: Session, hosts: Hosts, prefix: str = "m"):
        self._session = session
        self._hosts = hosts
        self._prefix = prefix
        self.members: list[Node] = []
        self.readers: list[Node] = []
        self.gone: list[Node] = []
        self._begun = 0
        self.token = session.workspace.path / f"{prefix}-token"
        self.token.write_text("token-of-this-benchmark-and-no-other\n")
        self.token.chmod(0o600)

    def __enter__(self) -> "Grid":
        return self

    def __exit__(self, *_) -> None:
        running = [node for node in self.nodes if node.process is not None and node.process.running()]
        for node in running:
            node.signal(signal.SIGCONT)
            os.kill(node.pid, signal.SIGTERM)
        for node in [*self.nodes, *self.gone]:
            node.__exit__()

    @property
    def nodes(self) -> list[Node]:
        return [*self.readers, *self.members]

    def up(self, count: int, rate: str | None = None, *options: str) -> list[Node]:
        """Starts that many members more, all at once, and waits until each sees all."""
        numbers = range(self._begun + 1, self._begun + count + 1)
        self._begun += count
        hosts = [self._hosts.host(f"{self._prefix}{number}", rate) for number in numbers]
        everyone = [node.host for node in self.members] + hosts
        started = [self._member(host, everyone, options) for host in hosts]
        self.members += started
        for node in started:
            node.spawn()
        self.await_grid(self.members)
        for node in started:
            try:
                patiently(f"{node.name} to take the store's keys", node.takes_keys, GRID_SECONDS)
            except RuntimeError as late:
                raise RuntimeError(f"{late}: {node.refusal}") from late
        return started

    def reader(self, name: str, rate: str | None = None, *options: str) -> Node:
        """A node that is no member and reads straight from the members."""
        places = ",".join(f"{node.host.address}:{DATA_PORT}" for node in self.members)
        host = self._hosts.host(name, rate)
        node = Node(self._session, host, ["--reader-of", places, "--cluster-token-file", str(self.token), *options])
        self.readers.append(node)
        node.start()
        return node

    def await_grid(self, members: list[Node]) -> None:
        """Until each of these sees just these members as alive."""
        names = {node.name for node in members}
        for node in members:
            processes.wait_for(f"{node.name} to answer", node.answers, START_SECONDS, node.process)
        for node in members:
            patiently(f"{node.name} to see {sorted(names)}", lambda: node.sees() >= names, GRID_SECONDS)

    def await_gone(self, left: Node) -> None:
        """Until no member counts on the one that left."""
        for node in self.members:
            patiently(f"{node.name} to see that {left.name} is gone", lambda: left.name not in node.sees(), GRID_SECONDS)

    def declare(self, store: LocalStore, quota: str = "5Gi") -> None:
        """The store's bucket as a dataset, mounted on every node."""
        self.members[0].declare(store, quota)
        for node in self.nodes:
            node.mount()

    def evict(self) -> None:
        for node in self.nodes:
            node.evict()

    def load(self) -> None:
        """The whole dataset into the members, each block once."""
        self.members[0].load()

    def _member(self, host, everyone, options) -> Node:
        join = ",".join(f"{each.address}:{GRID_PORT}" for each in everyone)
        listen = ["--grid-listen", f"{host.address}:{GRID_PORT}", "--data-listen", f"{host.address}:{DATA_PORT}"]
        return Node(self._session, host, ["--join", join, *listen, "--cluster-token-file", str(self.token), *options])


def store_on(session: Session, hosts: Hosts, limits: Limits = UNLIMITED) -> LocalStore:
    """The object store on a host of its own, whose cable is no limit."""
    return LocalStore(session, limits, hosts.host("origin"))


def patiently(what: str, ready: Callable[[], object], seconds: float) -> None:
    """Polls at the pace of commands, each of which is a process."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.2)


def origin_of(store: LocalStore, size: int, action: Callable[[], object]) -> float:
    """Origin bytes / `size` while `action` runs."""
    store.reset()
    action()
    return store.origin_bytes() / size


def files_of(node: Node, keys: list[str]) -> list[Path]:
    return [node.mount_path / key for key in keys]

