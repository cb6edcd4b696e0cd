"""The build that is measured: made by the project's own start script before the first clock runs, and not touched after."""

import subprocess
from pathlib import Path

from .processes import loopback_environment

BUILD_SECONDS = 900


def java_home(repository: Path) -> str:
    """The JDK that the project's own scripts would choose."""
    script = '. tools/jdk.sh && gridset_find_jdk && printf %s "$JAVA_HOME"'
    done = subprocess.run(["bash", "-c", script], cwd=repository, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def build(repository: Path) -> None:
    """Builds what is stale, and what the start script makes once per build: the caches of classes."""
    program = repository / "gridset"
    if not program.exists():
        raise RuntimeError("the repository has no ./gridset to measure")
    done = subprocess.run(
        [program, "warm-up"], stdout=subprocess.PIPE, text=True, timeout=BUILD_SECONDS, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"./gridset warm-up ended with {done.returncode}")


def environment(repository: Path) -> dict[str, str]:
    """For everything that belongs to the project: its JDK, and no build in the middle of a measurement."""
    return {**loopback_environment(), "JAVA_HOME": java_home(repository), "GRIDSET_NO_BUILD": "1"}


def class_path(repository: Path) -> str:
    """The libraries of the distribution, the local store among them."""
    return f"{repository / 'ui-api' / 'target' / 'lib'}/*"


def tests_jar(repository: Path, module: str) -> Path:
    """The jar of a module's tests, where simulations live; the start script's build makes it along with the rest."""
    jars = list((repository / module / "target").glob("*-tests.jar"))
    if len(jars) != 1:
        raise RuntimeError(f"{module} has no jar of its tests: mvn -DskipTests package")
    sources = (repository / module / "src").rglob("*.java")
    if any(source.stat().st_mtime > jars[0].stat().st_mtime for source in sources):
        raise RuntimeError(f"{module} has changed since it was built: mvn -DskipTests package")
    return jars[0]
