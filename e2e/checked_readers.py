"""Readers that run while things break: each a process that reads known files in its own style, compares every piece
with what the seed says stands there, and keeps account of failures, wrong bytes and stalls.

    content = Content(seed, {"weights/a": 16 << 20, "b": 3 << 20})
    content.write(origin.root / "bucket")
    readers = CheckedReaders(content, scratch.disk / "readers", [mount_a, mount_b])
    with readers.phase("kill -9 of the home"): ...
    readers.stop(); readers.total()

A mount whose own node is down cannot answer (there is no keeper yet): `excuse(mount)` before, `expect(mount)` when it is
back. What fails there meanwhile is counted apart. All other failures, and every wrong byte, count.

As a program: checked_readers.py SPEC.json NUMBER (started by CheckedReaders only).
"""

import contextlib
import errno
import json
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

PAGE = 1 << 16
MASTER = 8 << 20
STYLES = ("read", "pread", "mmap")
HANG_SECONDS = 60.0

# One row of numbers per reader, in a file that the test and the reader have mapped.
STOP, EXCUSED, SINCE, READS, BYTES, FAILED, WRONG, EXCUSED_FAILURES, LONGEST, OVERALL, OPENED, REST = range(12)
ROW = 16


class Content:
    """Files whose bytes follow from a seed: each page is a slice of one random buffer, at an offset of its own.

    So any range is made by memcpy, faster than any checksum of it, and no two pages look alike."""

    def __init__(self, seed, files):
        self.seed, self.files = seed, dict(files)
        self._master = random.Random(seed).randbytes(MASTER + PAGE)

    def _slice(self, name, page):
        mixed = (zlib.crc32(name.encode()) << 32 | page) + self.seed * 0x9E3779B97F4A7C15
        mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        start = (mixed ^ mixed >> 31) % MASTER
        return memoryview(self._master)[start:start + PAGE]

    def expected(self, name, offset, length):
        end = min(offset + length, self.files[name])
        out, at = bytearray(), offset
        while at < end:
            page, within = divmod(at, PAGE)
            piece = self._slice(name, page)[within:within + end - at]
            out += piece
            at += len(piece)
        return bytes(out)

    def write(self, root):
        for name, size in self.files.items():
            path = Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as file:
                for offset in range(0, size, 1 << 22):
                    file.write(self.expected(name, offset, 1 << 22))

    def bytes(self):
        return sum(self.files.values())


class Row:
    """One reader's numbers."""

    def __init__(self, view, number):
        self._view, self._base = view, number * ROW * 8

    def __getitem__(self, field):
        return struct.unpack_from("=d", self._view, self._base + field * 8)[0]

    def __setitem__(self, field, value):
        struct.pack_into("=d", self._view, self._base + field * 8, value)

    def add(self, field, count=1):
        self[field] = self[field] + count


