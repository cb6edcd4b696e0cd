"""The example examples/burst-inference in a small form: every reader gets the right bytes, the store sends them once."""

import json
import subprocess
import unittest

import hosts
from harness import ROOT

COMMAND = [str(ROOT / "examples" / "burst-inference" / "run"), "--members", "2", "--reader-nodes", "1", "--readers", "12",
           "--megabytes", "9", "--origin-mbit", "40", "--json"]


class BurstInference(unittest.TestCase):
    def play(self, *more):
        done = subprocess.run([*COMMAND, *more], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((told["readers"], told["failed"], told["wrong"]), (12, 0, 0))
        self.assertEqual(told["originBytes"], told["bytes"], "each byte leaves the store once")

    @unittest.skipUnless(hosts.Cluster.supported(), "this build has no grids of several members")
    def test_a_dozen_readers_on_test_hosts_pay_the_origin_once(self):
        why = hosts.unavailable()
        if why:
            self.skipTest(why)
        self.play()

    @unittest.skipUnless(hosts.Cluster.supported(), "this build has no grids of several members")
    def test_a_dozen_readers_on_loopback_pay_the_origin_once(self):
        self.play("--loopback")


if __name__ == "__main__":
    unittest.main()
