"""Scenario 1: a 1.16 GiB model behind 46 MB/s, its manifests applied unchanged, copied to another file system.

The DataLoad of the manifests warms the cache; then the warm copies, then eviction and the cold copy. Published for the
systems replaced: 27.1 s cold, 2.1 s warm, 45 s for the load.
"""

from pathlib import Path

from .. import goals, processes
from ..access import ACCESS_KEY, BUCKET, SECRET_KEY
from ..gridset import Gridset
from ..measuring import GIB, MIB, Sample, Spread, interleaved, with_daemon
from ..payload import write_file
from ..report import Result
from ..session import Session
from ..store import Limits, LocalStore

KEY = "models/model.bin"
RATE = Limits(rate="46MB")
SIZE = 1_245_540_515  # 1.16 GiB
DATASET, LOAD = "serverless-data", "serverless-data-warmup"
LOAD_SECONDS = 120
SCENARIO = "examples/scenarios/1-model-serving.yaml"


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    size = session.pick(SIZE, 256 * MIB)
    store = LocalStore(session, RATE)
    origin = write_file(store.bucket / KEY, size)
    elsewhere = session.workspace.tmpfs("elsewhere", 2 * GIB)
    with Gridset(session) as node:
        session.say("scenario-1: manifests applied, the DataLoad running")
        environment = {
            "OSS_ACCESS_KEY_ID": ACCESS_KEY,
            "OSS_ACCESS_KEY_SECRET": SECRET_KEY,
            "OSS_BUCKET": BUCKET,
            "OSS_ENDPOINT": store.endpoint,
        }
        node.apply(session.repository / SCENARIO, environment)
        processes.wait_for("the DataLoad", lambda: load_complete(node), LOAD_SECONDS, node.process)
        load_origin = store.origin_bytes() / size
        through = node.mount(DATASET) / "model.bin"

        session.say("scenario-1: warm copies")
        warm = interleaved(
            session.rounds(10, 5),
            {
                "gridset": lambda: with_daemon(node.pid, lambda: copy(through, elsewhere)),
                "tmpfs": lambda: copy(origin, elsewhere),
            },
        )
        session.say("scenario-1: the cold copy")
        cold, cold_origin = node.cold(store, size, lambda: copy(through, elsewhere), DATASET)
        if session.reader.checksum(through) != session.reader.checksum(origin):
            raise RuntimeError("the file through the mount differs from the origin")
    return results(warm["gridset"], warm["tmpfs"], cold, [load_origin, cold_origin])


def results(warm: list[Sample], tmpfs: list[Sample], cold: Sample, origin: list[float]) -> list[Result]:
    case = "cp to another file system"
    per_gib = Spread.of(sample.seconds_per_gib for sample in warm)
    bound = goals.SCENARIO_SECONDS_PER_GIB
    return [
        Result(
            case,
            "gridset warm",
            "gridset cold",
            Spread.of(cold.seconds / sample.seconds for sample in warm),
            "speed-up",
            goals.SCENARIO_SPEEDUP,
            seconds(warm),
            seconds([cold]),
        ),
        Result(
            case,
            "gridset warm",
            f"{bound} s/GiB",
            Spread(per_gib.median / bound, per_gib.low / bound, per_gib.high / bound, per_gib.count),
            "s/GiB",
            goals.WITHIN_BOUND,
            f"{per_gib.median:.3f} s/GiB",
            f"{bound} s/GiB",
        ),
        Result(
            case,
            "gridset warm",
            "tmpfs",
            Spread.of(a.seconds / b.seconds for a, b in zip(warm, tmpfs, strict=True)),
            "time",
            None,
            seconds(warm),
            seconds(tmpfs),
        ),
        Result("DataLoad, then the cold copy", "gridset", "object bytes", Spread.of(origin), "origin bytes", goals.ORIGIN_ONCE),
    ]


def load_complete(node: Gridset) -> bool:
    phase = node.phase("dataload", LOAD)
    if phase == "Failed":
        raise RuntimeError("the DataLoad failed: " + node.command("describe", "dataload", LOAD))
    return phase == "Complete"


def copy(source: Path, folder: Path) -> Sample:
    target = folder / "copy"
    target.unlink(missing_ok=True)
    return processes.timed(["cp", str(source), str(target)], source.stat().st_size)


def seconds(samples: list[Sample]) -> str:
    return f"{Spread.of(sample.seconds for sample in samples).median:.2f} s"
