"""What somebody with bad will can send, against the app as it runs.

A foreign page's WebSocket and a host name that was made to point here are in
`test_door`, hostile Markdown in `test_transcript`, hostile imports in
`transfer`, and a hostile service in `test_client` and `test_bombs`.
"""

import secrets
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from liaobots.demo.server import DemoServer
from liaobots.limits import Limits
from liaobots.storage.store import Store
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.page_actions import conversed
from tests.support.protocol_client import Visitor, finished
from tests.support.stored_chats import owner_of

# So many answers may one visitor have at once.
AT_ONCE = Limits().answers_per_visitor
ODD = [
    "'; DROP TABLE messages; --",
    '" OR 1=1 --',
    "100%",
    "a_b",
    "%",
    "_",
    "*",
    'NEAR("a" "b")',
    "a\\b",
    "\\",
    "x AND y",
    "{{name}}",
    "\x00nul",
    "\ud800",
    "${jndi:ldap://h/a}",
]


async def asked(visitor: Visitor, question: str) -> str:
    """Asks, and gives the name of the chat in which the answer has come."""
    await visitor.drawn()
    await visitor.ask(question)
    await visitor.until(lambda: visitor.shows("Here it is") and not visitor.is_running)
    return visitor.url.rpartition("/")[2]


def test_anothers_chat_and_identity(app: App, slow_demo_server: DemoServer) -> None:
    """Who has a chat's address, its owner's name in the database, or a guess, sees nothing."""
    slow_demo_server.answer = lambda _: iter(["Here it is: a secret answer"])

    async def attack() -> None:
        async with Visitor(app.url) as owner:
            chat = await asked(owner, "A secret question")
            known, signature = owner.identity.split(".")
            guesses = [secrets.token_urlsafe(32), owner_of(known), "guess", known, "%"]
            forged = [owner.identity[:-1], f"{owner.identity}x", f"{known}.{'x' * 43}"]
            swapped = f"{secrets.token_urlsafe(32)}.{signature}"
            for identity in [*guesses, *forged, f"{known}.{known}", swapped]:
                came: list[bytes] = []
                for path in (chat, "", "search", "trash", "transfer"):
                    async with Visitor(
                        app.url, path=path, identity=identity, heard=came.append
                    ) as stranger:
                        await stranger.drawn()
                        for file in stranger.files:
                            made = await stranger.download(file)
                            came.append(requests.get(made, timeout=5).content)
                assert b"What would you like to know?" in b"".join(came)
                assert b"secret" not in b"".join(came)

    finished(attack())


@pytest.mark.parametrize("keeps_cookies", [True, False])
def test_anothers_session_is_not_joined(
    app: App, slow_demo_server: DemoServer, keeps_cookies: bool
) -> None:
    """Who has a session's id gets a new one; the visitor's own goes on, and loses nothing."""
    slow_demo_server.answer = lambda _: iter(["Here it is: a secret answer"])

    async def attack() -> None:
        async with Visitor(app.url, identity="" if keeps_cookies else None) as owner:
            chat = await asked(owner, "A secret question")
            slow_demo_server.answer = lambda _: iter(["Here it is"])
            for identity in ("", None):
                for path in ("", chat, "trash"):
                    heard = await intruded(app, owner.session, identity, path)
                    assert b"What would you like to know?" in heard or path == "trash"
                    assert b"secret" not in heard
            slow_demo_server.answer = lambda _: iter(["Still here"])
            await owner.ask("And now?")
            await owner.until(
                lambda: owner.shows("Still here") and owner.shows("A secret question")
            )

    finished(attack())


async def intruded(app: App, session: str, identity: str | None, path: str) -> bytes:
    """Return all that comes to somebody who joins a session with a cookie of their own."""
    came: list[bytes] = []
    async with Visitor(
        app.url, path=path, identity=identity, session=session, heard=came.append
    ) as stranger:
        await stranger.drawn()
        assert stranger.session != session
        if path != "trash":
            await stranger.ask("What was attached?")
            await stranger.until(lambda: stranger.shows("Here it is") and not stranger.is_running)
    return b"".join(came)


