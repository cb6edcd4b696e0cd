"""What the steps measure with, and how those that go through the object store reach it."""

import contextlib
import json
import os
import time


class Stage:
    """Seconds and private memory of a step's parts; `tell` prints them as the step's last line."""

    def __init__(self):
        self._told = {}

    @contextlib.contextmanager
    def part(self, name):
        begun, memory = time.perf_counter(), private_memory()
        yield
        self._told[name] = time.perf_counter() - begun
        self._told[name + "Memory"] = max(0, private_memory() - memory)

    def tell(self, **results):
        print(json.dumps({**self._told, **results}))


def private_memory():
    """Bytes of this process that no other shares."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


def touch_one(frame):
    """Reads a column of a frame: a mapping costs nothing until it is read."""
    return frame.iloc[:, 0].sum() if frame.ndim == 2 else frame.sum()


def touch(frame):
    """Reads all of a table or frame."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute

    if isinstance(frame, pa.Table):
        return [pyarrow.compute.sum(column).as_py() for column in frame.columns]
    return frame.sum() if isinstance(frame, pd.Series) else [column.sum() for _, column in frame.items()]


class ParquetStore:
    """Frames as Parquet files in the object store: put whole, read in parallel ranges."""

    def __init__(self):
        import boto3
        import pyarrow.fs
        from botocore.config import Config

        endpoint, key, secret = (os.environ[f"STORE_{name}"] for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY"))
        config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
        self._objects = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
                                     region_name="us-east-1", config=config)
        self._files = pyarrow.fs.S3FileSystem(endpoint_override=endpoint.partition("://")[2], scheme="http",
                                              region="us-east-1", access_key=key, secret_key=secret)

    def put(self, frame, name):
        """Answers the bytes that were sent."""
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet

        encoded = pa.BufferOutputStream()
        table = pa.Table.from_pandas(frame.to_frame() if isinstance(frame, pd.Series) else frame)
        pyarrow.parquet.write_table(table, encoded)
        body = encoded.getvalue()
        self._objects.put_object(Bucket="data", Key=f"{name}.parquet", Body=memoryview(body).tobytes())
        return len(body)

    def get(self, name):
        import pyarrow.parquet

        return pyarrow.parquet.read_table(f"data/{name}.parquet", filesystem=self._files)
