"""A kubelet's part of CSI, over curl: calls of gRPC on a plugin's Unix socket, each in a process that a deadline ends."""

import subprocess
import tempfile
import urllib.parse
from pathlib import Path

OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS = 0, 3, 4, 5, 6
FAILED_PRECONDITION, ABORTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 9, 10, 12, 13, 14
MULTI_NODE_READER_ONLY, MULTI_NODE_MULTI_WRITER = 3, 5


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def message(fields):
    """Protobuf's bytes of {number: value}: text, number, a message (bytes) or a map of texts."""
    out = b""
    for number, value in fields.items():
        if isinstance(value, dict):
            for key, text in value.items():
                entry = message({1: key, 2: text})
                out += varint(number << 3 | 2) + varint(len(entry)) + entry
        elif isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def fields(data):
    """[(number, value)] of a message: numbers, or bytes."""
    def number(at):
        value = shift = 0
        while True:
            value |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if data[at - 1] < 0x80:
                return value, at
    at, found = 0, []
    while at < len(data):
        tag, at = number(at)
        value, at = number(at)
        if tag & 7 == 2:
            found.append((tag >> 3, data[at:at + value]))
            at += value
        else:
            found.append((tag >> 3, value))
    return found


class Refused(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


def call(socket, method, request=b"", seconds=60):
    """The answer's bytes of a method, of CSI's where no service is named in full; Refused when the call ends with another code than OK."""
    path = method if method.startswith("pluginregistration.") else f"csi.v1.{method}"
    framed = b"\0" + len(request).to_bytes(4, "big") + request
    with tempfile.TemporaryDirectory() as place:
        head, body = Path(place) / "head", Path(place) / "body"
        done = subprocess.run(
            ["curl", "-sS", "--http2-prior-knowledge", "--unix-socket", str(socket), "--max-time", str(seconds + 90),
             "-H", "content-type: application/grpc", "-H", "te: trailers", "-H", f"grpc-timeout: {seconds}S",
             "--data-binary", "@-", "-D", str(head), "-o", str(body), f"http://localhost/{path}"],
            input=framed, capture_output=True, timeout=seconds + 120)
        if done.returncode != 0:
            raise ConnectionError(done.stderr.decode(errors="replace").strip())
        told = dict(line.split(": ", 1) for line in head.read_text().splitlines() if ": " in line)
        if told.get("grpc-status") != "0":
            raise Refused(int(told["grpc-status"]), urllib.parse.unquote(told.get("grpc-message", "")))
        return body.read_bytes()[5:]


class Volume:
    """A PersistentVolume as this node's kubelet sees it."""

    def __init__(self, socket, handle, staging, **attributes):
        self.socket, self.handle, self.staging, self.attributes = socket, handle, str(staging), attributes

    @staticmethod
    def capability(mode):
        return message({2: b"", 3: message({1: mode})})

    def stage(self, seconds=60, mode=MULTI_NODE_READER_ONLY):
        call(self.socket, "Node/NodeStageVolume", message(
            {1: self.handle, 3: self.staging, 4: self.capability(mode), 6: self.attributes}), seconds)

    def publish(self, target, seconds=60, mode=MULTI_NODE_READER_ONLY, read_only=0, **more):
        call(self.socket, "Node/NodePublishVolume", message(
            {1: self.handle, 3: self.staging, 4: str(target), 5: self.capability(mode), 6: read_only,
             8: dict(self.attributes, **more)}), seconds)

    def unpublish(self, target, seconds=60):
        call(self.socket, "Node/NodeUnpublishVolume", message({1: self.handle, 2: str(target)}), seconds)

    def unstage(self, seconds=60):
        call(self.socket, "Node/NodeUnstageVolume", message({1: self.handle, 2: self.staging}), seconds)

    def stats(self, target, seconds=60):
        """(total bytes or None, whether it is abnormal, why)"""
        total, condition = None, {}
        for number, value in fields(call(
                self.socket, "Node/NodeGetVolumeStats", message({1: self.handle, 2: str(target)}), seconds)):
            told = dict(fields(value))
            if number == 2:
                condition = told
            elif told.get(4) == 1:
                total = told[2]
        return total, bool(condition[1]), condition[2].decode()