@pytest.mark.parametrize("is_cut", [True, False])
def test_ones_own_session_is_joined(app: App, is_cut: bool) -> None:
    """A line that broke comes back to the same session, also where the server missed the break."""

    async def come_back() -> None:
        async with AsyncExitStack() as lines:
            first = await lines.enter_async_context(Visitor(app.url))
            await first.drawn()
            if is_cut:
                await lines.aclose()
            again = Visitor(app.url, identity=first.identity, session=first.session)
            await lines.enter_async_context(again)
            await again.drawn()
            assert again.session == first.session

    finished(come_back())


def test_the_code_as_a_host(app: App, slow_demo_server: DemoServer, tmp_path: Path) -> None:
    """A redirect to a name that is made of the code is in no message, and in no row."""
    slow_demo_server.moved_to = f"http://{CODE}.evil.test/api/chat"
    came: list[bytes] = []

    async def ask() -> None:
        async with Visitor(app.url, heard=came.append) as visitor:
            await visitor.drawn()
            await visitor.ask("Where are you?")
            await visitor.until(lambda: visitor.shows("another place, which was not followed"))
            await visitor.drawn()

    finished(ask())
    app.stop()
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert any(b"another place" in each for each in written)
    for data in (*came, *written):
        assert CODE.encode() not in data.lower()
        assert b"evil.test" not in data


def test_a_guessed_export(app: App, slow_demo_server: DemoServer) -> None:
    """A file is made for whoever was given its name alone, and that one is not to be guessed."""
    slow_demo_server.answer = lambda _: iter(["Here it is"])

    async def attack() -> None:
        async with Visitor(app.url) as owner:
            await asked(owner, "A question")
            async with Visitor(app.url, path="transfer") as stranger:
                await stranger.until(lambda: stranger.files and not stranger.is_running)
                assert len(stranger.files[0]) == 32
                assert not set(stranger.files) & set(owner.files)
                for name in ("0" * 32, "", "../chats.db", "%"):
                    assert await stranger.download(name) == ""

    finished(attack())
    for path in ("/media/" + "0" * 56 + ".json", "/media/../app.py", "/media/..%2f..%2fapp.py"):
        assert b"st.App" not in requests.Session().send(_as_it_is(app.url, path), timeout=5).content


@pytest.mark.parametrize("code", ["abc\r\nX-Evil: 1", "abc\ndef", "abc\x00", "abc def", "код"])
def test_a_code_that_would_be_more_than_a_code(
    app: App, slow_demo_server: DemoServer, code: str
) -> None:
    """It is not sent, and the page says what is wrong with it."""
    slow_demo_server.answer = lambda _: iter(["Here it is"])

    async def attack() -> None:
        async with Visitor(app.url) as visitor:
            await visitor.drawn()
            await visitor.type("auth_token", code)
            await visitor.ask("Hello?")
            await visitor.until(lambda: visitor.shows("cannot be sent") and not visitor.is_running)

    finished(attack())
    assert not conversed(slow_demo_server)
    assert not [each for each in slow_demo_server.asked if "X-Evil" in str(each["headers"])]


def test_a_flood_of_one_visitor(app: App, slow_demo_server: DemoServer) -> None:
    """It ends with words, and what was too much stays in the composer; others are answered."""
    slow_demo_server.answer = lambda _: iter(["Here it is"])

    async def attack() -> None:
        async with Visitor(app.url) as visitor:
            await visitor.drawn()
            for number in range(AT_ONCE + 1):
                await visitor.ask(f"Number {number}, fault: silent")
                await visitor.until(partial(_took, visitor, number))
            assert visitor.shows(f"may have {AT_ONCE} at once")
        async with Visitor(app.url) as other:
            await asked(other, "And me?")

    finished(attack())
    questions = [each["body"]["messages"][-1]["content"] for each in conversed(slow_demo_server)]
    assert questions == ["Number 0, fault: silent", "And me?"]


