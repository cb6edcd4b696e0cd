"""The two ends of a form: what a value was made into, and what is read back."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, NamedTuple, Optional, Union

import pyarrow as pa

__all__ = ["DETAIL_KEY", "FORM_KEY", "Content", "Encoded"]

FORM_KEY = b"gridset.form"
DETAIL_KEY = b"gridset.detail"


class Encoded(NamedTuple):
    """A value as a table. `detail` restores what the table itself does not tell; it is written as JSON."""

    form: str
    content: Union[pa.Table, pa.RecordBatch]
    detail: Dict[str, Any] = {}
    splits: bool = True  # into several batches when it has more rows than every reader takes

    def marked(self) -> Union[pa.Table, pa.RecordBatch]:
        """The content, its schema telling the form."""
        marks = {FORM_KEY: self.form.encode()}
        if self.detail:
            marks[DETAIL_KEY] = json.dumps(self.detail).encode()
        return self.content.replace_schema_metadata({**(self.content.schema.metadata or {}), **marks})


class Content:
    """An IPC file in memory. Nothing is copied or read before it is asked for."""

    def __init__(self, file: pa.Buffer) -> None:
        self._reader = pa.ipc.open_file(file)
        metadata = self._reader.schema.metadata or {}
        self.form = metadata.pop(FORM_KEY, b"table").decode()
        detail = metadata.pop(DETAIL_KEY, None)
        self.detail: Dict[str, Any] = json.loads(detail) if detail else {}
        self._metadata: Optional[Dict[bytes, bytes]] = metadata or None

    @property
    def schema(self) -> pa.Schema:
        return self._reader.schema.with_metadata(self._metadata)

    def batches(self) -> Iterator[pa.RecordBatch]:
        for number in range(self._reader.num_record_batches):
            yield self._reader.get_batch(number).replace_schema_metadata(self._metadata)

    def table(self) -> pa.Table:
        return self._reader.read_all().replace_schema_metadata(self._metadata)

    def column(self) -> pa.ChunkedArray:
        """The only column of a file that holds one array."""
        return self.table().column(0)

    def array(self) -> pa.Array:
        """That column as one array; copied only if somebody wrote it in several batches."""
        column = self.column()
        if column.num_chunks == 1:
            return column.chunk(0)
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
