"""The functions that the tests of the sandbox run in its processes."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from liaobots.errors import InvalidInput


def copy(source: Path, result: Path, options: Mapping[str, int]) -> None:
    result.write_text(source.read_text() * options["times"])


def environment(source: Path, result: Path, options: Mapping[str, int]) -> None:
    result.write_text("\n".join([*os.environ, *sys.modules]))


def refuse(source: Path, result: Path, options: Mapping[str, int]) -> None:
    raise InvalidInput("“a.pdf” is no file for us. " + "Mend it. " * options["times"])


def print_much(source: Path, result: Path, options: Mapping[str, int]) -> None:
    for _ in range(1_000):
        print("{}\n" * 1_000, flush=True)  # noqa: T201 -- it must not reach the parent
        print("secret " * 1_000, file=sys.stderr, flush=True)  # noqa: T201 -- nor this


def fail(source: Path, result: Path, options: Mapping[str, int]) -> None:
    raise RuntimeError(source.read_text())


def crash(source: Path, result: Path, options: Mapping[str, int]) -> None:
    os.abort()


def compute(source: Path, result: Path, options: Mapping[str, int]) -> None:
    while True:
        pass


def hide_memory_error(source: Path, result: Path, options: Mapping[str, int]) -> None:
    try:
        allocate(source, result, options)
    except MemoryError as error:
        raise ValueError("broken") from error


def allocate(source: Path, result: Path, options: Mapping[str, int]) -> None:
    held = []
    while True:
        held.append(bytearray(1_000_000))


def write_much(source: Path, result: Path, options: Mapping[str, int]) -> None:
    with result.open("wb") as file:
        while True:
            file.write(bytes(1_000_000))


def sleep(source: Path, result: Path, options: Mapping[str, int]) -> None:
    """Sleep for ever, after the ids of this process and of one that it started were written."""
    other = os.fork()
    if other:
        Path(result).write_text(f"{os.getpid()} {other}")
    while True:
        time.sleep(60)


def wait_for_source(source: Path, result: Path, options: Mapping[str, int]) -> None:
    """Note that it runs, and wait until the source is gone."""
    with (result.parent / "order").open("a") as order:
        order.write(f"{result.name}\n")
    while source.exists():
        time.sleep(0.02)
