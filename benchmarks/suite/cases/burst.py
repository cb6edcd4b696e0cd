"""100 readers at once, nothing cached: origin bytes / dataset bytes, and the last reader against dataset / origin rate.

Four members and two readers that are no members, each on a test host with a link of 1 Gbit/s; the store gives 20 Mbit/s
in all (30 GB for 100 pods behind 20 Gbit/s, scaled by 1/1000), so that neither links nor cores are the limit.
"""

from dataclasses import dataclass

from .. import goals
from ..grid import NO_DRAIN, Grid, Hosts, store_on
from ..measuring import Spread
from ..payload import write_file
from ..report import Result
from ..session import Session
from ..store import Limits, LocalStore

KEY = "models/weights.bin"
SIZE = 30_000_000
RATE, RATE_BYTES = Limits(rate="2500kB"), 2_500_000
QUICK_RATE, QUICK_RATE_BYTES = Limits(rate="10MB"), 10_000_000
MEMBERS, READER_NODES, READERS = 4, 2, 100
LINK = "1gbit"


@dataclass(frozen=True)
class Burst:
    """One burst: seconds of each reader, sorted, and origin bytes / dataset bytes."""

    seconds: list[float]
    origin: float


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    hosts = Hosts(session)
    store = store_on(session, hosts)
    source = write_file(store.bucket / KEY, SIZE)
    rate = session.pick(RATE_BYTES, QUICK_RATE_BYTES)
    with Grid(session, hosts) as grid:
        session.say(f"burst: {MEMBERS} members, {READER_NODES} readers that are none")
        grid.up(MEMBERS, LINK, NO_DRAIN)
        for number in range(READER_NODES):
            grid.reader(f"r{number + 1}", LINK)
        grid.declare(store)
        store.limit(session.pick(RATE, QUICK_RATE))
        bursts = []
        rounds = session.rounds(10, 2)
        for number in range(rounds):
            session.say(f"burst: {READERS} readers, round {number + 1} of {rounds}")
            bursts.append(burst(session, grid, store))
        expected = session.reader.checksum(source)
        for node in grid.nodes:
            if session.reader.checksum(node.mount_path / KEY) != expected:
                raise RuntimeError(f"the file through the mount of {node.name} differs from the origin")
    return results(bursts, rate)


def burst(session: Session, grid: Grid, store: LocalStore) -> Burst:
    """Every reader reads the whole file, each node's mount having its share of them."""
    grid.evict()
    store.reset()
    paths = [grid.nodes[number % len(grid.nodes)].mount_path / KEY for number in range(READERS)]
    seconds = sorted(sample.seconds for sample in session.reader.crowd(paths))
    origin = store.origin_bytes() / SIZE
    if origin < 0.99:
        raise RuntimeError(f"the burst was not cold: the store sent {origin:.2f} of its bytes")
    return Burst(seconds, origin)


def results(bursts: list[Burst], rate: int) -> list[Result]:
    ideal = SIZE / rate
    note = (
        f"burst: {SIZE / 1e6:.0f} MB, {READERS} readers on {MEMBERS} members and {READER_NODES} readers that are none, links of "
        f"{LINK}, origin {rate * 8 / 1e6:.0f} Mbit/s; ideal is {ideal:.1f} s; would each ask the store, {ideal * READERS:.0f} s"
    )
    rows = [
        Result("cold burst", "gridset", "dataset bytes", Spread.of(each.origin for each in bursts), "origin bytes", goals.ORIGIN_ONCE,
               note=note)
    ]
    for name, pick, goal in (
        ("last reader", -1, goals.BURST_TIME), ("median reader", READERS // 2, None), ("first reader", 0, None)
    ):
        taken = Spread.of(each.seconds[pick] for each in bursts)
        ratio = Spread.of(each.seconds[pick] / ideal for each in bursts)
        rows.append(Result("cold burst", name, "dataset / origin rate", ratio, "time", goal, f"{taken.median:.2f} s", f"{ideal:.2f} s"))
    return rows
