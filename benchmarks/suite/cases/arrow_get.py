"""An Arrow table by name in another process than the one that put it, against Ray and Vineyard; each get is followed by
the sum of a column. Time must not depend on size, which is seen where other memory was read before each get alike: the sum
over a large object leaves the processor's caches emptier than that over a small one. Nothing may be copied: private memory
must not grow.
"""

import contextlib

from .. import arrow, goals
from ..measuring import GIB, MIB, Sample, Spread, interleaved, paired
from ..report import Result
from ..session import Session

SIZES = {"1 KiB": 1024, "1 MiB": MIB, "1 GiB": GIB}
QUICK_SIZES = {"1 KiB": 1024, "1 MiB": MIB, "64 MiB": 64 * MIB}
ALONE = {"4 GiB": 4 * GIB}  # there is no memory for three of them
TIMES = {1024: 200, MIB: 100}  # gets in one sample; large ones are summed up too, which takes its time
PEER_MEMORY = 3 * GIB
COLD, COLD_TIMES = 64 * MIB, 5  # read before each get whose time is compared with that of another size


def run(session: Session) -> list[Result]:
    results: list[Result] = []
    sizes = session.pick(SIZES, QUICK_SIZES)
    peers = arrow.peers(session, session.pick(PEER_MEMORY, GIB))
    cold: dict[tuple[str, str], float] = {}
    with contextlib.ExitStack() as stack:
        ours = arrow.gridset(session, stack) if not session.settings.only_peers else []
        names = [pair.name for pair in ours]
        for case, size in {**sizes, **session.pick(ALONE, {})}.items():
            pairs = [*ours, *peers] if case in sizes else ours
            if not arrow.fits(size):
                session.say(f"arrow-get: no memory for {case}")
                continue
            session.say(f"arrow-get: {case}, {'; '.join(pair.name for pair in pairs)}")
            samples, grown, after_others = measured(session, pairs, size, ours if size >= MIB else [])
            cold.update({(name, case): median(samples) for name, samples in after_others.items()})
            for name in names:
                results += compared(case, name, samples, [peer.name for peer in peers if case in sizes])
                results += [copied(case, name, size, grown[name])] if size >= MIB else []
        largest = max((case for _, case in cold), key={**sizes, **ALONE}.get, default="")
        results += [independent(name, largest, cold) for name in names]
    return results


Samples = dict[str, list[Sample]]


def measured(
    session: Session, pairs: list[arrow.Pair], size: int, cold: list[arrow.Pair]
) -> tuple[Samples, dict[str, int], Samples]:
    """The samples of each, in turns, the most that private memory grew by, and samples of `cold` with other memory read before."""
    checks = {}
    grown = dict.fromkeys((pair.name for pair in pairs), 0)
    for pair in pairs:
        pair.putter.ask("make", size=size)
        pair.putter.ask("put", name=pair.object)
        checks[pair.name] = pair.putter.ask("check")["check"]
        pair.putter.ask("drop")

    def get(pair: arrow.Pair) -> Sample:
        told = pair.getter.ask("get", name=f"{pair.object}-0", times=TIMES.get(size, 5))
        if told["check"] != checks[pair.name]:
            raise RuntimeError(f"{pair.name}: what was got is not what was put")
        grown[pair.name] = max(grown[pair.name], told["grown"])
        return Sample(size, told["median"], 0)

    for pair in pairs:
        get(pair)  # the first one loads code
    grown = dict.fromkeys(grown, 0)
    samples = interleaved(session.rounds(15, 5), {pair.name: (lambda pair=pair: get(pair)) for pair in pairs})

    def get_cold(pair: arrow.Pair) -> Sample:
        told = pair.getter.ask("get", name=f"{pair.object}-0", times=COLD_TIMES, cold=COLD)
        return Sample(size, told["median"], 0)

    after_others = interleaved(session.rounds(15, 5), {pair.name: (lambda pair=pair: get_cold(pair)) for pair in cold})
    for pair in pairs:
        pair.putter.ask("delete", name=pair.object)
    return samples, grown, after_others


def compared(case: str, name: str, samples: dict[str, list[Sample]], peers: list[str]) -> list[Result]:
    best = min(peers, key=lambda peer: median(samples[peer]), default=None)
    notes = {"ray": arrow.RAY_NOTE, "vineyard": arrow.VINEYARD_NOTE}
    return [
        Result(case, name, peer, paired(samples[name], samples[peer], lambda sample: sample.seconds), "time of a get",
               goals.ARROW_GET_PEERS if peer == best else None, milliseconds(median(samples[name])),
               milliseconds(median(samples[peer])), notes[peer])
        for peer in peers
    ]


def copied(case: str, name: str, size: int, grown: int) -> Result:
    return Result(case, name, "object bytes", Spread.of([grown / size]), "private memory grown by",
                  goals.ARROW_COPIED if size >= 64 * MIB else None, f"{grown / MIB:.2f} MiB", f"{size / MIB:.0f} MiB")


def independent(name: str, largest: str, cold: dict[tuple[str, str], float]) -> Result:
    """The largest against 1 MiB: both come as descriptors."""
    large, small = cold[name, largest], cold[name, "1 MiB"]
    return Result(f"{largest} against 1 MiB, caches cold", name, "1 MiB", Spread.of([large / small]), "time of a get", goals.ARROW_GET_SIZE,
                  milliseconds(large), milliseconds(small))


def median(samples: list[Sample]) -> float:
    return Spread.of(sample.seconds for sample in samples).median


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms"
