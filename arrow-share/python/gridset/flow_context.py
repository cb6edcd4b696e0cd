"""Which step of which flow this process belongs to, and what that step has read so far.

A flow tells its steps by environment variables, so that whatever a step starts belongs to it too. Objects that are got
are noted in a file of the step, one name a line; an object that is put has all of them as its parents. Outside a flow
every function here answers nothing and costs a look into the environment.
"""

from __future__ import annotations

import os
from typing import Dict, List, Optional, Tuple

STEP_VARIABLE = "GRIDSET_FLOW_STEP"
"""The producer of what the step puts: ``RUN/step1``."""
DATASET_VARIABLE = "GRIDSET_FLOW_DATASET"
"""The dataset whose flow it is."""
PARENTS_VARIABLE = "GRIDSET_FLOW_PARENTS"
"""The file in which the step notes what it has got."""

RUN_LABEL = "fluid.io/dataflow"
DATASET_LABEL = "fluid.io/dataset"

_noted: Dict[Tuple[int, str], None] = {}  # by process: a fork goes on noting for itself


def producer() -> str:
    """``RUN/stepN`` inside a step, else empty."""
    return os.environ.get(STEP_VARIABLE, "")


def labels() -> Dict[str, str]:
    """The labels of what is put inside a step: run and dataset, as Fluid labels them."""
    step = producer()
    if not step:
        return {}
    return {RUN_LABEL: step.rpartition("/")[0], DATASET_LABEL: os.environ.get(DATASET_VARIABLE, "")}


def note_get(namespace: str, name: str) -> None:
    """Notes that the step has got an object."""
    file = _parents_file()
    line = f"{namespace}:{name}"
    if file is None or (os.getpid(), line) in _noted:
        return
    # One short write to a file opened for appending: processes of a step do not mix their lines.
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, (line + "\n").encode())
    finally:
        os.close(descriptor)
    _noted[os.getpid(), line] = None


def parents(namespace: str) -> List[str]:
    """What the step has got so far, each once, in that order; names of other namespaces with theirs before a colon."""
    file = _parents_file()
    if file is None:
        return []
    try:
        with open(file, encoding="utf-8") as lines:
            noted = dict.fromkeys(line.rstrip("\n") for line in lines)
    except FileNotFoundError:
        return []
    own = namespace + ":"
    return [name[len(own):] if name.startswith(own) else name for name in noted]


def _parents_file() -> Optional[str]:
    return os.environ.get(PARENTS_VARIABLE) if producer() else None
