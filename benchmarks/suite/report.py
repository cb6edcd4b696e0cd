"""What is reported: one record per case, as a JSON line, as a table, and as a section of RESULTS.md."""

import json
import operator
import os
import platform
import re
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .measuring import GIB, Spread

_RELATIONS = {"<=": operator.le, ">=": operator.ge}
INFORMATION = "-"  # the goal column of a figure that has no goal


@dataclass(frozen=True)
class Result:
    """One figure: `ratio` is subject / reference in `unit`; `goal` is a relation to it, such as ">= 0.95", or None."""

    case: str
    subject: str
    reference: str
    ratio: Spread
    unit: str
    goal: str | None = None
    value: str = ""
    reference_value: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        relation, bound = self.goal.split()
        return _RELATIONS[relation](self.ratio.median, float(bound))

    def as_json(self) -> dict:
        record = {
            "case": self.case,
            "subject": self.subject,
            "reference": self.reference,
            "ratio": round(self.ratio.median, 4),
            "unit": self.unit,
            "goal": self.goal,
            "met": self.met,
            "spread": [round(self.ratio.low, 4), round(self.ratio.high, 4)],
            "rounds": self.ratio.count,
            "value": self.value,
            "referenceValue": self.reference_value,
        }
        if self.note:
            record["note"] = self.note
        return record


@dataclass(frozen=True)
class Outcome:
    """A benchmark that has run."""

    name: str
    results: list[Result]
    versions: dict[str, str]
    seconds: float

    @property
    def missed(self) -> list[Result]:
        return [result for result in self.results if result.met is False]


def json_line(outcome: Outcome, repository: Path) -> str:
    return json.dumps(
        {
            "name": outcome.name,
            "commit": commit(repository),
            "results": [result.as_json() for result in outcome.results],
            "versions": outcome.versions,
            "machine": machine(),
            "seconds": round(outcome.seconds, 1),
        },
        ensure_ascii=False,
    )


HEADINGS = ("case", "subject", "reference", "unit", "value", "reference value", "ratio", "quartiles", "n", "goal", "met")


def rows(outcome: Outcome) -> list[tuple[str, ...]]:
    return [
        (
            result.case,
            result.subject,
            result.reference,
            result.unit,
            result.value,
            result.reference_value,
            figure(result.ratio.median),
            f"{figure(result.ratio.low)}..{figure(result.ratio.high)}" if result.ratio.count > 1 else "",
            str(result.ratio.count),
            result.goal or INFORMATION,
            {True: "yes", False: "NO", None: ""}[result.met],
        )
        for result in outcome.results
    ]


def table(outcome: Outcome) -> str:
    """The results for a terminal, in columns."""
    lines = [HEADINGS, *rows(outcome)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
    return "\n".join([f"{outcome.name} ({outcome.seconds:.0f} s)", text, *notes(outcome)])


def notes(outcome: Outcome) -> list[str]:
    distinct = list(dict.fromkeys(result.note for result in outcome.results if result.note))
    versions = ", ".join(f"{name} {version}" for name, version in sorted(outcome.versions.items()))
    return [*distinct, *([f"versions: {versions}"] if versions else [])]


def section(outcome: Outcome, command: list[str], repository: Path) -> str:
    """The benchmark's section of RESULTS.md."""
    lines = [
        f"## {outcome.name}",
        "",
        f"`{shlex.join(command)}`, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, commit {commit(repository)}, {machine()}; "
        f"{outcome.seconds:.0f} s.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|" + " --- |" * len(HEADINGS),
        *("| " + " | ".join(row) + " |" for row in rows(outcome)),
        "",
        *(f"- {note}" for note in notes(outcome)),
    ]
    return "\n".join(lines) + "\n"


def record(outcome: Outcome, command: list[str], repository: Path, file: Path) -> None:
    """Puts the section in the place of the benchmark's last one, or at the end."""
    text = file.read_text() if file.exists() else "# Benchmark results\n"
    fresh = section(outcome, command, repository)
    pattern = re.compile(rf"^## {re.escape(outcome.name)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if pattern.search(text):
        text = pattern.sub(lambda _: fresh + "\n", text)
    else:
        text = text.rstrip("\n") + "\n\n" + fresh
    file.write_text(text.rstrip("\n") + "\n")


def commit(repository: Path) -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    head = git("rev-parse", "--short=12", "HEAD") or "unknown"
    dirty = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/RESULTS.md")
    return head + ("-modified" if dirty else "")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def figure(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
