"""The readers that the fault tests rely on see what they are there for: on a plain directory, without a node."""

import os
import unittest

from checked_readers import STYLES, CheckedReaders, Content
from harness import Scratch, wait_for


class TestCheckedReaders(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.root = self.scratch.disk / "files"
        self.content = Content(3, {"a": (1 << 20) + 5, "sub/b": 300_000})
        self.content.write(self.root)

    def readers(self, **more):
        readers = CheckedReaders(self.content, self.scratch.disk / "readers", [self.root], rate=1e9, **more)
        self.addCleanup(readers.kill)
        return readers

    def test_right_bytes_pass_in_every_style(self):
        readers = self.readers()
        with readers.phase("a plain directory") as told:
            readers.progress(20)
        readers.stop()
        self.assertGreaterEqual(told["reads"], 20 * len(STYLES))
        self.assertEqual(readers.total()["failed"], 0)

    def test_one_wrong_byte_is_seen_in_every_style(self):
        page = bytearray((self.root / "sub" / "b").read_bytes())
        for at in range(0, len(page), 5000):
            page[at] ^= 0x10
        (self.root / "sub" / "b").write_bytes(page)
        for style in STYLES:
            with self.subTest(style=style):
                readers = CheckedReaders(self.content, self.scratch.disk / style, [self.root], styles=[style], rate=1e9)
                self.addCleanup(readers.kill)
                wait_for("the wrong byte to be seen", lambda: readers.total()["wrong"] > 0)
                self.assertRaisesRegex(AssertionError, "first_wrong", readers.check)

    def test_a_file_that_is_cut_or_gone_is_seen(self):
        for change in (lambda: os.truncate(self.root / "a", 1000), lambda: os.unlink(self.root / "a")):
            readers = CheckedReaders(self.content, self.scratch.disk / "readers", [self.root], styles=["pread"])
            self.addCleanup(readers.kill)
            readers.progress(1)
            change()
            wait_for("the change to be seen", lambda: readers.total()["wrong"] + readers.total()["failed"] > 0)
            self.assertRaises(AssertionError, readers.check)
            readers.kill()
            self.content.write(self.root)

    def test_what_is_excused_is_counted_apart_and_only_while_it_is(self):
        readers = self.readers(styles=["read"])
        readers.excuse(self.root)
        os.rename(self.root / "a", self.root / "gone")
        wait_for("excused failures", lambda: readers.total()["excused"] > 0)
        readers.check()
        os.rename(self.root / "gone", self.root / "a")
        readers.expect(self.root)
        readers.progress(3)
        os.rename(self.root / "a", self.root / "gone")
        wait_for("a failure that counts", lambda: readers.total()["failed"] > 0)
        self.assertRaises(AssertionError, readers.check)


if __name__ == "__main__":
    unittest.main(verbosity=2)
