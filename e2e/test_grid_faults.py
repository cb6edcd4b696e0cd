"""What a grid of five survives, while readers on three of its mounts and on a reader node's compare every byte: no read fails, no byte is
wrong, nothing hangs. One cluster goes through all of it in turn; stalls are told, and only a hang (60 s) is judged.

Seeded: GRIDSET_SEED=N repeats a run's files, reads and choices.
"""

import contextlib
import json
import os
import random
import time
import unittest

import hosts
from checked_readers import CheckedReaders, Content
from grid_world import FAKETIME, MI, FullDisk, GridWorld, SlowDisk, files
from harness import log, wait_for
from hosts import Cluster, bound

# Hazelcast takes a member for dead after 15 s without a heartbeat: what must outlast that lasts this long.
LONGER_THAN_THE_DETECTOR = 20.0

# A manifest that starts nothing: a Dataset without a Runtime.
NOTE = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {{name: {name}}}
spec: {{mounts: [{{mountPoint: "local:///nowhere/{text}", name: note}}]}}
"""

# Seconds within which all members say the same: usually few, but a partition table that Hazelcast lost is mended only when
# members leave and join anew, which they do after 40 s in which nothing got through (GridWorker.STUCK).
AGREED = 150


class GridFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := hosts.unavailable():
            raise unittest.SkipTest(reason)
        if not Cluster.supported():
            raise unittest.SkipTest("this build has no grid of several members")
        hosts.exit_on_signals()
        seed = int(os.environ.get("GRIDSET_SEED", random.SystemRandom().randrange(1 << 31)))
        print(f"grid faults: seed {seed} (GRIDSET_SEED={seed} repeats it)", flush=True)
        cls.world = GridWorld(seed, clock_of="m2")
        cls.addClassCleanup(cls.world.close)
        cls.m1, cls.m2, cls.m3, cls.m4, cls.m5 = cls.world.members
        cls.world.load()
        cls.r1 = cls.world.reader
        cls.readers = cls.world.read_on([cls.m1, cls.m3, cls.m5, cls.r1], rate=8e6)
        with cls.readers.phase("nothing is broken") as told:
            cls.readers.progress(30)
        cls.origin_paid = cls.world.origin_bytes()
        print(f"  origin bytes / dataset bytes = {cls.origin_paid / cls.world.content.bytes():.2f}", flush=True)

    def setUp(self):
        self.origin_before = self.world.origin_bytes()

    def tearDown(self):
        self.world.lab.heal()
        for member in [*self.world.members, self.r1]:
            if member.is_up():
                member.thaw()
            else:
                with self.world.excused(member):
                    member.start()
        outcome = self._outcome.result
        if failed := [text for test, text in outcome.failures + outcome.errors if test is self]:
            log("\n".join(failed))
            log(self.world.logs(15))
            log(self.readers.describe())
        self.world.cluster.await_grid()
        print(f"  origin bytes meanwhile: {self.world.origin_bytes() - self.origin_before:,}", flush=True)

    # Members that end or stop.

    def test_01_a_home_is_killed(self):
        with self.readers.phase("kill -9 of a home"):
            self.m4.crash()
            self.readers.progress(40)
        with self.readers.phase("the home is back"):
            self.m4.start()
            self.world.cluster.await_grid()
            self.readers.progress(20)

    def test_02_a_readers_own_member_is_killed(self):
        with self.readers.phase("kill -9 of a reader's own member"), self.world.excused(self.m3):
            self.m3.crash()
            self.readers.progress(20)
            self.m3.start()
        self.world.cluster.await_grid()

    def test_03_a_member_is_frozen_for_longer_than_the_failure_detector(self):
        with self.readers.phase(f"SIGSTOP for {LONGER_THAN_THE_DETECTOR:.0f} s"):
            self.m4.freeze()
            self._keep_reading(LONGER_THAN_THE_DETECTOR)
        with self.readers.phase("SIGCONT"):
            self.m4.thaw()
            self.world.cluster.await_grid()
            self.readers.progress(20)

    def _keep_reading(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.readers.progress(5)

    def test_04_the_member_that_coordinates_a_load_is_killed(self):
        content = Content(self.world.seed + 1, files(self.world.seed, "fresh", 48 * MI))
        content.write(self.world.origin.root / "fresh")
        bound(self.m2, self.world.manifest( "fresh", "64Mi"), "fresh")
        self.addCleanup(self._delete, "fresh")
        self.world.origin.behave(rate="8MB")
        self.addCleanup(self.world.origin.behave, rate="0")
        before = self.world.origin_bytes()
        with self.readers.phase("kill -9 of the member where a load was asked for"):
            self.m1("apply", "-f", "-", stdin="""