class CheckedReaders:
    """The test's side: starts readers, tells them what is excused, and asks how they fare."""

    def __init__(self, content, directory, mounts, styles=STYLES, seed=0, rate=24e6, names=None):
        """One reader per mount and style; `rate` in bytes/s for each; `names`: only these files."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.content, self.directory = content, directory
        self.places = [(str(mount), style) for mount in mounts for style in styles]
        self.phases = []
        board = directory / "board"
        board.write_bytes(bytes(len(self.places) * ROW * 8))
        with open(board, "r+b") as file:
            self._board = mmap.mmap(file.fileno(), 0)
        self.rows = [Row(self._board, number) for number in range(len(self.places))]
        self._spec = directory / "spec.json"
        self._spec.write_text(json.dumps(dict(
            content_seed=content.seed, files=content.files, names=sorted(names or content.files), seed=seed,
            rate=rate, places=self.places, board=str(board), directory=str(directory))))
        self.children = [self._spawn(number) for number in range(len(self.places))]
        self._deaths = []

    def _spawn(self, number):
        with open(self.directory / f"reader-{number}.log", "ab") as out:
            return subprocess.Popen([sys.executable, __file__, str(self._spec), str(number)], stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=out)

    def _of(self, mount):
        return [number for number, (place, _) in enumerate(self.places) if place == str(mount)]

    def excuse(self, mount):
        """What fails at this mount from now on is the arranged end of its own node."""
        for number in self._of(mount):
            self.rows[number][EXCUSED] = 1

    def expect(self, mount):
        """The mount is back: from now on its reads must not fail. Waits until each of its readers has read."""
        self.check()
        before = {}
        for number in self._of(mount):
            if self.children[number].poll() is not None:  # a mapping of a dead mount ends in SIGBUS
                self.children[number] = self._spawn(number)
            before[number] = self.rows[number][READS]
        deadline = time.monotonic() + HANG_SECONDS
        while any(self.rows[number][READS] <= count for number, count in before.items()):
            if time.monotonic() > deadline:
                raise AssertionError(f"the readers of {mount} do not come back: {self.describe()}")
            time.sleep(0.02)
        for number in before:
            self.rows[number][EXCUSED] = 0

    def check(self):
        """Fails when a reader failed, saw a wrong byte, died, or has waited for one read too long."""
        for number, child in enumerate(self.children):
            code = child.poll()
            if code is not None and not (code == 0 and self.rows[number][STOP]) and (number, child.pid) not in self._deaths:
                self._deaths.append((number, child.pid))
                if self.rows[number][EXCUSED] and code == -signal.SIGBUS:
                    self.rows[number].add(EXCUSED_FAILURES)
                else:
                    self.rows[number].add(FAILED)
                self.rows[number][SINCE] = 0
        total = self.total()
        if total["failed"] or total["wrong"]:
            raise AssertionError(f"readers failed: {self.describe()}")
        if (waited := self.waiting()) > HANG_SECONDS:
            raise AssertionError(f"a read hangs since {waited:.0f} s: {self.describe()}")

    def waiting(self):
        """Seconds that the longest read under way has taken, those at excused mounts left out."""
        # Looked at once each: a reader may end its read meanwhile.
        begun = [row[SINCE] for row in self.rows if not row[EXCUSED]]
        now = time.monotonic()
        return max((now - since for since in begun if since), default=0.0)

    def progress(self, more=20, seconds=HANG_SECONDS):
        """Waits until each reader that is not excused has made so many reads more."""
        before = [row[READS] for row in self.rows]
        deadline = time.monotonic() + seconds
        while not all(row[EXCUSED] or row[READS] >= count + more for row, count in zip(self.rows, before)):
            self.check()
            if time.monotonic() > deadline:
                raise AssertionError(f"readers made no {more} reads in {seconds:.0f} s: {self.describe()}")
            time.sleep(0.05)

    @contextlib.contextmanager
    def phase(self, name):
        """What happens meanwhile is told apart: reads, the longest stall, excused failures. Checks at the end."""
        before = self.total()
        for row in self.rows:
            row[LONGEST] = 0
        begun = time.monotonic()
        told = {"phase": name}
        self.phases.append(told)
        yield told
        self.check()
        total = self.total()
        told.update(seconds=round(time.monotonic() - begun, 1), reads=total["reads"] - before["reads"],
                    stall=round(max(self.waiting(), max(row[LONGEST] for row in self.rows)), 2),
                    excused=total["excused"] - before["excused"])
        print("  {phase}: {seconds} s, {reads:.0f} reads, longest stall {stall} s".format(**told)
              + (f", {told['excused']:.0f} failed where the node was down" if told["excused"] else ""), flush=True)

    def total(self):
        def summed(field):
            return int(sum(row[field] for row in self.rows))

        return dict(reads=summed(READS), bytes=summed(BYTES), failed=summed(FAILED), wrong=summed(WRONG),
                    excused=summed(EXCUSED_FAILURES), opened=summed(OPENED),
                    stall=round(max([row[OVERALL] for row in self.rows] + [self.waiting()]), 2))

    def rest(self, resting=True):
        """Readers stop reading, and begin again: for what must not be measured with them."""
        for row in self.rows:
            row[REST] = 1 if resting else 0
        if resting:
            time.sleep(0.1)

    def describe(self):
        lines = [json.dumps(self.total())]
        for number, (mount, style) in enumerate(self.places):
            row = self.rows[number]
            said = (self.directory / f"reader-{number}.log").read_text(errors="replace").strip().splitlines()[-4:]
            waits = f", waits since {time.monotonic() - row[SINCE]:.1f} s" if row[SINCE] else ""
            lines.append(f"{style} of {mount}: {row[READS]:.0f} reads, {row[FAILED]:.0f} failed, {row[WRONG]:.0f} wrong"
                         f"{waits}{', excused' if row[EXCUSED] else ''}, exit {self.children[number].poll()}")
            lines += ["    " + line for line in said]
        return "\n".join(lines)

    def stop(self):
        """Ends the readers; one that hangs in a read is a failure."""
        for row in self.rows:
            row[STOP] = 1
        hung = []
        for number, child in enumerate(self.children):
            try:
                child.wait(HANG_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                if not self.rows[number][EXCUSED]:
                    hung.append(self.places[number])
        if hung:
            raise AssertionError(f"readers hang: {hung}\n{self.describe()}")
        self.check()

    def kill(self):
        """For clean-up after a failure: no questions asked."""
        for child in self.children:
            if child.poll() is None:
                child.kill()


class Reader:
    """One reader's process."""

    def __init__(self, spec, number):
        self.content = Content(spec["content_seed"], spec["files"])
        self.names, self.rate = spec["names"], spec["rate"]
        self.root, self.style = spec["places"][number]
        self.random = random.Random(f"{spec['seed']}/{number}")
        with open(spec["board"], "r+b") as file:
            self.row = Row(mmap.mmap(file.fileno(), 0), number)
        self.told = 0

    def tell(self, **what):
        self.told += 1
        if self.told <= 200:
            print(json.dumps(dict(at=time.strftime("%H:%M:%S"), style=self.style, **what)), flush=True)

    def run(self):
        step = {"read": self.read_through, "pread": self.read_here_and_there, "mmap": self.read_mapped}[self.style]
        while not self.row[STOP]:
            if self.row[REST]:
                time.sleep(0.02)
                continue
            name = self.random.choice(self.names)
            excused = self.row[EXCUSED]
            try:
                step(name)
            except OSError as failure:
                self.end()
                if excused or self.row[EXCUSED]:
                    self.row.add(EXCUSED_FAILURES)
                    time.sleep(0.1)
                else:
                    self.row.add(FAILED)
                    self.tell(file=name, failed=errno.errorcode.get(failure.errno, str(failure)), what=str(failure))
                    time.sleep(0.5)

    # Accounts. A read is whatever waits for the mount: an open, a stat, one piece of data.

    def begin(self):
        self.row[SINCE] = self.since = time.monotonic()

    def end(self):
        if not self.row[SINCE]:
            return
        took = time.monotonic() - self.since
        self.row[SINCE] = 0
        if not self.row[EXCUSED]:
            if took > self.row[LONGEST]:
                self.row[LONGEST] = took
            if took > self.row[OVERALL]:
                self.row[OVERALL] = took
            if took > 5:
                self.tell(slow=round(took, 2))

    def compare(self, name, offset, length, got):
        self.end()
        self.row.add(READS)
        self.row.add(BYTES, len(got))
        wanted = self.content.expected(name, offset, length)
        if got != wanted:
            self.row.add(WRONG)
            at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
            self.tell(file=name, offset=offset, length=length, got_length=len(got), wanted_length=len(wanted),
                      first_wrong=offset + at, got=bytes(got[at:at + 16]).hex(), wanted=wanted[at:at + 16].hex())
        time.sleep(len(got) / self.rate)

    def open(self, name):
        path = os.path.join(self.root, name)
        self.begin()
        size = os.stat(path).st_size
        fd = os.open(path, os.O_RDONLY)
        self.end()
        self.row.add(OPENED)
        if size != self.content.files[name]:
            self.row.add(WRONG)
            self.tell(file=name, size=size, wanted=self.content.files[name])
        return fd

    def over(self):
        return self.row[STOP] or self.row[REST]

    # Styles.

    def read_through(self, name):
        """From some place on to the end, in order, as `cat` and loaders do; the directory is listed before."""
        self.begin()
        listed = set(os.listdir(os.path.join(self.root, os.path.dirname(name))))
        self.end()
        if os.path.basename(name) not in listed:
            if self.row[EXCUSED]:  # nothing is mounted there now
                raise OSError(errno.ENOENT, "not listed")
            self.row.add(WRONG)
            self.tell(file=name, listed=sorted(listed)[:20])
        fd = self.open(name)
        try:
            offset = self.random.randrange(max(1, self.content.files[name] // 2)) if self.random.random() < 0.5 else 0
            os.lseek(fd, offset, os.SEEK_SET)
            while not self.over():
                self.begin()
                piece = os.read(fd, 1 << 18)
                self.compare(name, offset, 1 << 18, piece)
                offset += len(piece)
                if not piece:
                    break
        finally:
            os.close(fd)

    def read_here_and_there(self, name):
        """Ranges at random, some across blocks and beyond the end, on one handle."""
        fd = self.open(name)
        try:
            for _ in range(self.random.randrange(1, 24)):
                if self.over():
                    break
                length = self.random.choice((1, 4096, 70_001, 1 << 18, 1 << 20))
                offset = self.random.randrange(self.content.files[name])
                self.begin()
                self.compare(name, offset, length, os.pread(fd, length, offset))
        finally:
            os.close(fd)

    def read_mapped(self, name):
        """Through a mapping; what the kernel kept of it is dropped afterwards, so that the next one asks anew."""
        fd = self.open(name)
        try:
            with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as view:
                for _ in range(self.random.randrange(1, 12)):
                    if self.over():
                        break
                    length = self.random.choice((1, 5000, 1 << 18))
                    offset = self.random.randrange(self.content.files[name])
                    self.begin()
                    self.compare(name, offset, length, view[offset:offset + length])
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(fd)


def main(spec, number):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the test ends its readers itself
    Reader(json.loads(Path(spec).read_text()), int(number)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
