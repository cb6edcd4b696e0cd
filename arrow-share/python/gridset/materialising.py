"""Files of a dataset as objects: decoded once in the grid, mapped by everybody after that.

The object of a file is named after the version of the file, so that a changed file is another object::

    dataset://spark/out/part-0.parquet   ->   datasets/default/spark/out/part-0.parquet@<version>

in the namespace of the dataset. Whoever asks first decodes the file and puts the object; the others wait for it (the
protocol's ``claim``) and map it. An object lives for a day after it was made (``time_to_live``): then the current
version is decoded anew when somebody asks for it, and old ones are gone.
"""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Dict, Iterator, List, NamedTuple, Optional

import pyarrow as pa

from .datasets import DatasetClient, FileView, RemoteFile, parse_uri
from .errors import NotSupported

if TYPE_CHECKING:
    from .client import Client

__all__ = ["Source", "get", "materialise", "object_name"]

SCHEME = "dataset://"
TIME_TO_LIVE = timedelta(days=1)
PRODUCER = "materialise"
SOURCE_LABEL = "gridset.io/source"
FORMATS = ("parquet", "csv", "tsv", "json", "orc")
WAIT_SECONDS = 3600.0
"""How long to wait for somebody else who decodes the same file."""

_ATTEMPTS = 5
"""How often a file may change under its decoder."""
_PLAIN = re.compile(r"[A-Za-z0-9._=@-]")
_LONGEST_PART, _LONGEST = 200, 512
_COMPRESSED = {"gz": "gzip", "bz2": "bz2", "zst": "zstd", "lz4": "lz4"}
_NO_DATA = (".", "_")
"""With what Hadoop and Spark begin the names of files that hold no data."""

logger = logging.getLogger("gridset.materialise")


class Source(NamedTuple):
    """A file of a dataset at one version, and its format."""

    namespace: str
    dataset: str
    file: FileView
    format: str

    @property
    def uri(self) -> str:
        return f"{SCHEME}{self.namespace}:{self.dataset}/{self.file.path}"


def get(client: "Client", uri: str, *, form: Optional[str] = None, **options: Any) -> Any:
    """The table in a file of a dataset, mapped; of a directory the tables of all its data files, one after the other.

    :param uri: ``dataset://NAME/PATH`` or ``dataset://NAMESPACE:NAME/PATH``
    :param form: another form for the table of a single file, as for :meth:`gridset.Client.get`
    :param options: those of :func:`materialise`
    """
    found = [*_Decoder(client, uri, **options).all()]
    if len(found) == 1:
        return client.get(found[0], form=form, fetch=True)
    if form not in (None, "table"):
        raise NotSupported(f"{uri} is a directory, and is had as a table, not as a {form}")
    return pa.concat_tables([client.get(name, fetch=True) for name in found], promote_options="permissive")


def materialise(client: "Client", uri: str, **options: Any) -> List[str]:
    """Sees to it that a file of a dataset, or all data files of a directory, are objects; answers their names.

    :param format: one of ``FORMATS`` where the file's name does not tell; ``json`` is a value a line
    :param time_to_live: of what is decoded now, a timedelta; None: for good
    :param wait: seconds for which somebody else may go on decoding
    :raises FileNotFoundError: there is no such file, or no data file in the directory
    :raises ValueError: the format is not known, or the file is not of it
    """
    return [*_Decoder(client, uri, **options).all()]


class _Decoder:
    """Makes objects of what a URI names."""

    def __init__(self, client: "Client", uri: str, format: Optional[str] = None,
                 time_to_live: Optional[timedelta] = TIME_TO_LIVE, wait: float = WAIT_SECONDS):
        namespace, self._dataset, self._path = parse_uri(uri, client.namespace)
        self._client = client
        self._files = DatasetClient(client.socket.with_name("gridset.sock"), namespace)
        self._format = format
        self._time_to_live = time_to_live
        self._wait = wait

    def all(self) -> Iterator[str]:
        """The names of the objects, which are there when they are told."""
        if not self._files.stat(self._dataset, self._path).is_directory:
            yield self._object(self._path)
            return
        found = False
        for file in self._files.files(self._dataset, self._path):
            below = file.path[len(self._path):].strip("/").split("/")
            if not file.is_directory and not any(part.startswith(_NO_DATA) for part in below) \
                    and (self._format or guessed_format(file.path)):
                found = True
                yield self._object(file.path)
        if not found:
            raise FileNotFoundError(f"no data file in {self._path or '/'} of dataset {self._dataset}")

    def _object(self, path: str) -> str:
        for attempt in range(1, _ATTEMPTS + 1):
            source = self._source(path)
            name = f"{source.namespace}:{object_name(source)}"
            try:
                if not self._client.exists(name):
                    self._client.get_or_put(
                        name, lambda: _decoded(self._files, source), timeout=self._wait, producer=PRODUCER, parents=(),
                        labels={SOURCE_LABEL: source.uri}, time_to_live=self._time_to_live)
                return name
            except (OSError, ValueError):
                # A file that changes under its decoder shows itself in many ways; its version tells.
                self._files.sync(self._dataset, path)
                if attempt == _ATTEMPTS or self._source(path).file.version == source.file.version:
                    raise
        raise AssertionError("the last attempt raises")

    def _source(self, path: str) -> Source:
        file = self._files.stat(self._dataset, path)
        if file.is_directory:
            raise FileNotFoundError(f"{path} of dataset {self._dataset} has become a directory")
        chosen = self._format or guessed_format(path)
        if chosen not in FORMATS:
            what = f"the name of {path} does not tell its format" if chosen is None else f"{chosen!r} is no format"
            raise ValueError(f"{what}: give format=, one of {', '.join(FORMATS)}")
        return Source(self._files.namespace, self._dataset, file, chosen)


def _decoded(files: DatasetClient, source: Source) -> pa.Table:
    with files.open(source.dataset, source.file, read_ahead=0) as opened:
        way = "the API" if isinstance(opened, RemoteFile) else "a mount"
        logger.info("decoding %s at version %s through %s", source.uri, source.file.version, way)
        try:
            return decode(opened, source)
        except pa.ArrowInvalid as failure:
            raise ValueError(f"{source.uri} is no {source.format} file that can be read: {failure}") from failure


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
    """What an object's name cannot hold as ``+`` and two hexadecimal digits for each byte of UTF-8."""
    return "".join(
        letter if _PLAIN.fullmatch(letter) and (place or letter != ".") else "".join(f"+{byte:02X}" for byte in letter.encode())
        for place, letter in enumerate(part))
