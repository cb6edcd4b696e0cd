"""Flows over datasets, with the names of Fluid's Python SDK: ``from gridset import flow as fluid``.

A flow is a chain of operations on one dataset. Here each process of it is a process of this machine and each preload a
load of the node; the program reads the same as one that hands them to a cluster::

    from gridset import flow

    client = flow.FluidClient(flow.ClientConfig())
    client.create_dataset("pipeline")
    dataset = client.get_dataset("pipeline")
    dataset.bind_runtime(flow.constants.VINEYARD_RUNTIME_KIND)
    run = dataset.process(None, flow.create_processor(preprocess)).process(None, flow.create_processor(train)).run("first")
    run.wait()
    print(run.lineage())
    dataset.clean_up()

Objects that a step puts have ``RUN/stepN`` as their producer and all that the step got before as their parents. A run
whose id was used before replaces the objects of that one; two of one id are never under way together.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from . import flow_context
from .client import connect
from .datasets import ApiError, DatasetClient, Document, state_directory
from .flow_processors import (Processor, ScriptProcessor, create_processor, make_processor_from_func, missing_packages,
                              script_of)
from .flow_run import (FlowError, FlowHandle, FlowTimeout, Lineage, LoadStep, Made, ProcessStep, StepStatus,
                       sweep)
from .objects import DEFAULT_NAMESPACE

__all__ = ["ClientConfig", "FlowError", "FlowHandle", "FlowTimeout", "FluidClient", "FluidDataFlow", "FluidDataset",
           "Lineage", "Made", "Processor", "ScriptProcessor", "StepStatus", "constants", "create_processor",
           "make_processor_from_func", "models"]

logger = logging.getLogger("gridset.flow")

constants = SimpleNamespace(
    GROUP="data.fluid.io", VERSION="v1alpha1", API_VERSION="data.fluid.io/v1alpha1", DATASET_KIND="Dataset",
    ALLUXIO_RUNTIME_KIND="AlluxioRuntime", JINDO_RUNTIME_KIND="JindoRuntime", JUICEFS_RUNTIME_KIND="JuiceFSRuntime",
    VINEYARD_RUNTIME_KIND="VineyardRuntime", GRID_RUNTIME_KIND="GridRuntime", DATA_LOAD_KIND="DataLoad",
    DATA_PROCESS_KIND="DataProcess", DEFAULT_POLL_TIMEOUT=600, DEFAULT_DATAFLOW_TIME_TO_LIVE=86400 * 3)
"""Fluid's constants, as far as they mean something here."""
models = SimpleNamespace(Processor=Processor, ScriptProcessor=ScriptProcessor)
"""Fluid's models, as far as a flow is built from them."""

_RUNTIMES = {kind: kind.lower() + "s" for kind in (
    constants.ALLUXIO_RUNTIME_KIND, constants.JINDO_RUNTIME_KIND, constants.JUICEFS_RUNTIME_KIND,
    constants.VINEYARD_RUNTIME_KIND, constants.GRID_RUNTIME_KIND)}
_RUN_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_START_SECONDS = 60.0
_BIND_SECONDS = 600.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class ClientConfig:
    """:param socket_path: of the node; the environment's or this user's when it is None"""

    namespace: str = DEFAULT_NAMESPACE
    runtime_kind: str = constants.ALLUXIO_RUNTIME_KIND
    socket_path: Union[str, Path, None] = None

    def __post_init__(self) -> None:
        if not self.namespace:
            raise ValueError("namespace: must not be empty")
        _runtime_kind(self.runtime_kind)


