"""DoGet of a table by a Flight client in another process (pyarrow), against Arrow Java's own Flight server that holds the
same batches in memory, as it comes and with its zero-copy writes.
"""

import contextlib

from .. import arrow, goals
from ..measuring import GIB, MIB, Sample, Spread, interleaved, paired
from ..report import Result
from ..session import Session

BATCH = 64 * MIB
ONE_BATCH = 256 * MIB
PLAIN, ZERO_COPY = "Arrow Java's server", "Arrow Java's server, zero-copy"


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    results: list[Result] = []
    with contextlib.ExitStack() as stack:
        pairs = [
            arrow.flight_on_node(session, stack),
            arrow.flight_on_java(session, PLAIN),
            arrow.flight_on_java(session, ZERO_COPY, "-Dheld.zeroCopy=true"),
        ]
        size = session.pick(GIB, 64 * MIB)
        # Arrow Java's server gives up on a batch of 1 GiB.
        whole = min(size, ONE_BATCH)
        cases = ((f"{size // MIB} MiB, batches of {min(BATCH, size) // MIB} MiB", size, BATCH), (f"{whole // MIB} MiB, one batch", whole, 0))
        for case, size, batch in cases:
            session.say(f"arrow-flight: {case}, {'; '.join(pair.name for pair in pairs)}")
            samples = measured(session, pairs, size, batch)
            results += [
                Result(case, pairs[0].name, reference, paired(samples[pairs[0].name], samples[reference], lambda sample: sample.throughput),
                       "throughput", goals.ARROW_FLIGHT, rate(samples[pairs[0].name]), rate(samples[reference]))
                for reference in (PLAIN, ZERO_COPY)
            ]
    return results


def measured(session: Session, pairs: list[arrow.Pair], size: int, batch: int) -> dict[str, list[Sample]]:
    checks = {}
    for pair in pairs:
        pair.putter.ask("make", size=size)
        pair.putter.ask("batches", size=batch)
        pair.putter.ask("put", name=pair.object)
        checks[pair.name] = pair.putter.ask("check")["check"]
        pair.putter.ask("drop")

    def get(pair: arrow.Pair) -> Sample:
        told = pair.getter.ask("get", name=f"{pair.object}-0")
        if told["check"] != checks[pair.name]:
            raise RuntimeError(f"{pair.name}: what was got is not what was put")
        return Sample(size, told["median"], 0)

    for pair in pairs:
        for _ in range(2):
            get(pair)  # the first ones load and compile code
    samples = interleaved(session.rounds(11, 3), {pair.name: (lambda pair=pair: get(pair)) for pair in pairs})
    for pair in pairs:
        pair.putter.ask("delete", name=pair.object)
    return samples


def rate(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.throughput for sample in samples).median / GIB:.2f} GiB/s"
