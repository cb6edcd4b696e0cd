"""Ways to download one object to memory: curl, rclone and the vendor's SDK (boto3).

Each is given parallel ranges and both cores. Curl's parts go to a file each and are not joined: what it is spared there
is to its advantage.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .. import processes
from ..access import ACCESS_KEY, BUCKET, REGION, SECRET_KEY
from ..measuring import Sample
from ..presign import signed_url
from ..session import Session

STREAMS = 8  # ranges at once, for each of them
CURL_PROCESSES = (1, 2)  # a curl process drives all its transfers from one thread: with two, both cores work
SEVERAL = " by "  # in the name of a download of several commands
BOTO_SCRIPT = """
import sys, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
endpoint, key, secret, region, bucket, name, target, streams = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
    region_name=region, config=Config(s3={"addressing_style": "path"}, max_pool_connections=int(streams)))
config = TransferConfig(max_concurrency=int(streams), multipart_chunksize=16 << 20, io_chunksize=1 << 20)
s3.download_file(bucket, name, target, Config=config)
"""


def available(session: Session, endpoint: str) -> dict[str, Callable[[str, int], Sample]]:
    """The downloads that this machine can run: name → (object, size) → sample. Each deletes what it has downloaded."""
    folder = session.workspace.folder("downloads")
    found: dict[str, Callable[[str, int], Sample]] = {}
    if shutil.which("curl"):
        session.versions["curl"] = processes.output_of(["curl", "--version"]).split()[1]
        for count in CURL_PROCESSES:
            label = f"curl, {STREAMS} ranges" + (f"{SEVERAL}{count} processes" if count > 1 else "")
            found[label] = lambda key, size, count=count: _curl(folder, signed_url(endpoint, BUCKET, key), size, count)
    if shutil.which("rclone"):
        session.versions["rclone"] = processes.output_of(["rclone", "version"]).split()[1]
        found["rclone, multi-thread copy"] = lambda key, size: _rclone(session, folder, endpoint, key, size)
    python = boto_python(session)
    if python:
        session.versions["boto3"] = processes.output_of([python, "-c", "import boto3; print(boto3.__version__)"]).strip()
        found["boto3"] = lambda key, size: _boto(python, folder, endpoint, key, size)
    return found


def one_connection(session: Session, endpoint: str, key: str, size: int) -> Sample:
    """The first `size` bytes by a single curl connection."""
    target = session.workspace.folder("downloads") / "single"
    url = signed_url(endpoint, BUCKET, key)
    try:
        return processes.timed(["curl", "-sS", "--fail", "-r", f"0-{size - 1}", "-o", target, url], size)
    finally:
        target.unlink(missing_ok=True)


def _curl(folder: Path, url: str, size: int, count: int) -> Sample:
    """Parallel ranges by `count` curl processes, under one shell whose children are all counted."""
    part = -(-size // STREAMS)
    each = STREAMS // count
    commands = []
    for process in range(count):
        config = folder / f"curl-{process}.conf"
        lines = []
        for number in range(process * each, (process + 1) * each):
            last = min((number + 1) * part, size) - 1
            lines.append(f'url = "{url}"\noutput = "{folder}/part-{number}"\nrange = "{number * part}-{last}"\nfail\nsilent\n')
        config.write_text("next\n".join(lines))
        commands.append(f"curl --parallel --parallel-immediate --parallel-max {each} --config '{config}' &")
    script = "\n".join([*commands, "status=0", "for job in $(jobs -p); do wait $job || status=1; done", "exit $status"])
    try:
        sample = processes.timed(["bash", "-c", script], size)
        got = sum((folder / f"part-{number}").stat().st_size for number in range(STREAMS))
        if got != size:
            raise RuntimeError(f"curl got {got} of {size} bytes")
        return sample
    finally:
        for number in range(STREAMS):
            (folder / f"part-{number}").unlink(missing_ok=True)


def _rclone(session: Session, folder: Path, endpoint: str, key: str, size: int) -> Sample:
    target = folder / "rclone"
    command = ["rclone", "copyto", "--multi-thread-streams", str(STREAMS), "--multi-thread-cutoff", "16M"]
    command += ["--ignore-checksum", "--config", "/dev/null", f"{rclone_remote()}:{BUCKET}/{key}", str(target)]
    try:
        sample = processes.timed(command, size, rclone_environment(endpoint), session.workspace.folder("logs") / "rclone.log")
        return _checked(sample, target, size)
    finally:
        target.unlink(missing_ok=True)


def _boto(python: Path, folder: Path, endpoint: str, key: str, size: int) -> Sample:
    target = folder / "boto"
    log = folder.parent / "logs" / "boto.log"
    arguments = [endpoint, ACCESS_KEY, SECRET_KEY, REGION, BUCKET, key, str(target), str(STREAMS)]
    try:
        return _checked(processes.timed([python, "-c", BOTO_SCRIPT, *arguments], size, log=log), target, size)
    finally:
        target.unlink(missing_ok=True)


def _checked(sample: Sample, target: Path, size: int) -> Sample:
    got = target.stat().st_size
    if got != size:
        raise RuntimeError(f"{target.name} got {got} of {size} bytes")
    return sample


def rclone_remote() -> str:
    return "bench"


def rclone_environment(endpoint: str) -> dict[str, str]:
    """The remote as environment variables, so that no configuration file is read or written."""
    prefix = f"RCLONE_CONFIG_{rclone_remote().upper()}_"
    settings = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": endpoint,
        "ACCESS_KEY_ID": ACCESS_KEY,
        "SECRET_ACCESS_KEY": SECRET_KEY,
        "REGION": REGION,
        "FORCE_PATH_STYLE": "true",
    }
    return {**processes.loopback_environment(), **{prefix + name: value for name, value in settings.items()}}


def boto_python(session: Session) -> Path | None:
    """The interpreter of a virtual environment with boto3 in the cache folder, made at first need."""
    cache = Path(os.environ.get("GRIDSET_CACHE") or Path.home() / ".cache" / "gridset")
    folder = cache / f"benchmark-python-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if python.exists() and subprocess.run([python, "-c", "import boto3"], check=False, capture_output=True).returncode == 0:
        return python
    session.say(f"installing boto3 in {folder}")
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "boto3"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            session.say(f"boto3 is left out: {done.stderr.strip()[-300:]}")
            return None
    return python
