#!/usr/bin/env python3
"""Runs the end-to-end tests: python3 e2e/run.py [NAME...] (as unittest names, such as test_faults).

Without names all of them, those on Kubernetes beside the others: both wait more than they work. What the former print comes
at the end.

Needs root (mounts) and /dev/fuse; where they are missing, says so and runs nothing. A class with a failed test runs once
more, with the same seed: what passes then is named as flaky, and does not fail the run unless there are more than
MAX_FLAKY of it. A class with `no_second_run = True` has one try (docs/decisions/0024).
"""

import os
import random
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

MAX_FLAKY = 3

# Modules whose names begin so run beside the others.
KUBERNETES = ("test_csi", "test_install", "test_operat", "test_trust", "test_whole_node")


class Timed(unittest.TextTestResult):
    """Tells how long each test took."""

    def startTest(self, test):
        self._begun = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln(f"ok, {time.monotonic() - self._begun:.0f} s")
        self.stream.flush()


def run(suite):
    return unittest.TextTestRunner(verbosity=2, stream=sys.stdout, resultclass=Timed).run(suite)


def failed_tests(result):
    """Ids of the failed tests; for a class or module that could not be set up, what unittest calls it."""
    return sorted({test.id() for test, _ in result.failures + result.errors})


def class_of(test_id):
    """`module.Class`, of a test's id or of `setUpClass (module.Class)`; None where that is not known."""
    inside = test_id.partition("(")[2].rstrip(")") or test_id.rpartition(".")[0]
    return inside if inside.count(".") == 1 and not inside.startswith("unittest.") else None


def has_no_second_run(name):
    """Whether a class says that its failure is never excused: one that watches for wrong bytes and lost data."""
    module, _, of_module = name.partition(".")
    return getattr(getattr(sys.modules.get(module), of_module, None), "no_second_run", False)


def second_time(failed):
    """Runs the classes of failed tests once more.

    Returns the ids that passed now, and those that did not."""
    classes = {class_of(test) for test in failed}
    if None in classes or len(failed) > MAX_FLAKY or any(has_no_second_run(name) for name in classes):
        return [], failed
    print(f"\nonce more: {', '.join(sorted(classes))}", flush=True)
    still = failed_tests(run(unittest.TestLoader().loadTestsFromNames(sorted(classes))))
    return [test for test in failed if test not in still], sorted(set(still))


def all_modules():
    """Names of the modules of tests: those that need no Kubernetes, and those that do."""
    names = sorted(path.stem for path in HERE.glob("test_*.py"))
    return [name for name in names if not name.startswith(KUBERNETES)], [name for name in names if name.startswith(KUBERNETES)]


def run_named(names):
    """Returns whether all passed."""
    result = run(unittest.TestLoader().loadTestsFromNames(names))
    flaky, failed = [], failed_tests(result)
    if failed:
        flaky, failed = second_time(failed)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    for test in flaky:
        print(f"flaky: {test} failed, and passed when it ran once more: see above why it failed")
    for test in failed:
        print(f"failed: {test}")
    passed = result.testsRun - len(flaky) - len(failed) - len(result.skipped)
    print(f"\n{passed} passed, {len(flaky)} flaky, {len(failed)} failed, {len(result.skipped)} skipped")
    return not failed and result.testsRun > 0


def run_all():
    """Returns whether all passed."""
    others, kubernetes = all_modules()
    with tempfile.TemporaryFile() as printed:
        beside = subprocess.Popen([sys.executable, "-u", __file__, *kubernetes], stdout=printed, stderr=printed)
        try:
            passed = run_named(others)
            passed &= beside.wait() == 0
        finally:
            beside.terminate()
            beside.wait()
        printed.seek(0)
        print("\nOn Kubernetes, beside the above:", flush=True)
        sys.stdout.buffer.write(printed.read())
        sys.stdout.flush()
    return passed


def main():
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        print("end-to-end runs skipped: /dev/fuse is missing or closed to this user", flush=True)
        return 0
    os.environ.setdefault("GRIDSET_SEED", str(random.SystemRandom().randrange(1 << 31)))
    names = sys.argv[1:]
    return 0 if (run_named(names) if names else run_all()) else 1


if __name__ == "__main__":
    sys.exit(main())
