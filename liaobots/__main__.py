"""Keeps a copy of all chats, brings one back, and moves between SQLite and PostgreSQL.

    python -m liaobots backup FILE
    python -m liaobots restore FILE
    python -m liaobots migrate FROM TO

Gives 0 where all is done, 1 where it could not be, with the reason in a
sentence, and 2 for what it does not understand.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from typing import NoReturn

from liaobots.backup.copy import Copied, Progress, copy
from liaobots.backup.endpoint import Endpoint
from liaobots.client import settings
from liaobots.errors import InvalidInput, LiaobotsError

# How often it says how far it is, in seconds.
PACE = 2.0
ADDRESS = "postgresql://user@host/name, sqlite:////folder/chats.db, or the path of a file"
AGAIN = "Run the same command again to go on."


class Parser(argparse.ArgumentParser):
    """Repeats nothing of what it was given, for that may hold a password."""

    def error(self, message: str) -> NoReturn:
        del message
        self.print_usage(sys.stderr)
        self.exit(2, f"That is not understood. Look at {self.prog} --help.\n")


class Teller:
    """Says now and then how far a copy is."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._last >= PACE:
            self._last = time.monotonic()
            print(f"{progress.done:,} of {progress.total:,} chats", flush=True)
        if progress.done == progress.total:
            print("all chats are there, and are compared now", flush=True)


def main(words: Sequence[str] | None = None) -> int:
    parser = _parser()
    given = parser.parse_args(words)
    if given.command is None:
        parser.print_help()
        return 2
    try:
        _run(given)
    except LiaobotsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Stopped. {AGAIN}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m liaobots", description="Keeps a copy of all chats.")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="")
    backup = commands.add_parser("backup", help="copy all chats into a new file")
    backup.add_argument("file", metavar="FILE", help="a file that is not there yet")
    restore = commands.add_parser(
        "restore", help="copy all chats from such a file, back into place"
    )
    restore.add_argument("file", metavar="FILE", help="a file made by backup")
    for command in (backup, restore):
        command.add_argument("--database", metavar="ADDRESS", help=f"{ADDRESS}; else the app's own")
    migrate = commands.add_parser("migrate", help="copy all chats from one database into another")
    migrate.add_argument("source", metavar="FROM", help=ADDRESS)
    migrate.add_argument("target", metavar="TO", help="the same, of an empty one")
    return parser


def _run(given: argparse.Namespace) -> None:
    if given.command == "migrate":
        source, target = given.source, given.target
    else:
        if "://" in given.file:
            raise InvalidInput("FILE is the path of a file. Between addresses there is migrate.")
        ours = settings.database() if given.database is None else given.database
        file = os.path.abspath(given.file)
        source, target = (ours, file) if given.command == "backup" else (file, ours)
    with closing(Endpoint(source)) as from_, closing(Endpoint(target)) as to:
        copied = copy(from_, to, Teller())
        if given.command == "backup":
            to.finalize()
        _report(copied, to.name)


def _report(copied: Copied, name: str) -> None:
    if copied.went_on:
        print("went on with a copy that was not finished")
    for table, rows in copied.rows.items():
        print(f"{table:16}{rows:>12,} rows")
    print("verified: counts and hashes agree")
    print(f"copied into {name}")


if __name__ == "__main__":
    sys.exit(main())
