"""The test hosts themselves: a link that is cut is silent, a rate holds, and a killed run leaves nothing for long."""

import os
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

import hosts
from grid_world import FAKETIME, Clock
from harness import Scratch, wait_for


class TestHosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := hosts.unavailable():
            raise unittest.SkipTest(reason)
        cls.lab = hosts.Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.a, cls.b, cls.c = (cls.lab.host(name) for name in "abc")
        cls.listener = subprocess.Popen(
            [*cls.b.enter, sys.executable, "-c", SINK], stdout=subprocess.DEVNULL)
        cls.addClassCleanup(cls.listener.wait)
        cls.addClassCleanup(cls.listener.kill)
        wait_for("the listener", lambda: cls.reaches(cls.a))

    @classmethod
    def reaches(cls, host):
        try:
            host.connect((cls.b.address, 7000), 0.5).close()
            return True
        except OSError:
            return False

    def tearDown(self):
        self.lab.heal()
        wait_for("the hosts to reach each other", lambda: self.reaches(self.a) and self.reaches(self.c))

    def test_a_cut_parts_two_hosts_and_no_others(self):
        self.a.cut(self.b)
        self.assertFalse(self.reaches(self.a))
        self.assertTrue(self.reaches(self.c))

    def test_what_is_lost_one_way_is_lost_for_a_connection(self):
        self.b.one_way(self.a)
        self.assertFalse(self.reaches(self.a))
        self.assertTrue(self.reaches(self.c))

    def test_a_pulled_cable_parts_a_host_from_all(self):
        self.b.unplug()
        self.assertFalse(self.reaches(self.a))
        self.assertFalse(self.reaches(self.c))

    def test_a_rate_holds_in_both_directions(self):
        for shaped in (self.a, self.b):
            shaped.rate("80mbit")
            self.assertGreater(self.seconds_for(4 << 20), 0.3, "4 MiB at 10 MB/s")
            shaped.rate(None)

    def seconds_for(self, count):
        begun = time.monotonic()
        with self.a.connect((self.b.address, 7000), 20) as connection:
            connection.sendall(bytes(count))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
        return time.monotonic() - begun

    def test_loss_slows_and_breaks_nothing(self):
        self.b.loss(5)
        self.assertLess(self.seconds_for(1 << 20), 20)

    def test_what_a_killed_run_leaves_is_swept_by_the_next_and_a_terminated_run_leaves_nothing(self):
        for end, left in ((signal.SIGKILL, True), (signal.SIGTERM, False)):
            run = subprocess.Popen([sys.executable, "-c", LEAVING], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True)
            inner = int(run.stdout.readline())
            run.send_signal(end)
            run.wait(20)
            run.stdout.close()
            mine = [each for each in hosts.left_overs() if f"-{run.pid}-" in each[1]]
            self.assertEqual(bool(mine), left, mine)
            hosts.sweep()
            self.assertEqual([each for each in hosts.left_overs(dead_only=False) if f"-{run.pid}-" in each[1]], [])
            wait_for("the process on the swept host to be gone", lambda: not hosts.alive(inner))


@unittest.skipUnless(FAKETIME, "a clock that jumps needs libfaketime (apt install faketime)")
class TestClock(unittest.TestCase):
    def test_a_member_with_a_clock_of_its_own_waits_as_long_as_it_says(self):
        """A JVM whose timed waits end at once spins in each thread that waits, and takes the processors from all others."""
        scratch = Scratch()
        self.addCleanup(scratch.close)
        self.addCleanup(Clock.sweep)
        clock = Clock(scratch)
        program = scratch.disk / "Waits.java"
        program.write_text(WAITS)
        for seconds in (0, -86_400, 90_000):
            clock.set(seconds)
            java = os.environ.get("JAVA_HOME", "/usr") + "/bin/java"
            said = subprocess.run([java, program], env={**os.environ, **clock.env}, text=True, capture_output=True,
                                  timeout=120, check=True).stdout.split()
            self.assertLess(int(said[0]), 3, f"waits of 100 ms that ended before 50 ms, at {seconds:+d} s")
            self.assertAlmostEqual(int(said[1]) / 1000 - time.time(), seconds, delta=100)


WAITS = """
import java.util.concurrent.locks.LockSupport;
class Waits {
  public static void main(String[] none) throws Exception {
    int early = 0;
    for (int i = 0; i < 5; i++) {
      long begun = System.nanoTime();
      LockSupport.parkNanos(100_000_000);
      if (System.nanoTime() - begun < 50_000_000) early++;
    }
    System.out.println(early + " " + System.currentTimeMillis());
  }
}
"""

SINK = """
import socket, threading
def drain(connection):
    while connection.recv(1 << 20):
        pass
    connection.close()
server = socket.create_server(("0.0.0.0", 7000))
while True:
    threading.Thread(target=drain, args=(server.accept()[0],), daemon=True).start()
"""

LEAVING = """
import subprocess, time, hosts
from harness import Scratch
hosts.exit_on_signals()
lab, scratch = hosts.Lab(), Scratch()
import atexit
atexit.register(scratch.close)
child = subprocess.Popen([*lab.host("a").enter, "sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


if __name__ == "__main__":
    unittest.main(verbosity=2)
