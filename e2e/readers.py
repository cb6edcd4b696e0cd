"""Reads a tree in every way that programs do, each in a process of its own: a server's own process must
never wait for its own mount, and a hung mount must not take the runner along.

As a program: readers.py STYLE FILE... prints "sha256  size  file" lines.
"""

import hashlib
import mmap
import os
import socket
import subprocess
import sys
import threading

STYLES = ["read", "pread", "mmap", "direct", "sendfile", "two-readers"]


def digest_read(path):
    sha = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            sha.update(chunk)
    return sha.hexdigest()


def digest_pread(path):
    """Reads the second half first, in odd sizes, then digests in order."""
    size = os.stat(path).st_size
    out = bytearray(size)
    fd = os.open(path, os.O_RDONLY)
    try:
        step = 77_777
        offsets = list(range(0, size, step))
        for offset in offsets[len(offsets) // 2:] + offsets[:len(offsets) // 2]:
            chunk = os.pread(fd, step, offset)
            expected = min(step, size - offset)
            if len(chunk) != expected:
                raise OSError(f"short pread of {path} at {offset}: {len(chunk)} of {expected}")
            out[offset:offset + len(chunk)] = chunk
        if os.pread(fd, 10, size) != b"":
            raise OSError(f"bytes behind the end of {path}")
    finally:
        os.close(fd)
    return hashlib.sha256(out).hexdigest()


def digest_mmap(path):
    if os.stat(path).st_size == 0:
        return hashlib.sha256(b"").hexdigest()
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        for offset in reversed(range(0, len(view), 1 << 20)):
            view[offset]
        return hashlib.sha256(view).hexdigest()


def digest_direct(path):
    sha = hashlib.sha256()
    fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
    buffer = mmap.mmap(-1, 1 << 20)
    try:
        offset = 0
        while count := os.preadv(fd, [buffer], offset):
            sha.update(memoryview(buffer)[:count])
            offset += count
    finally:
        os.close(fd)
    return sha.hexdigest()


def digest_sendfile(path):
    sha, (left, right) = hashlib.sha256(), socket.socketpair()
    size = os.stat(path).st_size

    def receive():
        got = 0
        while got < size and (chunk := right.recv(1 << 18)):
            sha.update(chunk)
            got += len(chunk)

    receiver = threading.Thread(target=receive)
    receiver.start()
    with open(path, "rb") as file:
        sent = 0
        while sent < size:
            count = os.sendfile(left.fileno(), file.fileno(), sent, 1 << 20)
            if count == 0:
                break
            sent += count
    left.close()
    receiver.join()
    return sha.hexdigest()


def digest_two_readers(path):
    digests = [None, None]

    def run(index):
        digests[index] = digest_read(path) if index == 0 else digest_pread(path)

    threads = [threading.Thread(target=run, args=(i,)) for i in (0, 1)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    if digests[0] != digests[1]:
        raise OSError(f"two readers of {path} differ: {digests}")
    return digests[0]


DIGEST = dict(zip(STYLES, [digest_read, digest_pread, digest_mmap, digest_direct, digest_sendfile,
                           digest_two_readers]))


def tree_digests(root, style, seconds=120):
    """{relative path: (sha256, size)} of all files below root, read in `style` by a child process."""
    done = subprocess.run(
        [sys.executable, __file__, style, str(root)], capture_output=True, timeout=seconds)
    if done.returncode != 0:
        raise AssertionError(f"{style} of {root}: {done.stderr.decode(errors='replace')}")
    entries = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return {path: (sha, int(size)) for sha, size, path in
            (entry.split(" ", 2) for entry in entries if entry)}


def main(style, root):
    for directory, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            path = os.path.join(directory, name)
            line = f"{DIGEST[style](path)} {os.stat(path).st_size} {os.path.relpath(path, root)}\0"
            sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    main(*sys.argv[1:])
