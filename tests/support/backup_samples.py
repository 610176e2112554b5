"""Databases with something of everything, and the means to compare two of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select

from liaobots.backup.copy import CopyResult, compare, copy
from liaobots.backup.endpoint import Endpoint
from liaobots.errors import StorageError
from liaobots.pieces import Content, Text
from liaobots.storage import lease, search_index
from liaobots.storage.database import Database
from liaobots.storage.records import (
    Checkpoint,
    Fallback,
    GenerationLog,
    MessageState,
    ModelAttempt,
    Outcome,
    PendingAnswer,
)
from liaobots.storage.schema import conversations, messages, tables, unsigned_owners
from liaobots.storage.store import Store
from tests.support.app import ROOT
from tests.support.waiting import wait_until

OWNER, OTHER = "a" * 64, "b" * 64
WISHES = ["rainbow", "радуг", "彩虹", "虹", "🌈", "needle", "c#", "x", "rabbit 7"]
LONG = "A long text about a rainbow, радуга, 彩虹 🌈. " * 8000


def said(store: Store, question: str, answer: str, owner: str = OWNER) -> PendingAnswer:
    asked = store.ask(owner, None, question, "gpt-4", system="Be brief, будь краток.")
    assert asked
    log = GenerationLog([ModelAttempt("gpt-5", 0.1 + 0.2, 1 / 3, len(answer), failed=False)])
    store.finish(owner, asked, Content(text=answer), Outcome(MessageState.DONE), log)
    return asked


def fill(store: Store) -> PendingAnswer:
    """Add something of everything to a store. Return the answer that is being written."""
    asked = said(store, "Rainbow? Радуга? 彩虹? 🌈", LONG)
    again = store.try_again(OWNER, asked.answer, "claude-1")
    assert again
    trouble = Outcome(
        MessageState.FAILED, "rate_limited", "Wait, подождите.", "https://example.org"
    )
    fallback = Fallback("claude-1", "gpt-4", "It was away.")
    failed = [ModelAttempt("gpt-4", None, None, 0, failed=True)]
    store.finish(
        OWNER, again, Content(text="half of a needle"), trouble, GenerationLog(failed, fallback)
    )
    store.rate(OWNER, again.answer, 0)
    store.add_cost(OWNER, again.answer, 0.1 + 0.7)
    store.pin(OWNER, asked.conversation, is_pinned=True)
    compared = said(store, "Compare c# \N{REPLACEMENT CHARACTER}", "one")
    for each in store.compare(OWNER, compared.answer, ["gpt-5", "gemini"]):
        store.finish(
            OWNER,
            each,
            Content(text=f"another needle {each.answer}"),
            Outcome(MessageState.STOPPED),
        )
    store.trash.put_message(OWNER, said(store, "Gone, needle", "gone").answer)
    store.trash.put_conversation(OWNER, said(store, "All gone", "needle").conversation)
    said(store, "Somebody else's rainbow", "x", OTHER)
    store.prompts.save(OWNER, "Приём {{x}}", "Say {{x}}")
    store.preferences.put(OWNER, "favourites", '["gpt-4"]')
    store.preferences.put(OTHER, "favourites", "[]")
    with store._database.writing() as connection:
        for owner, moment in ((OWNER, None), (OTHER, 1.5)):
            connection.execute(insert(unsigned_owners), {"owner": owner, "taken_over": moment})
    return being_written(store)


def being_written(store: Store) -> PendingAnswer:
    asked = store.ask(OWNER, None, "Write on", "gpt-4")
    assert asked
    for start, text in ((0, "один "), (5, "two ")):
        store.checkpoint([Checkpoint(OWNER, asked, start, [Text(text)])])
    return asked


def fill_with_many(address: str, chats: int) -> None:
    """Insert many chats directly into the tables, each with ten messages that can be found."""
    database = Database(address)
    for number in range(chats):
        chat = {
            "id": f"c{number}",
            "owner": OWNER,
            "title": f"Chat {number}",
            "leaf": f"c{number}m9",
        }
        rows = [_message(f"c{number}", each) for each in range(10)]
        with database.writing() as connection:
            connection.execute(insert(conversations), {**chat, "created": 1.5, "changed": 1.5})
            connection.execute(insert(messages), rows)
            texts = {None: chat["title"], **{row["id"]: row["text"] for row in rows}}
            search_index.add(connection, chat["id"], search_index.ngrams_of(OWNER, texts))
    database.close()


def _message(chat: str, number: int) -> dict[str, Any]:
    parent = f"{chat}m{number - 1}" if number else None
    place = {"id": f"{chat}m{number}", "conversation": chat, "parent": parent, "role": "user"}
    text = f"rabbit {number} of {chat} " * 10
    return {**place, "state": "done", "asked": 10.0 - number, "text": text}


def content(address: str) -> Mapping[str, Sequence[Any]]:
    """Return all rows of a database by table, as Python values."""
    database = Database(address)
    with database.reading() as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in tables.sorted_tables
        }
    database.close()
    return found


def finds(address: str) -> Sequence[Any]:
    store = Store(Database(address))
    found = [store.search.find(owner, wish, 30) for owner in (OWNER, OTHER) for wish in WISHES]
    store.close()
    return found


def copied(source: str, target: str) -> CopyResult:
    """Copy as the command does, in this process."""
    ends = Endpoint(source), Endpoint(target)
    try:
        return copy(*ends, report=lambda _: None)
    finally:
        for end in ends:
            end.close()


def compared(source: str, target: str) -> Mapping[str, int]:
    """Compare two databases as the command does at its end."""
    ends = Endpoint(source), Endpoint(target)
    try:
        with ends[0].snapshot() as connection:
            return compare(connection, ends[1])
    finally:
        for end in ends:
            end.close()


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    """Start `python -m liaobots` with these arguments."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LIAOBOTS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "liaobots", *words],
        cwd=ROOT,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*words: str, **environment: str) -> tuple[int, str, str]:
    """Run `python -m liaobots`. Return its exit code, its output and its error output."""
    process = start(*words, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def mark_of(address: str) -> str | None:
    end = Endpoint(address)
    with end.snapshot() as connection:
        found = lease.source_of(connection)
    end.close()
    return found


def count_of(address: str) -> int:
    """Return how many chats have been copied so far; 0 if there is no table yet."""
    end = Endpoint(address)
    if end.file and not end.file.exists():
        return 0
    try:
        with end.snapshot() as connection:
            return connection.scalar(select(func.count()).select_from(conversations)) or 0
    except StorageError:
        return 0
    finally:
        end.close()


def kill_when(count: int, source: str, target: str) -> None:
    """Copy in another process, which is killed as soon as so many chats are copied."""
    kill_copy(start("migrate", source, target), count, target)


def kill_copy(process: subprocess.Popen[str], count: int, target: str) -> None:
    """Kill a process that copies into `target` as soon as so many chats are copied."""
    wait_until(lambda: count_of(target) >= count, 60)
    assert process.poll() is None, "it was done before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


# So many chats are in a database whose copy takes seconds.
MANY = 600
