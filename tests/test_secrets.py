"""A code and an identity go where they must, and are found nowhere else.

The whole app runs at the most talkative level of all its logs. A visitor asks
for what works and for everything that can go wrong, with marked secrets; then
all that was written, sent or listed is searched for them.
"""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from liaobots.demo.server import FAULTS, DemoServer
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState
from liaobots.storage.store import Store
from tests.support.app import App
from tests.support.protocol_client import Visitor, cookie_of_page, finished
from tests.support.stored_chats import owner_of

TYPED = "typed-code-Zq8w2marked"
SERVERS = "servers-code-Xk4v7marked"
# Everything that logs does so at every level, from the first line on.
TALKATIVE = """
import logging
logging.basicConfig(level=1)
logging.Logger.setLevel = lambda self, level: None
"""


def signs(cookie: str) -> Iterator[bytes]:
    """Return what a secret looks like, as it is and in the usual encodings."""
    for secret in (TYPED, SERVERS, *cookie.split(".")):
        yield secret.encode()
        yield secret[4:-4].encode()
        yield base64.b64encode(secret.encode()).rstrip(b"=")[:-1]
        yield quote(secret, safe="").encode()
        yield secret.encode("utf-16-le")


def found_in(data: bytes, cookie: str) -> list[bytes]:
    return [sign for sign in signs(cookie) if sign in data]


class Traces:
    """What a visitor's run has left: where it came from, and the bytes."""

    def __init__(self) -> None:
        self.all: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> None:
        self.all[name] = self.all.get(name, b"") + data


def chats_of(folder: Path, owner: str) -> list[tuple[MessageState, str]]:
    """Return the state and the reason of each answer in the database."""
    store = Store(Database(f"sqlite:///{next(folder.rglob('chats.db'))}"))
    opened = [store.open(owner, each.id) for each in store.list(owner, 100)]
    store.close()
    messages = [message for each in opened if each for message in each.messages]
    return [(each.state, each.error_kind) for each in messages if each.role == "assistant"]


def _have_ended(folder: Path, owner: str, count: int) -> bool:
    """Says whether there are so many answers, and none is being written."""
    states = [state for state, _ in chats_of(folder, owner)]
    return len(states) >= count and MessageState.WRITING not in states


async def visit(
    app: App, traces: Traces, cookie: str, questions: list[str], code: str = ""
) -> None:
    """Asks each question in a chat of its own, and takes everything along at the end."""
    folder, owner = app.log.parent, owner_of(cookie)
    for number, question in enumerate(questions, start=1):
        heard = lambda data: traces.add("page", data)  # noqa: E731
        async with Visitor(app.url, identity=cookie, heard=heard) as visitor:
            await visitor.drawn()
            if code:
                await visitor.type("auth_token", code)
            await visitor.ask(question)
            async with asyncio.timeout(60):
                while not _have_ended(folder, owner, number):
                    await asyncio.sleep(0.1)
            traces.add("addresses", visitor.url.encode())
    async with Visitor(app.url, path="transfer", identity=cookie) as visitor:
        await visitor.until(lambda: visitor.files and not visitor.is_running)
        address = await visitor.download(visitor.files[0])
        traces.add("addresses", address.encode())
        answer = requests.get(address, timeout=10)
        assert questions[0] in answer.text
        traces.add("export", answer.content)


def processes() -> bytes:
    """Return the command line of each process, as any user of the machine can list it."""
    found = b""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += each.read_bytes()
        except OSError:
            continue
    return found


@pytest.mark.parametrize("code", [TYPED, ""])
def test_secrets_are_nowhere(tmp_path: Path, demo_server: DemoServer, code: str) -> None:
    """Neither a typed code, nor the server's, nor the identity, through success and every fault."""
    (tmp_path / "sitecustomize.py").write_text(TALKATIVE)
    environment = {
        "LIAOBOTS_URL": demo_server.url,
        "LIAOBOTS_AUTH": SERVERS,
        "LIAOBOTS_TIMEOUT": "1",
        "STREAMLIT_LOGGER_LEVEL": "debug",
        "PYTHONPATH": str(tmp_path),
    }
    questions = ["Hello there", *(f"fault: {name}" for name in FAULTS)]
    traces = Traces()
    with App(tmp_path, **environment) as app:
        cookie = cookie_of_page(app.url)
        finished(visit(app, traces, cookie, questions, code))
        traces.add("processes", processes())
    for file in tmp_path.rglob("*"):
        if file.is_file():
            traces.add(file.name, file.read_bytes())
    assert {
        each["headers"]["x-auth-code"]
        for each in demo_server.asked
        if "x-auth-code" in each["headers"]
    } == {code or SERVERS}
    assert b"DEBUG" in traces.all[app.log.name]
    kept = [data for name, data in traces.all.items() if name.startswith("chats.db")]
    assert owner_of(cookie).encode() in b"".join(kept)
    assert len({kind for _, kind in chats_of(tmp_path, owner_of(cookie))}) > 6
    assert not {
        name: found for name, data in traces.all.items() if (found := found_in(data, cookie))
    }
