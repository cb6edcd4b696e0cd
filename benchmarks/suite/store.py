"""The object store that everything reads from: the project's own local store (OSS and S3 on loopback), its limits set
per benchmark, its statistics the truth about what left the origin."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass

from .access import ACCESS_KEY, BUCKET, SECRET_KEY
from .build import class_path, java_home
from .processes import Process, wait_for
from .session import Session

START_SECONDS = 30
CONTROL_SECONDS = 30
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
MAIN = "io.gridset.localstore.LocalStoreMain"


@dataclass(frozen=True)
class Limits:
    """What the store grants, in the spelling of its command line; "0" is unlimited."""

    rate: str = "0"
    latency: str = "0"
    per_connection_rate: str = "0"


UNLIMITED = Limits()


class LocalStore:
    """A running store whose objects are the files below `bucket`."""

    def __init__(self, session: Session, limits: Limits = UNLIMITED, host=None):
        """On loopback, or on a test host, and then it is asked from inside that host."""
        self._host = host
        root = session.workspace.folder("store")
        self.bucket = session.workspace.folder(f"store/{BUCKET}")
        command = [*(host.enter if host else []), f"{java_home(session.repository)}/bin/java", "-XX:+UseParallelGC", "-Xmx512m", "-cp", class_path(session.repository), MAIN]
        command += ["--root", str(root), "--port", "0", "--until", "signal", "--etag-md5-limit", "0"]
        command += ["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
        command += ["--host", host.address] if host else []
        self.process: Process = session.workspace.start("store", command)
        line = wait_for("the local store", self._first_line, START_SECONDS, self.process)
        self.endpoint: str = json.loads(line)["endpoint"]
        self.limit(limits)

    def limit(self, limits: Limits) -> None:
        """Changes the limits of the running store."""
        settings = {"rate": limits.rate, "latency": limits.latency, "per-connection-rate": limits.per_connection_rate}
        self._control("PUT", "/-/behaviour?" + urllib.parse.urlencode(settings))

    def reset(self) -> None:
        self._control("DELETE", "/-/statistics")

    def statistics(self) -> dict:
        return json.loads(self._control("GET", "/-/statistics"))

    def origin_bytes(self) -> int:
        """Object bytes sent since the last reset."""
        return int(self.statistics()["bodyBytes"])

    def requests(self) -> int:
        """Requests answered since the last reset, of every kind."""
        return sum(self.statistics()["requests"].values())

    def close(self) -> None:
        self.process.stop()

    def _first_line(self) -> str | None:
        for line in self.process.log.read_text(errors="replace").splitlines():
            if line.startswith("{"):
                return line
        return None

    def _control(self, method: str, path: str) -> bytes:
        if self._host:
            status, body = self._host.http(method, self.endpoint + path, CONTROL_SECONDS)
            if status >= 300:
                raise RuntimeError(f"the store answers {method} {path} with {status}")
            return body
        request = urllib.request.Request(self.endpoint + path, method=method)
        with _DIRECT.open(request, timeout=CONTROL_SECONDS) as answer:
            return answer.read()
