#!/usr/bin/env python3
"""Chaos on a grid of five: python3 e2e/chaos.py --minutes 20 --seed N

Five members on test hosts, an origin, a reader node on a host of its own, readers on three members' mounts and on the
reader node's that compare every byte.
One or two random faults at a time for a random while, healing between them; a disk that is full on one member and one
that is slow on another all along. What is asked for at the end: no failed read, no wrong byte, no hang, nothing left
behind, descriptors and memory of the members bounded.

Each fault leaves a route to the bytes, since that is what the product promises: at most two of five members are ended,
frozen or cut at a time (the reader node, which nobody else needs, besides), the origin fails only while everything has been loaded and all members are up, and a reader whose
own node is ended, frozen or without its cable is excused until that is over (its mount has nobody to answer; there is
no keeper yet). Prints a log and, last, one line of JSON; ends with 0 when all of it held.
"""

import argparse
import contextlib
import json
import os
import random
import sys
import time
import traceback
from pathlib import Path

import hosts
from checked_readers import CheckedReaders
from grid_world import FAKETIME, GridWorld
from hosts import Cluster, exit_on_signals

DESCRIPTORS_MOST, ANONYMOUS_MOST = 2000, 1 << 30
DESCRIPTOR_GROWTH, THREAD_GROWTH = 400, 150


