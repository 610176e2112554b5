"""Files that older versions have made: databases, backups and exports, kept as they were.

Each was made by the version whose number it bears, and is never edited.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from liaobots.storage.database import Database
from liaobots.storage.records import Message, MessageState
from liaobots.storage.store import Store
from tests.formats.strategies import read
from tests.support.app import ROOT

OLD_FILES = ROOT / "tests" / "old_files"
OWNER = "a" * 64
DIGESTS = {
    "backup_0003.db": "5d0a105a1491128c",
    "export_1.json": "bd6f7671b83c6674",
    "layout_0001.sql": "16eeea48e1b428f5",
    "layout_0002.db": "a20d3512c6dddee0",
    "layout_0003.db": "3ace0a08c889f7fa",
}
CODES = {
    "rate_limited", "auth_code_rejected", "out_of_credit", "captcha_required", "service_error",
    "connection_failed", "answer_interrupted", "server_busy", "invalid_input",
    "auth_code_missing", "storage_error", "internal_error",
}  # fmt: skip


@pytest.fixture
def old_file(tmp_path: Path) -> Callable[[str], Path]:
    """Return a copy of an old file that a test may change."""
    return lambda name: Path(shutil.copy(OLD_FILES / name, tmp_path / name))


def messages_of(store: Store) -> list[Message]:
    """Return all messages that the owner's chats show."""
    chats = [store.open(OWNER, chat.id) for chat in store.list(OWNER, 100)]
    return [message for chat in chats if chat for message in chat.messages]


@pytest.mark.parametrize("name", ["layout_0002.db", "layout_0003.db", "backup_0003.db"])
def test_an_old_database_opens(name: str, old_file: Callable[[str], Path]) -> None:
    """Every chat is there, every error has its code, and search finds what was written."""
    file = old_file(name)
    with sqlite3.connect(file) as connection:
        before = connection.execute("SELECT id, text FROM messages ORDER BY id").fetchall()
    store = Store(Database(f"sqlite:///{file}"))
    messages = messages_of(store)
    assert {each.error_kind for each in messages if each.state is MessageState.FAILED} == CODES
    texts = {each.text for each in messages}
    assert {"half of a needle", "I was stop", "What of AnswerCut?"} <= texts
    assert store.search.find(OWNER, "радуг", 10)
    assert not store.search.find(OWNER, "think of light", 10)
    assert [each.words for each in store.trash.list(OWNER, 10)] == ["All gone"]
    assert [each.name for each in store.prompts.list(OWNER)] == ["Приём {{x}}"]
    assert store.open(OWNER, store.list("b" * 64, 1)[0].id) is None
    store.close()
    with sqlite3.connect(file) as connection:
        after = connection.execute("SELECT id, text, reasoning FROM messages ORDER BY id")
        found = {id_: (text, reasoning) for id_, text, reasoning in after}
    assert {id_: f"<think>{r}</think>{t}" if r else t for id_, (t, r) in found.items()} == dict(
        before
    )
    assert [reasoning for _, reasoning in found.values() if reasoning] == ["I think of light."]


def test_an_old_export_comes_in(tmp_path: Path) -> None:
    """A file of chats made by the first format is read, and its errors get codes."""
    content = json.loads((OLD_FILES / "export_1.json").read_text())
    said = {turn["text"] for chat in content["chats"] for turn in chat["turns"]}
    thought = {text for text in said if text.startswith("<think>")}
    assert len(thought) == 1
    said = said - thought | {text.partition("</think>")[2] for text in thought}
    store = Store(Database(f"sqlite:///{tmp_path}/new.db"))
    for chat in read((OLD_FILES / "export_1.json").read_bytes()).chats:
        store.chat_io.import_chat(OWNER, chat)
    messages = messages_of(store)
    assert {each.error_kind for each in messages if each.state is MessageState.FAILED} >= {
        "auth_code_rejected", "answer_interrupted", "internal_error"
    }  # fmt: skip
    kept = {turn.text for chat in store.chat_io.export_chats(OWNER) for turn in chat.turns}
    assert kept == said
    store.close()


def test_old_files_are_as_they_were() -> None:
    """A file that is edited shows nothing of the versions that are out there."""
    digests = {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest()[:16]
        for each in OLD_FILES.iterdir()
    }
    assert digests == DIGESTS
