"""A home of blocks in flight killed (-9), and frozen (SIGSTOP), under readers that check every byte: failures and stalls.

Four members with links of 200 Mbit/s; one reader on a member's mount, one on a node that is no member, both reading
what is warm at its homes and nowhere else, with read-ahead on every member at any time. A stall is the longest single
read() or open() that a reader waited for.
"""

import signal
import time
from collections.abc import Callable

from .. import goals
from ..grid import NO_DRAIN, Grid, Hosts, Node, files_of, store_on
from ..measuring import MIB, Spread
from ..payload import write_file
from ..reading import Watched, write_listing
from ..report import Result
from ..session import Session

MEMBERS = 4
LINK = "200mbit"
FILES, FILE_BYTES, QUICK_FILE_BYTES = 4, 48 * MIB, 24 * MIB
UNDER_WAY_SECONDS = 1.0  # after which the home fails; the readers have some seconds before them still
KILLED, FROZEN = "home killed (-9)", "home frozen (SIGSTOP)"


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    hosts = Hosts(session)
    store = store_on(session, hosts)
    keys = [f"models/part-{number}.bin" for number in range(FILES)]
    for key in keys:
        write_file(store.bucket / key, session.pick(FILE_BYTES, QUICK_FILE_BYTES))
    expected = session.reader.watch(write_listing(session.workspace.path / "origin", [store.bucket / key for key in keys])).end()
    found: dict[str, list[Watched]] = {KILLED: [], FROZEN: []}
    with Grid(session, hosts) as grid:
        session.say(f"failover: {MEMBERS} members and a reader that is none")
        grid.up(MEMBERS, LINK, NO_DRAIN)
        grid.reader("r1")
        grid.declare(store)
        rounds = session.rounds(4, 1)
        for number in range(rounds):
            victim = grid.members[1 + number % (MEMBERS - 1)]
            session.say(f"failover: round {number + 1} of {rounds}, {victim.name}")
            found[KILLED] += attempt(session, grid, keys, victim, Node.crash)
            victim.start()
            back(grid, victim)
            found[FROZEN] += attempt(session, grid, keys, victim, lambda node: node.signal(signal.SIGSTOP))
            victim.signal(signal.SIGCONT)
            back(grid, victim)
    return [row for case, watched in found.items() for row in results(case, watched, expected)]


def attempt(session: Session, grid: Grid, keys: list[str], victim: Node, fail: Callable[[Node], None]) -> list[Watched]:
    """Two readers at work, and a home that fails under them."""
    grid.evict()
    grid.load()
    nodes = [grid.members[0], grid.readers[0]]
    watches = []
    try:
        for node in nodes:
            node_list = write_listing(session.workspace.path / f"list-{node.name}", files_of(node, keys))
            watches.append(session.reader.watch(node_list))
        time.sleep(UNDER_WAY_SECONDS)
        if not all(watch.reading() for watch in watches):
            raise RuntimeError("a reader was done before the home failed: the link is too fast or the data too small")
        fail(victim)
        return [watch.end() for watch in watches]
    except BaseException:
        for watch in watches:
            watch.kill()
        raise


def back(grid: Grid, victim: Node) -> None:
    """Everybody sees everybody again, and the victim's mount has come back."""
    grid.await_grid(grid.members)
    victim.mount_again()


def results(case: str, watched: list[Watched], expected: Watched) -> list[Result]:
    count = len(watched)
    failed = sum(each.failed for each in watched)
    wrong = sum(each.failed == 0 and (each.size, each.checksum) != (expected.size, expected.checksum) for each in watched)
    longest = max(each.longest for each in watched)
    ratios = [each.longest / goals.STALL_SECONDS for each in watched]
    stalls = Spread(max(ratios), min(ratios), max(ratios), count)
    note = f"failover: {MEMBERS} members, links of {LINK}; stalls are the longest of all readers, the spread their least and most"
    return [
        Result(case, "reads that failed", "readers", Spread.of([failed / count]), "files", goals.NONE, f"{failed}", f"{count}", note),
        Result(case, "readers with wrong bytes", "readers", Spread.of([wrong / count]), "readers", goals.NONE, f"{wrong}", f"{count}"),
        Result(case, "longest stall", f"{goals.STALL_SECONDS} s", stalls, "time", goals.WITHIN_BOUND, f"{longest:.2f} s",
               f"{goals.STALL_SECONDS} s"),
    ]
