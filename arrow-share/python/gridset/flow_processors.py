"""What a step runs: a script for a command, mostly made from a Python function; Fluid's names."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import logging
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

logger = logging.getLogger("gridset.flow")

PYTHON = "python3"
"""In a script's command it stands for the Python that runs the flow."""
_OURS = ("gridset", "vineyard")
"""Packages that are never missing: ``gridset.vineyard`` stands for the second."""
_CLUSTER_ONLY = ("image", "image_tag", "image_pull_policy", "resources", "restart_policy")


@dataclass(frozen=True)
class ScriptProcessor:
    """A script and the command that runs it. The fields of the image and of the pod mean something in a cluster only:
    here the step is a process of this machine.

    :param command: to which the script's file is added
    :param source: the script
    :param env: name and value of environment variables
    :param packages: requirements that this Python must meet before the flow starts
    """

    command: Sequence[str]
    source: str
    image: Optional[str] = None
    image_tag: Optional[str] = None
    image_pull_policy: Optional[str] = None
    env: Sequence[Mapping[str, str]] = ()
    resources: Any = None
    restart_policy: Optional[str] = None
    volumes: Sequence[Any] = ()
    volume_mounts: Sequence[Any] = ()
    packages: Sequence[str] = ()
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.command, str) or not self.command:
            raise ValueError(f"command: a list of words such as ['bash'], not {self.command!r}")
        if self.volumes or self.volume_mounts:
            raise ValueError("volumes: a step is a process of this machine; it sees the machine's directories as they are")
        ignored = [name for name in _CLUSTER_ONLY if getattr(self, name) is not None]
        if ignored:
            logger.info("a step on this machine does without %s", ", ".join(ignored))

    def environment(self) -> Dict[str, str]:
        return {variable["name"]: variable["value"] for variable in self.env}


@dataclass(frozen=True)
class Processor:
    """Fluid's wrapper: ``script`` is what counts; a ``job`` needs a cluster."""

    script: Optional[ScriptProcessor] = None
    job: Any = None
    service_account_name: Optional[str] = field(default=None)

    def __post_init__(self) -> None:
        if self.script is None:
            raise ValueError("job: a Kubernetes Job needs a cluster; give a script")


def create_processor(func: Callable[..., Any], packages_to_install: Optional[List[str]] = None,
                     params: Optional[Mapping[str, Any]] = None, **more: Any) -> ScriptProcessor:
    """A processor that calls ``func(**params)`` in a Python process of its own.

    As in Fluid the function travels as its source text: it imports what it needs itself, and uses no names from around
    it. A function without source text (or a lambda) is refused. ``params`` are literals.
    """
    source = function_source(func)
    arguments = dict(params or {})
    try:
        if ast.literal_eval(repr(arguments)) != arguments:
            raise ValueError("it reads back as something else")
    except (ValueError, SyntaxError) as failure:
        raise ValueError(f"params of {func.__name__}: only literals travel with a function's source: {failure}") from None
    call = f"{func.__name__}(**{arguments!r})" if arguments else f"{func.__name__}()"
    return ScriptProcessor(command=[PYTHON, "-u"], source=f"{source}\n\n{call}\n",
                           packages=tuple(packages_to_install or ()), name=func.__name__, **more)


def make_processor_from_func(process_func: Callable[..., Any], process_func_params: Optional[Dict[str, Any]] = None,
                             packages_to_install: Optional[List[str]] = None, pip_index_url: Optional[str] = None,
                             base_image: Optional[str] = None, debug_mode: bool = False, **kwargs: Any) -> Processor:
    """Fluid's ``fluid.utils.processor.make_processor_from_func``: packages are looked for and not installed, and the
    image is left alone."""
    image, _, tag = (base_image or "").partition(":")
    return Processor(script=create_processor(process_func, packages_to_install, process_func_params,
                                             image=image or None, image_tag=tag or None, **kwargs))


def function_source(func: Callable[..., Any]) -> str:
    """The text of a plain function, as if it stood at the top of a file."""
    if not inspect.isfunction(func) or func.__name__ == "<lambda>":
        raise ValueError(f"a step is made from a function with a name, not from {func!r}")
    if func.__closure__:
        raise ValueError(f"{func.__name__} uses {', '.join(func.__code__.co_freevars)} from around it, "
                         "which does not travel with its source: give it as a parameter")
    try:
        return textwrap.dedent(inspect.getsource(func))
    except OSError as missing:
        raise ValueError(f"the source of {func.__name__} is not to be had ({missing}): put it into a file") from None


def script_of(processor: Union[Processor, ScriptProcessor, Callable[..., Any]]) -> ScriptProcessor:
    """Takes whatever a step may be given."""
    if isinstance(processor, ScriptProcessor):
        return processor
    if isinstance(processor, Processor):
        assert processor.script is not None
        return processor.script
    if callable(processor):
        return create_processor(processor)
    raise ValueError(f"processor: a ScriptProcessor or a function, not {processor!r}")


def missing_packages(requirements: Sequence[str]) -> List[str]:
    """Those of the requirements that this Python does not have; other versions than asked are only logged."""
    missing = []
    for requirement in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        try:
            if name is None:
                raise ValueError(f"{requirement!r} names no package")
            if name.group() in _OURS:
                continue
            found = importlib.metadata.version(name.group())
        except importlib.metadata.PackageNotFoundError:
            missing.append(requirement)
            continue
        exact = re.search(r"==\s*([^\s;,]+)$", requirement)
        if exact and exact.group(1) != found:
            logger.warning("%s is asked for, this Python has %s", requirement, found)
    return missing
