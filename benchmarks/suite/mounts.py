"""Mount points: seen through /proc/self/mountinfo, taken away lazily when they will not go otherwise."""

import subprocess
from pathlib import Path

UNMOUNT_SECONDS = 20


def mount_points() -> set[str]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        return {line.split()[4].replace("\\040", " ") for line in table}


def is_mounted(path: Path) -> bool:
    return str(path.resolve()) in mount_points()


def mount_tmpfs(path: Path, size: int) -> bool:
    """A tmpfs of its own at `path`; false where the user may not mount (then it is a directory of /dev/shm)."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "gridset-benchmark", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def unmount(path: Path) -> None:
    """Takes one mount point away: orderly, else lazily, so that a hung server cannot keep the machine dirty."""
    for command in (["fusermount3", "-u"], ["umount"], ["fusermount3", "-uz"], ["umount", "-l"]):
        if str(path) not in mount_points():
            return
        try:
            subprocess.run([*command, str(path)], capture_output=True, timeout=UNMOUNT_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue


def unmount_below(folder: Path) -> None:
    """Everything mounted at or under `folder`, innermost first."""
    below = [point for point in mount_points() if point == str(folder) or point.startswith(f"{folder}/")]
    for point in sorted(below, key=len, reverse=True):
        unmount(Path(point))
