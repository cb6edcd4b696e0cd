"""What a benchmark is given: its workspace, the reader, the settings, and a place to name the versions it met."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .build import build
from .reading import Reader
from .workspace import Workspace


@dataclass(frozen=True)
class Settings:
    quick: bool = False
    rounds: int | None = None
    only_peers: bool = False


class Session:
    def __init__(self, repository: Path, settings: Settings):
        self.repository = repository
        self.settings = settings
        self.versions: dict[str, str] = {}
        self.workspace = Workspace()
        try:
            build(repository)
            self.reader = Reader(self.workspace.path)
        except BaseException:
            self.workspace.close()
            raise
        self._began = time.monotonic()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        self.workspace.close()

    def rounds(self, full: int, quick: int) -> int:
        """How many interleaved rounds: the command line's number, else the benchmark's own."""
        return self.settings.rounds or (quick if self.settings.quick else full)

    def pick(self, full, quick):
        return quick if self.settings.quick else full

    def say(self, text: str) -> None:
        """Progress for whoever watches; never part of the results."""
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", file=sys.stderr, flush=True)
