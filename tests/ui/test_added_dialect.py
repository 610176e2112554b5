"""A dialect that only this file knows, from the client to the page."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from liaobots.client import dialects
from liaobots.client.answer_reader import AnswerReader
from liaobots.client.client import Client
from liaobots.client.dialects.base import Dialect, Question, Request, Service
from liaobots.pieces import Piece, Reasoning, Text, ToolCall
from liaobots.ui.state import available_models, backend
from tests.support.app_test import SCRIPT, ask, said, settle, shown_chat, words_of
from tests.support.raw_server import RawServer, whole

ANSWER = [{"idea": "Hm."}, {"word": "It "}, {"word": "works."}, {"wants": "clock"}]


class WordReader(AnswerReader):
    """Reads `{"word": …}`, `{"idea": …}` and `{"wants": …}`."""

    def is_known(self, event: dict[str, Any]) -> bool:
        """Return whether it is one of the three."""
        return bool(event.keys() & {"word", "idea", "wants"})

    def pieces_of(self, event: dict[str, Any]) -> Sequence[Piece]:
        """Return the only piece of an object."""
        kinds: dict[str, type[Text | Reasoning | ToolCall]]
        kinds = {"word": Text, "idea": Reasoning, "wants": ToolCall}
        return [kinds[name](value) for name, value in event.items() if name in kinds]


class Words(Dialect):
    """Asks at `/words` for one word a line."""

    name = "words"
    needs_auth = False
    can_search = True

    def answer_request(self, service: Service, question: Question) -> Request:
        """Return the request for an answer."""
        body = {"say": question.messages[-1]["content"], "look": question.search}
        return Request("POST", "/words", body, {"Content-Type": "application/json"})

    def models_request(self, service: Service) -> Request:
        """Return the request for the list of models."""
        del service
        return Request("GET", "/speakers")

    def reader(self) -> AnswerReader:
        """Return a reader for words."""
        return WordReader()


class WordServer(RawServer):
    """A service that speaks this dialect."""

    answer: Sequence[dict[str, str]] = ANSWER

    def response_to(self, request: bytes) -> Iterable[bytes]:
        """Return the answer, or the models."""
        if request.startswith(b"GET /speakers"):
            return [whole(b'[{"id": "parrot"}]', b"Content-Type: application/json")]
        lines = "\n".join(map(json.dumps, self.answer)).encode()
        return [whole(lines, b"Content-Type: application/x-ndjson")]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[WordServer]:
    """Start the service, and register the dialect."""
    monkeypatch.setitem(dialects.DIALECTS, Words.name, Words())
    monkeypatch.setenv("LIAOBOTS_WIRE", Words.name)
    with WordServer() as started:
        monkeypatch.setenv("LIAOBOTS_URL", started.url)
        yield started


def bodies(service: WordServer) -> list[dict[str, Any]]:
    asked = [each for each in service.requests if each.startswith(b"POST /words")]
    return [json.loads(each.partition(b"\r\n\r\n")[2]) for each in asked]


def test_the_client_speaks_it(service: WordServer) -> None:
    """Its pieces come as from any other dialect."""
    client = Client()
    assert list(client.models()) == ["parrot"]
    reply = client.chat([{"role": "user", "content": "Well?"}], "parrot")
    expected = [Reasoning("Hm."), Text("It "), Text("works."), ToolCall("clock")]
    assert list(reply.pieces()) == expected
    assert client.account().balance is None


def test_the_page_speaks_it(service: WordServer) -> None:
    """Its models, its switch for searching the web, its answer and its notes are there."""
    page = AppTest.from_file(SCRIPT, default_timeout=20).run()
    settle(page)
    assert page.selectbox(key=available_models.MODEL).value == "parrot"
    page.toggle(key=backend.SEARCH).set_value(True).run()
    ask(page, "Well?")
    assert said(page) == ["Well?", "It works."]
    assert bodies(service) == [{"say": "Well?", "look": True}]
    assert "which this page does not run" in words_of(page)
    shown = shown_chat(page).messages[-1]
    assert shown.reasoning == "Hm."


def test_more_notes_than_the_page_shows(service: WordServer) -> None:
    """It says how many others came."""
    service.answer = [{"word": "Well."}, *({"wants": f"tool {number}"} for number in range(25))]
    page = AppTest.from_file(SCRIPT, default_timeout=20).run()
    settle(page)
    ask(page, "Well?")
    assert "“tool 19”" in words_of(page)
    assert "“tool 20”" not in words_of(page)
    assert "5 more sources or items came." in words_of(page)
