"""What visitors leave in the server's memory when they have gone.

    .venv/bin/python -m tests.bench.memory [COUNT]

So many visitors (1,000) come one after another; each asks a question, reads an
answer of 4 KB of its own and leaves. Streamlit keeps the last 128 who left for
two minutes, so that the count begins when 200 have been there.
"""

import asyncio
import itertools
import sys
import tempfile
from pathlib import Path

from liaobots.demo.server import DemoServer
from tests.bench.watching import markdown
from tests.support.app import App
from tests.support.protocol_client import Visitor

CODE = "nobody"
BEFORE, AT_ONCE = 200, 100


async def visit(app: App) -> None:
    """Asks, and leaves when the answer is there."""
    async with Visitor(app.url) as visitor:
        await visitor.drawn()
        await visitor.ask("Go")
        await visitor.until(lambda: visitor.shows("The end") and not visitor.is_running)


async def come(app: App, count: int) -> None:
    for _ in range(count):
        await visit(app)


async def stay(app: App, count: int) -> tuple[int, int]:
    """Return the memory while so many visitors are there, and after they have left."""
    visitors = [Visitor(app.url) for _ in range(count)]
    for visitor in visitors:
        await visitor.__aenter__()
        await visitor.drawn()
    there = memory(app)
    for visitor in visitors:
        await visitor.__aexit__(None, None, None)
    return there, memory(app)


def memory(app: App) -> int:
    """Return the resident memory of the server, in KB."""
    return _status(app, "VmRSS")


def threads(app: App) -> int:
    return _status(app, "Threads")


def _status(app: App, name: str) -> int:
    lines = Path(f"/proc/{app.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    numbers = itertools.count()
    with DemoServer(pace=None) as service, tempfile.TemporaryDirectory() as folder:
        text = markdown(4000)
        service.answer = lambda _: iter([f"Number {next(numbers)}\n\n", text, "\n\nThe end"])
        with App(Path(folder), LIAOBOTS_URL=service.url, LIAOBOTS_AUTH=CODE) as app:
            print(f"at the start: {memory(app):,} KB, {threads(app)} threads", flush=True)
            asyncio.run(come(app, BEFORE))
            before = memory(app)
            print(f"after {BEFORE}: {before:,} KB, {threads(app)} threads", flush=True)
            asyncio.run(come(app, count))
            after = memory(app)
            print(f"after {count} more: {after:,} KB, {threads(app)} threads", flush=True)
            print(f"growth {after / before - 1:.1%}, {(after - before) / count:.2f} KB an answer")
            there, gone = asyncio.run(stay(app, AT_ONCE))
            print(f"{AT_ONCE} at once: {(there - after) / AT_ONCE:.0f} KB each; gone: {gone:,} KB")


if __name__ == "__main__":
    main()
