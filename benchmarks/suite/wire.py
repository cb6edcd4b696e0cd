"""Raw TCP between two test hosts: what a link and a kernel can do without us (`wire.c`: sendfile to recv), checks excepted."""

import json
import subprocess
from pathlib import Path

from .measuring import Sample
from .reading import READ_DEADLINE_SECONDS, compiled

PORT = 5999


class Wire:
    def __init__(self, folder: Path):
        self._program = compiled(Path(__file__).with_name("wire.c"), folder / "wire")

    def transfer(self, source, target, file: Path, landing: Path | None = None) -> Sample:
        """`file` from host `source` to host `target`; the CPU is both ends'.

        With `landing` both ends take a CRC32C, and what arrives stays in that file, whose pages of an earlier transfer are used.
        """
        sender = self._start(source, "send" if landing is None else "send-checked", source.address, file)
        try:
            if sender.stdout.readline().strip() != "ready":
                raise RuntimeError(f"raw TCP: {sender.communicate(timeout=10)[1].strip()}")
            receiver = (self._start(target, "receive", source.address) if landing is None else
                        self._start(target, "receive-checked", source.address, landing))
            try:
                output, errors = receiver.communicate(timeout=READ_DEADLINE_SECONDS)
            except BaseException:
                receiver.kill()
                raise
            sent, _ = sender.communicate(timeout=READ_DEADLINE_SECONDS)
        except BaseException:
            sender.kill()
            raise
        if receiver.returncode != 0 or sender.returncode != 0:
            raise RuntimeError(f"raw TCP: {errors.strip()}")
        got, given = json.loads(output), json.loads(sent)
        if got["bytes"] != file.stat().st_size:
            raise RuntimeError(f"raw TCP: {got['bytes']} bytes arrived")
        if got["crc32c"] != given["crc32c"]:
            raise RuntimeError("raw TCP: the checksums differ")
        return Sample(got["bytes"], got["seconds"], got["cpu"] + given["cpu"])

    def _start(self, host, role: str, address: str, *more) -> subprocess.Popen:
        command = [*host.enter, str(self._program), role, address, str(PORT), *map(str, more)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
