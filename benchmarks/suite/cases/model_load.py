"""A safetensors file read tensor by tensor, by name, through mmap, cold, against its sequential cold read.

The store answers 15 ms after each request and gives 300 MB/s in all: a distant but decent object store.
"""

from .. import goals
from ..gridset import Gridset
from ..measuring import GIB, MIB, Sample, Spread, interleaved, paired
from ..payload import write_safetensors
from ..report import Result
from ..session import Session
from ..store import Limits, LocalStore

KEY = "models/model.safetensors"
LIMITS = Limits(rate="300MB", latency="15ms")


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    store = LocalStore(session)
    tensors = write_safetensors(store.bucket / KEY, session.pick(GIB, 256 * MIB))
    size = (store.bucket / KEY).stat().st_size
    plan = session.workspace.path / "tensors"
    plan.write_text("".join(f"{offset} {length}\n" for offset, length in tensors))
    store.limit(LIMITS)
    origin: list[float] = []
    with Gridset(session) as node:
        through = node.mounted(store) / KEY

        def cold(read) -> Sample:
            sample, ratio = node.cold(store, size, read)
            origin.append(ratio)
            return sample

        session.say("model-load: by tensor and sequential, cold")
        samples = interleaved(
            session.rounds(5, 3),
            {
                "tensors": lambda: cold(lambda: session.reader.pieces(through, plan)),
                "sequential": lambda: cold(lambda: session.reader.sequential(through)),
            },
        )
        warm = interleaved(session.pick(5, 3), {"tensors": lambda: session.reader.pieces(through, plan)})["tensors"]
    tensor_wise, sequential = samples["tensors"], samples["sequential"]
    limits = f"store: {LIMITS.latency} a request, {LIMITS.rate}/s in all; {len(tensors)} tensors"
    return [
        Result(
            "tensors by name, mmap, cold",
            "gridset",
            "sequential cold read",
            paired(tensor_wise, sequential, lambda sample: sample.seconds_per_gib),
            "time",
            goals.MODEL_TIME,
            seconds(tensor_wise),
            seconds(sequential),
            limits,
        ),
        Result("tensors by name, mmap, cold", "gridset", "object bytes", Spread.of(origin), "origin bytes", goals.ORIGIN_ONCE),
        Result(
            "tensors by name, mmap, warm",
            "gridset",
            "the same cold",
            Spread.of(sample.seconds / Spread.of(cold.seconds for cold in tensor_wise).median for sample in warm),
            "time",
            None,
            seconds(warm),
            seconds(tensor_wise),
        ),
    ]


def seconds(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.seconds for sample in samples).median:.2f} s"