class Chaos:
    """One run in a world that is open."""

    def __init__(self, world, minutes):
        self.world, self.minutes, self.random = world, minutes, random.Random(f"chaos {world.seed}")
        self.begun = time.monotonic()
        self.counts, self.samples, self.leaks = {}, {}, []
        self.reader = world.reader
        self.with_mounts = [world.members[0], world.members[2], world.members[4], self.reader]

    def say(self, text):
        print(f"[{time.monotonic() - self.begun:7.1f}] {text}", flush=True)

    # Faults: each is a context; entering breaks something, leaving mends it.

    @contextlib.contextmanager
    def crash(self, member):
        with self.world.excused(member):
            member.crash()
            yield f"kill -9 {member.name}"
            member.start()
            self.world.started(member)

    @contextlib.contextmanager
    def restart(self, member):
        with self.world.excused(member):
            member.kill()
            yield f"stop {member.name}"
            member.start()
            self.world.started(member)

    @contextlib.contextmanager
    def freeze(self, member):
        with self.world.excused(member):
            member.freeze()
            yield f"freeze {member.name}"
            member.thaw()

    @contextlib.contextmanager
    def unplug(self, member):
        with self.world.excused(member):
            member.host.unplug()
            yield f"unplug {member.name}"
            member.host.plug()

    @contextlib.contextmanager
    def cut(self, member):
        other = self.random.choice([each for each in self.world.members if each is not member])
        member.host.cut(other.host)
        yield f"cut {member.name} from {other.name}"

    @contextlib.contextmanager
    def one_way(self, member):
        other = self.random.choice([each for each in self.world.members if each is not member])
        member.host.one_way(other.host)
        yield f"lose what {member.name} sends to {other.name}"

    @contextlib.contextmanager
    def cut_from_origin(self, member):
        member.host.cut(self.world.origin.host)
        yield f"cut {member.name} from the origin"

    @contextlib.contextmanager
    def lose(self, member):
        member.host.loss(5)
        yield f"lose 5 % of the packets to {member.name}"

    @contextlib.contextmanager
    def throttle(self, member):
        member.host.rate("30mbit")
        yield f"30 Mbit/s for {member.name}"
        member.host.rate("1gbit")

    @contextlib.contextmanager
    def jump(self, _):
        seconds = self.random.choice((-86_400, -7_200, -30, 30, 3_600, 90_000))
        self.world.clock.set(seconds)
        yield f"the clock of m2 jumps to {seconds:+d} s"
        self.world.clock.set(0)

    @contextlib.contextmanager
    def evict(self, member):
        member("evict", "shared", check=False)
        yield f"evict at {member.name}"

    @contextlib.contextmanager
    def sync(self, member):
        member("sync", "shared", check=False)
        yield f"sync at {member.name}"

    @contextlib.contextmanager
    def slow_origin(self, _):
        self.world.origin.behave(rate="3MB", latency="200ms")
        yield "the origin is slow"
        self.world.origin.behave(rate="0", latency="0ms")

    @contextlib.contextmanager
    def flaky_origin(self, _):
        self.world.origin.behave(fault=["shared/*;status=503;first=3", "shared/*;reset=300KB;first=3",
                                        "shared/*;truncate=100KB;first=3"])
        yield "the origin refuses, resets and truncates some"
        self.world.origin.behave(fault="")

    @contextlib.contextmanager
    def dead_origin(self, _):
        self.world.load(self.world.members[0])
        self.world.origin.host.unplug()
        yield "the origin is dead, after a load"
        self.world.origin.host.plug()

    @contextlib.contextmanager
    def split(self, _):
        members = self.random.sample(self.world.members, 5)
        self.world.cluster.split(members[:3], members[3:])
        yield "split: " + " ".join(each.name for each in members[:3]) + " | " + " ".join(each.name for each in members[3:])

    def plan(self):
        """The next faults: (function, member) pairs, and for how long."""
        alone = [self.dead_origin, self.split]
        impairing = [self.crash, self.crash, self.restart, self.freeze, self.freeze, self.unplug, self.cut, self.one_way]
        harmless = [self.cut_from_origin, self.lose, self.throttle, self.evict, self.sync, self.slow_origin,
                    self.flaky_origin] + ([self.jump] if self.world.clock else [])
        members = self.random.sample(self.world.members, 3)
        kind = self.random.random()
        if kind < 0.2:
            chosen = [(self.random.choice(alone), members[0])]
        elif kind < 0.55:
            chosen = [(self.random.choice(impairing), members[0])]
        elif kind < 0.75:
            chosen = [(self.random.choice(impairing), members[0]), (self.random.choice(impairing), members[1])]
        else:
            chosen = [(self.random.choice(impairing), members[0]), (self.random.choice(harmless), members[1])]
        if self.random.random() < 0.3 and chosen[0][0] not in alone:
            chosen.append((self.random.choice(harmless), members[2]))
        if self.random.random() < 0.3:
            chosen.append((self.random.choice((self.crash, self.crash, self.restart, self.freeze, self.unplug, self.cut,
                                               self.lose, self.evict)), self.reader))
        return chosen, self.random.choice((1, 3, 6, 10, 20))

    # The run.

    def one_round(self):
        chosen, seconds = self.plan()
        with self.world.readers.phase(f"{' and '.join(fault.__name__ for fault, _ in chosen)} for {seconds} s"):
            with contextlib.ExitStack() as mending:
                mending.callback(self.world.lab.heal)
                for fault, member in chosen:
                    self.counts[fault.__name__] = self.counts.get(fault.__name__, 0) + 1
                    self.say(mending.enter_context(fault(member)))
                self.keep_reading(seconds)
                self.say("mending")
                self.world.lab.heal()  # cuts before starts: who comes back shall find the others
            self.world.cluster.await_grid(seconds=180)
            self.world.readers.progress(5)
        self.sample()

    def keep_reading(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.world.readers.check()
            time.sleep(0.1)

    def sample(self):
        for member in [*self.world.members, self.reader]:
            self.samples.setdefault((member.name, member.pid()), []).append(member.figures())

    def mounts(self):
        return sorted(line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()
                      if str(self.world.scratch.disk) in line)

    def run(self):
        self.world.read_on(self.with_mounts, rate=6e6)
        mounts = self.mounts()
        self.world.readers.progress(20)
        self.sample()
        rounds = 0
        while time.monotonic() - self.begun < self.minutes * 60:
            self.one_round()
            rounds += 1
            self.keep_reading(self.random.choice((0, 1, 3)))
        self.finish(mounts)
        return rounds

    def finish(self, mounts):
        self.say("the end: everything is loaded, read once more as a whole, and counted")
        self.world.load(self.world.members[0])
        self.world.readers.progress(10)
        self.world.readers.stop()
        final = CheckedReaders(self.world.content, self.world.scratch.disk / "final",
                               [member.mounts["shared"] for member in self.with_mounts], styles=["read"], rate=1e9)
        self.world.readers_at_the_end = final
        try:
            final.progress(100)
            final.stop()
        finally:
            final.kill()
        if self.mounts() != mounts:
            self.leaks.append(f"mounts: {sorted(set(self.mounts()) ^ set(mounts))}")
        for member in [*self.world.members, self.reader]:
            own = [member.pid()]
            if (there := hosts.processes_in(member.host.netns)) != own:
                self.leaks.append(f"processes of {member.name}: {there}, not {own}")
        self.sample()
        for (name, pid), samples in self.samples.items():
            first, last = samples[0], samples[-1]
            self.say(f"{name} (process {pid}): {first} -> {last} in {len(samples)} samples")
            if last["descriptors"] > min(DESCRIPTORS_MOST, first["descriptors"] + DESCRIPTOR_GROWTH):
                self.leaks.append(f"descriptors of {name}: {first['descriptors']} -> {last['descriptors']}")
            if last["threads"] > first["threads"] + THREAD_GROWTH:
                self.leaks.append(f"threads of {name}: {first['threads']} -> {last['threads']}")
            if last["anonymous"] > ANONYMOUS_MOST:
                self.leaks.append(f"memory of {name}: {last['anonymous']}")


def run(minutes, seed):
    """Makes the world, runs, takes it away, and returns what is printed last."""
    print(f"chaos: {minutes} minutes, seed {seed}", flush=True)
    told = dict(name="chaos", seed=seed, minutes=minutes, ok=False)
    leaks, failure = [], None
    with GridWorld(seed, clock_of="m2" if FAKETIME else None, bad_disks=True) as world:
        chaos = Chaos(world, minutes)
        try:
            told["rounds"] = chaos.run()
        except BaseException as what:  # told, logged, and the world is taken away all the same
            failure = f"{type(what).__name__}: {what}"
            traceback.print_exc(file=sys.stdout)
            print(world.logs(), flush=True)
            if not isinstance(what, Exception):
                raise
        told.update(world.readers.total() if world.readers else {}, faults=chaos.counts,
                    origin_bytes=world.origin_bytes(), dataset_bytes=world.content.bytes())
        leaks = chaos.leaks
    leaks += [f"{kind} {name}" for kind, name in hosts.left_overs(dead_only=False) if f"-{os.getpid()}-" in name]
    told.update(leaks=leaks, failure=failure, ok=failure is None and not leaks)
    print(json.dumps(told), flush=True)
    return told


def unavailable():
    if reason := hosts.unavailable():
        return reason
    return None if Cluster.supported() else "this build has no grid of several members"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=20)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    given = options.parse_args()
    exit_on_signals()
    if reason := unavailable():
        print(f"chaos skipped: {reason}")
        return 0
    return 0 if run(given.minutes, given.seed)["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
