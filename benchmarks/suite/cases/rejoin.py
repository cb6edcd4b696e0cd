"""Origin bytes after a join, a graceful leave and a rolling restart: none for what some member still held.

Before each, the dataset is loaded afresh, so that every block is in one member and no reader's copy helps; after it,
every node reads everything and its checksums are compared. A crash stands beside it: what only the dead one held, a
share of one by the number of members, comes from the origin once more.
"""

from collections.abc import Callable

from .. import goals
from ..grid import Grid, Hosts, Node, files_of, store_on
from ..measuring import MIB, Spread
from ..payload import write_file
from ..reading import write_listing
from ..report import Result
from ..session import Session
from ..store import LocalStore

MEMBERS = 3
LINK = "1gbit"
FILES, FILE_BYTES = 4, 32 * MIB


class Trial:
    """A grid whose members come and go, and what its readers must find."""

    def __init__(self, session: Session, grid: Grid, store: LocalStore, keys: list[str]):
        self._session = session
        self._store = store
        self._keys = keys
        self.grid = grid
        self._expected = self._sum("origin", [store.bucket / key for key in keys])

    def origin_bytes(self, change: Callable[[], None]) -> float:
        """Origin bytes / dataset bytes from before a change of the grid until all its nodes have read everything."""
        self.grid.evict()
        self.grid.load()
        self._store.reset()
        change()
        for node in self.grid.nodes:
            if self._sum(node.name, files_of(node, self._keys)) != self._expected:
                raise RuntimeError(f"what {node.name} reads differs from the origin")
        return self._store.origin_bytes() / (FILES * FILE_BYTES)

    def _sum(self, name: str, paths: list) -> str:
        watched = self._session.reader.watch(write_listing(self._session.workspace.path / f"list-{name}", paths)).end()
        if watched.failed:
            raise RuntimeError(f"{watched.failed} reads of {name} failed")
        return watched.checksum


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    hosts = Hosts(session)
    store = store_on(session, hosts)
    keys = [f"models/part-{number}.bin" for number in range(FILES)]
    for key in keys:
        write_file(store.bucket / key, FILE_BYTES)
    with Grid(session, hosts) as grid:
        session.say(f"rejoin: {MEMBERS} members")
        grid.up(MEMBERS, LINK)
        grid.declare(store)
        trial = Trial(session, grid, store, keys)
        found: dict[str, list[float]] = {"join": [], "graceful leave": [], "rolling restart": [], "crash": []}
        rounds = session.rounds(3, 1)
        for number in range(rounds):
            session.say(f"rejoin: round {number + 1} of {rounds}: join")
            found["join"].append(trial.origin_bytes(lambda: join(grid)))
            session.say("rejoin: graceful leave")
            found["graceful leave"].append(trial.origin_bytes(lambda: leave(grid, Node.leave)))
            session.say("rejoin: rolling restart")
            found["rolling restart"].append(trial.origin_bytes(lambda: restart_all(grid)))
            session.say("rejoin: a crash")
            join(grid)
            found["crash"].append(trial.origin_bytes(lambda: leave(grid, Node.crash)))
    return [entry(case, ratios) for case, ratios in found.items()]


def join(grid: Grid) -> None:
    for node in grid.up(1, LINK):
        node.mount()


def leave(grid: Grid, how: Callable[[Node], None]) -> None:
    """The youngest goes; one that has crashed is forgotten by the others when they are told so."""
    node = grid.members.pop()
    how(node)
    grid.gone.append(node)
    grid.await_gone(node)
    if how is Node.crash:
        grid.members[0].command("nodes", "forget", node.name)


def restart_all(grid: Grid) -> None:
    """One after the other, each back and seen by all before the next one goes."""
    for node in grid.members:
        node.leave()
        node.start()
        grid.await_grid(grid.members)
        node.mount_again()


def entry(case: str, ratios: list[float]) -> Result:
    crash = case == "crash"
    return Result(
        f"after a {case}",
        "gridset",
        "dataset bytes",
        Spread.of(ratios),
        "origin bytes",
        None if crash else goals.NONE,
        "",
        f"1/{MEMBERS + 1} was on the dead one alone" if crash else "all of it was on some member",
        f"rejoin: {MEMBERS} members and one that comes and goes, {FILES * FILE_BYTES // MIB} MiB, links of {LINK}",
    )