class FluidClient:
    """Datasets of a node. Thread-safe."""

    def __init__(self, config: Optional[ClientConfig] = None):
        self.config = config or ClientConfig()
        self.objects = connect(self.config.socket_path, namespace=self.config.namespace)
        self.node = DatasetClient(self.objects.socket.with_name("gridset.sock"), self.config.namespace)
        self.node.wait(_START_SECONDS)

    def create_dataset(self, dataset_name: str, mount_name: Optional[str] = None, mount_point: Optional[str] = None,
                       mount_path: str = "", mode: str = "ReadOnly", options: Optional[Mapping[str, str]] = None,
                       cred_secret_name: Optional[str] = None, cred_secret_options: Optional[Mapping[str, str]] = None,
                       namespace: Optional[str] = None, **kwargs: Any) -> None:
        """Declares a dataset, as ``gridset apply`` does: one that is there already is changed to this. Without a mount
        it is one of Arrow objects. ``kwargs`` are further fields of its ``spec``, in the manifest's spelling."""
        if mode not in ("ReadWrite", "ReadOnly"):
            raise ValueError(f"mode: ReadOnly or ReadWrite, not {mode!r}")
        if bool(cred_secret_name) != bool(cred_secret_options):
            raise ValueError("cred_secret_name and cred_secret_options belong together")
        if (mount_name is None) != (mount_point is None):
            raise ValueError("mount_name and mount_point belong together")
        spec: Dict[str, Any] = {"accessModes": [mode + "Many"], **kwargs}
        if mount_point is not None:
            secrets = [{"name": option, "valueFrom": {"secretKeyRef": {"name": cred_secret_name, "key": key}}}
                       for option, key in (cred_secret_options or {}).items()]
            mount = {"mountPoint": mount_point, "name": mount_name, "path": mount_path,
                     "options": {key: str(value) for key, value in (options or {}).items()}, "encryptOptions": secrets}
            spec["mounts"] = [{key: value for key, value in mount.items() if value}]
        metadata = {"name": dataset_name, "namespace": namespace or self.config.namespace}
        self.node.apply({"apiVersion": constants.API_VERSION, "kind": "Dataset", "metadata": metadata, "spec": spec})

    def get_dataset(self, dataset_name: str, namespace: Optional[str] = None) -> "FluidDataset":
        """:raises LookupError: there is none of that name"""
        owner = namespace or self.config.namespace
        try:
            return FluidDataset(dataset_name, owner, self.node.resource("datasets", dataset_name, owner), self)
        except ApiError as refused:
            if refused.status == 404:
                raise LookupError(f"there is no dataset {owner}/{dataset_name}") from None
            raise

    def cleanup_dataset(self, dataset_name: str, namespace: Optional[str] = None, wait: bool = True) -> None:
        """What :meth:`FluidDataset.clean_up` does, and nothing when there is no such dataset."""
        try:
            self.get_dataset(dataset_name, namespace).clean_up(wait)
        except LookupError:
            pass


class FluidDataset:
    """A declared dataset; ``obj`` is its manifest with its status as of when it was asked for."""

    def __init__(self, name: str, namespace: str, dataset_obj: Document, client: FluidClient):
        self.name = name
        self.namespace = namespace
        self.obj = dataset_obj
        self.fluid_client = client

    def bind_runtime(self, runtime_type: Optional[str] = None, replicas: int = 2, cache_capacity_GiB: int = 10,
                     cache_medium: str = "MEM", wait: bool = True, **kwargs: Any) -> None:
        """Gives the dataset a runtime of its name, and waits until it is bound.

        A VineyardRuntime's objects share the memory that the node gives to objects: replicas and capacity are kept for
        a cluster. ``kwargs`` are further fields of its ``spec``.
        """
        kind = _runtime_kind(runtime_type or self.fluid_client.config.runtime_kind)
        level: Dict[str, Any] = {"mediumtype": cache_medium, "quota": f"{cache_capacity_GiB}Gi"}
        if kind != constants.VINEYARD_RUNTIME_KIND:
            base = Path("/dev/shm/gridset") if cache_medium == "MEM" else state_directory() / "tiers"
            level.update(path=str(base / self.namespace / self.name), high="0.99", low="0.95")
        self.fluid_client.node.apply({
            "apiVersion": constants.API_VERSION, "kind": kind,
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"replicas": replicas, "tieredstore": {"levels": [level]}, **kwargs}})
        if wait:
            self._await_bound()

    def _await_bound(self) -> None:
        deadline = time.monotonic() + _BIND_SECONDS
        while True:
            status = self._refresh()
            if status.get("phase") == "Bound":
                return
            if status.get("phase") == "Failed" or time.monotonic() > deadline:
                raise FlowError(f"dataset {self.namespace}/{self.name} is {status.get('phase')}: {_reason(status)}")
            time.sleep(_POLL_SECONDS)

    def report_status(self, status_type: str = "cache") -> Any:
        """``cache``: states and totals; ``mount``: the mounts; ``binding_status``: phase and runtimes; ``full``."""
        status = self._refresh()
        if status_type == "mount":
            return self.obj.get("spec", {}).get("mounts", [])
        if status_type == "cache":
            return {**status.get("cacheStates", {}), "dataset total size": status.get("ufsTotal", ""),
                    "dataset file num": status.get("fileNum", "")}
        if status_type == "binding_status":
            return {"phase": status.get("phase"), "runtimes": status.get("runtimes") or []}
        if status_type == "full":
            return status
        raise ValueError(f"status_type: mount, cache, binding_status or full, not {status_type!r}")

    def preload(self, target_path: Union[str, Sequence[str], Mapping[str, int]] = "/",
                load_metadata: bool = False) -> "FluidDataFlow":
        """A flow that begins with a preload; see :meth:`FluidDataFlow.preload`."""
        return FluidDataFlow(self).preload(target_path, load_metadata)

    def migrate(self, path: str, migrate_direction: str, external_storage: Any) -> "FluidDataFlow":
        return FluidDataFlow(self).migrate(path, migrate_direction, external_storage)

    def process(self, dataset_mountpath: Optional[str], processor: Union[Processor, ScriptProcessor, Callable[..., Any]],
                sub_path: Optional[str] = None) -> "FluidDataFlow":
        """A flow that begins with a process; see :meth:`FluidDataFlow.process`."""
        return FluidDataFlow(self).process(dataset_mountpath, processor, sub_path)

    def clean_up(self, wait: bool = True) -> None:
        """Deletes the dataset, its runtime and the objects that its flows have put. Whoever reads one of them keeps what
        he has. What is deleted is gone when this returns, whatever ``wait`` says."""
        node = self.fluid_client.node
        try:
            if node.resource("datasets", self.name, self.namespace)["metadata"].get("uid") != self._uid():
                return  # another one of that name, made since
        except ApiError as refused:
            if refused.status == 404:
                return
            raise
        objects = self.fluid_client.objects
        for made in [*objects.list(f"{self.namespace}:")]:
            if made.attributes.labels.get(flow_context.DATASET_LABEL) == self.name:
                objects.delete(f"{made.namespace}:{made.name}")
        node.delete("datasets", self.name, self.namespace)
        for plural in _RUNTIMES.values():
            node.delete(plural, self.name, self.namespace)

    def has_files(self) -> bool:
        return bool(self.obj.get("spec", {}).get("mounts"))

    def _uid(self) -> Any:
        return self.obj.get("metadata", {}).get("uid")

    def _refresh(self) -> Document:
        self.obj = self.fluid_client.node.resource("datasets", self.name, self.namespace)
        status: Document = self.obj.get("status", {})
        return status


