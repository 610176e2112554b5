"""A file of chats is imported as a whole or not at all, with little memory."""

import json
import os
import resource
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liaobots.errors import InvalidInput, JobCancelled, ServerBusy
from liaobots.formats import Chat, ExportedMessage, Prompt, to_json
from liaobots.formats.import_job import ImportJob, ImportQueue
from liaobots.limits import Limits
from liaobots.storage.database import Database
from liaobots.storage.store import Store
from tests.formats.samples import SAMPLES
from tests.formats.strategies import BUNDLES
from tests.support.memory import Peak
from tests.support.stored_chats import branched, taken
from tests.support.strategies import mangled

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)
        assert not list(Path(name).iterdir()), "an import left something behind"


@pytest.fixture(scope="module")
def imports() -> Iterator[ImportQueue]:
    started = ImportQueue(Limits())
    yield started
    started.pool.close()


def begun(imports: ImportQueue, store: Store, owner: str, data: bytes, folder: Path) -> ImportJob:
    source = folder / secrets.token_hex(8)
    source.write_bytes(data)
    return imports.start(store, owner, source)


def over(importing: ImportJob) -> ImportJob:
    for _ in importing.follow(0.02):
        assert 0 <= importing.share <= 1
    return importing


def test_a_file_is_imported(imports: ImportQueue, folder: Path, store: Store, owner: str) -> None:
    """A thread imports chats and prompts, and reports its progress."""
    branched(store, owner)
    prompts = [Prompt("p", "Greet", "Hello {{name}}")]
    data = "".join(to_json(store.chat_io.export_chats(owner), prompts)).encode()
    other = Store(Database("sqlite://"))
    done = over(begun(imports, other, "me", data, folder))
    assert (done.error, done.done, done.all, done.messages, done.prompts) == (None, 1, 1, 5, 1)
    assert done.share == 1
    assert taken(other, "me") == taken(store, owner)
    assert [prompt.name for prompt in other.prompts.list("me")] == ["Greet"]
    other.close()


@pytest.mark.parametrize("cut", [1, 30, 200, -2])
def test_a_broken_file_changes_nothing(
    imports: ImportQueue, folder: Path, store: Store, owner: str, cut: int
) -> None:
    """Wherever it breaks off, none of its chats is stored."""
    branched(store, owner)
    data = "".join(to_json(store.chat_io.export_chats(owner), [])).encode()
    other = Store(Database("sqlite://"))
    broken = over(begun(imports, other, "me", data[:cut], folder))
    assert broken.error is not None
    assert (broken.done, broken.all) == (0, 0)
    assert other.list("me", 9) == []
    other.close()


def test_progress_of_a_large_file(
    imports: ImportQueue, folder: Path, store: Store, owner: str
) -> None:
    """The share grows while the file is read and stored, and never shrinks."""
    turns = [ExportedMessage("q", None, "user", "word " * 2000)]
    chats = [Chat(f"c{n}", f"Chat {n}", turns, "q", 1.0, 1.0) for n in range(300)]
    data = "".join(to_json(iter(chats), [])).encode()
    importing = begun(imports, store, owner, data, folder)
    shares = [importing.share for _ in importing.follow(0.001)]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    assert any(0 < share < 1 for share in shares)
    assert (importing.error, importing.done, importing.share) == (None, 300, 1)


FILES = mangled(
    st.sampled_from([json.dumps(sample).encode() for sample in SAMPLES])
    | BUNDLES.map(lambda bundle: "".join(to_json(bundle.chats, bundle.prompts)).encode())
)


HALF_OF_A_CHARACTER = (
    rb'{"format": "liaobots-chat", "version": 2, "chats": [{"id": "\ud800", "title": "", "turns": '
    rb'[{"id": "\udc00", "parent": null, "role": "user", "text": ""}], "leaf": null}]}'
)


@settings(max_examples=100, deadline=None)
@given(data=FILES)
@example(data=HALF_OF_A_CHARACTER)
def test_any_file_is_imported_or_refused(imports: ImportQueue, folder: Path, data: bytes) -> None:
    """A changed file is refused with an error, or its chats can be used."""
    other = Store(Database("sqlite://"))
    importing = over(begun(imports, other, "me", data, folder))
    assert importing.error is None or type(importing.error) is InvalidInput
    found = other.list("me", 99)
    assert bool(found) is (importing.done > 0)
    for chat in found:
        opened = other.open("me", chat.id)
        assert opened
        assert opened.title.encode() is not None
    for carried in taken(other, "me"):
        assert "".join(turn.text for turn in carried.turns).encode() is not None
    other.close()


TURN = {"id": "q", "parent": None, "role": "user", "text": "a word " * 1000}


def native_file(chats: int) -> bytes:
    """Return a file of our format with this many chats of 7,000 characters."""
    given = [{"id": f"c{n}", "turns": [{**TURN, "id": f"q{n}"}]} for n in range(chats)]
    return json.dumps({"format": "liaobots-chat", "version": 1, "chats": given}).encode()


