"""Aggregate warm read rate of 1, 2 and 4 members, each behind a link of 100 Mbit/s, against linear growth.

Three grids side by side, measured in turns. The readers are eight processes on a node that is no member, whose own link
has no limit; it forgets its copies before each turn, so that every byte comes over the members' links. What is counted
is what arrives on the readers' cable in a fixed time under way: processes get whole blocks, too coarse for some seconds.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from .. import goals
from ..grid import NO_DRAIN, Grid, Hosts, Node, files_of, store_on
from ..measuring import MIB, Sample, Spread, interleaved
from ..payload import write_file
from ..reading import write_listing
from ..report import Result
from ..session import Session
from ..store import LocalStore

LINK, LINK_BYTES = "100mbit", 12_500_000
MEMBERS = (1, 2, 4)
PROCESSES = 8
RAMP_SECONDS, SECONDS, QUICK_SECONDS = 1.5, 5, 2
FILE_BYTES, QUICK_FILE_BYTES = 64 * MIB, 32 * MIB  # more than a process gets in its time, so that no two read the same


class Subject:
    """One of the grids, with its node of readers."""

    def __init__(self, session: Session, hosts: Hosts, count: int, store: LocalStore, keys: list[str]):
        self._session = session
        self._store = store
        self.grid = session.workspace.enter(Grid(session, hosts, f"g{count}m"))
        self.grid.up(count, None, NO_DRAIN)
        self._reader: Node = self.grid.reader(f"g{count}r")
        self.grid.declare(store)
        self.grid.load()
        for node in self.grid.members:
            node.host.rate(LINK)
        folder = session.workspace.folder(f"listings-{count}")
        self._listings = [
            write_listing(folder / f"{number}", [path]) for number, path in enumerate(files_of(self._reader, keys))
        ]

    def measure(self) -> Sample:
        self._reader.evict()
        self._store.reset()
        seconds = self._session.pick(SECONDS, QUICK_SECONDS)
        with ThreadPoolExecutor(1) as pool:
            flowing = pool.submit(self._session.reader.flow, self._listings, RAMP_SECONDS + seconds + 1)
            time.sleep(RAMP_SECONDS)
            began, before = time.monotonic(), self._received()
            time.sleep(seconds)
            sample = Sample(self._received() - before, time.monotonic() - began, 0.0)
            flowing.result()
        if self._store.origin_bytes() > 0:
            raise RuntimeError("bytes came from the origin: the members' caches were not warm")
        return sample

    def _received(self) -> int:
        """Bytes that have arrived on the cable of the readers' host (proc_net_dev(5): the first figure of a device)."""
        table = self._reader.host.run("cat", "/proc/net/dev")
        return next(int(line.split(":")[1].split()[0]) for line in table.splitlines() if line.strip().startswith("eth0:"))


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    hosts = Hosts(session)
    store = store_on(session, hosts)
    keys = [f"models/part-{number}.bin" for number in range(PROCESSES)]
    for key in keys:
        write_file(store.bucket / key, session.pick(FILE_BYTES, QUICK_FILE_BYTES))
    subjects = {}
    for count in MEMBERS:
        session.say(f"scale-out: a grid of {count}")
        subjects[str(count)] = Subject(session, hosts, count, store, keys)
    session.say("scale-out: the three in turns")
    samples = interleaved(session.rounds(10, 3), {name: subject.measure for name, subject in subjects.items()})
    return [entry(count, samples[str(count)], samples[str(MEMBERS[0])]) for count in MEMBERS]


def entry(count: int, ours: list[Sample], one: list[Sample]) -> Result:
    """Against one member's rate times members; one member itself against its link."""
    rate = Spread.of(sample.throughput for sample in ours).median
    if count == MEMBERS[0]:
        ratio = Spread.of(sample.throughput / LINK_BYTES for sample in ours)
        reference, bound, goal = f"a link of {LINK}", LINK_BYTES, None
    else:
        ratio = Spread.of(a.throughput / b.throughput / count for a, b in zip(ours, one, strict=True))
        bound = count * Spread.of(sample.throughput for sample in one).median
        reference, goal = f"{count} times one member", goals.SCALE_OUT
    return Result(
        "warm reads by another host",
        f"{count} member{'s' if count > 1 else ''}",
        reference,
        ratio,
        "throughput",
        goal,
        f"{rate / MIB:.1f} MiB/s",
        f"{bound / MIB:.1f} MiB/s",
        f"scale-out: links of {LINK} a member are the limit; {PROCESSES} processes read; headers are counted in all",
    )
