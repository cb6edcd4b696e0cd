"""The subjects of the Arrow benchmarks: each a process in a Python of its own, asked over pipes."""

import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
from pathlib import Path

from . import processes
from .build import environment, java_home
from .gridset import Gridset
from .measuring import GIB
from .session import Session

WORKER = Path(__file__).with_name("arrow_worker.py")
ANSWER_SECONDS = 300
START_SECONDS = 120
PYARROW, RAY, VINEYARD = "pyarrow==26.0.1", "ray==2.58.0", "vineyard==0.24.2"
VINEYARD_NOTE = "vineyard: vineyardd with local metadata (no etcd), by name"
RAY_NOTE = "ray: by reference in an actor that was handed it; it has no names for objects"
OBJECTS_QUOTA = "10Gi"
PYTHON, JAVA = "gridset, Python", "gridset, Java"


class Worker:
    """A subject, ready. Its requests are timed inside it."""

    def __init__(self, session: Session, name: str, *command: object):
        self.name = name
        self._log = (session.workspace.folder("logs") / f"worker-{name}.log").open("wb")
        environment = processes.loopback_environment()
        environment["PYTHONPATH"] = str(session.repository / "arrow-share" / "python")
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        environment["RAY_USAGE_STATS_ENABLED"] = "0"
        self._process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment,
            start_new_session=True,
        )
        session.workspace.on_close(self.close)
        self._answer(START_SECONDS)

    def ask(self, command: str, **parameters: object) -> dict:
        print(json.dumps({"command": command, **parameters}), file=self._process.stdin, flush=True)
        return self._answer(ANSWER_SECONDS)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.stdin.close()
            try:
                self._process.wait(processes.STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    def _answer(self, seconds: float) -> dict:
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if ready.select(seconds) else ""
        if not line:
            words = Path(self._log.name).read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.name} does not answer: {words}")
        return json.loads(line)


class Pair:
    """Who puts and who gets: two processes; Ray starts its second one itself."""

    def __init__(self, name: str, putter: Worker, getter: Worker | None = None):
        self.name = name
        self.putter = putter
        self.getter = getter or putter
        self.object = "".join(letter for letter in name.lower() if letter.isalnum())  # a name of its own where two share a node


def gridset(session: Session, stack: contextlib.ExitStack) -> list[Pair]:
    """From Python and from Java, on a node of their own, which ends with `stack`."""
    node = stack.enter_context(Gridset(session, options=["--objects-quota", OBJECTS_QUOTA]))
    found = [gridset_on(session, node, PYTHON)]
    try:
        found.append(_java(session, node))
    except RuntimeError as reason:
        session.say(f"the Java client is left out: {reason}")
    return found


def gridset_on(session: Session, node: Gridset, name: str) -> Pair:
    """On a node that runs."""
    python = _python(session, "benchmark-arrow", PYARROW, "numpy")
    session.versions["pyarrow"] = PYARROW.partition("==")[2]
    return Pair(name, *(Worker(session, f"{name}-{role}", python, "-P", WORKER, "gridset", node.run) for role in ("put", "get")))