def test_one_import_for_each_visitor(imports: ImportQueue, folder: Path) -> None:
    """A second one is refused; when the first is over, the next may begin."""
    store = Store(Database("sqlite://"))
    first = begun(imports, store, "me", native_file(300), folder)
    with pytest.raises(ServerBusy, match="Another import of yours"):
        begun(imports, store, "me", native_file(1), folder)
    left = [each for each in folder.iterdir() if each.stat().st_size == len(native_file(1))]
    assert len(left) == 1, "the refused file is left to its owner"
    left[0].unlink()
    assert over(first).error is None
    assert over(begun(imports, store, "me", native_file(1), folder)).error is None
    store.close()


def test_a_few_at_once_the_others_wait(folder: Path) -> None:
    """Two run, one waits, and a fourth is refused; a waiting job knows its position."""
    imports = ImportQueue(replace(Limits(), imports_waiting=1))
    store = Store(Database("sqlite://"))
    running = [begun(imports, store, who, native_file(400), folder) for who in ("a", "b")]
    waiting = begun(imports, store, "c", native_file(1), folder)
    assert [each.position for each in (*running, waiting)] == [0, 0, 1]
    with pytest.raises(ServerBusy, match="3 imports are under way"):
        begun(imports, store, "d", native_file(2), folder)
    next(each for each in folder.iterdir() if each.stat().st_size == len(native_file(2))).unlink()
    ends = [over(each) for each in (*running, waiting)]
    assert [(each.error, each.done) for each in ends] == [(None, 400), (None, 400), (None, 1)]
    assert waiting.position == 0
    imports.pool.close()
    store.close()


def test_a_waiting_import_is_stopped(folder: Path) -> None:
    """If it has not begun, nothing is stored, and no file is left."""
    imports = ImportQueue(replace(Limits(), imports_at_once=1))
    store = Store(Database("sqlite://"))
    running = begun(imports, store, "a", native_file(200), folder)
    waiting = begun(imports, store, "b", native_file(1), folder)
    waiting.cancel()
    assert isinstance(over(waiting).error, JobCancelled)
    assert not over(running).error
    assert store.list("b", 9) == []
    imports.pool.close()
    store.close()


def test_a_running_import_is_stopped(imports: ImportQueue, folder: Path) -> None:
    """Stored chats stay complete, and importing the file again continues."""
    store = Store(Database("sqlite://"))
    importing = begun(imports, store, "me", native_file(500), folder)
    for _ in importing.follow(0.001):
        if importing.done:
            importing.cancel()
    assert isinstance(importing.error, JobCancelled)
    assert 0 < importing.done < 500
    assert len(taken(store, "me")) == importing.done
    again = over(begun(imports, store, "me", native_file(500), folder))
    assert (again.error, again.messages) == (None, 500 - importing.done)
    store.close()


def braces(size: int) -> bytes:
    return b'{"format": "liaobots-chat", "version": 1, "chats": [[' + b"{}," * (size // 3) + b"1]]}"


def strings(size: int) -> bytes:
    return b'["' + b"x" * size


@pytest.mark.parametrize("bomb", [braces, strings])
def test_a_bomb_costs_little(
    imports: ImportQueue, folder: Path, bomb: Callable[[int], bytes]
) -> None:
    """It takes less memory than its size, reader included, and no time of this process."""
    store = Store(Database("sqlite://"))
    source = folder / "bomb"
    with source.open("wb") as file:
        file.write(bomb(95 * MEGABYTE))
    ours, theirs = time.process_time(), children_seconds()
    with Peak(os.getpid()) as peak:
        importing = over(imports.start(store, "me", source))
    assert isinstance(importing.error, InvalidInput)
    assert "40 MB" in str(importing.error) or "8 MB" in str(importing.error)
    assert peak.growth < 100 * MEGABYTE
    assert time.process_time() - ours < max(children_seconds() - theirs, 1)
    store.close()


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_large_export_costs_little(imports: ImportQueue, folder: Path) -> None:
    """Each chat is freed before the next one is read: 40 MB in 800 chats of 50 KB."""
    store = Store(Database(f"sqlite:///{folder}/large.db"))
    source = folder / "large"
    turns = [ExportedMessage(f"t{n}", None, "user", "a word " * 1000) for n in range(7)]
    with source.open("w") as file:
        file.writelines(to_json((named(turns, n) for n in range(800)), []))
    assert source.stat().st_size > 38 * MEGABYTE
    with Peak(os.getpid()) as peak:
        importing = imports.start(store, "me", source)
        while importing.done < 40 and not importing.is_over:
            time.sleep(0.01)
        importing.cancel()
        over(importing)
    assert importing.all == 800
    assert importing.done >= 40
    assert peak.growth < 100 * MEGABYTE
    store.close()
    for left in folder.glob("large.db*"):
        left.unlink()


def named(turns: Sequence[ExportedMessage], number: int) -> Chat:
    own = [replace(turn, id=f"{number}-{turn.id}") for turn in turns]
    return Chat(f"c{number}", "t", own, None, 1.0, 1.0)


def test_too_many_chats_are_refused(imports: ImportQueue, folder: Path) -> None:
    """A file with one chat more than a hundred thousand is refused."""
    store = Store(Database("sqlite://"))
    empty = b",".join(b'{"id":"%d","turns":[]}' % n for n in range(100_001))
    data = b'{"format":"liaobots-chat","version":1,"chats":[' + empty + b"]}"
    error = over(begun(imports, store, "me", data, folder)).error
    assert "more than 100,000 chats" in str(error)
    assert store.list("me", 9) == []
    store.close()
