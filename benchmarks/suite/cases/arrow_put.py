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
        ours = arrow.gridset(session, stack) if not session.settings.only_peers else []
        references = [arrow.segment(session, "anew"), arrow.segment(session, "kept")]
        case = f"{size // MIB} MiB"
        session.say(f"arrow-put: {case}, {'; '.join(pair.name for pair in [*ours, *references, *peers])}")
        samples = measured(session, [*ours, *references, *peers], size, 1)
        for pair in ours:
            results += large(case, pair.name, samples, [each.name for each in [*references, *peers]])
        session.say("arrow-put: 1 KiB")
        samples = measured(session, [*ours, *peers], SMALL, SMALL_TIMES)
        for pair in ours:
            results += small(pair.name, samples, [peer.name for peer in peers])
    if not session.settings.only_peers:
        results += in_a_grid(session)
    return results


def measured(session: Session, pairs: list[arrow.Pair], size: int, times: int) -> dict[str, list[Sample]]:
    for pair in pairs:
        pair.putter.ask("make", size=size)

    def put(pair: arrow.Pair) -> Sample:
        seconds = pair.putter.ask("put", name=pair.object, times=times)["median"]
        pair.putter.ask("delete", name=pair.object, times=times)
        return Sample(size, seconds, 0)

    for pair in pairs:
        for _ in range(2):
            put(pair)
    samples = interleaved(session.rounds(15, 5), {pair.name: (lambda pair=pair: put(pair)) for pair in pairs})
    for pair in pairs:
        pair.putter.ask("drop")
    return samples


def large(case: str, name: str, samples: dict[str, list[Sample]], references: list[str]) -> list[Result]:
    wanted = {"memcpy, anew": goals.ARROW_PUT_MEMCPY, "memcpy, kept": None}
    return [
        Result(case, name, reference, paired(samples[name], samples[reference], lambda sample: sample.throughput), "throughput",
               wanted.get(reference, goals.ARROW_PUT_PEERS), rate(samples[name]), rate(samples[reference]))
        for reference in references
    ]


def small(name: str, samples: dict[str, list[Sample]], peers: list[str]) -> list[Result]:
    case = "1 KiB, put and visible"
    return [bounded(case, name, samples[name], goals.ARROW_PUT_SMALL_SECONDS)] + [
        Result(case, name, peer, paired(samples[name], samples[peer], lambda sample: sample.seconds), "time of a put", None,
               milliseconds(samples[name]), milliseconds(samples[peer]))
        for peer in peers
    ]


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
        pair = arrow.gridset_on(session, grid.members[0], arrow.PYTHON)
        samples = measured(session, [pair], SMALL, SMALL_TIMES)[pair.name]
    return [bounded(f"1 KiB, put and visible, {MEMBERS} members", pair.name, samples, goals.ARROW_PUT_GRID_SECONDS)]


def bounded(case: str, name: str, samples: list[Sample], bound: float) -> Result:
    return Result(case, name, f"{bound * 1e3:.2f} ms", Spread.of(sample.seconds / bound for sample in samples), "time of a put",
                  goals.WITHIN_BOUND, milliseconds(samples), f"{bound * 1e3:.2f} ms")


def rate(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.throughput for sample in samples).median / GIB:.2f} GiB/s"


def milliseconds(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.seconds for sample in samples).median * 1e3:.3f} ms"
