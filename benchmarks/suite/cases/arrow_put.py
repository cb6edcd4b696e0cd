"""An Arrow table put by name: a large one against memcpy of its bytes into a recycled segment, and against Ray and
Vineyard; 1 KiB put and visible, alone and in a grid of three members.

The reference maps a file whose pages are there with MAP_POPULATE, copies with one memcpy a column, and unmaps. Each put
takes memory that an earlier object gave back; the first puts, which take fresh pages, are not counted.
"""

import contextlib

from .. import arrow, goals
from ..grid import Grid, Hosts
from ..measuring import GIB, MIB, Sample, Spread, interleaved, paired
from ..report import Result
from ..session import Session

SMALL, SMALL_TIMES = 1024, 200
PEER_MEMORY = 3 * GIB
MEMBERS = 3


def run(session: Session) -> list[Result]:
    results: list[Result] = []
    size = session.pick(GIB, 64 * MIB)
    peers = arrow.peers(session, session.pick(PEER_MEMORY, GIB))
    with contextlib.ExitStack() as stack:
        ours = [arrow.gridset(session, stack)] if not session.settings.only_peers else []
        references = [arrow.segment(session, "anew"), arrow.segment(session, "kept")]
        case = f"{size // MIB} MiB"
        session.say(f"arrow-put: {case}, {', '.join(pair.name for pair in [*ours, *references, *peers])}")
        samples = measured(session, [*ours, *references, *peers], size, 1)
        if ours:
            results += large(case, samples)
        session.say("arrow-put: 1 KiB")
        samples = measured(session, [*ours, *peers], SMALL, SMALL_TIMES)
        if ours:
            results += small(samples)
    if not session.settings.only_peers:
        results += in_a_grid(session)
    return results


def measured(session: Session, pairs: list[arrow.Pair], size: int, times: int) -> dict[str, list[Sample]]:
    for pair in pairs:
        pair.putter.ask("make", size=size)

    def put(pair: arrow.Pair) -> Sample:
        seconds = pair.putter.ask("put", name="put", times=times)["median"]
        pair.putter.ask("delete", name="put", times=times)
        return Sample(size, seconds, 0)

    for pair in pairs:
        for _ in range(2):
            put(pair)
    samples = interleaved(session.rounds(15, 5), {pair.name: (lambda pair=pair: put(pair)) for pair in pairs})
    for pair in pairs:
        pair.putter.ask("drop")
    return samples


def large(case: str, samples: dict[str, list[Sample]]) -> list[Result]:
    wanted = {"memcpy, anew": goals.ARROW_PUT_MEMCPY, "memcpy, kept": None}
    return [
        Result(case, "gridset", name, paired(samples["gridset"], samples[name], lambda sample: sample.throughput), "throughput",
               wanted.get(name, goals.ARROW_PUT_PEERS),
               rate(samples["gridset"]), rate(samples[name]))
        for name in samples if name != "gridset"
    ]


def small(samples: dict[str, list[Sample]]) -> list[Result]:
    results = [bounded("1 KiB, put and visible", samples["gridset"], goals.ARROW_PUT_SMALL_SECONDS)]
    for name in samples:
        if name != "gridset":
            ratio = paired(samples["gridset"], samples[name], lambda sample: sample.seconds)
            results.append(Result("1 KiB, put and visible", "gridset", name, ratio, "time of a put", None,
                                  milliseconds(samples["gridset"]), milliseconds(samples[name])))
    return results


def in_a_grid(session: Session) -> list[Result]:
    """Three members on hosts of their own; links of loopback's speed."""
    try:
        hosts = Hosts(session)
    except RuntimeError as reason:
        session.say(f"arrow-put: no grid: {reason}")
        return []
    session.say(f"arrow-put: 1 KiB in a grid of {MEMBERS}")
    with Grid(session, hosts) as grid:
        grid.up(MEMBERS)
        pair = arrow.gridset_on(session, grid.members[0], "gridset-in-grid")
        samples = measured(session, [pair], SMALL, SMALL_TIMES)[pair.name]
    return [bounded(f"1 KiB, put and visible, {MEMBERS} members", samples, goals.ARROW_PUT_GRID_SECONDS)]


def bounded(case: str, samples: list[Sample], bound: float) -> Result:
    return Result(case, "gridset", f"{bound * 1e3:.2f} ms", Spread.of(sample.seconds / bound for sample in samples), "time of a put",
                  goals.WITHIN_BOUND, milliseconds(samples), f"{bound * 1e3:.2f} ms")


def rate(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.throughput for sample in samples).median / GIB:.2f} GiB/s"


def milliseconds(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.seconds for sample in samples).median * 1e3:.3f} ms"
