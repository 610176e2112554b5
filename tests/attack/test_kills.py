"""Kills in the midst of an import, an upgrade and an attack; what they leave in the database."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from liaobots.storage.bundle import Chat, ExportedMessage
from liaobots.storage.database import Database
from liaobots.storage.store import Store
from tests.attack.imports import heavy
from tests.attack.place import opened
from tests.attack.watch import missing
from tests.support.app import ROOT, App
from tests.support.backup_samples import run
from tests.support.protocol_client import Visitor, finished, opened_page
from tests.support.stored_chats import owner_of
from tests.support.uploading_visitor import UploadingVisitor

FIRST_LAYOUT = ROOT / "tests" / "old_files" / "layout_0001.sql"
CHATS, TURNS = 300, 8
ROWS = 3_000
TEXT = "A text with some words to find. " * 40


def small_chats() -> bytes:
    """Return a file with many chats of a few short messages."""
    chats = [
        {
            "id": f"chat-{chat}",
            "title": f"Chat {chat}",
            "turns": [
                {
                    "id": f"turn-{chat}-{turn}",
                    "parent": f"turn-{chat}-{turn - 1}" if turn else None,
                    "role": "assistant" if turn % 2 else "user",
                    "text": f"Turn {turn} of chat {chat}",
                }
                for turn in range(TURNS)
            ],
        }
        for chat in range(CHATS)
    ]
    file = {"format": "liaobots-chat", "version": 1, "chats": chats, "prompts": []}
    return json.dumps(file).encode()


def count(path: Path) -> int:
    """Return how many messages a database has, which must be sound."""
    file = sqlite3.connect(path)
    try:
        found: int = file.execute("SELECT count(*) FROM messages").fetchone()[0]
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        file.close()
    return found


async def _bring_in(app: App, identity: str, until: Callable[[UploadingVisitor], bool]) -> str:
    async with UploadingVisitor(app.url, path="transfer", identity=identity) as visitor:
        await visitor.drawn()
        status, file = await visitor.upload("chats.json", small_chats())
        assert status == 204
        await visitor.import_chats(file)
        deadline = time.monotonic() + 60
        while not until(visitor):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        return visitor.identity


def test_killed_in_an_import(tmp_path: Path) -> None:
    """What had come is there, and the same file brings the rest, and nothing twice."""
    path = tmp_path / "chats.db"
    app = App(tmp_path, LIAOBOTS_DATABASE_URL=f"sqlite:///{path}").start()

    def is_half_in(visitor: UploadingVisitor) -> bool:
        return count(path) > CHATS * TURNS // 3

    async def begin() -> str:
        identity = await _bring_in(app, "", is_half_in)
        app.kill()
        return identity

    identity = finished(begin())
    assert 0 < count(path) < CHATS * TURNS
    with app:
        finished(_bring_in(app, identity, lambda visitor: visitor.shows("new messages")))
    assert count(path) == CHATS * TURNS


def chat_in_trash(path: Path, identity: str) -> str:
    """Put a long chat of a visitor into the trash, and return its id."""
    turns = [
        ExportedMessage(f"turn-{number}", f"turn-{number - 1}" if number else None, role, TEXT)
        for number, role in zip(range(ROWS), cycle(["user", "assistant"]), strict=False)
    ]
    store, owner = Store(Database(f"sqlite:///{path}")), owner_of(identity)
    store.chat_io.import_chat(owner, Chat("long", "Long", turns, None, 0.0, 0.0))
    chat = store.list(owner, 1)[0].id
    store.trash.put_conversation(owner, chat)
    store.close()
    return chat


async def _forget(app: App, identity: str, chat: str, until: Callable[[], bool]) -> None:
    async with Visitor(app.url, path="trash", identity=identity) as visitor:
        await visitor.drawn()
        if visitor.has(f"forget-{chat}"):
            await visitor.press(f"forget-{chat}")
        while not until():
            await asyncio.sleep(0.01)


def test_killed_in_deleting(tmp_path: Path) -> None:
    """What was deleted by then is gone, and the next server deletes the rest."""
    path = tmp_path / "chats.db"
    app = App(tmp_path, LIAOBOTS_DATABASE_URL=f"sqlite:///{path}").start()
    identity = finished(_identity(app))
    chat = chat_in_trash(path, identity)

    async def begin() -> None:
        await _forget(app, identity, chat, lambda: count(path) < ROWS)
        app.kill()

    finished(begin())
    left = count(path)
    assert 0 < left < ROWS
    with app:
        finished(_forget(app, identity, chat, lambda: count(path) == 0))


async def _identity(app: App) -> str:
    async with Visitor(app.url) as visitor:
        await visitor.drawn()
        return visitor.identity


def _old(path: Path) -> None:
    """Make a database of the first layout, with many rows."""
    file = sqlite3.connect(path)
    file.executescript(FIRST_LAYOUT.read_text())
    names = [row[1] for row in file.execute("PRAGMA table_info(messages)")]
    row = file.execute("SELECT * FROM messages LIMIT 1").fetchone()
    at, marks = names.index("id"), ", ".join("?" * len(names))
    rows = [[*row[:at], f"more-{number}", *row[at + 1 :]] for number in range(ROWS)]
    file.executemany(f"INSERT INTO messages VALUES ({marks})", rows)  # noqa: S608 -- only marks
    file.commit()
    file.close()


def test_killed_in_an_upgrade(tmp_path: Path) -> None:
    """Whenever that is, the next start has every row."""
    old, path = tmp_path / "old.db", tmp_path / "chats.db"
    _old(old)
    before = count(old)
    upgrade = (
        f"from liaobots.storage.database import Database; Database('sqlite:///{path}').close()"
    )
    command = [sys.executable, "-c", upgrade]
    began = time.monotonic()
    shutil.copy(old, path)
    subprocess.run(command, cwd=ROOT, check=True)
    whole = time.monotonic() - began
    for part in range(1, 8):
        for each in tmp_path.glob("chats.db*"):
            each.unlink()
        shutil.copy(old, path)
        process = subprocess.Popen(command, cwd=ROOT)
        time.sleep(whole * (0.4 + part * 0.08))
        process.kill()
        process.wait()
        subprocess.run(command, cwd=ROOT, check=True)
        assert count(path) == before


def test_killed_in_an_attack(tmp_path: Path) -> None:
    """No question is missing that the page had shown as kept, while another's import ran."""

    async def import_chat(url: str) -> None:
        async with UploadingVisitor(url, path="transfer") as visitor:
            await visitor.drawn()
            _, file = await visitor.upload("chats.json", heavy())
            await visitor.import_chats(file)
            await asyncio.sleep(3)

    with opened(tmp_path) as place:
        finished(import_chat(place.app.url))
        place.app.kill()
        shown = [each.question for each in place.bystanders.rounds if each.was_kept]
        assert shown
        assert not missing(place.database, shown)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_damaged_backup(rich: str, tmp_path: Path, share: float) -> None:
    """It is refused in words, or all of it comes back: never a part of it unnoticed."""
    file = tmp_path / "backup.db"
    assert run("backup", str(file), LIAOBOTS_DATABASE_URL=rich)[0] == 0
    data = bytearray(file.read_bytes())
    at = int(len(data) * share) // 4096 * 4096
    data[at : at + 4096] = bytes([0x5A]) * 4096
    file.write_bytes(data)
    code, _, err = run("restore", str(file), "--database", f"sqlite:///{tmp_path}/new.db")
    assert code == 1
    assert err.strip()
    assert "Traceback" not in err


def test_two_kills_and_a_start(tmp_path: Path) -> None:
    """A server that was killed at its first visitor, who makes the database, starts again."""
    app = App(tmp_path, LIAOBOTS_DATABASE_URL=f"sqlite:///{tmp_path}/chats.db")
    for _ in range(2):
        app.start()
        finished(opened_page(app.url))
        app.kill()
    with app:
        finished(opened_page(app.url))
    assert count(tmp_path / "chats.db") == 0
