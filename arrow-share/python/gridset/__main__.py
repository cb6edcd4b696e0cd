"""`python3 -m gridset materialise URI...`: files of datasets become objects; prints their names."""

from __future__ import annotations

import argparse
import datetime
import logging
import sys
from typing import List, Optional

from . import connect
from .errors import GridsetError
from .materialising import FORMATS, TIME_TO_LIVE, materialise


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m gridset", description="What needs Arrow's readers of file formats.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "materialise", help="decode files of datasets once in the grid", description="Decodes files of datasets as objects.")
    command.add_argument("uri", nargs="+", help="dataset://NAME/PATH or dataset://NAMESPACE:NAME/PATH, a file or a directory")
    command.add_argument("--format", choices=FORMATS, help="where a file's name does not tell")
    command.add_argument("--time-to-live", type=float, metavar="SECONDS", default=TIME_TO_LIVE.total_seconds(),
                         help="of objects made now; 0 for good (a day)")
    command.add_argument("--socket", help="of the node")
    command.add_argument("-v", "--verbose", action="store_true", help="say what is decoded")
    wanted = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO if wanted.verbose else logging.WARNING, format="%(message)s")
    time_to_live = datetime.timedelta(seconds=wanted.time_to_live) if wanted.time_to_live > 0 else None
    try:
        with connect(wanted.socket, start=False) as client:
            for uri in wanted.uri:
                for name in materialise(client, uri, format=wanted.format, time_to_live=time_to_live):
                    print(name)
    except (GridsetError, OSError, ValueError) as failure:
        print(f"gridset: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