def _took(visitor: Visitor, number: int) -> bool:
    """Says whether the page shows a question, or why it was not sent."""
    return visitor.shows(f"Number {number},") or visitor.shows(f"may have {AT_ONCE} at once")


def _typed(size: int) -> bytes:
    """Return the message of a visitor who typed so many characters into a widget of no page."""
    message = BackMsg()
    field = message.rerun_script.widget_states.widgets.add(id=f"$$ID-{'0' * 32}-question")
    field.string_value = "x" * size
    return bytes(message.SerializeToString())


def _installing() -> bytes:
    """Return the request to install a coding agent's instructions on the server's disk."""
    message = BackMsg()
    message.backend_operation_request.request_id = "1"
    message.backend_operation_request.install_skills.SetInParent()
    return bytes(message.SerializeToString())


@pytest.mark.parametrize(
    "message",
    [b"\xff" * 1000, "text and not bytes", _typed(1000), _typed(40_000_000), _installing()],
    ids=["noise", "text", "unknown widget", "huge", "installs something"],
)
def test_what_no_page_sends(demo_app: App, message: bytes | str) -> None:
    """It harms nobody: the line may end, the app goes on and its folder stays as it was."""
    before = set(Path().glob(".*")) | set(Path().glob("*"))
    with connect(
        demo_app.url.replace("http", "ws") + "/_stcore/stream",
        origin=Origin(demo_app.url),
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
    ) as line:
        try:
            line.send(message)
            for _ in range(3):
                line.recv(timeout=1)
        except (ConnectionClosed, TimeoutError):
            pass

    async def look() -> None:
        async with Visitor(demo_app.url) as visitor:
            await visitor.until(
                lambda: visitor.shows("What would you like to know?") or not visitor.is_running
            )

    finished(look())
    assert set(Path().glob(".*")) | set(Path().glob("*")) == before


@pytest.mark.parametrize(
    "path",
    [
        "/app/static/../../liaobots/errors.py",
        "/static/..%2f..%2f..%2fapp.py",
        "/_stcore/../app.py",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/.streamlit/secrets.toml",
    ],
)
def test_no_file_is_given_away(demo_app: App, path: str) -> None:
    """Only the page and its parts are served."""
    answer = requests.Session().send(_as_it_is(demo_app.url, path), timeout=5)
    assert b"LiaobotsError" not in answer.content
    assert b"root:" not in answer.content
    assert b"st.App" not in answer.content


def _as_it_is(url: str, path: str) -> requests.PreparedRequest:
    """Return a request for a path that is not normalized before it is sent."""
    request = requests.Request("GET", url).prepare()
    request.url = url + path
    return request


def test_nobody_drives_the_app_by_machine(demo_app: App) -> None:
    """Streamlit's way in for programs is shut."""
    for way in ("interact", "mcp"):
        answer = requests.post(f"{demo_app.url}/_stcore/agent/{way}", json={}, timeout=5)
        assert answer.status_code >= 400
        assert "session_id" not in answer.json()


@pytest.mark.parametrize("words", ODD)
def test_odd_words_are_words(store: Store, owner: str, words: str) -> None:
    """In titles, questions, prompts and the search nothing means anything else than itself."""
    other = secrets.token_hex(32)
    plain = store.ask(owner, None, "Plain words, 100 of them, axb", "gpt-4")
    theirs = store.ask(other, None, words, "gpt-4")
    mine = store.ask(owner, None, f"Look: {words}", "gpt-4")
    assert plain
    assert theirs
    assert mine
    store.rename(owner, mine.conversation, words)
    store.prompts.save(owner, words, words)
    found = {hit.conversation for hit in store.search.find(owner, words, 10)}
    assert found <= {mine.conversation}
    opened = store.open(owner, mine.conversation)
    assert opened
    assert opened.messages[0].text.startswith("Look: ")
    assert len(store.list(owner, 10)) == 2
    assert len(store.prompts.list(owner)) == 1
    assert not store.prompts.list(other)