apiVersion: data.fluid.io/v1alpha1
kind: DataLoad
metadata: {name: fresh}
spec: {dataset: {name: fresh, namespace: default}}
""")
            self.addCleanup(self.m1, "delete", "dataload", "fresh", check=False)
            wait_for("the load to move bytes", lambda: self.world.origin_bytes() > before + 4 * MI)
            leader = self._leader() or self.m2
            with self.world.excused(leader):
                leader.crash()
                other = self.m5 if leader is self.m1 else self.m1
                wait_for("the load to be complete", lambda: other.json(
                    "get", "dataload", "fresh")["status"].get("phase") == "Complete", 90)
                leader.start()
        self.world.cluster.await_grid()
        paid = self.world.origin_bytes() - before
        print(f"  {leader.name} was killed; origin bytes / dataset bytes = {paid / content.bytes():.2f}", flush=True)
        mount = self.m5.mount("fresh")
        whole = CheckedReaders(content, self.world.scratch.disk / "fresh-readers", [mount], rate=1e9)
        self.addCleanup(self.m5.unmount, "fresh")
        whole.progress(10)
        whole.stop()

    def _leader(self):
        """The member that `gridset nodes` calls the leader: loads and reconciling are its work."""
        for node in self.m1.nodes():
            if node.get("leader") or "leader" in str(node.get("role", "")).lower():
                return next(each for each in self.world.members if each.name == node["name"])
        return None

    def _delete(self, dataset):
        self.m1("delete", "dataset", dataset, check=False)

    def test_05_all_members_are_restarted_one_by_one(self):
        with self.readers.phase("rolling restart of all five"):
            for member in self.world.members:
                with self.world.excused(member):
                    member.restart()
                self.world.cluster.await_grid()

    def test_06_two_of_five_are_killed_at_once_and_no_manifest_is_lost(self):
        for number in range(6):
            self.world.members[number % 5]("apply", "-f", "-", stdin=NOTE.format(name=f"note-{number}", text=number))
        self.m1("delete", "dataset", "note-0")
        names = {f"note-{number}" for number in range(1, 6)}
        with self.readers.phase("kill -9 of two of five"), self.world.excused(self.m5):
            self.m4.crash()
            self.m5.crash()
            self.readers.progress(20)
            wait_for("m1 to have all manifests", lambda: self._notes(self.m1) == names, AGREED)
            self.m1("delete", "dataset", "note-1")
            self.m2("apply", "-f", "-", stdin=NOTE.format(name="note-9", text="new"))
            for member in (self.m4, self.m5):
                member.launch()
            for member in (self.m4, self.m5):
                member.await_answer()
        self.world.cluster.await_grid()
        names = names - {"note-1"} | {"note-9"}
        for member in self.world.members:
            wait_for(f"{member.name} to have all manifests", lambda: self._notes(member) == names, AGREED)

    def _notes(self, member):
        names = (item["metadata"]["name"] for item in member.api("/v1/resources/datasets"))
        return {name for name in names if name.startswith("note-")}

    def test_07_all_are_killed_and_come_back_with_their_manifests_and_bytes(self):
        self.m3("apply", "-f", "-", stdin=NOTE.format(name="note-all", text="all"))
        self.m2("apply", "-f", "-", stdin=NOTE.format(name="note-gone", text="gone"))
        wait_for("the note to reach m5", lambda: "note-gone" in self._notes(self.m5), AGREED)
        self.m5("delete", "dataset", "note-gone")
        wait_for("both changes to reach m1", lambda: "note-all" in (all_ := self._notes(self.m1)) and "note-gone" not in all_, AGREED)
        names = self._notes(self.m1)
        with self.readers.phase("kill -9 of all five"), contextlib.ExitStack() as excused:
            # The reader node as well: nobody else has its bytes.
            for member in [*self.world.members, self.r1]:
                excused.enter_context(self.world.excused(member))
            for member in self.world.members:
                member.crash()
            for member in self.world.members:
                member.launch()
            for member in self.world.members:
                member.await_answer()
        self.world.cluster.await_grid()
        for member in self.world.members:
            wait_for(f"{member.name} to have all manifests", lambda: self._notes(member) == names, AGREED)

    def test_08_a_reader_node_is_killed(self):
        with self.readers.phase("kill -9 of a reader node"):
            with self.world.excused(self.r1):
                self.r1.crash()
                self.readers.progress(10)
                self.r1.start()
            self.readers.progress(20)
        with self.readers.phase("kill -9 of a reader node and of a member that it reads from"):
            with self.world.excused(self.r1):
                self.r1.crash()
                self.m2.crash()
                self.r1.start()
            self.readers.progress(20)
            self.m2.start()
        self.world.cluster.await_grid()

    # Links.

    def test_11_links_between_members_are_cut(self):
        with self.readers.phase("two links cut for 8 s"):
            self.m1.host.cut(self.m4.host)
            self.m3.host.cut(self.m2.host)
            self._keep_reading(8)
        with self.readers.phase("the links are back"):
            self.world.lab.heal()
            self.readers.progress(20)

    def test_12_packets_are_lost_one_way(self):
        with self.readers.phase("packets from m4 to m1, and from m3 to m2, are lost for 8 s"):
            self.m4.host.one_way(self.m1.host)
            self.m3.host.one_way(self.m2.host)
            self._keep_reading(8)
        self.world.lab.heal()

    def test_13_five_percent_of_packets_are_lost(self):
        with self.readers.phase("5 % packet loss at all members and the origin for 8 s"):
            for host in self.world.lab.hosts.values():
                host.loss(5)
            self._keep_reading(8)
        self.world.lab.heal()

    def test_14_a_member_is_cut_off_from_the_origin(self):
        with self.readers.phase("two members cannot reach the origin for 8 s"):
            self.m4.host.cut(self.world.origin.host)
            self.m1.host.cut(self.world.origin.host)
            self._keep_reading(8)
        self.world.lab.heal()

    def test_15_the_grid_is_split_and_heals(self):
        majority, minority = self.world.members[:3], self.world.members[3:]
        with self.readers.phase("split 3 to 2"):
            self.world.cluster.split(majority, minority)
            self._keep_reading(LONGER_THAN_THE_DETECTOR)
            few = {member.name for member in minority}  # until it sees the cut, it takes changes, which then are everybody's
            wait_for("the minority to see the cut", lambda: all(self._seen_by(member) <= few for member in minority), AGREED)
            refused = wait_for("the minority to refuse changes", lambda: self._refusal(self.m4))
            self.assertRegex(refused, r"(?i)member|majority|quorum|nodes forget")
            refused = self.m5("delete", "dataset", "note-2", check=False)
            self.assertNotEqual(refused.returncode, 0, "a minority deletes nothing")
            self.m2("apply", "-f", "-", stdin=NOTE.format(name="note-split", text="majority"))
            self.m1("delete", "dataset", "note-3", check=False)
            wait_for("both changes to reach m3", lambda: "note-split" in (all_ := self._notes(self.m3)) and "note-3" not in all_, AGREED)
            names = self._notes(self.m3)
            self.readers.progress(10)
        with self.readers.phase("healed"):
            self.world.lab.heal()
            self.world.cluster.await_grid(seconds=150)
            self.readers.progress(20)
        for member in self.world.members:
            wait_for(f"{member.name} to have the majority's manifests", lambda: self._notes(member) == names, AGREED)
        self.m4("apply", "-f", "-", stdin=NOTE.format(name="note-healed", text="healed"))
        wait_for("a change from the former minority", lambda: "note-healed" in self._notes(self.m1), AGREED)

    @staticmethod
    def _seen_by(member):
        return {node["name"] for node in member.nodes() if node["state"].upper() == "ACTIVE"}

    def _refusal(self, member):
        done = member("apply", "-f", "-", stdin=NOTE.format(name="note-refused", text="minority"), check=False)
        return done.stderr + done.stdout if done.returncode != 0 else None

    # The origin, disks, clocks.

    def test_21_the_origin_is_slow_and_then_dead(self):
        self.world.load()
        with self.readers.phase("the origin is slow"):
            self.world.origin.behave(rate="500KB", latency="400ms")
            self.addCleanup(self.world.origin.behave, rate="0", latency="0ms", fault="")
            self._keep_reading(4)
        with self.readers.phase("the origin fails all requests"):
            self.world.origin.behave(rate="0", latency="0ms", fault="shared/*;status=503")
            self._keep_reading(6)
        with self.readers.phase("the origin's cable is pulled, what is cached is read"):
            self.world.origin.behave(fault="")
            self.world.origin.host.unplug()
            self._keep_reading(8)
            self.world.lab.heal()

    def test_22_disks_are_slow_and_full(self):
        content = Content(self.world.seed + 2, files(self.world.seed, "disk", 64 * MI))
        content.write(self.world.origin.root / "disk")
        tiers = self.world.scratch.disk / "ssd"
        full = FullDisk(self.m4.tier_directory(tiers), "10m")
        self.addCleanup(full.close)
        slow = None
        if reason := SlowDisk.usable():
            print(f"  no slow disk: {reason}", flush=True)
        else:
            slow = SlowDisk(self.world.scratch.disk / "slow.img", self.m5.tier_directory(tiers), 160 * MI, 2 * MI,
                            f"{hosts.PREFIX}-{os.getpid()}-slow")
            self.addCleanup(slow.close)
            slow.slow_down(self.m5.pid())
        bound(self.m1, self.world.manifest( "disk", ("SSD", tiers, "64Mi")), "disk")
        mounts = [member.mount("disk") for member in (self.m1, self.m4, self.m5)]
        own = CheckedReaders(content, self.world.scratch.disk / "disk-readers", mounts, rate=8e6)
        self.addCleanup(own.kill)
        with own.phase("a tier's disk is full on m4, and writes 2 MiB/s on m5"):
            own.progress(60)
        own.stop()
        for member, mount in zip((self.m1, self.m4, self.m5), mounts):
            member("umount", str(mount))
            del member.mounts["disk"]
        self.m1("delete", "dataset", "disk")
        self.readers.progress(5)

    def test_23_a_members_clock_jumps(self):
        if FAKETIME is None:
            self.skipTest("a clock that jumps needs libfaketime (apt install faketime)")
        self.addCleanup(self.world.clock.set, 0)
        for jump in (3600, -7200):
            with self.readers.phase(f"m2's clock jumps to {jump:+d} s"):
                self.world.clock.set(jump)
                self._keep_reading(4)
                name = f"note-clock-{'ahead' if jump > 0 else 'behind'}"
                self.m2("apply", "-f", "-", stdin=NOTE.format(name=name, text="first"))
                for member in (self.m1, self.m4):
                    wait_for(f"{name} at {member.name}", lambda: name in self._notes(member), AGREED)
                self.m1("delete", "dataset", name)
                wait_for(f"{name} to be gone at m2", lambda: name not in self._notes(self.m2), AGREED)
        self.world.cluster.await_grid()

    def test_99_nothing_failed_and_nothing_is_left(self):
        self.readers.stop()
        total = self.readers.total()
        print(f"  in all: {json.dumps(total)}", flush=True)
        self.assertEqual((total["failed"], total["wrong"]), (0, 0))
        for member in [*self.world.members, self.r1]:
            figures = member.figures()
            print(f"  {member.name}: {figures}", flush=True)
            self.assertLess(figures["anonymous"], 1 << 30)
            self.assertLess(figures["descriptors"], 2000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
