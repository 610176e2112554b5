"""The command line: back up all chats, restore them, migrate between SQLite and PostgreSQL.

    python -m liaobots backup FILE
    python -m liaobots restore FILE
    python -m liaobots migrate FROM TO

The exit status is 0 on success, 1 on failure, with the reason in one sentence,
and 2 for arguments that are not understood.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from typing import NoReturn

from liaobots.backup.copy import CopyResult, Progress, copy
from liaobots.backup.endpoint import Endpoint
from liaobots.client import settings
from liaobots.errors import InvalidInput, LiaobotsError

PROGRESS_INTERVAL_SECONDS = 2.0
ADDRESS_FORMS = "postgresql://user@host/name, sqlite:////folder/chats.db, or the path of a file"
RESUME_HINT = "Run the same command again to go on."


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors never quote the arguments: they may hold a password."""

    def error(self, message: str) -> NoReturn:
        del message
        self.print_usage(sys.stderr)
        self.exit(2, f"That is not understood. Look at {self.prog} --help.\n")


class _ProgressPrinter:
    """Print the progress of a copy at intervals."""

    def __init__(self) -> None:
        self._last_print = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._last_print >= PROGRESS_INTERVAL_SECONDS:
            self._last_print = time.monotonic()
            print(f"{progress.done:,} of {progress.total:,} chats", flush=True)
        if progress.done == progress.total:
            print("all chats are there, and are compared now", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name. Return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    try:
        _run(options)
    except LiaobotsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Stopped. {RESUME_HINT}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m liaobots", description="Keeps a copy of all chats.")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="")
    backup = commands.add_parser("backup", help="copy all chats into a new file")
    backup.add_argument("file", metavar="FILE", help="a file that is not there yet")
    restore = commands.add_parser(
        "restore", help="copy all chats from such a file, back into place"
    )
    restore.add_argument("file", metavar="FILE", help="a file made by backup")
    for command in (backup, restore):
        command.add_argument(
            "--database", metavar="ADDRESS", help=f"{ADDRESS_FORMS}; else the app's own"
        )
    migrate = commands.add_parser("migrate", help="copy all chats from one database into another")
    migrate.add_argument("source", metavar="FROM", help=ADDRESS_FORMS)
    migrate.add_argument("target", metavar="TO", help="the same, of an empty one")
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.command == "migrate":
        source, target = options.source, options.target
    else:
        if "://" in options.file:
            raise InvalidInput("FILE is the path of a file. Between addresses there is migrate.")
        app_database = settings.database() if options.database is None else options.database
        file = os.path.abspath(options.file)
        source, target = (
            (app_database, file) if options.command == "backup" else (file, app_database)
        )
    with closing(Endpoint(source)) as from_, closing(Endpoint(target)) as to:
        copied = copy(from_, to, _ProgressPrinter())
        if options.command == "backup":
            to.finalize()
        _report(copied, to.name)


def _report(copied: CopyResult, name: str) -> None:
    if copied.resumed:
        print("went on with a copy that was not finished")
    for table, rows in copied.rows.items():
        print(f"{table:16}{rows:>12,} rows")
    print("verified: counts and hashes agree")
    print(f"copied into {name}")


if __name__ == "__main__":
    sys.exit(main())