def flight_on_node(session: Session, stack: contextlib.ExitStack) -> Pair:
    """From Python through Flight, on a node of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--objects-quota", OBJECTS_QUOTA, "--flight-listen", f"127.0.0.1:{port}"]
    node = stack.enter_context(Gridset(session, "flight-node", options))
    return _flight(session, "gridset", f"grpc://127.0.0.1:{port}", node.run / "token")


def flight_on_java(session: Session, name: str, *options: str) -> Pair:
    """The same from Arrow Java's own server, which holds tables in memory."""
    command = [f"{java_home(session.repository)}/bin/java", "--add-opens=java.base/java.nio=ALL-UNNAMED",
               "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED", "-Xmx1g", "-XX:MaxDirectMemorySize=6g",
               *options, "-cp", _class_path(session, "flight"), "io.gridset.flight.HeldTablesMain"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                              stderr=(session.workspace.folder("logs") / f"server-{len(options)}.log").open("wb"))

    def end() -> None:
        server.stdin.close()
        try:
            server.wait(processes.STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    session.workspace.on_close(end)
    with selectors.DefaultSelector() as ready:
        ready.register(server.stdout, selectors.EVENT_READ)
        port = server.stdout.readline().strip() if ready.select(START_SECONDS) else ""
    if not port:
        raise RuntimeError(f"{name} does not start")
    return _flight(session, name, f"grpc://127.0.0.1:{port}")


def _flight(session: Session, name: str, *arguments: object) -> Pair:
    python = _python(session, "benchmark-arrow", PYARROW, "numpy")
    session.versions["pyarrow"] = PYARROW.partition("==")[2]
    return Pair(name, *(Worker(session, f"flight-{name}-{role}", python, "-P", WORKER, "flight", *arguments) for role in ("put", "get")))


def _class_path(session: Session, module: str) -> str:
    """Of a module's tests, compiled."""
    listing = session.workspace.folder("java") / f"class-path-{module}"
    maven = ["mvn", "-q", "-f", session.repository, "-pl", f"arrow-share/{module}", "-am", "-DskipTests", "-Dspotless.check.skip=true",
             "package", "dependency:build-classpath", "-DincludeScope=test", f"-Dmdep.outputFile={listing}"]
    processes.output_of(maven, environment(session.repository))  # the module comes last, and so does its listing
    target = session.repository / "arrow-share" / module / "target"
    return f"{target / 'classes'}:{target / 'test-classes'}:{listing.read_text().strip()}"


def _java(session: Session, node: Gridset) -> Pair:
    target = session.repository / "arrow-share" / "java" / "target"
    if not (target / "test-classes" / "io" / "gridset" / "arrow" / "ObjectWorker.class").exists():
        raise RuntimeError("its tests are not compiled, where its worker is: mvn -DskipTests package")
    class_path = f"{target / 'classes'}:{target / 'test-classes'}:{target / 'lib'}/*"
    command = [f"{java_home(session.repository)}/bin/java", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
               "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:MaxDirectMemorySize=6g", "-cp", class_path, "io.gridset.arrow.ObjectWorker", node.run / "objects.sock"]
    return Pair(JAVA, *(Worker(session, f"java-{role}", *command) for role in ("put", "get")))


def segment(session: Session, mapping: str) -> Pair:
    """memcpy into a recycled segment; `mapping` is "anew" for each put, or "kept"."""
    python = _python(session, "benchmark-arrow", PYARROW, "numpy")
    return Pair(f"memcpy, {mapping}", Worker(session, f"memcpy-{mapping}", python, "-P", WORKER, "segment",
                                             session.workspace.folder("segments") / mapping, mapping))


def peers(session: Session, memory: int) -> list[Pair]:
    """Ray and Vineyard with `memory` bytes for objects each; one that cannot be installed or started is left out."""
    found = []
    for start in (_ray, _vineyard):
        try:
            found.append(start(session, memory))
        except (RuntimeError, OSError) as reason:
            session.say(f"{start.__name__[1:]} is left out: {reason}")
    return found


def _ray(session: Session, memory: int) -> Pair:
    python = _python(session, "benchmark-ray", RAY, PYARROW, "numpy")
    session.versions["ray"] = RAY.partition("==")[2]
    return Pair("ray", Worker(session, "ray", python, "-P", WORKER, "ray", session.workspace.folder("ray"), memory))


def _vineyard(session: Session, memory: int) -> Pair:
    python = _python(session, "benchmark-vineyard", VINEYARD, PYARROW, "numpy")
    session.versions["vineyard"] = VINEYARD.partition("==")[2]
    script = "import vineyard, os; print(os.path.join(os.path.dirname(vineyard.__file__), 'bdist', 'vineyardd'))"
    daemon = processes.output_of([python, "-c", script]).splitlines()[-1]
    socket = session.workspace.folder("vineyard") / "v.sock"
    command = [daemon, "--meta", "local", "--socket", str(socket), "--size", str(memory), "--norpc"]
    process = session.workspace.start("vineyardd", command)
    processes.wait_for("vineyardd", socket.exists, START_SECONDS, process)
    return Pair("vineyard", *(Worker(session, f"vineyard-{role}", python, "-P", WORKER, "vineyard", socket) for role in ("put", "get")))


def _python(session: Session, name: str, *requirements: str) -> Path:
    tools = str(session.repository / "tools")
    if tools not in sys.path:
        sys.path.append(tools)
    from python_environments import python_with

    return python_with(name, *requirements, say=session.say)


def fits(size: int) -> bool:
    """Whether the machine has the memory for an object of that size, the table that it is made from, and some more."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") > 2 * size + 2 * GIB
