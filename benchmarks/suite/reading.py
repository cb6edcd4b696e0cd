"""The plain readers: `reader.c`, compiled once by cc; without a C compiler a benchmark cannot measure CPU honestly
(an interpreter would cost more than the mount), so it says so and stops."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from .measuring import Sample

NO_LIMIT_SECONDS = 86_400
READ_DEADLINE_SECONDS = 600  # a read that hangs ends the benchmark, never the machine's patience


class Reader:
    """Starts reader processes and turns what they report into samples."""

    def __init__(self, folder: Path):
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise RuntimeError("the benchmarks need a C compiler for their reader (apt install gcc libc6-dev)")
        self._program = folder / "reader"
        source = Path(__file__).with_name("reader.c")
        subprocess.run([compiler, "-O2", "-o", str(self._program), str(source)], check=True)

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

    def checksum(self, path: Path) -> str:
        return json.loads(self._finish(self._start("sum", path)))["sum"]

    def _read(self, *arguments) -> tuple[Sample, int]:
        report = json.loads(self._finish(self._start(*arguments)))
        return Sample(report["bytes"], report["seconds"], report["cpu"]), report["files"]

    def _together(self, commands) -> Sample:
        started = [self._start(*command) for command in commands]
        reports = [json.loads(self._finish(process)) for process in started]
        return Sample(
            sum(report["bytes"] for report in reports),
            max(report["seconds"] for report in reports),
            sum(report["cpu"] for report in reports),
        )

    def _start(self, *arguments) -> subprocess.Popen:
        command = [str(self._program), *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @staticmethod
    def _finish(process: subprocess.Popen) -> str:
        try:
            output, errors = process.communicate(timeout=READ_DEADLINE_SECONDS)
        except BaseException:
            process.kill()
            raise
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(process.args[1:3])} failed: {errors.strip() or process.returncode}")
        return output


def write_listing(listing: Path, paths) -> Path:
    listing.write_bytes(b"".join(os.fsencode(path) + b"\n" for path in paths))
    return listing
