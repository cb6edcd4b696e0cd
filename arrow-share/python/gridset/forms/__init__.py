"""What values become as Arrow tables, and how a reader gets the same values back.

The form of a value (`table`, `pandas.DataFrame`, `numpy` …) and what restores it stand in the schema's metadata, so that
they travel with the bytes; readers that know nothing of it see a plain table. Each module here knows one library, and
is imported when a value of that library is met.
"""

from __future__ import annotations

import importlib
from typing import Any, Callable, Dict, Optional, Union

import pyarrow as pa

from .. import errors
from .encoded import Content, Encoded

__all__ = ["Content", "Encoded", "decode", "encode", "opened"]

# Asked in this order: a pandas frame also offers Arrow's stream interface, and anything may be pickled.
_ENCODERS = ("of_arrow", "of_scalar", "of_numpy", "of_pandas", "of_polars", "of_stream", "of_pickle")

_DECODERS = {
    "table": "of_arrow:table",
    "record_batch": "of_arrow:record_batch",
    "array": "of_arrow:array",
    "chunked_array": "of_arrow:chunked_array",
    "schema": "of_arrow:schema",
    "arrow.scalar": "of_arrow:scalar",
    "scalar": "of_scalar:scalar",
    "numpy": "of_numpy:array",
    "numpy.scalar": "of_numpy:scalar",
    "pandas.DataFrame": "of_pandas:frame",
    "pandas.Series": "of_pandas:series",
    "polars.DataFrame": "of_polars:frame",
    "polars.Series": "of_polars:series",
    "pickle": "of_pickle:value",
}

# What any object that holds a table can be had as.
_CONVERTIBLE = ("table", "pandas.DataFrame", "polars.DataFrame")


def encode(value: Any) -> Encoded:
    """The table for a value. Raises `NotSupported` for what not even pickle takes."""
    for module in _ENCODERS:
        encoded: Optional[Encoded] = _module(module).encode(value)
        if encoded is not None:
            return encoded
    raise AssertionError("pickle gives an answer for everything")


def opened(file: pa.Buffer) -> Content:
    """What is in an IPC file, of which nothing is copied. Raises `InvalidObject`."""
    try:
        return Content(file)
    except pa.ArrowInvalid as error:
        raise errors.InvalidObject(f"the object is no Arrow file: {error}") from error


def decode(file: Union[pa.Buffer, Content], *, form: Optional[str] = None, allow_pickle: bool = False) -> Any:
    """The value in an IPC file, over its memory.

    `form` asks for another one: `table`, `pandas.DataFrame` or `polars.DataFrame`. What has a form that is not known
    here (another language's) is a table. Raises `PickleNotAllowed`, `InvalidObject`.
    """
    content = file if isinstance(file, Content) else opened(file)
    if form is not None and form != content.form and form not in _CONVERTIBLE:
        raise errors.NotSupported(
            f"an object of form {content.form!r} cannot be had as {form!r}, only as {', '.join(_CONVERTIBLE)}"
        )
    wanted = _DECODERS.get(form or content.form, _DECODERS["table"])
    if wanted == _DECODERS["pickle"] and not allow_pickle:
        raise errors.PickleNotAllowed(
            f"the object is a Python pickle of {content.detail.get('type', 'a value')}, which can run anything when it is"
            " read: get it with allow_pickle=True if you trust whoever put it"
        )
    module, function = wanted.split(":")
    decoder: Callable[[Content], Any] = getattr(_module(module), function)
    try:
        return decoder(content)
    except ImportError as error:
        raise errors.NotSupported(
            f"the object is a {content.form}, and {error.name} is not installed here: install it, or get(name, form='table')"
        ) from error


_modules: Dict[str, Any] = {}


def _module(name: str) -> Any:
    found = _modules.get(name)
    if found is None:
        found = _modules[name] = importlib.import_module(f"{__name__}.{name}")
    return found