class FluidDataFlow:
    """Operations on a dataset, one after the other. Each method adds one and answers the flow itself."""

    def __init__(self, dataset: FluidDataset):
        self.dataset = dataset
        self.steps: List[Union[LoadStep, ProcessStep]] = []

    def preload(self, target_path: Union[str, Sequence[str], Mapping[str, int]] = "/",
                load_metadata: bool = False) -> "FluidDataFlow":
        """Brings a path, several, or ``{path: replicas}`` into the cache; ``load_metadata`` lists them afresh first."""
        if isinstance(target_path, str):
            targets = {target_path: 1}
        elif isinstance(target_path, Mapping):
            targets = dict(target_path)
        else:
            targets = dict.fromkeys(target_path, 1)
        self.steps.append(LoadStep(targets, load_metadata))
        return self

    def migrate(self, path: str, migrate_direction: str, external_storage: Any) -> "FluidDataFlow":
        """Fluid's DataMigrate, which nodes do not have: always refused."""
        raise NotImplementedError("migrate: nodes have no DataMigrate; copy with a process step, from or to the mount")

    def process(self, dataset_mountpath: Optional[str], processor: Union[Processor, ScriptProcessor, Callable[..., Any]],
                sub_path: Optional[str] = None) -> "FluidDataFlow":
        """Runs a processor in a process of its own.

        A dataset of files is mounted at ``dataset_mountpath`` meanwhile (None: not mounted); for one of objects the
        path means nothing here.
        """
        if sub_path is not None:
            raise ValueError("sub_path: the dataset is mounted whole; add the path to dataset_mountpath in the script")
        mount_path = dataset_mountpath if self.dataset.has_files() else None
        self.steps.append(ProcessStep(script_of(processor), mount_path))
        return self

    def run(self, run_id: str,
            ttl_seconds_after_finished: int = constants.DEFAULT_DATAFLOW_TIME_TO_LIVE) -> FlowHandle:
        """Begins to run the steps and answers at once.

        :param run_id: letters, digits and ``._-``; one that was used before runs anew
        :param ttl_seconds_after_finished: how long the logs are kept
        :raises FlowError: the dataset is not bound, a package that a step asks for is missing, or the run is under way
        """
        if not _RUN_ID.fullmatch(run_id):
            raise ValueError(f"run_id: 1 to 100 letters, digits and ._- with a letter or digit at both ends, not {run_id!r}")
        if not self.steps:
            raise ValueError("the flow has no steps")
        dataset = self.dataset.fluid_client.get_dataset(self.dataset.name, self.dataset.namespace)
        status = dataset.obj.get("status", {})
        if status.get("phase") != "Bound":
            raise FlowError(f"dataset {dataset.name} is not bound but {status.get('phase')}: {_reason(status)}")
        for number, step in enumerate(self.steps, 1):
            missing = missing_packages(step.script.packages) if isinstance(step, ProcessStep) else []
            if missing:
                raise FlowError(f"step {number} needs {', '.join(missing)}, which this Python lacks: pip install them")
        sweep(dataset.namespace)
        client = self.dataset.fluid_client
        return FlowHandle(client.objects, client.node, (dataset.namespace, dataset.name), run_id, self.steps,
                          ttl_seconds_after_finished)


def _runtime_kind(name: str) -> str:
    """A runtime's kind from its kind or its short name (``jindo``), in any case."""
    wanted = name.lower()
    kind: str
    for kind in _RUNTIMES:
        if wanted in (kind.lower(), kind.lower().replace("runtime", "")):
            return kind
    raise ValueError(f"runtime {name!r}: one of {', '.join(_RUNTIMES)}")


def _reason(status: Mapping[str, Any]) -> str:
    conditions = status.get("conditions") or []
    return str(conditions[-1].get("message", "")) if conditions else "no reason is known yet"
