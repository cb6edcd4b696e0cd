"""Placement at 10 to 1,000 members and 10^9 blocks, on the real ranking: balance, bytes moved, memory, nanoseconds.

No grid is started: a Java program of the core's tests (`PlacementSimulation`) ranks the blocks of 140,000 files of 30 GB
(4 PB in all), as many of the 10^9 as its time allows, and judges one file in four before and after a join, a leave, two
crashes and a restart. The rest is arithmetic, and said to be.
"""

import json
import math
import statistics

from .. import goals
from ..build import class_path, java_home, tests_jar
from ..measuring import Spread
from ..processes import loopback_environment, output_of
from ..report import Result
from ..session import Session

PACKAGE = "io.gridset.core.placement"
BLOCKS = 1_000_000_000
BLOCK_BYTES = 4 << 20
BLOCKS_OF_A_FILE = 7_153  # as `Grids` has it: 30 GB
SECONDS = {10: 25, 32: 25, 100: 30, 316: 40, 1_000: 90}
QUICK_SECONDS = 2
EQUAL, UNEQUAL = "1", "1,2,4,8"
UNEQUAL_MEMBERS = 100
NODE_FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"]  # it is a node that asks: docs/decisions/0007
CLOCK_ROUNDS = 15
TABLE_RECORD, TABLE_WORD, TABLE_CELL = 80, 8, 96  # `BlockTable`: a record per file, a word per block, in whole cells
LEAST_EXPECTED = 30  # blocks, below which a sample says nothing
CONFIDENT = 0.04  # a goal is judged when the sample tells the ratio this well
NOTE = (
    "placement: n is the number of blocks ranked (or of rounds, for nanoseconds), and the quartile column has the 95 % "
    "confidence interval of what the sample says about all 10^9; hashes know no luck, so a run of the same length repeats it"
)


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    results: list[Result] = []
    for members, seconds in SECONDS.items():
        results += at(session, members, session.pick(seconds, QUICK_SECONDS), EQUAL)
    results += at(session, UNEQUAL_MEMBERS, session.pick(SECONDS[UNEQUAL_MEMBERS], QUICK_SECONDS), UNEQUAL)
    for members in SECONDS:
        results += costs(session, members)
    return results


def at(session: Session, members: int, seconds: float, weights: str) -> list[Result]:
    case = f"{members:,} members" + (f", weights {weights}" if weights != EQUAL else "")
    session.say(f"placement: {case}, {seconds} s")
    found = java(session, [], "PlacementSimulation", members, BLOCKS, seconds, weights)
    ranked, judged = found["ranked"], found["judged"]
    join, leave, two = found["joinShare"], found["leaveShare"], found["twoShare"]
    results = [
        balance(case, found),
        share(f"{case}: a join", "bytes moved, all to the joiner", found["movedByJoin"], judged, join),
        share(f"{case}: a leave, or a crash with 1 copy", "bytes moved, or loaded again", found["movedByLeave"], judged, leave),
        share(f"{case}: a crash with 2 copies", "copies made again, none loaded",
              found["movedByLeave"] + found["secondCopies"], judged, 2 * leave if weights == EQUAL else None),
        share(f"{case}: two crash, 1 copy", "bytes loaded again", found["lostByTwoCrashes"], judged, two),
        share(f"{case}: two crash, 2 copies", "bytes loaded again", found["lostByTwoCrashesOfTwoCopies"], judged,
              2 / members / (members - 1) if weights == EQUAL else None),
        counted(f"{case}: joins and leaves", "blocks that moved against the promise", found["broken"], judged),
        counted(f"{case}: restart with the stable id", "blocks with another home after it", found["movedByRestart"], judged),
    ]
    if weights == EQUAL:
        renamed = found["movedByRenaming"]
        results.append(share(f"{case}: were all ids new at a start", "blocks with another home", renamed, judged, 1 - 1 / members, None))
    return [result for result in results if result is not None]


