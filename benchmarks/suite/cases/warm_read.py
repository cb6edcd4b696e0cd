"""A sealed file through the mount against the tmpfs file itself; cached rclone and s3fs mounts beside it.

The reference is the very cache file where it can be reached (same pages, same page size), otherwise an equal file in
/dev/shm. CPU counts the readers and the daemon.
"""

from collections.abc import Callable
from pathlib import Path

from .. import goals
from ..gridset import Gridset
from ..measuring import GIB, MIB, Sample, interleaved, paired, with_daemon
from ..payload import write_file
from ..peers import mounts as peer_mounts
from ..report import Result
from ..session import Session
from ..store import LocalStore

KEY = "models/weights.bin"
PASSES = 4  # readings in one sample: the daemon's CPU is known in steps of 10 ms only
RANDOM_READS = 262_144
PEER_RANDOM_READS = 4_096  # the peers take a request for each
PEER_NOTE = "the peers' warm reads come from the kernel's page cache where they keep it: the data is in memory twice"
CASES = ("sequential", "two readers", "random 4 KiB by mmap")


def run(session: Session) -> list[Result]:
    size = session.pick(GIB, 256 * MIB)
    store = LocalStore(session)
    origin = write_file(store.bucket / KEY, size)
    results: list[Result] = []
    if not session.settings.only_peers:
        results += against_tmpfs(session, store, origin)
    for name, mount in peer_mounts.available(session).items():
        results += peer(session, store, origin, name, mount)
    return results


def against_tmpfs(session: Session, store: LocalStore, origin: Path) -> list[Result]:
    with Gridset(session) as node:
        through = node.mounted(store) / KEY
        session.say("warm-read: filling the cache")
        node.load()
        if session.reader.checksum(through) != session.reader.checksum(origin):
            raise RuntimeError("the file through the mount differs from the origin")
        reference = node.cache_file(origin.stat().st_size) or origin
        results = []
        for case in CASES:
            session.say(f"warm-read: {case}, gridset and tmpfs")
            ours = repeated(PASSES, reading(session, case, through, RANDOM_READS))
            theirs = repeated(PASSES, reading(session, case, reference, RANDOM_READS))
            samples = interleaved(
                session.rounds(15, 10), {"gridset": lambda: with_daemon(node.pid, ours), "tmpfs": theirs}
            )
            note = "" if reference != origin else "the cache file could not be reached: the reference is an equal file in /dev/shm"
            results += compared(case, "gridset", samples["gridset"], samples["tmpfs"], True, note)
        return results


def peer(session: Session, store: LocalStore, origin: Path, name: str, mount) -> list[Result]:
    session.say(f"warm-read: {name}")
    mounted = mount(session, store.endpoint)
    try:
        through = mounted.path / KEY
        session.reader.sequential(through)
        results = []
        for case in CASES:
            ours, theirs = reading(session, case, through, PEER_RANDOM_READS), reading(session, case, origin, PEER_RANDOM_READS)
            samples = interleaved(
                session.pick(3, 2), {name: lambda: with_daemon(mounted.process.pid, ours), "tmpfs": theirs}
            )
            results += compared(case, name, samples[name], samples["tmpfs"], False, PEER_NOTE)
        return results
    finally:
        mounted.close()


def reading(session: Session, case: str, path: Path, count: int) -> Callable[[], Sample]:
    seeds = iter(range(1, 1_000_000))
    match case:
        case "sequential":
            return lambda: session.reader.sequential(path)
        case "two readers":
            return lambda: session.reader.two_at_once(path)
        case _:
            return lambda: session.reader.random_pages(path, count, next(seeds))


def repeated(passes: int, read: Callable[[], Sample]) -> Callable[[], Sample]:
    def all_of_them() -> Sample:
        samples = [read() for _ in range(passes)]
        return Sample(
            sum(sample.size for sample in samples),
            sum(sample.seconds for sample in samples),
            sum(sample.cpu for sample in samples),
        )

    return all_of_them


def compared(case: str, name: str, ours: list[Sample], reference: list[Sample], judged: bool, note: str) -> list[Result]:
    def median(samples: list[Sample], figure) -> float:
        return sorted(map(figure, samples))[len(samples) // 2]

    return [
        Result(
            case,
            name,
            "tmpfs",
            paired(ours, reference, lambda sample: sample.cpu_per_gib),
            "cpu per byte",
            goals.WARM_CPU if judged else None,
            f"{median(ours, lambda sample: sample.cpu_per_gib):.3f} CPU-s/GiB",
            f"{median(reference, lambda sample: sample.cpu_per_gib):.3f} CPU-s/GiB",
            note,
        ),
        Result(
            case,
            name,
            "tmpfs",
            paired(ours, reference, lambda sample: sample.throughput),
            "throughput",
            goals.WARM_THROUGHPUT if judged else None,
            f"{median(ours, lambda sample: sample.throughput) / MIB:.0f} MiB/s",
            f"{median(reference, lambda sample: sample.throughput) / MIB:.0f} MiB/s",
        ),
    ]
