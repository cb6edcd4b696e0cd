"""Gridset itself, driven as a user drives it: `gridset up` in the foreground, everything else by its command line."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from . import mounts, processes
from .access import ACCESS_KEY, BUCKET, SECRET_KEY
from .build import environment
from .measuring import Sample, process_tree, with_daemon
from .session import Session
from .store import LocalStore

START_SECONDS = 60
NAME = "bench"
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: bench-key
stringData:
  fs.oss.accessKeyId: "{key}"
  fs.oss.accessKeySecret: "{secret}"
"""
MANIFEST = """\
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata:
  name: {name}
spec:
  mounts:
    - mountPoint: oss://{bucket}
      name: bench
      path: /
      options:
        fs.oss.endpoint: {endpoint}
      encryptOptions:
        - name: fs.oss.accessKeyId
          valueFrom:
            secretKeyRef:
              name: bench-key
              key: fs.oss.accessKeyId
        - name: fs.oss.accessKeySecret
          valueFrom:
            secretKeyRef:
              name: bench-key
              key: fs.oss.accessKeySecret
---
apiVersion: data.fluid.io/v1alpha1
kind: JindoRuntime
metadata:
  name: {name}
spec:
  replicas: 1
  tieredstore:
    levels:
      - mediumtype: MEM
        path: {tier}
        quota: {quota}
        high: "0.95"
        low: "0.7"
"""


class Gridset:
    """One node with a state directory of its own. `stop` and `start` restart it; leaving the context ends it.

    `options` go to `gridset up`, `enter` is a command before it, such as a test host's.
    """

    def __init__(self, session: Session, name: str = "node", options: Sequence[str] = (), enter: Sequence[str] = ()):
        self._session = session
        self._folder = session.workspace.empty(name)
        self.state = session.workspace.folder(f"{name}/state")
        self.run = session.workspace.folder(f"{name}/run")
        self.tier = session.workspace.folder(f"{name}/tier")
        self.mount_path = session.workspace.folder(f"{name}/mnt")
        self.process: processes.Process | None = None
        self.options = list(options)
        self._enter = list(enter)
        self.environment = environment(session.repository)

    def __enter__(self) -> "Gridset":
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        mounts.unmount_below(self._folder)

    @property
    def pid(self) -> int:
        if self.process is None:
            raise RuntimeError("the node is not running")
        return self.process.pid

    @property
    def socket(self) -> Path:
        return self.run / "gridset.sock"

    def spawn(self) -> None:
        """Starts the process and does not wait for it."""
        command = [*self._enter, self._program(), "up", "--state-dir", str(self.state), "--run-dir", str(self.run), *self.options]
        self.process = self._session.workspace.start(self._folder.name, command, self.environment)

    def start(self) -> None:
        self.spawn()
        processes.wait_for("gridset up", self.answers, START_SECONDS, self.process)

    def answers(self) -> bool:
        """Whether the API accepts connections on its socket."""
        import socket

        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
            except OSError:
                return False
            return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None

    def command(self, *arguments: str) -> str:
        """Runs a `gridset` command against this node and answers what it prints."""
        return processes.output_of([self._program(), "--socket", str(self.socket), *arguments], self.environment)

    def apply(self, manifest: Path, environment: dict[str, str] | None = None) -> None:
        program = [self._program(), "--socket", str(self.socket), "apply", "-f", str(manifest)]
        processes.output_of(program, {**self.environment, **(environment or {})})

    def mounted(self, store: LocalStore) -> Path:
        """The store's bucket as a dataset, mounted; answers the mount point."""
        self.declare(store)
        return self.mount()

    def declare(self, store: LocalStore, quota: str = "5Gi") -> None:
        """Applies the manifests by which the store's bucket is a dataset."""
        self.give_keys()
        manifest = self._folder / "dataset.yaml"
        manifest.write_text(
            MANIFEST.format(name=NAME, bucket=BUCKET, endpoint=store.endpoint, tier=self.tier, quota=quota)
        )
        self.apply(manifest)

    def give_keys(self) -> None:
        """The store's keys, which nodes do not tell each other."""
        manifest = self._folder / "secret.yaml"
        manifest.write_text(SECRET.format(key=ACCESS_KEY, secret=SECRET_KEY))
        self.apply(manifest)

    def mount(self, name: str = NAME) -> Path:
        """Mounts a dataset as soon as it is bound."""
        processes.wait_for(f"dataset {name} bound", lambda: self.phase("dataset", name) == "Bound", START_SECONDS, self.process)
        self.command("mount", name, str(self.mount_path))
        processes.wait_for("the mount", lambda: mounts.is_mounted(self.mount_path), START_SECONDS, self.process)
        return self.mount_path

    def phase(self, kind: str, name: str) -> str:
        """`status.phase` of a resource."""
        return json.loads(self.command("get", kind, name, "-o", "json")).get("status", {}).get("phase", "")

    def load(self, name: str = NAME) -> None:
        self.command("load", name)

    def evict(self, name: str = NAME) -> None:
        self.command("evict", name)

    def cold(self, store: LocalStore, size: int, read: Callable[[], Sample], name: str = NAME) -> tuple[Sample, float]:
        """A reading with nothing cached, the daemon's CPU included, and origin bytes / `size` as the store counts them."""
        self.evict(name)
        store.reset()
        sample = with_daemon(self.pid, read)
        ratio = store.origin_bytes() / size
        if ratio < 0.99:
            raise RuntimeError(f"the read was not cold: the store sent {ratio:.2f} of its bytes")
        return sample, ratio

    def cache_file(self, size: int) -> Path | None:
        """The cache file of that size: in the run or tier directory, or through one of the daemon's descriptors."""
        candidates = [path for folder in (self.run, self.tier) for path in folder.rglob("*")]
        for member in process_tree(self.pid):
            try:
                candidates += list(Path(f"/proc/{member}/fd").iterdir())
            except OSError:
                continue
        for path in candidates:
            try:
                if path.is_file() and path.stat().st_size == size and path.stat().st_blocks * 512 >= size:
                    return path
            except OSError:
                continue
        return None

    def _program(self) -> str:
        return str(self._session.repository / "gridset")
