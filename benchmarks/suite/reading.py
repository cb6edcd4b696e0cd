"""The plain readers: `reader.c`, compiled once by cc; without a C compiler a benchmark cannot measure CPU honestly
(an interpreter would cost more than the mount), so it says so and stops."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .measuring import Sample

NO_LIMIT_SECONDS = 86_400
READ_DEADLINE_SECONDS = 600  # a read that hangs ends the benchmark, never the machine's patience


class Reader:
    """Starts reader processes and turns what they report into samples."""

    def __init__(self, folder: Path):
        self._program = compiled(Path(__file__).with_name("reader.c"), folder / "reader")

    def sequential(self, path: Path) -> Sample:
        return self._read("seq", path)[0]

    def two_at_once(self, path: Path) -> Sample:
        """Two processes, each reading the whole file; the time is the slower one's, bytes and CPU are both's."""
        return self._together([("seq", path), ("seq", path)])

    def random_pages(self, path: Path, count: int, seed: int) -> Sample:
        return self._read("random", path, count, seed)[0]

    def pieces(self, path: Path, plan: Path) -> Sample:
        return self._read("pieces", path, plan)[0]

    def files(self, listing: Path, limit_seconds: float = NO_LIMIT_SECONDS) -> tuple[Sample, int]:
        """Reads the files named in `listing` one after the other; answers how many it came to as well."""
        return self._read("files", listing, limit_seconds)

    def crowd(self, paths) -> list[Sample]:
        """A process for each of `paths`, all at once, each reading its file once."""
        return [sample(report) for report in self._reports([("seq", path) for path in paths])]

    def flow(self, listings, seconds: float) -> Sample:
        """A process for each listing, all at once, reading on for `seconds`; the bytes of all of them."""
        reports = self._reports([("flow", listing, seconds) for listing in listings])
        return Sample(sum(report["bytes"] for report in reports), seconds, sum(report["cpu"] for report in reports))

    def watch(self, listing: Path) -> "Watch":
        """Begins to read the files of a listing, whatever fails."""
        return Watch(self._start("watch", listing))

    def checksum(self, path: Path) -> str:
        return json.loads(finish(self._start("sum", path)))["sum"]

    def _read(self, *arguments) -> tuple[Sample, int]:
        report = json.loads(finish(self._start(*arguments)))
        return sample(report), report["files"]

    def _together(self, commands) -> Sample:
        reports = self._reports(commands)
        return Sample(
            sum(report["bytes"] for report in reports),
            max(report["seconds"] for report in reports),
            sum(report["cpu"] for report in reports),
        )

    def _start(self, *arguments) -> subprocess.Popen:
        command = [str(self._program), *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _reports(self, commands) -> list[dict]:
        started = []
        try:
            for command in commands:
                started.append(self._start(*command))
            return [json.loads(finish(process)) for process in started]
        except BaseException:
            for process in started:
                process.kill()
            raise


@dataclass(frozen=True)
class Watched:
    """What a watching reader has met: failed reads, the longest one, and what it got in all."""

    size: int
    failed: int
    longest: float
    checksum: str


class Watch:
    """A reader at work that goes on whatever fails."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    def reading(self) -> bool:
        return self._process.poll() is None

    def end(self) -> Watched:
        """Waits for it."""
        report = json.loads(finish(self._process))
        return Watched(report["bytes"], report["failed"], report["longest"], report["sum"])

    def kill(self) -> None:
        self._process.kill()


def compiled(source: Path, program: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise RuntimeError("the benchmarks need a C compiler for their readers (apt install gcc libc6-dev)")
    subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    return program


def finish(process: subprocess.Popen) -> str:
    try:
        output, errors = process.communicate(timeout=READ_DEADLINE_SECONDS)
    except BaseException:
        process.kill()
        raise
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(process.args[1:3])} failed: {errors.strip() or process.returncode}")
    return output


def sample(report: dict) -> Sample:
    return Sample(report["bytes"], report["seconds"], report["cpu"])


def write_listing(listing: Path, paths) -> Path:
    listing.write_bytes(b"".join(os.fsencode(path) + b"\n" for path in paths))
    return listing
