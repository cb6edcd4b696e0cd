"""What the fault tests and the chaos run share: five members, a reader node and an origin on test hosts, one dataset whose bytes a seed
fixes, checked readers on some of the mounts, disks that are slow or full, clocks that jump."""

import atexit
import contextlib
import os
import random
import shutil
import time
from pathlib import Path

import hosts
from checked_readers import CheckedReaders, Content
from harness import Scratch, wait_for
from hosts import SECRET, Cluster, Lab, Origin, bound, manifest

MI = 1 << 20
FAKETIME = next((str(each) for each in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def files(seed, prefix, total):
    """Names and sizes, odd ones, that add up to about `total`."""
    chance, made = random.Random(f"{seed}/{prefix}"), {}
    while (left := total - sum(made.values())) > 0:
        size = min(left, chance.choice((4 * MI, 9 * MI, 16 * MI)) + chance.randrange(1, 100_000))
        made[f"{prefix}/part-{len(made) % 3}/{len(made):03d}.bin"] = size
    return made


class GridWorld:
    """Everything, opened in order and closed in reverse. `with GridWorld(seed) as world: …`"""

    QUOTA, BYTES = "64Mi", 80 * MI

    def __init__(self, seed, members=5, rate="1gbit", clock_of=None, bad_disks=False):
        """`clock_of`: the name of the one member whose wall clock can be made to jump. `bad_disks`: a second tier on
        disk, which is full on the last member but one and slow on the last."""
        self.seed, self.random = seed, random.Random(seed)
        self.slow_disk = None
        self._closing = contextlib.ExitStack()
        self._closing.callback(Clock.sweep)
        atexit.register(self.close)  # unittest runs no clean-up after Ctrl-C
        try:
            self._open(members, rate, clock_of, bad_disks)
        except BaseException:
            self._closing.close()
            raise

    def _open(self, members, rate, clock_of, bad_disks):
        close = self._closing
        self.lab = Lab()
        close.callback(self.lab.close)
        self.scratch = Scratch()
        close.callback(self.scratch.close)
        self.origin = Origin(self.scratch, self.lab.host("origin", rate))
        close.callback(self.origin.kill)
        self.content = Content(self.seed, files(self.seed, "data", self.BYTES))
        self.content.write(self.origin.root / "shared")
        self.cluster = Cluster(self.scratch, self.lab)
        close.callback(self.cluster.close)
        close.callback(self.lab.heal)
        self.clock = Clock(self.scratch) if clock_of and FAKETIME else None
        self.cluster.up(members, rate=rate, env={clock_of: self.clock.env} if self.clock else None)
        self.members = self.cluster.members
        self.readers = None
        levels = [self.QUOTA]
        if bad_disks:
            levels = ["36Mi", ("SSD", self._make_bad_disks(), "48Mi")]
        for member in self.members:  # secrets stay where they are given
            member("apply", "-f", "-", stdin=SECRET)
        bound(self.members[0], self.manifest("shared", *levels), "shared")
        for member in self.members:
            member.await_bound("shared")
        self.reader = self.cluster.reader("r1", rate=rate)
        self.reader.await_bound("shared")

    def manifest(self, name, *levels):
        """A Dataset on the origin's bucket of its name."""
        return manifest(self.origin, name, name, *levels)

    def _make_bad_disks(self):
        tiers = self.scratch.disk / "ssd"
        self._closing.callback(FullDisk(self.members[-2].tier_directory(tiers), "10m").close)
        if reason := SlowDisk.usable():
            print(f"no slow disk: {reason}", flush=True)
        else:
            self.slow_disk = SlowDisk(self.scratch.disk / "slow.img", self.members[-1].tier_directory(tiers), 160 * MI,
                                      4 * MI, f"{hosts.PREFIX}-{os.getpid()}-slow")
            self._closing.callback(self.slow_disk.close)
            self.started(self.members[-1])
        return tiers

    def started(self, member):
        """After each start of a member: the slow disk is slow for the new process too."""
        if self.slow_disk and member is self.members[-1]:
            self.slow_disk.slow_down(member.pid())

    def read_on(self, members, **more):
        """Mounts the dataset on these members and starts readers there."""
        mounts = [member.mount("shared") for member in members]
        self.readers = CheckedReaders(self.content, self.scratch.disk / f"readers-{time.monotonic_ns()}", mounts,
                                      seed=self.seed, **more)
        self._closing.callback(self.readers.kill)
        return self.readers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._closing.close()

    def logs(self, lines=40):
        """The ends of all logs: what a failing run shows."""
        return "\n".join(f"--- {each.name}\n" + "\n".join(each.tail().splitlines()[-lines:])
                         for each in self.cluster.members + self.cluster.readers)

    # What happens to members.

    @contextlib.contextmanager
    def excused(self, member):
        """The end of this node is arranged: readers of its own mount wait until it is back."""
        mount = member.mounts.get("shared")
        if mount and self.readers:
            self.readers.excuse(mount)
        yield
        if mount and self.readers:
            member.await_mounts()
            self.readers.expect(mount)

    def load(self, member=None, dataset="shared", seconds=120):
        """Loads all of the dataset; complete means verified bytes in caches."""
        member = member or self.members[0]
        return member("load", dataset, seconds=seconds)

    def origin_bytes(self):
        return self.origin.body_bytes()


class Clock:
    """The wall clock of one process, moved by libfaketime; monotonic time goes on as it does."""

    def __init__(self, scratch):
        self.file = scratch.disk / "clock"
        self.set(0)
        # Without the last, each timed wait for a condition ends at once: a JVM spins in each thread that waits.
        self.env = dict(LD_PRELOAD=FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC="1", FAKETIME_CACHE_DURATION="1",
                        FAKETIME_TIMESTAMP_FILE=str(self.file), NO_FAKE_STAT="1", FAKETIME_FORCE_MONOTONIC_FIX="0")

    @staticmethod
    def sweep():
        """Removes what libfaketime leaves in shared memory for every process that has ended."""
        for left in Path("/dev/shm").glob("*faketime_s*_*"):
            if not Path("/proc", left.name.rsplit("_", 1)[1]).exists():
                left.unlink(missing_ok=True)

    def set(self, seconds):
        temporary = self.file.with_suffix(".new")
        temporary.write_text(f"{seconds:+d}\n")
        os.replace(temporary, self.file)


class FullDisk:
    """A tier's directory with room for little: a small tmpfs mounted where one node keeps its tier."""

    def __init__(self, directory, size):
        self.directory = directory
        hosts._run("mount", "-t", "tmpfs", "-o", f"size={size}", "gridset-e2e-full", directory)

    def close(self):
        hosts._run("umount", "-l", self.directory, check=False)


class SlowDisk:
    """A tier's directory on a disk that writes and reads so many bytes a second: ext4, mounted to write at once, on a loop
    device that the block controller throttles for one process (cgroup v1 `blkio`, or v2 `io.max`). There is no
    device mapper in the kernels that we test on. `usable()` says why it cannot be made."""

    V1, V2 = Path("/sys/fs/cgroup/blkio"), Path("/sys/fs/cgroup")

    @staticmethod
    def usable():
        if shutil.which("losetup") is None or shutil.which("mkfs.ext4") is None:
            return "a slow disk needs losetup and mkfs.ext4 (apt install mount e2fsprogs)"
        if not os.path.exists("/dev/loop-control"):
            return "a slow disk needs loop devices"
        if (SlowDisk.V1 / "blkio.throttle.write_bps_device").exists() or SlowDisk._v2():
            return None
        return "a slow disk needs the block controller of cgroups"

    @staticmethod
    def _v2():
        controllers = SlowDisk.V2 / "cgroup.subtree_control"
        return controllers.exists() and "io" in controllers.read_text().split()

    def __init__(self, image, directory, size, bytes_per_second, name):
        self.directory, self.group = directory, None
        with open(image, "wb") as file:
            file.truncate(size)
        hosts._run("mkfs.ext4", "-q", "-F", image)
        self.device = hosts._run("losetup", "-f", "--show", image).strip()
        try:
            hosts._run("mount", "-o", "sync", self.device, directory)
            number = Path(f"/sys/block/{Path(self.device).name}/dev").read_text().strip()
            if (self.V1 / "blkio.throttle.write_bps_device").exists():
                self.group = self.V1 / name
                self.group.mkdir()
                for what in ("write", "read"):
                    (self.group / f"blkio.throttle.{what}_bps_device").write_text(f"{number} {bytes_per_second}")
            else:
                self.group = self.V2 / name
                self.group.mkdir()
                (self.group / "io.max").write_text(f"{number} wbps={bytes_per_second} rbps={bytes_per_second}")
        except BaseException:
            self.close()
            raise

    def slow_down(self, pid):
        """From now on this process sees the slow disk."""
        (self.group / "cgroup.procs").write_text(str(pid))

    def close(self):
        if self.group is not None and self.group.exists():
            for pid in (self.group / "cgroup.procs").read_text().split():
                with contextlib.suppress(OSError):
                    (self.group.parent / "cgroup.procs").write_text(pid)
            with contextlib.suppress(OSError):
                self.group.rmdir()
        hosts._run("umount", "-l", self.directory, check=False)
        hosts._run("losetup", "-d", self.device, check=False)
