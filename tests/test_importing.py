"""A file of chats comes in whole or not at all, and costs the server little."""

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.chat.database import Database
from liaobots.chat.importing import Importing, Imports
from liaobots.chat.store import Store
from liaobots.chat.transfer import Chat, Prompt, Turn, write
from liaobots.errors import InputRefused, JobCancelled, ServerBusy
from liaobots.limits import Limits
from tests.mangled import mangled
from tests.test_porter import branched, taken
from tests.transfer.parcels import PARCELS
from tests.transfer.test_kind import SAMPLES

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)
        assert not list(Path(name).iterdir()), "an import left something behind"


@pytest.fixture(scope="module")
def imports() -> Iterator[Imports]:
    started = Imports(Limits())
    yield started
    started.pool.close()


def begun(imports: Imports, store: Store, owner: str, data: bytes, folder: Path) -> Importing:
    source = folder / secrets.token_hex(8)
    source.write_bytes(data)
    return imports.start(store, owner, source)


def over(importing: Importing) -> Importing:
    for _ in importing.follow(0.02):
        assert 0 <= importing.share <= 1
    return importing


def test_a_file_is_brought_in(imports: Imports, folder: Path, store: Store, owner: str) -> None:
    """By a thread that tells how far it is, with prompts."""
    branched(store, owner)
    prompts = [Prompt("p", "Greet", "Hello {{name}}")]
    data = "".join(write(store.porter.take_out(owner), prompts)).encode()
    other = Store(Database("sqlite://"))
    done = over(begun(imports, other, "me", data, folder))
    assert (done.error, done.done, done.all, done.messages, done.prompts) == (None, 1, 1, 5, 1)
    assert done.share == 1
    assert taken(other, "me") == taken(store, owner)
    assert [prompt.name for prompt in other.prompts.list("me")] == ["Greet"]
    other.close()


@pytest.mark.parametrize("cut", [1, 30, 200, -2])
def test_a_broken_file_changes_nothing(
    imports: Imports, folder: Path, store: Store, owner: str, cut: int
) -> None:
    """Wherever it breaks off, not one of its chats comes."""
    branched(store, owner)
    data = "".join(write(store.porter.take_out(owner), [])).encode()
    other = Store(Database("sqlite://"))
    broken = over(begun(imports, other, "me", data[:cut], folder))
    assert broken.error is not None
    assert (broken.done, broken.all) == (0, 0)
    assert other.list("me", 9) == []
    other.close()


def test_a_large_file_tells_how_far_it_is(
    imports: Imports, folder: Path, store: Store, owner: str
) -> None:
    """The share grows while it is read and while it is written, and never shrinks."""
    turns = [Turn("q", None, "user", "word " * 2000)]
    chats = [Chat(f"c{n}", f"Chat {n}", turns, "q", 1.0, 1.0) for n in range(300)]
    data = "".join(write(iter(chats), [])).encode()
    importing = begun(imports, store, owner, data, folder)
    shares = [importing.share for _ in importing.follow(0.001)]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    assert any(0 < share < 1 for share in shares)
    assert (importing.error, importing.done, importing.share) == (None, 300, 1)


FILES = mangled(
    st.sampled_from([json.dumps(sample).encode() for sample in SAMPLES])
    | PARCELS.map(lambda parcel: "".join(write(parcel.chats, parcel.prompts)).encode())
)


@settings(max_examples=100, deadline=None)
@given(data=FILES)
def test_any_file_comes_in_or_is_refused(imports: Imports, folder: Path, data: bytes) -> None:
    """Whatever is changed in a good file, it is refused in words, or its chats can be used."""
    other = Store(Database("sqlite://"))
    importing = over(begun(imports, other, "me", data, folder))
    assert importing.error is None or type(importing.error) is InputRefused
    found = other.list("me", 99)
    assert bool(found) is (importing.done > 0)
    for chat in found:
        opened = other.open("me", chat.id)
        assert opened
        assert opened.title.encode() is not None
    for carried in taken(other, "me"):
        assert "".join(turn.text for turn in carried.turns).encode() is not None
    other.close()
