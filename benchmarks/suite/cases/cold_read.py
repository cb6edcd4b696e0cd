"""First read of an object through the mount against the fastest download of it to memory; origin bytes; a capped store.

The store is on loopback, plain HTTP, unlimited; the downloads are curl with parallel ranges, rclone's multi-thread copy
and boto3, each as one command, the fastest of them (by median) being the reference. Two curl processes at once are
measured beside them, as a mark of what this machine can do: they leave parts that nobody has joined.
"""

from pathlib import Path

from .. import goals
from ..gridset import Gridset
from ..measuring import GIB, MIB, Sample, Spread, interleaved, paired
from ..payload import write_file
from ..peers import downloads
from ..report import Result
from ..session import Session
from ..store import UNLIMITED, Limits, LocalStore

KEY = "models/weights.bin"
CAPPED_KEY = "models/capped.bin"
CONNECTION_CAP = "25MB"
CAPPED_BYTES, QUICK_CAPPED_BYTES = 512 * MIB, 256 * MIB
SINGLE_BYTES = 32 * MIB  # enough to see a single connection's pace


def run(session: Session) -> list[Result]:
    size = session.pick(GIB, 256 * MIB)
    store = LocalStore(session)
    write_file(store.bucket / KEY, size)
    write_file(store.bucket / CAPPED_KEY, session.pick(CAPPED_BYTES, QUICK_CAPPED_BYTES))
    peers = {
        name: (lambda download=download: download(KEY, size))
        for name, download in downloads.available(session, store.endpoint).items()
    }
    rounds = session.rounds(10, 3)
    if session.settings.only_peers:
        session.say(f"cold-read: {', '.join(peers)}")
        samples = interleaved(rounds, peers)
        fastest = fastest_of(samples, peers)
        return [entry(name, samples[name], fastest, samples[fastest]) for name in peers]
    with Gridset(session) as node:
        through = node.mounted(store) / KEY
        origin: list[float] = []

        def cold() -> Sample:
            sample, ratio = node.cold(store, size, lambda: session.reader.sequential(through))
            origin.append(ratio)
            return sample

        session.say("cold-read: the daemon's first read")
        first = cold()
        if session.reader.checksum(through) != session.reader.checksum(store.bucket / KEY):
            raise RuntimeError("the file through the mount differs from the origin")
        session.say(f"cold-read: gridset, {', '.join(peers)}")
        samples = interleaved(rounds, {"gridset": cold, **peers})
        fastest = fastest_of(samples, peers)
        results = [entry("gridset", samples["gridset"], fastest, samples[fastest], goals.COLD_THROUGHPUT)]
        for mark in peers.keys() - single_commands(peers):
            results.append(entry("gridset", samples["gridset"], mark, samples[mark]))
        results.append(cpu_entry("gridset", samples["gridset"], fastest, samples[fastest]))
        for name in peers:
            results.append(entry(name, samples[name], fastest, samples[fastest]))
            results.append(cpu_entry(name, samples[name], fastest, samples[fastest]))
        results.append(entry("gridset, first read of a new daemon", [first], fastest, [median_sample(samples[fastest])]))
        results.append(origin_entry("cold", Spread.of(origin)))
        return results + capped(session, store, node, node.mount_path / CAPPED_KEY)


def capped(session: Session, store: LocalStore, node: Gridset, through: Path) -> list[Result]:
    """With a cap per connection: several connections must be used, however plain the reader."""
    session.say(f"cold-read: {CONNECTION_CAP}/s a connection")
    size = (store.bucket / CAPPED_KEY).stat().st_size
    store.limit(Limits(per_connection_rate=CONNECTION_CAP))
    ours: list[Sample] = []
    single: list[Sample] = []
    origin: list[float] = []
    for _ in range(session.pick(3, 1)):
        single.append(downloads.one_connection(session, store.endpoint, CAPPED_KEY, SINGLE_BYTES))
        sample, ratio = node.cold(store, size, lambda: session.reader.sequential(through))
        ours.append(sample)
        origin.append(ratio)
    store.limit(UNLIMITED)
    ratio = paired(ours, single, lambda sample: sample.throughput)
    return [
        Result(
            f"cold, {CONNECTION_CAP}/s a connection",
            "gridset",
            "one connection (curl)",
            ratio,
            "throughput",
            goals.CAPPED_THROUGHPUT,
            rate(ours),
            rate(single),
        ),
        origin_entry(f"cold, {CONNECTION_CAP}/s a connection", Spread.of(origin)),
    ]


def entry(name: str, samples: list[Sample], fastest: str, reference: list[Sample], goal: str | None = None) -> Result:
    ratio = paired(samples, reference, lambda sample: sample.throughput)
    return Result("cold", name, fastest, ratio, "throughput", goal, rate(samples), rate(reference))


def cpu_entry(name: str, samples: list[Sample], fastest: str, reference: list[Sample]) -> Result:
    ratio = paired(samples, reference, lambda sample: sample.cpu_per_gib)
    return Result("cold", name, fastest, ratio, "cpu per byte", None, cpu(samples), cpu(reference))


def origin_entry(case: str, ratio: Spread) -> Result:
    return Result(case, "gridset", "object bytes", ratio, "origin bytes", goals.ORIGIN_ONCE)


def fastest_of(samples: dict[str, list[Sample]], names) -> str:
    if not names:
        raise RuntimeError("no download to compare with: install curl or rclone")
    return max(single_commands(names), key=lambda name: Spread.of(sample.throughput for sample in samples[name]).median)


def single_commands(names) -> set[str]:
    """The downloads that a person would start as one command."""
    return {name for name in names if downloads.SEVERAL not in name}


def median_sample(samples: list[Sample]) -> Sample:
    return sorted(samples, key=lambda sample: sample.seconds)[len(samples) // 2]


def rate(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.throughput for sample in samples).median / MIB:.0f} MiB/s"


def cpu(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.cpu_per_gib for sample in samples).median:.2f} CPU-s/GiB"
