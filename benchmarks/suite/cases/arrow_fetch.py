"""An object that another member holds, got by name with a fetch: 1 KiB against a bound, a large one against raw TCP between
the same two hosts (`wire.c`: one connection, sendfile from a file in memory to recv into one small buffer).

On a link of 10 Gbit/s, where Vineyard's 0.99 GB/s was measured, the link is the limit, and the goal is against raw TCP.
Without a limit the two cores, which both hosts share, are: raw TCP copies each byte once there, and we take two checksums
and put the bytes where they stay. What that costs at least is a reference of its own, and the goal there: wire.c with a
CRC32C at either end, received into a file in memory.
"""

from .. import arrow, goals
from ..grid import NO_DRAIN, Grid, Hosts, patiently
from ..measuring import GIB, MIB, Sample, Spread, interleaved, paired, with_daemon
from ..payload import write_file
from ..report import Result
from ..session import Session
from ..wire import Wire
from .cold_read import cpu

SMALL, SMALL_TIMES = 1024, 50
SEEN_SECONDS = 30
LINK = "10gbit"


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    size = session.pick(GIB, 64 * MIB)
    hosts = Hosts(session)
    with Grid(session, hosts) as grid:
        holder, reader = grid.up(2, None, NO_DRAIN, "--objects-quota", "5Gi")
        putter = arrow.gridset_on(session, holder, "holder").putter
        getter = arrow.gridset_on(session, reader, "reader").getter
        results = [small(session, putter, getter)]
        return results + large(session, size, (putter, getter), (holder, reader))


def small(session: Session, putter: arrow.Worker, getter: arrow.Worker) -> Result:
    session.say("arrow-fetch: 1 KiB")
    putter.ask("make", size=SMALL)
    samples = []
    for number in range(session.rounds(11, 3)):
        name = f"small{number}"
        putter.ask("put", name=name, times=SMALL_TIMES)
        patiently("the object to be seen", lambda: getter.ask("seen", name=f"{name}-{SMALL_TIMES - 1}")["seen"], SEEN_SECONDS)
        seconds = sorted(getter.ask("fetch", name=f"{name}-{each}")["seconds"] for each in range(SMALL_TIMES))
        samples.append(seconds[len(seconds) // 2])
        putter.ask("delete", name=name, times=SMALL_TIMES)
    bound = goals.ARROW_FETCH_SMALL_SECONDS
    return Result("1 KiB", "gridset", f"{bound * 1e3:.0f} ms", Spread.of(each / bound for each in samples), "time of a fetch",
                  goals.WITHIN_BOUND, f"{Spread.of(samples).median * 1e3:.3f} ms", f"{bound * 1e3:.0f} ms")


def large(session: Session, size: int, workers: tuple[arrow.Worker, arrow.Worker], nodes: tuple) -> list[Result]:
    putter, getter = workers
    holder, reader = nodes
    wire = Wire(session.workspace.path)
    file = session.workspace.folder("raw") / "file"
    write_file(file, size)
    landing = session.workspace.folder("raw") / "landing"
    numbers = iter(range(1_000_000))

    def fetch() -> Sample:
        name = f"large{next(numbers)}"
        putter.ask("make", size=size)
        putter.ask("put", name=name)
        check = putter.ask("check")["check"]
        putter.ask("drop")
        patiently("the object to be seen", lambda: getter.ask("seen", name=f"{name}-0")["seen"], SEEN_SECONDS)
        told = {}

        def get() -> Sample:
            told.update(getter.ask("fetch", name=f"{name}-0"))
            return Sample(size, told["seconds"], 0)

        sample = with_daemon(holder.pid, lambda: with_daemon(reader.pid, get))
        if told["check"] != check:
            raise RuntimeError("what was fetched is not what was put")
        putter.ask("delete", name=name)
        return sample

    fetch()
    fetch()
    results = []
    for link in (LINK, None):
        case = f"{size // MIB} MiB, link " + (f"of {link}" if link else "without a limit")
        goal_of_raw, goal_of_checked = (goals.ARROW_FETCH_RAW, None) if link else (None, goals.ARROW_FETCH_RAW)
        session.say(f"arrow-fetch: {case}")
        holder.host.rate(link)
        reader.host.rate(link)
        samples = interleaved(session.rounds(11, 3), {
            "gridset": fetch,
            "raw": lambda: wire.transfer(holder.host, reader.host, file),
            "checked": lambda: wire.transfer(holder.host, reader.host, file, landing),
        })
        landing.unlink()
        results += [
            throughput(case, "raw TCP", samples["gridset"], samples["raw"], goal_of_raw),
            throughput(case, "TCP, checked, into memory", samples["gridset"], samples["checked"], goal_of_checked),
            Result(case, "gridset", "raw TCP", paired(samples["gridset"], samples["raw"], lambda sample: sample.cpu_per_gib),
                   "cpu per byte", None, cpu(samples["gridset"]), cpu(samples["raw"])),
        ]
    return results


def throughput(case: str, reference: str, ours: list[Sample], theirs: list[Sample], goal: str | None) -> Result:
    return Result(case, "gridset", reference, paired(ours, theirs, lambda sample: sample.throughput), "throughput", goal, rate(ours),
                  rate(theirs))


def rate(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.throughput for sample in samples).median / GIB:.2f} GiB/s"
