"""Files of a dataset as objects: decoded once in the grid, mapped by everybody after that.

The object of a file is named after the version of the file, so that a changed file is another object::

    dataset://spark/out/part-0.parquet   ->   datasets/default/spark/out/part-0.parquet@<version>

in the namespace of the dataset. Whoever asks first decodes the file and puts the object; the others wait for it (the
protocol's ``claim``) and map it. An object lives for a day after it was made (``time_to_live``): then the current
version is decoded anew when somebody asks for it, and old ones are gone.
"""

from __future__ import annotations

import hashlib
import re
import time
from datetime import timedelta
from typing import Any, BinaryIO, Callable, Dict, List, NamedTuple, Optional

import pyarrow as pa

from .datasets import DatasetClient, FileChanged, FileView, parse_uri
from .errors import GridsetError, ObjectExists, ObjectNotFound, TimedOut

SCHEME = "dataset://"
TIME_TO_LIVE = timedelta(days=1)
PRODUCER = "materialise"
SOURCE_LABEL = "gridset.io/source"
WAIT_SECONDS = 3600.0
"""How long to wait for somebody else who decodes the same file."""
_CLAIM_MILLIS = 5_000
_ATTEMPTS = 5
"""How often a file may change under the decoder before it gives up."""
_PART, _LONGEST_PART, _LONGEST = re.compile(rb"[A-Za-z0-9_=@-]|(?<!^)\."), 200, 512
_COMPRESSED = {"gz": "gzip", "bz2": "bz2", "zst": "zstd", "lz4": "lz4"}
_HIDDEN = (".", "_")
"""What Hadoop and Spark begin the names of files with that are no data."""


class Source(NamedTuple):
    """A file of a dataset at one version."""

    namespace: str
    dataset: str
    file: FileView
    format: str

    @property
    def uri(self) -> str:
        return f"{SCHEME}{self.namespace}:{self.dataset}/{self.file.path}"

    @property
    def object_name(self) -> str:
        return object_name(self)


def materialise(uri: str, *, format: Optional[str] = None, namespace: Optional[str] = None, client: Any = None,
                time_to_live: Optional[timedelta] = TIME_TO_LIVE, wait: float = WAIT_SECONDS) -> List[str]:
    """Sees to it that a file of a dataset, or all data files of a directory, are objects; answers their names.

    :param uri: ``dataset://NAME/PATH`` or ``dataset://NAMESPACE:NAME/PATH``
    :param format: ``parquet``, ``csv``, ``json`` (a value a line) or ``orc`` where the file's name does not tell
    :param time_to_live: of objects that are made now; None: for good
    :param wait: seconds for which somebody else may go on decoding
    :raises FileNotFoundError: there is no such file
    :raises ValueError: the format is unknown
    """


def get(uri: str, *, format: Optional[str] = None, namespace: Optional[str] = None, client: Any = None,
        time_to_live: Optional[timedelta] = TIME_TO_LIVE, wait: float = WAIT_SECONDS) -> pa.Table:
    """The table in a file of a dataset, or in all data files of a directory one after the other: mapped, not copied.
    Parameters are those of :func:`materialise`."""


def object_name(source: Source) -> str:
    """The name of a file's object: its path with what an object's name cannot hold written as ``+`` and two hexadecimal
    digits, or the path's hash where that is too long."""
    start = f"datasets/{source.namespace}/{source.dataset}/"
    end = f"@{source.file.version}" + ("" if source.format == guessed_format(source.file.path) else f"+{source.format}")
    parts = [_escaped(part) for part in source.file.path.split("/")]
    path = "/".join(parts)
    if max(map(len, parts[:-1]), default=0) > _LONGEST_PART or len(parts[-1]) + len(end) > _LONGEST_PART \
            or len(start) + len(path) + len(end) > _LONGEST:
        path = "+long-" + hashlib.sha256(source.file.path.encode()).hexdigest()
    return start + path + end


def guessed_format(path: str) -> Optional[str]:
    """The format that a file's name tells; None when it tells none."""
    words = path.lower().rpartition("/")[2].split(".")
    if words[-1] in _COMPRESSED and len(words) > 2:
        words.pop()
    return {"parquet": "parquet", "parq": "parquet", "csv": "csv", "tsv": "tsv", "json": "json", "jsonl": "json",
            "ndjson": "json", "orc": "orc"}.get(words[-1]) if len(words) > 1 else None


def decode(opened: BinaryIO, source: Source) -> pa.Table:
    """Reads a whole file as a table."""
    readers: Dict[str, Callable[[Any], pa.Table]] = {
        "parquet": _parquet, "orc": _orc, "csv": _csv(","), "tsv": _csv("\t"), "json": _json}
    compression = _COMPRESSED.get(source.file.path.lower().rpartition(".")[2])
    with pa.PythonFile(opened, mode="r") as file:
        if compression and source.format not in ("parquet", "orc"):
            with pa.CompressedInputStream(file, compression) as inflated:
                return readers[source.format](inflated)
        return readers[source.format](file)


def _parquet(file: Any) -> pa.Table:
    import pyarrow.parquet

    return pyarrow.parquet.ParquetFile(file, pre_buffer=True).read()


def _orc(file: Any) -> pa.Table:
    import pyarrow.orc

    return pyarrow.orc.ORCFile(file).read()


def _csv(delimiter: str) -> Callable[[Any], pa.Table]:
    def read(file: Any) -> pa.Table:
        import pyarrow.csv

        return pyarrow.csv.read_csv(file, parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter))

    return read


def _json(file: Any) -> pa.Table:
    import pyarrow.json

    return pyarrow.json.read_json(file)


def _escaped(part: str) -> str:
    return "".join(
        chr(byte) if _PART.fullmatch(bytes([byte])) and not (place == 0 and byte == 0x2E) or (byte == 0x2E and place) else f"+{byte:02X}"
        for place, byte in enumerate(part.encode()))
