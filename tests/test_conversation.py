"""Questions and answers without a page."""

from collections.abc import Iterator

import pytest

from liaobots.service.client import Client
from liaobots.service.standin import StandIn
from liaobots.ui.conversation import Conversation, State
from tests.conftest import CODE


@pytest.fixture
def client(slow_standin: StandIn) -> Client:
    slow_standin.answer = lambda _: iter("abcdefghij")
    return Client(CODE, slow_standin.url, timeout=0.5)


def asked(question: str) -> Conversation:
    conversation = Conversation()
    conversation.ask(question, "gpt-4")
    return conversation


def test_an_answer_is_kept_as_it_is_given(client: Client) -> None:
    """Each piece is kept before it is shown."""
    conversation = asked("hello")
    assert conversation.is_waiting
    for piece in conversation.write(client.chat):
        assert conversation.messages[-1].text.endswith(piece)
    assert conversation.messages[-1].text == "abcdefghij"
    assert conversation.messages[-1].state is State.DONE


def test_stop_keeps_what_came(client: Client) -> None:
    """What was read before Stop stays, and the answer says that it was stopped."""
    conversation = asked("hello")
    pieces: Iterator[str] = conversation.write(client.chat)
    next(pieces)
    conversation.stop()
    assert list(pieces) == []
    assert conversation.messages[-1].text == "a"
    assert conversation.messages[-1].state is State.STOPPED


def test_a_page_that_goes_interrupts(client: Client, slow_standin: StandIn) -> None:
    """The service is hung up on when nobody reads any more."""
    conversation = asked("hello")
    pieces = conversation.write(client.chat)
    next(pieces)
    del pieces
    assert conversation.messages[-1].state is State.INTERRUPTED


@pytest.mark.parametrize(("fault", "kept"), [("cut", "abcde"), ("refused", "")])
def test_a_failure_is_told_and_the_question_kept(client: Client, fault: str, kept: str) -> None:
    """The words stand where the answer would, and trying again sends the same question."""
    conversation = asked(f"fault: {fault}")
    list(conversation.write(client.chat))
    question, answer = conversation.messages
    assert question.text == f"fault: {fault}"
    assert (answer.state, answer.text) == (State.FAILED, kept)
    assert answer.words
    conversation.try_again("gpt-3.5-turbo")
    assert conversation.is_waiting
    assert conversation.messages[0] is question
    assert conversation.messages[1].model == "gpt-3.5-turbo"


def test_what_was_said_goes_along(client: Client, slow_standin: StandIn) -> None:
    """The next question carries the conversation, without answers that never came."""
    conversation = asked("fault: refused")
    list(conversation.write(client.chat))
    conversation.ask("hello", "gpt-4")
    list(conversation.write(client.chat))
    conversation.ask("and now?", "gpt-4")
    list(conversation.write(client.chat))
    said = [message["content"] for message in slow_standin.asked[-1]["body"]["messages"]]
    assert said == ["fault: refused", "hello", "abcdefghij", "and now?"]
