"""The command line of the benchmarks: which to run, how often, and how to say what came out."""

import argparse
import importlib
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

from . import report
from .session import Session, Settings

REPOSITORY = Path(__file__).resolve().parents[2]
RESULTS = REPOSITORY / "benchmarks" / "RESULTS.md"
BENCHMARKS = {
    "warm-read": "warm_read",
    "cold-read": "cold_read",
    "model-load": "model_load",
    "scenario-1": "scenario_1",
    "small-files": "small_files",
    "startup": "startup",
    "placement": "placement",
    "burst": "burst",
    "burst-vs": "burst_vs",
    "peer-read": "peer_read",
    "scale-out": "scale_out",
    "failover": "failover",
    "rejoin": "rejoin",
    "arrow-get": "arrow_get",
    "arrow-put": "arrow_put",
    "arrow-pipeline": "arrow_pipeline",
    "arrow-flight": "arrow_flight",
    "arrow-fetch": "arrow_fetch",
}
GOAL_MISSED, NOT_MEASURED = 1, 3


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.list:
        for name, module in BENCHMARKS.items():
            print(f"{name:14} {load(module).__doc__.splitlines()[0]}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    names = list(BENCHMARKS) if options.name == "all" else [options.name]
    try:
        return max(run(name, options, arguments) for name in names)
    except KeyboardInterrupt:
        print("interrupted; everything started has been taken away", file=sys.stderr)
        return 130


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description="Measures Gridset beside its peers.")
    parser.add_argument("name", nargs="?", choices=[*BENCHMARKS, "all"], help="which benchmark, or all, one after the other")
    parser.add_argument("--list", action="store_true", help="name the benchmarks")
    parser.add_argument("--json", action="store_true", help="end with one JSON line on standard output")
    parser.add_argument("--require", action="store_true", help="exit with 1 when a goal is not met")
    parser.add_argument("--quick", action="store_true", help="smaller data and fewer rounds: rough figures")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds instead of each benchmark's own number")
    parser.add_argument("--record", action="store_true", help="rewrite the benchmark's section of benchmarks/RESULTS.md")
    parser.add_argument("--only-peers", action="store_true", help="leave Gridset out: a check of the peers' side")
    options = parser.parse_args(arguments)
    if not options.list and options.name is None:
        parser.error("name a benchmark, or --list")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def load(module: str):
    return importlib.import_module(f".cases.{module}", __package__)


def run(name: str, options: argparse.Namespace, arguments: list[str]) -> int:
    settings = Settings(options.quick, options.rounds, options.only_peers)
    try:
        with Session(REPOSITORY, settings) as session:
            began = time.monotonic()
            results = load(BENCHMARKS[name]).run(session)
            seconds = time.monotonic() - began
            versions = session.versions
    except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as failure:
        traceback.print_exc(file=sys.stderr)
        print(f"{name}: not measured: {failure}", file=sys.stderr)
        return NOT_MEASURED
    outcome = report.Outcome(name, results, versions, seconds)
    print(report.table(outcome), file=sys.stderr if options.json else sys.stdout, flush=True)
    if options.record:
        report.record(outcome, ["benchmarks/run", *arguments], REPOSITORY, RESULTS)
    if options.json:
        print(report.json_line(outcome, REPOSITORY), flush=True)
    return GOAL_MISSED if options.require and outcome.missed else 0


def _interrupt(*_) -> None:
    raise KeyboardInterrupt
