"""Three minutes of chaos (chaos.py says what that is); twenty are run by hand."""

import os
import random
import unittest

import chaos
from hosts import exit_on_signals


class TestChaos(unittest.TestCase):
    no_second_run = True  # A wrong byte is not excused by the next run.

    def test_three_minutes_of_chaos_fail_no_read_and_leave_nothing(self):
        if reason := chaos.unavailable():
            self.skipTest(reason)
        exit_on_signals()
        seed = int(os.environ.get("GRIDSET_SEED", random.SystemRandom().randrange(1 << 31)))
        told = chaos.run(float(os.environ.get("GRIDSET_CHAOS_MINUTES", 3)), seed)
        self.assertIsNone(told["failure"], f"GRIDSET_SEED={seed}")
        self.assertEqual((told["failed"], told["wrong"], told["leaks"]), (0, 0, []), f"GRIDSET_SEED={seed}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
