"""Vineyard's client, for programs written for it: `from gridset import vineyard`, the rest stays.

Differences: a name is one of Gridset's (letters, digits and `._=@+-`, parts joined by `/`); what is put is visible on
all nodes at once, which is what Vineyard's `persist` is for; here `put(..., persist=True)` writes it to disk as well where
the node has a disk directory for objects (`gridset up --objects-spill`), and does no more than `put` where it has none; a value that only pickle can take is read after `connect(allow_pickle=True)`; views never change under a reader.
"""

from __future__ import annotations

import os
import uuid
from typing import Any, Dict, Iterable, List, Optional, Union

from . import client as _client
from . import errors

__all__ = ["Client", "ObjectID", "connect"]

_UNNAMED = "vineyard/o"


class ObjectID(str):
    """An object's id; of a named one the name, of another a name made for it."""

    def __repr__(self) -> str:
        return f'ObjectID <"{self}">'


def connect(
    socket: Union[str, "os.PathLike[str]", None] = None, *args: Any, allow_pickle: bool = False, **options: Any
) -> Client:
    """A client of this machine's node; `socket` as for `gridset.connect`, which takes the other options."""
    if args:
        raise errors.NotSupported(
            "vineyard's connect(host, port) has no counterpart: name the socket of this machine's node, or nothing"
        )
    return Client(_client.connect(socket, **options), allow_pickle)


class Client:
    """Vineyard's methods over a `gridset.Client`, which is its `client`."""

    def __init__(self, client: _client.Client, allow_pickle: bool) -> None:
        self.client = client
        self._allow_pickle = allow_pickle
        self._has_disk = True  # until the node says otherwise

    def put(self, value: Any, builder: None = None, persist: bool = False, name: Optional[str] = None) -> ObjectID:
        """Puts a value, under a name or not, and returns its id. A name in use raises `ObjectExists`.

        `persist`: on disk as well, if the node has a disk directory for objects.
        """
        if builder is not None:
            raise errors.NotSupported("builders have no counterpart: put a table, an array or a frame")
        chosen = name or f"{_UNNAMED}{uuid.uuid4().hex}"
        if persist and self._has_disk:
            try:
                self.client.put(chosen, value, persist=True)
                return ObjectID(chosen)
            except errors.NotSupported:  # a value that cannot be put is refused below once more
                pass
        self.client.put(chosen, value)
        self._has_disk = self._has_disk and not persist
        return ObjectID(chosen)

    def get(
        self,
        object_id: Optional[str] = None,
        name: Optional[str] = None,
        resolver: None = None,
        fetch: bool = False,
    ) -> Any:
        """The value by its id or name; `fetch` brings it here from another node."""
        if resolver is not None:
            raise errors.NotSupported("resolvers have no counterpart: get gives what was put")
        return self.client.get(self._chosen(object_id, name), fetch=fetch, allow_pickle=self._allow_pickle)

    def get_object(self, object_id: str, fetch: bool = False) -> Any:
        return self.get(object_id, fetch=fetch)

    def delete(self, object_id: Union[str, Iterable[str]], force: bool = False, deep: bool = True) -> None:
        """Deletes one or several; whoever has them mapped keeps them, so that `force` and `deep` have nothing to do."""
        for each in [object_id] if isinstance(object_id, str) else object_id:
            self.client.delete(each)

    def exists(self, object_id: str) -> bool:
        return self.client.exists(object_id)

    def persist(self, object_id: str) -> None:
        """Raises `ObjectNotFound`; else nothing is to be done: all nodes see it. To have it on disk put it with `persist`."""
        self.client.describe(object_id)

    def migrate(self, object_id: str) -> ObjectID:
        """Brings an object to this machine's node; others keep theirs. Its id stays, unlike with Vineyard."""
        self.client.migrate(object_id, keep=True)
        return ObjectID(object_id)

    def get_name(self, name: str, wait: bool = False) -> ObjectID:
        """The id of a name, which is the name; `wait` waits for it."""
        if wait:
            self.client.wait(name)
        else:
            self.client.describe(name)
        return ObjectID(name)

    def get_meta(self, object_id: str) -> Dict[str, Any]:
        info = self.client.describe(object_id)
        return {"id": info.name, "nbytes": info.bytes, "typename": info.attributes.form, "instances": info.holders}

    def list_objects(self, pattern: str = "", regex: bool = False, limit: int = 5) -> List[ObjectID]:
        """Ids that start with `pattern` (a trailing `*` may say so)."""
        if regex:
            raise errors.NotSupported("objects are listed by how their names start, not by regular expressions")
        found: List[ObjectID] = []
        for info in self.client.list(pattern[:-1] if pattern.endswith("*") else pattern):
            if len(found) == limit:
                break
            found.append(ObjectID(info.name))
        return found

    def close(self) -> None:
        self.client.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @staticmethod
    def _chosen(object_id: Optional[str], name: Optional[str]) -> str:
        if (object_id is None) == (name is None):
            raise ValueError("get(object_id) or get(name=...): one of them")
        chosen = name if object_id is None else object_id
        assert chosen is not None
        return chosen
