"""Python interpreters that have what an example, a test or a benchmark imports: this one, or a virtual environment in
`${GRIDSET_CACHE:-~/.cache/gridset}`, made at first need and used by all after that."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

INSTALL_SECONDS = 1200


class Unavailable(RuntimeError):
    """The packages cannot be had."""


def python_with(name, *requirements, say=lambda text: print(text, file=sys.stderr, flush=True)):
    """The path of an interpreter with these requirements (`pip`'s spelling), in an environment called `name`."""
    if _has(sys.executable, requirements):
        return Path(sys.executable)
    cache = Path(os.environ.get("GRIDSET_CACHE") or Path.home() / ".cache" / "gridset")
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-python-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    with open(folder.with_name(folder.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one at a time; who waited finds it made
        if not _has(python, requirements):
            say(f"installing {', '.join(requirements)} in {folder}")
            _run([sys.executable, "-m", "venv", "--clear", str(folder)])
            _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements])
    return python


def _has(python, requirements):
    """Whether the interpreter has all of them; those that pin a version, in that version."""
    script = "import sys\nfrom importlib.metadata import version\n" \
             "for wanted in sys.argv[1:]:\n    name, _, exact = wanted.partition('==')\n" \
             "    found = version(name)\n    assert not exact or found == exact"
    if not Path(python).exists():
        return False
    return subprocess.run([str(python), "-c", script, *requirements], capture_output=True).returncode == 0


def _run(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{' '.join(command)} took longer than {INSTALL_SECONDS} s") from None
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")
