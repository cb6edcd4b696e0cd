"""Scenario 5: a pipeline of three processes that hands tables on as objects, against Parquet files in an object store at
10 Gbit/s (the example examples/linear-regression).
"""

import json
import sys

from .. import goals, processes
from ..measuring import Spread
from ..report import Result
from ..session import Session

ROWS, QUICK_ROWS = 3_000_000, 60_000
STORE_RATE = "1250MB"  # 10 Gbit/s
NOTE = "the store limits what it sends and not what it takes; both pipelines must learn the same"


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    rows = session.pick(ROWS, QUICK_ROWS)
    told = []
    rounds = session.rounds(5, 1)
    for number in range(rounds):
        session.say(f"arrow-pipeline: {rows:,} rows, {number + 1} of {rounds}")
        command = [sys.executable, session.repository / "examples" / "linear-regression" / "run"]
        command += ["--rows", str(rows), "--store-rate", STORE_RATE, "--json"]
        told.append(json.loads(processes.output_of(command).splitlines()[-1]))
    return [
        entry("handed on: written", told, "write", goals.ARROW_PIPELINE_WRITE),
        entry("handed on: read, a column summed", told, "read", goals.ARROW_PIPELINE_READ),
        entry("then every column summed", told, "scan", None),
        entry("the first table read", told, "readRaw", None),
        copied(told),
    ]


def entry(case: str, told: list[dict], name: str, goal: str | None) -> Result:
    ratio = Spread.of(each["parquet"][name] / each["objects"][name] for each in told)
    ours, theirs = (Spread.of(each[way][name] for each in told).median for way in ("objects", "parquet"))
    return Result(case, "objects", "Parquet in the store", ratio, "speed-up", goal, f"{ours:.4f} s", f"{theirs:.4f} s", NOTE)


def copied(told: list[dict]) -> Result:
    share = Spread.of(each["objects"]["readMemory"] / each["objects"]["bytes"] for each in told)
    ours, theirs = (Spread.of(each[way]["readMemory"] for each in told).median / 1e6 for way in ("objects", "parquet"))
    return Result("handed on: private memory that reading took", "objects", "their bytes", share, "bytes", None,
                  f"{ours:.1f} MB", f"{theirs:.1f} MB with Parquet")
