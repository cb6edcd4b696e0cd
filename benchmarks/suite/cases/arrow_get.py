"""An Arrow table by name in another process than the one that put it, against Ray and Vineyard; each get is followed by
the sum of a column. Time must not depend on size, and nothing may be copied: private memory must not grow.
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


def run(session: Session) -> list[Result]:
    results: list[Result] = []
    sizes = session.pick(SIZES, QUICK_SIZES)
    peers = arrow.peers(session, session.pick(PEER_MEMORY, GIB))
    medians: dict[str, Spread] = {}
    with contextlib.ExitStack() as stack:
        ours = [arrow.gridset(session, stack)] if not session.settings.only_peers else []
        for case, size in sizes.items():
            session.say(f"arrow-get: {case}, {', '.join(pair.name for pair in [*ours, *peers])}")
            samples, grown = measured(session, [*ours, *peers], size)
            if ours:
                medians[case] = Spread.of(sample.seconds for sample in samples["gridset"])
                results += compared(case, size, samples, grown["gridset"])
        if ours:
            for case, size in session.pick(ALONE, {}).items():
                if not arrow.fits(size):
                    session.say(f"arrow-get: no memory for {case}")
                    continue
                session.say(f"arrow-get: {case}, gridset")
                samples, grown = measured(session, ours, size)
                medians[case] = Spread.of(sample.seconds for sample in samples["gridset"])
                results.append(copied(case, size, grown["gridset"]))
            results.append(independent(medians))
    return results


def measured(session: Session, pairs: list[arrow.Pair], size: int) -> tuple[dict[str, list[Sample]], dict[str, int]]:
    """The samples of each, in turns, and the most that private memory grew by."""
    checks = {}
    grown = dict.fromkeys((pair.name for pair in pairs), 0)
    for pair in pairs:
        pair.putter.ask("make", size=size)
        pair.putter.ask("put", name="get")
        checks[pair.name] = pair.putter.ask("check")["check"]
        pair.putter.ask("drop")

    def get(pair: arrow.Pair) -> Sample:
        told = pair.getter.ask("get", name="get-0", times=TIMES.get(size, 5))
        if told["check"] != checks[pair.name]:
            raise RuntimeError(f"{pair.name}: what was got is not what was put")
        grown[pair.name] = max(grown[pair.name], told["grown"])
        return Sample(size, told["median"], 0)

    for pair in pairs:
        get(pair)  # the first one loads code
    grown = dict.fromkeys(grown, 0)
    samples = interleaved(session.rounds(15, 5), {pair.name: (lambda pair=pair: get(pair)) for pair in pairs})
    for pair in pairs:
        pair.putter.ask("delete", name="get")
    return samples, grown


def compared(case: str, size: int, samples: dict[str, list[Sample]], grown: int) -> list[Result]:
    results = []
    peers = [name for name in samples if name != "gridset"]
    best = min(peers, key=lambda name: Spread.of(sample.seconds for sample in samples[name]).median, default=None)
    for name in peers:
        ratio = paired(samples["gridset"], samples[name], lambda sample: sample.seconds)
        goal = goals.ARROW_GET_PEERS if name == best else None
        note = {"ray": arrow.RAY_NOTE, "vineyard": arrow.VINEYARD_NOTE}[name]
        results.append(Result(case, "gridset", name, ratio, "time of a get", goal, milliseconds(samples["gridset"]),
                              milliseconds(samples[name]), note))
    if size >= MIB:
        results.append(copied(case, size, grown))
    return results


def copied(case: str, size: int, grown: int) -> Result:
    return Result(case, "gridset", "object bytes", Spread.of([grown / size]), "private memory grown by",
                  goals.ARROW_COPIED if size >= 64 * MIB else None, f"{grown / MIB:.2f} MiB", f"{size / MIB:.0f} MiB")


def independent(medians: dict[str, Spread]) -> Result:
    """The largest against 1 MiB: both come as descriptors."""
    largest = list(medians)[-1]
    ratio = medians[largest].median / medians["1 MiB"].median
    return Result(f"{largest} and 1 MiB", largest, "1 MiB", Spread.of([ratio]), "time of a get", goals.ARROW_GET_SIZE,
                  f"{medians[largest].median * 1e3:.3f} ms", f"{medians['1 MiB'].median * 1e3:.3f} ms")


def milliseconds(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.seconds for sample in samples).median * 1e3:.3f} ms"
