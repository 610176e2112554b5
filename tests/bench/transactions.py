"""How long SQLite's only writer is held by an import, and by forgetting it for good.

    .venv/bin/python -m tests.bench.transactions

One chat of 4 MB, in which hardly any three letters repeat, is imported, moved to the
trash and purged. Printed are how many transactions each took, and the longest of them
beside the longest of an ordinary question in the same run.
"""

import json
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from liaobots.formats import Chat, ExportedMessage
from liaobots.storage.database import Database
from liaobots.storage.store import Store
from tests.attack.imports import heavy

TURNS = 20
QUESTIONS = 50


@contextmanager
def transactions(database: Database) -> Iterator[list[float]]:
    """Record how long each writing transaction takes, in seconds."""
    took: list[float] = []
    engine, begun = database._engine, dict[int, float]()

    def begin(connection: Any) -> None:
        if "busy_milliseconds" in connection.get_execution_options():
            begun[id(connection)] = time.monotonic()

    def end(connection: Any) -> None:
        if (start := begun.pop(id(connection), None)) is not None:
            took.append(time.monotonic() - start)

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", end)
    yield took
    event.remove(engine, "begin", begin)
    event.remove(engine, "commit", end)


def report(name: str, database: Database, act: Callable[[], object]) -> None:
    with transactions(database) as took:
        act()
    print(f"{name:10} {len(took):4} transactions, the longest {max(took):.3f} s")


def main() -> None:
    """Measure, and print."""
    chat = json.loads(heavy(TURNS))["chats"][0]
    turns = [ExportedMessage(**turn) for turn in chat["turns"]]
    owner = secrets.token_hex(32)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/chats.db")
        store = Store(database)

        def ask() -> None:
            for number in range(QUESTIONS):
                store.ask(owner, None, f"Question {number}", "gpt-4")

        brought = Chat("heavy", "Heavy", turns, None, 1.0, 1.0)
        report("import", database, lambda: store.chat_io.import_chat(owner, brought))
        store.trash.put_conversation(owner, "heavy")
        report("purge", database, lambda: store.trash.purge(owner, "heavy"))
        report("questions", database, ask)
        store.close()


if __name__ == "__main__":
    main()
