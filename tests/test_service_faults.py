"""A service that is away, silent, mad or endless: what the page says, and what is kept.

Each fault meets the app as it runs, and each time the app answers an ordinary
question afterwards. How long an answer may take is tested with `AnswerManager`.
"""

import asyncio
import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import pytest

from liaobots.client.error_detector import CUT
from liaobots.demo.server import DemoServer
from liaobots.generation import worker
from liaobots.storage.records import Message, MessageState
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.protocol_client import Visitor, finished
from tests.support.scripted_server import Response, ScriptedServer, event, head
from tests.support.stored_chats import kept
from tests.support.waiting import wait_until

STREAM = "text/event-stream"
TEN_MEGABYTES = 10_000_000
PIECE = "all work and no play makes a dull boy\n" * 100
NOISE = b"\xff" + random.Random(7).randbytes(5_000)  # noqa: S311 -- the same noise in each run
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + NOISE
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + NOISE


def once(*parts: bytes) -> Response:
    """Return a response that sends all of this and ends."""
    return lambda: parts


def for_ever(*parts: bytes) -> Response:
    """Return a response that sends the last part again and again."""
    return lambda: chain(parts, repeat(parts[-1]))


RESPONSES = {
    "Hello": once(head(STREAM), event("Good "), event("day.")),
    "Noise as a stream": once(head(STREAM), NOISE),
    "Noise without a label": once(head(""), NOISE),
    "A picture": once(head("image/png"), PNG),
    "A document": once(head("application/pdf"), PDF),
    "No end": for_ever(head(STREAM), event(PIECE)),
    "No end of raw text": for_ever(head("text/plain"), PIECE.encode()),
    "No end of a line": for_ever(head(STREAM), b'data: {"content": "', b"x" * 100_000),
    "No end of JSON": for_ever(head("application/json"), b'{"content": "', b"x" * 100_000),
    "A long event": once(head(STREAM), event("x" * TEN_MEGABYTES)),
    "A long line": once(head("text/plain"), b"x" * TEN_MEGABYTES),
    "Too fast": once(head("application/json", "429 Slow", "Retry-After: 7"), b'{"message": ""}'),
}


@dataclass
class Met:
    """The app, the service that it asks, and the address of its database."""

    app: App
    server: ScriptedServer
    address: str


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    """Start one app for all responses, which waits two seconds for a byte."""
    with (
        ScriptedServer(RESPONSES) as server,
        running(tmp_path_factory.mktemp("met"), server.url) as app,
    ):
        yield Met(app, server, address_of(app))


def running(folder: Path, url: str) -> App:
    """Return an app, not started yet, that asks the service at this address."""
    address = f"sqlite:///{folder}/chats.db"
    settings = {"LIAOBOTS_URL": url, "LIAOBOTS_AUTH": CODE, "LIAOBOTS_TIMEOUT": "2"}
    return App(folder, LIAOBOTS_DATABASE_URL=address, **settings)


def address_of(app: App) -> str:
    return f"sqlite:///{app.log.parent}/chats.db"


async def met_with(app: App, question: str, words: str) -> str:
    """Asks on a new page, waits for these words and the end, and gives the visitor's identity."""
    async with Visitor(app.url) as visitor:
        await visitor.ask(question)
        await visitor.until(lambda: visitor.shows(words) and not visitor.is_running, 30)
        return visitor.identity


def asked(app: App, question: str, words: str) -> list[Message]:
    """Ask, wait for these words on the page, and return what is stored."""
    identity = finished(met_with(app, question, words))
    return kept_at_the_end(address_of(app), identity)


def kept_at_the_end(address: str, identity: str) -> list[Message]:
    """Return what is stored when the answer has ended there: the page may be a moment ahead."""
    wait_until(lambda: kept(address, identity)[-1].state is not MessageState.WRITING)
    return list(kept(address, identity))


def answer_to(app: App, question: str, words: str) -> Message:
    """Return the answer that is stored for its question."""
    said, answer = asked(app, question, words)
    assert said.text == question
    return answer


def is_in_order(app: App, question: str = "Hello", words: str = "Good day.") -> None:
    """Asks an ordinary question, whose answer must come and be kept."""
    answer = answer_to(app, question, words)
    assert answer.state is MessageState.DONE
    assert words in answer.text


