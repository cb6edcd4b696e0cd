"""The same burst of 100 readers through Gridset, through rclone mounts with a disk cache per host, and with none.

Four hosts with links of 1 Gbit/s, 25 readers on each; the store gives 200 Mbit/s in all, so that the store is the limit.
Rclone's manual forbids mounts to share one cache directory, so the cache is shared by the readers of one host, whose
mount it is; readers of one host share the kernel's page cache too, in all three. Without a cache one burst takes two
minutes and is measured once.
"""

import contextlib

from ..grid import NO_DRAIN, Grid, Hosts, store_on
from ..measuring import Spread
from ..payload import write_file
from ..peers import mounts as peer_mounts
from ..report import Result
from ..session import Session
from ..store import Limits, LocalStore
from .burst import KEY, LINK, SIZE, Burst

RATE, RATE_BYTES = Limits(rate="25MB"), 25_000_000
HOSTS, READERS = 4, 100
GRIDSET, CACHED, UNCACHED = "gridset", "rclone mounts, disk cache per host", "rclone mounts, no cache"


def run(session: Session) -> list[Result]:
    hosts = Hosts(session)
    store = store_on(session, hosts)
    source = write_file(store.bucket / KEY, SIZE)
    expected = session.reader.checksum(source)
    store.limit(RATE)
    bursts: dict[str, list[Burst]] = {}
    rounds = session.rounds(5, 1)
    if not session.settings.only_peers:
        session.say(f"burst-vs: {HOSTS} members")
        with Grid(session, hosts) as grid:
            grid.up(HOSTS, LINK, NO_DRAIN)
            grid.declare(store)
            bursts[GRIDSET] = [ours(session, grid, store, expected) for _ in range(rounds)]
    if "rclone mount" in peer_mounts.available(session):
        session.versions.pop("s3fs", None)
        places = [hosts.host(f"p{number + 1}", LINK) for number in range(HOSTS)]
        for name, mode in ((CACHED, "full"), (UNCACHED, "off")):
            session.say(f"burst-vs: {name}")
            bursts[name] = [theirs(session, places, store, mode, expected) for _ in range(1 if name == UNCACHED else rounds)]
    return [row for name, found in bursts.items() for row in results(name, found)]


def ours(session: Session, grid: Grid, store: LocalStore, expected: str) -> Burst:
    grid.evict()
    return crowd(session, [node.mount_path for node in grid.members], store, expected)


def theirs(session: Session, places: list, store: LocalStore, mode: str, expected: str) -> Burst:
    """Fresh mounts, one on each host, mounted before the clock starts."""
    with contextlib.ExitStack() as stack:
        mounted = []
        for host in places:
            mount = peer_mounts.mount_rclone(session, store.endpoint, host, mode)
            stack.callback(mount.close)
            mounted.append(mount.path)
        return crowd(session, mounted, store, expected)


def crowd(session: Session, mounts: list, store: LocalStore, expected: str) -> Burst:
    store.reset()
    samples = session.reader.crowd(mounts[number % len(mounts)] / KEY for number in range(READERS))
    origin = store.origin_bytes() / SIZE
    if origin < 0.99:
        raise RuntimeError(f"the burst was not cold: the store sent {origin:.2f} of its bytes")
    if any(sample.size != SIZE for sample in samples) or session.reader.checksum(mounts[0] / KEY) != expected:
        raise RuntimeError("a reader got something else than the origin has")
    return Burst(sorted(sample.seconds for sample in samples), origin)


def results(name: str, bursts: list[Burst]) -> list[Result]:
    ideal = SIZE / RATE_BYTES
    note = (
        f"burst-vs: {SIZE / 1e6:.0f} MB, {READERS} readers on {HOSTS} hosts with links of {LINK}, origin "
        f"{RATE_BYTES * 8 / 1e6:.0f} Mbit/s; ideal is {ideal:.1f} s"
    )
    taken = Spread.of(each.seconds[-1] for each in bursts)
    return [
        Result("cold burst", name, "dataset bytes", Spread.of(each.origin for each in bursts), "origin bytes", note=note),
        Result("cold burst", f"{name}: last reader", "dataset / origin rate",
               Spread.of(each.seconds[-1] / ideal for each in bursts), "time", None, f"{taken.median:.2f} s", f"{ideal:.2f} s"),
    ]
