#!/usr/bin/env python3
"""Runs the end-to-end tests: python3 e2e/run.py [NAME...] (as unittest names, such as test_faults).

Needs root (mounts) and /dev/fuse; where they are missing, says so and runs nothing.
"""

import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def main():
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        print("end-to-end runs skipped: /dev/fuse is missing or closed to this user", flush=True)
        return 0
    names = sys.argv[1:]
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE), "test_*.py")
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    print(f"\n{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
