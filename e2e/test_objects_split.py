"""One name put on both sides of a split: afterwards it stands for one object everywhere, nobody's mapping has changed, and the
memory of the other is free again."""

import concurrent.futures
import mmap
import os
import unittest
from pathlib import Path

import hosts
from harness import Scratch, log, wait_for
from hosts import Cluster, Lab
from test_objects import MIB, Door, Refused, large

NAMES = [f"both/{number:02}" for number in range(24)]
SIZE = 2 * MIB
AGREED = 150  # as in test_grid_faults


class ObjectsInASplitGrid(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := hosts.unavailable():
            raise unittest.SkipTest(reason)
        hosts.exit_on_signals()
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.cluster = Cluster(cls.scratch, cls.lab)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.up(3, "--objects-quota", "512Mi")

    def put(self, member, name, seed, **attributes):
        """The object, or why it was refused."""
        try:
            with Door(member) as door:
                return door.put(name, large(seed, SIZE), **attributes)
        except (Refused, OSError) as failure:
            return failure

    def opened(self, member, name):
        """The id, the mapping and the file of an object that this member holds or brings."""
        with Door(member) as door:
            answer = door.ask("get", name=name, fetch=True)
        try:
            return (answer["object"]["id"], mmap.mmap(answer["fd"], 0, prot=mmap.PROT_READ),
                    Path(os.readlink(f"/proc/self/fd/{answer['fd']}")))
        finally:
            os.close(answer["fd"])

    def ids(self, member):
        with Door(member) as door:
            return {each["name"]: each["id"] for each in door.ask("list", prefix="both/")["objects"]}

    def test_a_name_put_on_both_sides_is_one_object_afterwards(self):
        majority, minority = self.cluster.members[:2], self.cluster.members[2]
        sides = {majority[0]: 1000, minority: 2000}
        with Door(majority[0]) as door:
            door.put("before", large(1, SIZE), replicas=3)
        wait_for("all to hold it", lambda: all(self.held(each, "before") for each in self.cluster.members), 60)
        _, before, _ = self.opened(minority, "before")
        self.cluster.split(majority, [minority])
        with concurrent.futures.ThreadPoolExecutor(2 * len(NAMES)) as threads:
            begun = {(member, name): threads.submit(self.put, member, name, seed + number)
                     for number, name in enumerate(NAMES) for member, seed in sides.items()}
            puts = {key: put.result() for key, put in begun.items()}
        done = {key: put for key, put in puts.items() if isinstance(put, dict)}
        on_both = [name for name in NAMES if all((member, name) in done for member in sides)]
        log(f"    {len(done)} of {len(puts)} puts were done, {len(on_both)} names on both sides")
        self.assertTrue(any(member is majority[0] for member, _ in done), "the majority goes on")
        wait_for("the minority to refuse puts", lambda: isinstance(self.put(minority, "late", 7), Refused), 60)
        held = {}
        for member, name in done:
            held[member, name] = self.opened(member, name)
            self.assertEqual(done[member, name]["id"], held[member, name][0], "each side goes on reading its own")
        self.lab.heal()
        self.cluster.await_grid(seconds=AGREED)
        wait_for("all to agree", self.agreed, AGREED)
        kept = self.ids(majority[0])
        for name in on_both:
            self.assertIn(kept.get(name), {done[member, name]["id"] for member in sides}, f"{name} is one of the two")
        for (member, name), (_, mapping, _) in held.items():
            seed = sides[member] + NAMES.index(name)
            self.assertEqual(large(seed, SIZE), mapping[:SIZE_OF_FILE], f"{name}: what is mapped never changes")
        for name in kept:
            seeds = [seed + NAMES.index(name) for seed in sides.values()]
            for member in self.cluster.members:
                self.assertIn(self.opened(member, name)[1][:SIZE_OF_FILE], [large(seed, SIZE) for seed in seeds])
        self.assertEqual(large(1, SIZE), before[:SIZE_OF_FILE])
        for _, mapping, _ in held.values():
            mapping.close()
        for (member, name), (id_, _, file) in held.items():
            if kept.get(name) != id_:
                wait_for(f"the file of the {name} that lost to be gone from {member.name}", lambda: not file.exists(), 60)
        for member in self.cluster.members:
            wait_for(f"{member.name} to hold no more than there is", lambda: self.surplus(member) == set(), 90)
        with Door(minority) as door:
            self.assertTrue(all(door.ask("delete", name=name)["deleted"] for name in kept))

    @staticmethod
    def held(member, name):
        with Door(member) as door:
            try:
                return door.ask("describe", name=name)["object"]["held"]
            except Refused:
                return False

    def agreed(self):
        seen = [self.ids(member) for member in self.cluster.members]
        return seen[0] == seen[1] == seen[2] and bool(seen[0])

    def surplus(self, member):
        """Ids of sealed files in a member's memory that no name stands for."""
        with Door(member) as door:
            known = {each["id"] for each in door.ask("list", prefix="")["objects"]}
            answer = door.ask("get", name="before", fetch=True)
        folder = Path(os.readlink(f"/proc/self/fd/{answer['fd']}")).parent
        os.close(answer["fd"])
        return {each.stem for each in folder.iterdir()} - known


SIZE_OF_FILE = len(large(0, SIZE))

if __name__ == "__main__":
    unittest.main()
