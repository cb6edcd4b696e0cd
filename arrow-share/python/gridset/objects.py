"""What is told of an object beside its bytes."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

__all__ = ["ObjectAttributes", "ObjectInfo", "ObjectName"]

DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True)
class ObjectName:
    """A name in a namespace, printed `namespace:path`."""

    namespace: str
    path: str

    @classmethod
    def of(cls, name: str, namespace: str) -> ObjectName:
        """Reads `path` or `namespace:path`."""
        if not isinstance(name, str):
            raise TypeError(f"an object's name is a str, such as 'risk/2024/x_train', not {type(name).__name__}")
        before, colon, after = name.partition(":")
        return cls(before, after) if colon else cls(namespace, name)

    def __str__(self) -> str:
        return f"{self.namespace}:{self.path}"


@dataclass(frozen=True)
class ObjectAttributes:
    """What a producer says of an object.

    `form`: what the value was (`table`, `pandas.DataFrame` …); `persist`: written to disk as well; `replicas`: nodes that
    shall hold it; `time_to_live`: after which it is deleted; `parents`: names of the objects it was made from.
    """

    form: str = "table"
    persist: bool = False
    replicas: int = 1
    time_to_live: Optional[datetime.timedelta] = None
    labels: Mapping[str, str] = field(default_factory=dict)
    parents: Tuple[str, ...] = ()
    producer: str = ""

    @classmethod
    def of(
        cls,
        *,
        form: str = "table",
        persist: bool = False,
        replicas: int = 1,
        time_to_live: Union[datetime.timedelta, float, None] = None,
        labels: Optional[Mapping[str, str]] = None,
        parents: Sequence[str] = (),
        producer: str = "",
    ) -> ObjectAttributes:
        """Checks what a caller gave. `time_to_live` is a timedelta or seconds."""
        if isinstance(parents, str):
            raise TypeError("parents is a sequence of names, not one name")
        if time_to_live is not None and not isinstance(time_to_live, datetime.timedelta):
            time_to_live = datetime.timedelta(seconds=time_to_live)
        if time_to_live is not None and time_to_live <= datetime.timedelta(0):
            raise ValueError(f"time_to_live: more than nothing, not {time_to_live}")
        return cls(form, bool(persist), int(replicas), time_to_live, dict(labels or {}), tuple(parents), producer)

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any]) -> ObjectAttributes:
        seconds = wire.get("timeToLiveSeconds")
        return cls(
            wire.get("form") or "table",
            bool(wire.get("persist")),
            int(wire.get("replicas") or 1),
            None if seconds is None else datetime.timedelta(seconds=seconds),
            dict(wire.get("labels") or {}),
            tuple(wire.get("parents") or ()),
            wire.get("producer") or "",
        )

    def to_wire(self) -> Dict[str, Any]:
        return {
            "form": self.form,
            "persist": self.persist,
            "replicas": self.replicas,
            "timeToLiveSeconds": None if self.time_to_live is None else math.ceil(self.time_to_live.total_seconds()),
            "labels": dict(self.labels),
            "parents": list(self.parents),
            "producer": self.producer,
        }


@dataclass(frozen=True)
class ObjectInfo:
    """A sealed object. A name that is deleted and put again has another `id`.

    `bytes`: length of the Arrow file; `schema`: for people, a line a field; `holders`: ids of the nodes that hold its
    bytes; `held`: whether this machine's node does; `lost_with`: of a lost object, the name of the node that held it.
    """

    namespace: str
    name: str
    id: str
    bytes: int
    rows: int
    batches: int
    schema: str
    attributes: ObjectAttributes
    created: datetime.datetime
    expires: Optional[datetime.datetime]
    holders: Tuple[str, ...]
    held: bool
    lost_with: str = ""

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any]) -> ObjectInfo:
        return cls(
            wire["namespace"],
            wire["name"],
            wire["id"],
            int(wire["bytes"]),
            int(wire["rows"]),
            int(wire["batches"]),
            wire.get("schema") or "",
            ObjectAttributes.of_wire(wire.get("attributes") or {}),
            _moment(wire["created"]),
            _moment(wire["expires"]) if wire.get("expires") else None,
            tuple(wire.get("holders") or ()),
            bool(wire.get("held")),
            wire.get("lostWith") or "",
        )


_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


def _moment(text: str) -> datetime.datetime:
    """RFC 3339, of which Python's own reader before 3.11 knows only a part."""
    found = _RFC3339.fullmatch(text)
    if not found:
        raise ValueError(f"no moment of RFC 3339: {text!r}")
    seconds, fraction, zone = found.groups()
    zone = "+00:00" if zone in "Zz" else zone
    return datetime.datetime.fromisoformat(f"{seconds}.{(fraction or '0')[:6]:0<6}{zone}")
