"""An object that another member holds, got by name with a fetch: 1 KiB against a bound, a large one against raw TCP between
the same two hosts, from a file in memory to recv. Links are not limited: the cores are.
"""

from .. import arrow, goals
from ..grid import NO_DRAIN, Grid, Hosts, patiently
from ..measuring import GIB, MIB, Sample, Spread, interleaved, paired
from ..payload import write_file
from ..report import Result
from ..session import Session
from ..wire import Wire

SMALL, SMALL_TIMES = 1024, 50
SEEN_SECONDS = 30


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
    case = f"{size // MIB} MiB"
    session.say(f"arrow-fetch: {case}")
    putter, getter = workers
    wire = Wire(session.workspace.path)
    file = session.workspace.folder("raw") / "file"
    write_file(file, size)
    numbers = iter(range(1_000_000))

    def fetch() -> Sample:
        name = f"large{next(numbers)}"
        putter.ask("make", size=size)
        putter.ask("put", name=name)
        check = putter.ask("check")["check"]
        putter.ask("drop")
        patiently("the object to be seen", lambda: getter.ask("seen", name=f"{name}-0")["seen"], SEEN_SECONDS)
        told = getter.ask("fetch", name=f"{name}-0")
        if told["check"] != check:
            raise RuntimeError("what was fetched is not what was put")
        putter.ask("delete", name=name)
        return Sample(size, told["seconds"], 0)

    fetch()
    fetch()
    samples = interleaved(session.rounds(11, 3), {
        "gridset": fetch,
        "raw": lambda: wire.transfer(nodes[0].host, nodes[1].host, file),
    })
    return [Result(case, "gridset", "raw TCP", paired(samples["gridset"], samples["raw"], lambda sample: sample.throughput),
                   "throughput", goals.ARROW_FETCH_RAW, rate(samples["gridset"]), rate(samples["raw"]))]


def rate(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.throughput for sample in samples).median / GIB:.2f} GiB/s"
