"""What a measurement is, how pairs are interleaved, and what is said about them: medians and quartiles, never a best.

Ratios are taken pair by pair (neighbours in time share the machine's mood) and the median of those is reported.
"""

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass

GIB = 1 << 30
MIB = 1 << 20
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One reading: bytes delivered, wall seconds, CPU seconds of everybody who worked for it."""

    size: int
    seconds: float
    cpu: float

    @property
    def throughput(self) -> float:
        """Bytes a second."""
        return self.size / self.seconds

    @property
    def cpu_per_gib(self) -> float:
        """CPU seconds per GiB delivered."""
        return self.cpu / self.size * GIB

    @property
    def seconds_per_gib(self) -> float:
        return self.seconds / self.size * GIB


@dataclass(frozen=True)
class Spread:
    """Median with the quartiles around it."""

    median: float
    low: float
    high: float
    count: int

    @staticmethod
    def of(values) -> "Spread":
        values = sorted(values)
        if not values:
            raise ValueError("nothing was measured")
        if len(values) < 4:
            return Spread(statistics.median(values), values[0], values[-1], len(values))
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return Spread(statistics.median(values), low, high, len(values))


def interleaved(rounds: int, subjects: dict[str, Callable[[], Sample]]) -> dict[str, list[Sample]]:
    """Measures each subject once a round; every other round runs in reverse order, so that drift cancels out."""
    samples: dict[str, list[Sample]] = {name: [] for name in subjects}
    order = list(subjects)
    for number in range(rounds):
        for name in order if number % 2 == 0 else reversed(order):
            samples[name].append(subjects[name]())
    return samples


def paired(subject: list[Sample], reference: list[Sample], figure: Callable[[Sample], float]) -> Spread:
    """The ratio subject / reference of one figure, pair by pair."""
    return Spread.of(figure(a) / figure(b) for a, b in zip(subject, reference, strict=True))


def process_tree(pid: int) -> list[int]:
    """The process and all its descendants (a start script may stand above the daemon)."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(_stat_fields(int(entry))[1])
            except (OSError, IndexError):
                continue
    tree = [pid]
    for ancestor in tree:
        tree.extend(child for child, parent in parents.items() if parent == ancestor)
    return tree


def daemon_cpu(pid: int) -> float:
    """User + system seconds so far of the process and its descendants, in steps of a clock tick (10 ms)."""
    total = 0
    for member in process_tree(pid):
        try:
            fields = _stat_fields(member)
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / CLOCK_TICKS


def anonymous_memory(pid: int) -> int:
    """RssAnon in bytes, of the process and its descendants: what it costs beyond the cache that it maps."""
    total = 0
    for member in process_tree(pid):
        try:
            with open(f"/proc/{member}/status", encoding="ascii", errors="replace") as status:
                total += sum(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon:"))
        except OSError:
            continue
    return total


def with_daemon(pid: int, read: Callable[[], Sample]) -> Sample:
    """A reading with the daemon's CPU of the same time added to the reader's."""
    before = daemon_cpu(pid)
    sample = read()
    return Sample(sample.size, sample.seconds, sample.cpu + daemon_cpu(pid) - before)


def _stat_fields(pid: int) -> list[str]:
    """/proc/PID/stat from the state on: [0] state, [1] parent, [11] utime, [12] stime (proc_pid_stat(5))."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rpartition(")")[2].split()
