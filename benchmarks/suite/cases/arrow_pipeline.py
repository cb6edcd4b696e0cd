"""Scenario 5: a pipeline of three processes that hands tables on as objects, against Parquet files in an object store of
10 Gbit/s (the example examples/linear-regression): with the store for itself, and with its share of a store that a hundred
pods use at once, as in scenario 4.
"""

import json
import sys
from typing import NamedTuple

from .. import goals, processes
from ..measuring import Spread
from ..report import Result
from ..session import Session

QUICK_ROWS = 60_000
NOTE = "the store limits what it sends and what it takes, each; both pipelines must learn the same"


class Share(NamedTuple):
    """What a pipeline has of the store of 10 Gbit/s, and how many houses it learns from."""

    name: str
    rate: str
    rows: int
    write_goal: str | None
    read_goal: str | None


SHARES = (
    Share("a hundredth of the store", "12.5MB", 600_000, goals.ARROW_PIPELINE_WRITE, goals.ARROW_PIPELINE_READ),
    Share("the whole store", "1250MB", 3_000_000, None, None),
)


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    return [result for share in SHARES for result in with_share(session, share)]


def with_share(session: Session, share: Share) -> list[Result]:
    rows = session.pick(share.rows, QUICK_ROWS)
    told = []
    rounds = session.rounds(5, 1)
    for number in range(rounds):
        session.say(f"arrow-pipeline: {share.name}, {rows:,} rows, {number + 1} of {rounds}")
        command = [sys.executable, session.repository / "examples" / "linear-regression" / "run"]
        command += ["--rows", str(rows), "--store-rate", share.rate, "--json"]
        told.append(json.loads(processes.output_of(command).splitlines()[-1]))
    return [
        entry(f"{share.name}: handed on, written", told, "write", share.write_goal),
        entry(f"{share.name}: handed on, read, a column summed", told, "read", share.read_goal),
        entry(f"{share.name}: then every column summed", told, "scan", None),
        entry(f"{share.name}: the first table read", told, "readRaw", None),
        copied(share, told),
    ]


def entry(case: str, told: list[dict], name: str, goal: str | None) -> Result:
    ratio = Spread.of(each["parquet"][name] / each["objects"][name] for each in told)
    ours, theirs = (Spread.of(each[way][name] for each in told).median for way in ("objects", "parquet"))
    return Result(case, "objects", "Parquet in the store", ratio, "speed-up", goal, f"{ours:.4f} s", f"{theirs:.4f} s", NOTE)


def copied(share: Share, told: list[dict]) -> Result:
    part = Spread.of(each["objects"]["readMemory"] / each["objects"]["bytes"] for each in told)
    ours, theirs = (Spread.of(each[way]["readMemory"] for each in told).median / 1e6 for way in ("objects", "parquet"))
    return Result(f"{share.name}: private memory that reading took", "objects", "their bytes", part, "bytes", None,
                  f"{ours:.1f} MB", f"{theirs:.1f} MB with Parquet")
