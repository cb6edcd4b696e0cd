"""20,000 files of 64 KiB: cold with 20 ms a request at the store; warm against tmpfs; rclone and s3fs beside.

One reader opens, reads and closes the files in the order of the listing. The peers take 20 ms and more for each cold
file, so they read only the first of them; figures are files a second, so that the counts need not be equal.
"""

import os
import time
from pathlib import Path

from .. import goals
from ..gridset import Gridset
from ..measuring import Sample, Spread, interleaved, paired, with_daemon
from ..payload import write_small_files
from ..peers import mounts as peer_mounts
from ..reading import write_listing
from ..report import Result
from ..session import Session
from ..store import UNLIMITED, Limits, LocalStore

FOLDER = "small"
FILE_BYTES = 64 * 1024
COUNT, QUICK_COUNT = 20_000, 2_000
LATENCY = Limits(latency="20ms")
COLD_LIMIT_SECONDS = 90  # whatever was not read by then is extrapolated, and said so
PEER_COLD_FILES, QUICK_PEER_COLD_FILES = 300, 100
PEER_WARM_FILES, QUICK_PEER_WARM_FILES = 2_000, 500
CASE_COLD, CASE_WARM, CASE_LIST = "cold, 20 ms a request", "warm", "listing, cold"


def run(session: Session) -> list[Result]:
    count = session.pick(COUNT, QUICK_COUNT)
    store = LocalStore(session)
    names = write_small_files(store.bucket / FOLDER, count, FILE_BYTES)
    results: list[Result] = []
    cold: dict[str, Sample] = {}
    for name, mount in peer_mounts.available(session).items():
        session.say(f"small-files: {name}")
        cold[name], warm = peer(session, store, mount, names)
        results.append(warm_entry(name, warm[name], warm["tmpfs"]))
    if session.settings.only_peers:
        return results + [cold_entry(name, sample, name, sample, "") for name, sample in cold.items()]
    return ours(session, store, names, cold) + results


def ours(session: Session, store: LocalStore, names: list[str], cold: dict[str, Sample]) -> list[Result]:
    store.limit(LATENCY)
    with Gridset(session) as node:
        folder = node.mounted(store) / FOLDER
        store.reset()
        session.say("small-files: gridset, cold")
        began = time.monotonic()
        seen = sorted(os.listdir(folder))
        listing_seconds = time.monotonic() - began
        if seen != names:
            raise RuntimeError(f"the listing has {len(seen)} of {len(names)} files")
        listing = listing_of(session, folder, names)
        first, read = None, 0

        def timed() -> Sample:
            nonlocal read
            sample, read = session.reader.files(listing, COLD_LIMIT_SECONDS)
            return sample

        first = with_daemon(node.pid, timed)
        origin = store.origin_bytes() / (len(names) * FILE_BYTES)
        store.limit(UNLIMITED)
        node.load()
        verify(session, folder, store.bucket / FOLDER, names)
        session.say("small-files: gridset and tmpfs, warm")
        direct = listing_of(session, store.bucket / FOLDER, names)
        warm = interleaved(
            session.rounds(10, 5),
            {
                "gridset": lambda: with_daemon(node.pid, lambda: session.reader.files(listing)[0]),
                "tmpfs": lambda: session.reader.files(direct)[0],
            },
        )
    note = f"read {read} of {len(names)} files in {first.seconds:.1f} s"
    results = [cold_entry("gridset", first, name, sample, note) for name, sample in cold.items()]
    results.append(
        Result(
            CASE_LIST,
            "gridset",
            "one request (20 ms)",
            Spread.of([listing_seconds / 0.020]),
            "time",
            None,
            f"{listing_seconds:.2f} s",
            "0.02 s",
        )
    )
    if read == len(names):
        results.append(Result(CASE_COLD, "gridset", "object bytes", Spread.of([origin]), "origin bytes", goals.ORIGIN_ONCE))
    return results + [warm_entry("gridset", warm["gridset"], warm["tmpfs"])]


def peer(session: Session, store: LocalStore, mount, names: list[str]) -> tuple[Sample, dict[str, list[Sample]]]:
    """A peer's cold reading of the first files, and its warm readings of some more, paired with tmpfs."""
    mounted = mount(session, store.endpoint)
    try:
        folder = mounted.path / FOLDER
        store.limit(LATENCY)
        os.listdir(folder)
        some = listing_of(session, folder, names[: session.pick(PEER_COLD_FILES, QUICK_PEER_COLD_FILES)])
        cold = with_daemon(mounted.process.pid, lambda: session.reader.files(some)[0])
        store.limit(UNLIMITED)
        subset = names[: session.pick(PEER_WARM_FILES, QUICK_PEER_WARM_FILES)]
        through, direct = listing_of(session, folder, subset), listing_of(session, store.bucket / FOLDER, subset)
        session.reader.files(through)
        warm = interleaved(
            session.pick(3, 2),
            {
                mounted.name: lambda: with_daemon(mounted.process.pid, lambda: session.reader.files(through)[0]),
                "tmpfs": lambda: session.reader.files(direct)[0],
            },
        )
        return cold, warm
    finally:
        store.limit(UNLIMITED)
        mounted.close()


def listing_of(session: Session, folder: Path, names: list[str]) -> Path:
    number = len(list(session.workspace.folder("listings").iterdir()))
    return write_listing(session.workspace.folder("listings") / str(number), [folder / name for name in names])


def verify(session: Session, folder: Path, origin: Path, names: list[str]) -> None:
    for name in names[:: max(1, len(names) // 50)]:
        if (folder / name).read_bytes() != (origin / name).read_bytes():
            raise RuntimeError(f"{name} through the mount differs from the origin")


def cold_entry(name: str, sample: Sample, peer_name: str, reference: Sample, note: str) -> Result:
    ratio = Spread.of([sample.throughput / reference.throughput])
    return Result(CASE_COLD, name, peer_name, ratio, "throughput", None, rate([sample]), rate([reference]), note)


def warm_entry(name: str, samples: list[Sample], reference: list[Sample]) -> Result:
    ratio = paired(samples, reference, lambda sample: sample.throughput)
    return Result(CASE_WARM, name, "tmpfs", ratio, "throughput", None, rate(samples), rate(reference))


def rate(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.throughput for sample in samples).median / FILE_BYTES:.0f} files/s"