def test_a_service_that_cannot_be_reached(tmp_path: Path) -> None:
    """Away, or too busy to take a call: the page says so, and both questions are there."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    with running(tmp_path, f"http://127.0.0.1:{port}") as app:
        answer = answer_to(app, "Anybody there?", "The service could not be reached")
        assert (answer.state, answer.error_kind, answer.text) == (
            MessageState.FAILED,
            "connection_failed",
            "",
        )
        with ExitStack() as lines:
            lines.enter_context(_full(port))
            answer = answer_to(app, "And now?", "The service could not be reached")
            assert (answer.state, answer.error_kind) == (MessageState.FAILED, "connection_failed")
        with DemoServer(port, pace=None, answer=lambda _: iter(["Good ", "day."])):
            is_in_order(app)


def _full(port: int) -> ExitStack:
    """Return a port with a listener that accepts no more connections."""
    lines = ExitStack()
    listener = lines.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(0)
    for _ in range(4):
        line = lines.enter_context(socket.socket())
        line.setblocking(False)
        with suppress(BlockingIOError):
            line.connect(("127.0.0.1", port))
    return lines


def test_a_service_that_falls_silent(tmp_path: Path) -> None:
    """Before the first word, in the middle, or with a cut: what came is kept, and no more."""
    words = [f"word{n} " for n in range(10)]
    with DemoServer(pace=None) as service, running(tmp_path, service.url) as app:
        service.answer = lambda _: iter(words)
        answer = answer_to(app, "fault: silent", "The service sent nothing in time.")
        assert (answer.state, answer.error_kind, answer.text) == (
            MessageState.FAILED,
            "connection_failed",
            "",
        )
        answer = answer_to(app, "fault: stall", "Nothing more came in time.")
        assert (answer.state, answer.error_kind) == (MessageState.FAILED, "answer_interrupted")
        assert answer.text == "".join(words[:5])
        answer = answer_to(app, "fault: cut", str(CUT))
        assert (answer.state, answer.error_kind) == (MessageState.FAILED, "answer_interrupted")
        assert answer.text == "".join(words[:5])
        is_in_order(app, "Hello", "".join(words).strip())


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Noise as a stream", "that is no text"),
        ("Noise without a label", "that is no text"),
        ("A picture", "that is no text"),
        ("A document", "that is no text"),
    ],
)
def test_what_is_no_answer(met: Met, question: str, words: str) -> None:
    """It is neither shown nor kept; the page says what came, and offers to try again."""
    answer = answer_to(met.app, question, words)
    assert (answer.state, answer.error_kind, answer.text) == (
        MessageState.FAILED,
        "service_error",
        "",
    )
    assert met.server.asked.count(question) == 1
    is_in_order(met.app)


@pytest.mark.parametrize("question", ["No end", "No end of raw text"])
def test_an_answer_without_an_end(met: Met, question: str) -> None:
    """It is ended at its bound, the service is hung up on, and all up to there is kept."""
    answer = answer_to(met.app, question, f"{worker.MAX_ANSWER_CHARACTERS:,} characters")
    assert (answer.state, answer.error_kind) == (MessageState.FAILED, "answer_interrupted")
    assert len(answer.text) == worker.MAX_ANSWER_CHARACTERS
    assert (PIECE * 200).startswith(answer.text)
    assert met.server.hung_up.count(question) == 1
    is_in_order(met.app)


@pytest.mark.parametrize("question", ["No end of a line", "No end of JSON"])
def test_an_answer_that_never_begins(met: Met, question: str) -> None:
    """Where nothing that has come can be read, the memory that it takes is bounded."""
    answer = answer_to(met.app, question, "sent too much at once")
    assert (answer.state, answer.error_kind, answer.text) == (
        MessageState.FAILED,
        "service_error",
        "",
    )
    assert met.server.hung_up.count(question) == 1
    is_in_order(met.app)


def test_ten_megabytes_in_one_line(met: Met) -> None:
    """An event of them is none; raw text is shown and kept up to the bound of an answer."""
    answer = answer_to(met.app, "A long event", "sent too much at once")
    assert (answer.state, answer.error_kind, answer.text) == (
        MessageState.FAILED,
        "service_error",
        "",
    )
    answer = answer_to(met.app, "A long line", f"{worker.MAX_ANSWER_CHARACTERS:,} characters")
    assert (answer.state, answer.error_kind) == (MessageState.FAILED, "answer_interrupted")
    assert answer.text == "x" * worker.MAX_ANSWER_CHARACTERS
    is_in_order(met.app)


def test_a_storm_of_refusals(met: Met) -> None:
    """Each question is sent once, and each visitor is told how long to wait."""

    async def storm() -> list[str]:
        words = "Too many questions in a short time. Wait 7 s"
        return await asyncio.gather(*(met_with(met.app, "Too fast", words) for _ in range(8)))

    for identity in finished(storm()):
        said, answer = kept_at_the_end(met.address, identity)
        assert said.text == "Too fast"
        assert (answer.state, answer.error_kind, answer.text) == (
            MessageState.FAILED,
            "rate_limited",
            "",
        )
    assert met.server.asked.count("Too fast") == 8
    is_in_order(met.app)
