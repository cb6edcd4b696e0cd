"""Blocks read from a peer through the mount, cold here and warm there, against raw TCP on the same link; CPU per GiB.

Raw TCP is one connection from sendfile to recv between the same two hosts (`wire.c`). On a link of 500 Mbit/s the link
is the limit; without a limit the two cores are, which is reported and not judged. Ours pays for more than the
wire: checks of every block, a copy in this node's cache, and the reader's way through the kernel.
"""

from ..grid import NO_DRAIN, Grid, Hosts, Node, store_on
from .. import goals
from ..measuring import MIB, Sample, interleaved, paired, with_daemon
from ..payload import write_file
from ..report import Result
from ..session import Session
from ..wire import Wire
from .cold_read import cpu, rate

SIZE, QUICK_SIZE = 96 * MIB, 32 * MIB
LINK = "500mbit"


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    size = session.pick(SIZE, QUICK_SIZE)
    rounds, free_rounds = session.rounds(10, 3), session.rounds(5, 2)
    hosts = Hosts(session)
    store = store_on(session, hosts)
    keys = [f"models/part-{number:02}.bin" for number in range(rounds + free_rounds + 1)]
    for key in keys:
        write_file(store.bucket / key, size)
    wire = Wire(session.workspace.path)
    with Grid(session, hosts) as grid:
        session.say("peer-read: a member that holds everything")
        holder = grid.up(1, None, NO_DRAIN)[0]
        grid.declare(store)
        grid.load()
        results: list[Result] = []
        for name, node in readers(session, grid):
            store.reset()
            fresh = iter(keys)
            node.mount()
            cold(session, holder, node, next(fresh))  # connections, classes, the listing
            for label, link, count, goal in (
                (f"link of {LINK}", LINK, rounds, goals.PEER_THROUGHPUT), ("link without a limit", None, free_rounds, None)
            ):
                session.say(f"peer-read: {name}, {label}")
                holder.host.rate(link)
                node.host.rate(link)
                samples = interleaved(
                    count,
                    {
                        "gridset": lambda: cold(session, holder, node, next(fresh)),
                        "raw": lambda: wire.transfer(holder.host, node.host, store.bucket / keys[0]),
                    },
                )
                results += compared(f"{label}, {name}", samples["gridset"], samples["raw"], goal)
            last = keys[count - 1]
            if session.reader.checksum(node.mount_path / last) != session.reader.checksum(store.bucket / last):
                raise RuntimeError("the file through the mount differs from the origin")
            if store.origin_bytes() > 0:
                raise RuntimeError(f"{store.origin_bytes()} bytes came from the origin: the holder had not got everything")
            node.stop()
        return results


def readers(session: Session, grid: Grid):
    """Nodes that hold no home blocks, one after the other: all that they read comes from the holder."""
    yield "a member without a share", grid.up(1, None, "--no-share", NO_DRAIN)[0]
    yield "a reader that is no member", grid.reader("r1")


def cold(session: Session, holder: Node, node: Node, key: str) -> Sample:
    """A first reading here; the CPU is both daemons' and the reader's."""
    return with_daemon(holder.pid, lambda: with_daemon(node.pid, lambda: session.reader.sequential(node.mount_path / key)))


def compared(case: str, ours: list[Sample], raw: list[Sample], goal: str | None) -> list[Result]:
    return [
        Result(case, "gridset", "raw TCP", paired(ours, raw, lambda sample: sample.throughput), "throughput", goal, rate(ours), rate(raw)),
        Result(case, "gridset", "sendfile to recv", paired(ours, raw, lambda sample: sample.cpu_per_gib), "cpu per byte", None,
               cpu(ours), cpu(raw)),
    ]
