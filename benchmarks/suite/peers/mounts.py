"""The mounts compared with: rclone and s3fs as Debian ships them, both told to keep what they have read in memory."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from .. import mounts, processes
from ..access import ACCESS_KEY, BUCKET, SECRET_KEY
from ..session import Session
from .downloads import rclone_environment, rclone_remote

MOUNT_SECONDS = 30


@dataclass(frozen=True)
class PeerMount:
    """A mounted bucket and the process that serves it."""

    name: str
    path: Path
    process: processes.Process

    def close(self) -> None:
        mounts.unmount(self.path)
        self.process.stop()


def available(session: Session) -> dict:
    """name → a function (session, endpoint) → PeerMount, for the peers that are installed."""
    found = {}
    if shutil.which("rclone"):
        session.versions["rclone"] = processes.output_of(["rclone", "version"]).split()[1]
        found["rclone mount"] = mount_rclone
    if shutil.which("s3fs"):
        session.versions["s3fs"] = processes.output_of(["s3fs", "--version"]).split("V", 1)[1].split()[0]
        found["s3fs"] = mount_s3fs
    return found


def mount_rclone(session: Session, endpoint: str, host=None, cache_mode: str = "full") -> PeerMount:
    """On a test host, when one is given, with a cache of its own there."""
    place = f"rclone-{host.name}" if host else "rclone"
    path = session.workspace.folder(f"mnt-{place}")
    command = [*(host.enter if host else []), "rclone", "mount", "--config", "/dev/null", "--read-only"]
    command += ["--vfs-cache-mode", cache_mode, "--cache-dir", str(session.workspace.empty(f"cache-{place}"))]
    command += ["--dir-cache-time", "1h", "--attr-timeout", "1h", "--vfs-read-ahead", "128M", "--buffer-size", "32M"]
    command += ["--no-checksum", "--no-modtime", f"{rclone_remote()}:{BUCKET}", str(path)]
    return _mounted(session, "rclone mount", path, command, rclone_environment(endpoint))


def mount_s3fs(session: Session, endpoint: str) -> PeerMount:
    path = session.workspace.folder("mnt-s3fs")
    password = session.workspace.path / "s3fs-password"
    password.touch(mode=0o600)
    password.write_text(f"{ACCESS_KEY}:{SECRET_KEY}\n")
    settings = [f"url={endpoint}", "use_path_request_style", f"passwd_file={password}", "ro", "kernel_cache"]
    settings += [f"use_cache={session.workspace.empty('cache-s3fs')}", "parallel_count=8", "multipart_size=16"]
    settings += ["stat_cache_expire=3600", "max_stat_cache_size=200000", "attr_timeout=3600", "entry_timeout=3600"]
    settings += ["sigv4", "endpoint=us-east-1"]
    command = ["s3fs", BUCKET, str(path), "-f"]
    for setting in settings:
        command += ["-o", setting]
    return _mounted(session, "s3fs", path, command, None)


def _mounted(session: Session, name: str, path: Path, command: list[str], environment: dict[str, str] | None) -> PeerMount:
    process = session.workspace.start(path.name.removeprefix("mnt-"), command, environment)
    session.workspace.on_close(mounts.unmount, path)
    processes.wait_for(f"{name} at {path}", lambda: mounts.is_mounted(path), MOUNT_SECONDS, process)
    return PeerMount(name, path, process)
