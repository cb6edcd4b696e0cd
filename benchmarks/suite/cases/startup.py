"""Process start to mounted and readable, with the dataset, the mount and the cache of an earlier run; memory at rest.

The clock runs from before the process is created to the first byte of a cached file read through the mount. A first
start ever (nothing on disk: up, apply, mount, first byte from the store, each a command) is shown beside it.
"""

import time
from pathlib import Path

from .. import goals, mounts
from ..gridset import START_SECONDS, Gridset
from ..measuring import MIB, Spread, anonymous_memory
from ..payload import write_file
from ..processes import wait_for
from ..report import Result
from ..session import Session
from ..store import LocalStore

KEY = "models/weights.bin"
REST_SECONDS = 3.0  # the memory at rest is the least seen in this time


def run(session: Session) -> list[Result]:
    if session.settings.only_peers:
        return []
    store = LocalStore(session)
    write_file(store.bucket / KEY, session.pick(256 * MIB, 64 * MIB))
    first = first_start(session, store)
    restored: list[float] = []
    resting: list[int] = []
    with Gridset(session) as node:
        node.mounted(store)
        node.load()
        rounds = session.rounds(10, 5)
        for number in range(rounds):
            session.say(f"startup: restart {number + 1} of {rounds}")
            node.stop()
            mounts.unmount_below(node.mount_path)
            store.reset()
            began = time.monotonic()
            node.spawn()
            wait_for("the restored mount", lambda: readable(node.mount_path / KEY), START_SECONDS, node.process)
            restored.append(time.monotonic() - began)
            if store.origin_bytes() > 0:
                raise RuntimeError("the file was not cached any more after the restart")
        session.say("startup: memory at rest")
        resting.append(least_memory(node.pid))
    bound = goals.STARTUP_SECONDS
    return [
        bounded("start, mount and cache restored", Spread.of(restored), goals.WITHIN_BOUND),
        bounded("first start ever: up, apply, mount, first byte", Spread.of([first]), None),
        Result(
            "memory at rest, one dataset mounted",
            "gridset",
            "512 MiB of heap allowed",
            Spread.of(value / (512 * MIB) for value in resting),
            "RssAnon",
            None,
            f"{resting[0] / MIB:.0f} MiB",
            "512 MiB",
            f"the bound for both starts is {bound} s; the first one includes some runs of the command line",
        ),
    ]


def bounded(case: str, seconds: Spread, goal: str | None) -> Result:
    bound = goals.STARTUP_SECONDS
    ratio = Spread(seconds.median / bound, seconds.low / bound, seconds.high / bound, seconds.count)
    return Result(case, "gridset", f"{bound} s", ratio, "time", goal, f"{seconds.median:.2f} s", f"{bound} s")


def first_start(session: Session, store: LocalStore) -> float:
    session.say("startup: first start ever")
    began = time.monotonic()
    with Gridset(session, "first") as node:
        file = node.mounted(store) / KEY
        wait_for("the first mount", lambda: readable(file), START_SECONDS, node.process)
        return time.monotonic() - began


def readable(file: Path) -> bool:
    try:
        with file.open("rb", buffering=0) as stream:
            return len(stream.read(1)) == 1
    except OSError:
        return False


def least_memory(pid: int) -> int:
    """The least anonymous memory seen for a while: what stays when the start's garbage is gone or not."""
    least = anonymous_memory(pid)
    end = time.monotonic() + REST_SECONDS
    while time.monotonic() < end:
        least = min(least, anonymous_memory(pid))
        time.sleep(0.1)
    return least