def balance(case: str, found: dict) -> Result:
    """The largest load against the mean (by weight); chance alone gives the largest of `members` normal deviates."""
    members, ranked = found["members"], found["ranked"]
    deviates = statistics.NormalDist().inv_cdf(1 - 1 / (members + 1))
    by_chance = 1 + deviates * math.sqrt(members / BLOCKS)
    told = deviates * math.sqrt(members / ranked) < CONFIDENT
    return Result(
        case,
        "the largest load",
        "mean load",
        Spread(found["largestLoad"], found["largestLoad"], found["largestLoad"], ranked),
        "blocks at home",
        goals.PLACEMENT_LOAD if told else None,
        f"variance {found['dispersion']:.2f} of chance's",
        f"{ranked / BLOCKS:.3%} ranked; of all, chance makes it {by_chance:.4f}",
        NOTE,
    )


def share(
    case: str, subject: str, moved: int, judged: int, ideal: float | None, goal: str | None = goals.PLACEMENT_MOVED
) -> Result | None:
    """Part of the blocks against the ideal part, with the interval that a sample of that size leaves; none for too small a sample."""
    if ideal is None or ideal * judged < LEAST_EXPECTED:
        return None
    part = moved / judged
    margin = 1.96 * math.sqrt(ideal * (1 - ideal) / judged) / ideal
    ratio = part / ideal
    spread = Spread(ratio, ratio - margin, ratio + margin, judged)
    judgement = goal if margin < CONFIDENT else None
    return Result(case, subject, "the ideal", spread, "bytes", judgement, f"{part:.4%}", f"{ideal:.4%}")


def counted(case: str, subject: str, count: int, judged: int) -> Result:
    part = count / judged
    return Result(case, subject, "blocks judged", Spread(part, part, part, judged), "blocks", goals.NONE, f"{count:,}", f"{judged:,}")


def costs(session: Session, members: int) -> list[Result]:
    case = f"{members:,} members"
    session.say(f"placement: {case}, nanoseconds a question")
    found = java(session, NODE_FLAGS, "RankingClock", members, session.rounds(CLOCK_ROUNDS, 5))
    goal = goals.PLACEMENT_HOME if members == max(SECONDS) else None
    return [
        nanoseconds(case, "home()", found["homeNanos"], found["formulaNanos"], goal),
        nanoseconds(case, "first(key, 3)", found["firstNanos"], found["formulaNanos"], None),
        Result(
            case,
            "view and ranking",
            "bytes a member",
            Spread.of([found["heapBytes"] / members]),
            "memory",
            None,
            f"{found['heapBytes'] / 1000:.1f} kB of heap",
            f"{members:,} members",
        ),
        table(case, members),
    ]


def nanoseconds(case: str, question: str, ours: list[float], formula: list[float], goal: str | None) -> Result:
    return Result(
        case,
        question,
        "home by a logarithm for each member",
        Spread.of(a / b for a, b in zip(ours, formula, strict=True)),
        "time",
        goal,
        f"{statistics.median(ours):.0f} ns",
        f"{statistics.median(formula):.0f} ns",
        "nanoseconds with a node's own flags (no optimising compiler)",
    )


def table(case: str, members: int) -> Result:
    """By arithmetic: the block table of one member, when 10^9 blocks are cached once in the grid."""
    held = BLOCKS // members
    touched = BLOCKS // BLOCKS_OF_A_FILE * (1 - (1 - 1 / members) ** BLOCKS_OF_A_FILE)
    large = touched * record_bytes(BLOCKS_OF_A_FILE)
    small = held * record_bytes(1)
    return Result(
        case,
        "block table of a member",
        "MB per TB held",
        Spread.of([large / 1e6 / (held * BLOCK_BYTES / 1e12)]),
        "memory",
        None,
        f"{large / 1e6:,.0f} MB; with files of one block {small / 1e6:,.0f} MB",
        f"{held * BLOCK_BYTES / 1e12:,.1f} TB held",
        "block tables by arithmetic: a member has 8 bytes for each block of a file of which it holds any, and of a large file all hold some",
    )


def record_bytes(blocks: int) -> int:
    return -(-(TABLE_RECORD + TABLE_WORD * blocks) // TABLE_CELL) * TABLE_CELL


def java(session: Session, flags: list[str], main: str, *arguments) -> dict:
    classes = f"{tests_jar(session.repository, 'grid-node/core')}:{class_path(session.repository)}"
    command = [f"{java_home(session.repository)}/bin/java", *flags, "-cp", classes, f"{PACKAGE}.{main}", *map(str, arguments)]
    return json.loads(output_of(command, loopback_environment()))
