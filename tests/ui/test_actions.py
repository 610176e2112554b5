"""What visitors do with their chats: the page's states, by AppTest."""

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from liaobots.demo.server import DemoServer
from liaobots.generation.rate_limit import RateLimiter
from liaobots.limits import Limits
from liaobots.pieces import Content
from liaobots.storage.records import MessageState, Outcome
from liaobots.ui import actions
from liaobots.ui.state import available_models, session, stores
from tests.support.app_test import (
    act,
    ask,
    button,
    message_id,
    press,
    said,
    session_of,
    settle,
    shown_chat,
    words_of,
)
from tests.support.page_actions import conversed


@pytest.fixture
def demo_server(demo_server: DemoServer) -> DemoServer:
    """Answers with the question and the number of the answer."""
    count = iter(range(1, 100))
    demo_server.answer = lambda question: iter([f"answer {next(count)} ", f"to {question}"])
    return demo_server


def test_edit(opened: AppTest, demo_server: DemoServer) -> None:
    """The field has the old words; the new ones are asked alone; both are versions."""
    ask(opened, "one")
    ask(opened, "two")
    act(opened, 0, session.Act.EDIT)
    field = opened.text_area(key=f"edit-{message_id(opened, 0)}")
    assert field.value == "one"
    field.set_value("uno")
    press(opened, "Ask again")
    assert said(opened) == ["uno", "answer 3 to uno"]
    assert "2/2" in words_of(opened)
    sent = conversed(demo_server)[-1]["body"]["messages"]
    assert [message["content"] for message in sent] == ["uno"]
    press(opened, "Previous version")
    assert said(opened)[2] == "two"


def test_an_edit_whose_place_is_gone_is_not_lost(opened: AppTest) -> None:
    """The chat went another way in another tab: the new words come into the composer."""
    ask(opened, "one")
    act(opened, 0, session.Act.EDIT)
    opened.text_area(key=f"edit-{message_id(opened, 0)}").set_value("uno")
    shown = session_of(opened).opened
    assert shown
    chat, store = shown.conversation, shown.generations.store
    owner = session_of(opened).visitor.owner
    asked = store.ask(owner, chat.id, "un", "gpt-4", replaces=chat.messages[0].id)
    assert asked
    store.finish(owner, asked, Content(text="deux"), Outcome(MessageState.DONE))
    button(opened, "Ask again").click().run()
    assert (
        "The chat no longer shows this question: it was changed in another tab. Your "
        "new text was not sent; it is still here."
    ) in words_of(opened).replace("\\", "")
    assert opened.chat_input[0].proto.value == "uno"
    assert said(opened) == ["un", "deux"]


def test_an_edit_that_is_too_long_stays_in_its_field(opened: AppTest) -> None:
    """With by how much; and nothing is sent."""
    ask(opened, "one")
    act(opened, 0, session.Act.EDIT)
    field = f"edit-{message_id(opened, 0)}"
    opened.text_area(key=field).set_value("u" * 1_000_000)
    button(opened, "Ask again").click().run()
    assert "It was not sent" in words_of(opened)
    assert opened.text_area(key=field).value == "u" * 1_000_000
    assert said(opened) == ["one", "answer 1 to one"]


def test_cancel_changes_nothing(opened: AppTest) -> None:
    """The panel closes, and the chat is as it was."""
    ask(opened, "one")
    act(opened, 0, session.Act.EDIT)
    press(opened, "Cancel")
    assert not opened.text_area
    assert said(opened) == ["one", "answer 1 to one"]


def test_answer_with_another_model(opened: AppTest, demo_server: DemoServer) -> None:
    """The chosen one is asked the same question; the old answer is kept."""
    ask(opened, "one")
    act(opened, 1, session.Act.WITH)
    opened.selectbox(key=f"with-{message_id(opened, 1)}").select("stand-in")
    press(opened, "Answer")
    assert said(opened) == ["one", "answer 2 to one"]
    assert conversed(demo_server)[-1]["body"]["models"][0]["modelId"] == "stand-in"
    assert shown_chat(opened).messages[1].versions[0] != message_id(opened, 1)


def test_compare_from_the_sidebar(opened: AppTest, demo_server: DemoServer) -> None:
    """Each chosen model is asked once; the picked answer is the chat's."""
    opened.multiselect(key=available_models.BESIDE).set_value(["gpt-4", "stand-in"]).run()
    ask(opened, "one")
    compared = shown_chat(opened).compared
    assert [answer.model for answer in compared] == ["gpt-3.5-turbo", "gpt-4", "stand-in"]
    models = [
        each["body"]["models"][0]["modelId"]
        for each in demo_server.asked
        if "models" in each["body"]
    ]
    assert sorted(models) == ["gpt-3.5-turbo", "gpt-4", "stand-in"]
    opened.button(key=f"pick-{compared[2].id}").click().run()
    settle(opened)
    assert shown_chat(opened).messages[-1].model == "stand-in"
    assert not shown_chat(opened).compared


def test_thumbs(opened: AppTest) -> None:
    """A thumb shows on the message; the same again takes it back."""
    ask(opened, "one")
    act(opened, 1, session.Act.BAD)
    assert shown_chat(opened).messages[1].thumb == 0
    act(opened, 1, session.Act.BAD)
    assert shown_chat(opened).messages[1].thumb is None


def test_delete_and_undo(opened: AppTest) -> None:
    """The way back stands above the composer, until the next question."""
    ask(opened, "one")
    ask(opened, "two")
    act(opened, 2, session.Act.DELETE)
    assert said(opened) == ["one", "answer 1 to one"]
    assert "The message and those after it are in the trash." in words_of(opened)
    press(opened, "Undo")
    assert said(opened)[2:] == ["two", "answer 2 to two"]
    assert "The message and those after it are in the trash." not in words_of(opened)
    act(opened, 2, session.Act.DELETE)
    ask(opened, "three")
    assert "The message and those after it are in the trash." not in words_of(opened)


def test_an_answer_deleted_leaves_its_question(opened: AppTest) -> None:
    """Which can be answered again."""
    ask(opened, "one")
    act(opened, 1, session.Act.DELETE)
    assert said(opened) == ["one"]
    press(opened, "Try again")
    assert said(opened) == ["one", "answer 2 to one"]


def test_instructions_of_a_new_chat(opened: AppTest, demo_server: DemoServer) -> None:
    """Written before the first question, they are the chat's own afterwards."""
    opened.button(key="prompts-fold").click().run()
    field = next(area for area in opened.text_area if area.label == "Instructions for this chat")
    field.set_value("Be brief.").run()
    ask(opened, "one")
    assert conversed(demo_server)[-1]["body"]["prompt"] == "Be brief."
    assert shown_chat(opened).system == "Be brief."
    ask(opened, "two")
    assert conversed(demo_server)[-1]["body"]["prompt"] == "Be brief."


def test_a_question_that_is_too_long(opened: AppTest, demo_server: DemoServer) -> None:
    """It is refused before it is sent, with by how much, and is back in the composer."""
    opened.chat_input[0].set_value("x" * 12_005).run()
    words = opened.error[0].value.replace("\\", "")
    assert "12,005 characters, and the model takes 12,000: 5 too many" in words
    assert session_of(opened).opened is None
    assert not [each for each in demo_server.asked if each["path"] == "/api/chat"]
    opened.run()
    assert opened.error
    press(opened, "Prompts")
    assert not opened.error


@pytest.mark.parametrize("is_temporary", [False, True])
def test_one_question_too_many(
    opened: AppTest, demo_server: DemoServer, is_temporary: bool
) -> None:
    """It is neither kept nor sent, and takes nothing along that was prepared for it."""
    opened.toggle(key=actions.question.TEMPORARY).set_value(is_temporary).run()
    session_of(opened).instructions = "Be brief."
    place = stores.in_memory() if is_temporary else stores.primary_store()
    place._rate_limiter = RateLimiter(Limits(answers_per_visitor=0))
    opened.chat_input[0].set_value("one").run()
    assert "may have 0 at once" in opened.error[0].value
    assert not said(opened)
    assert not conversed(demo_server)
    place._rate_limiter = RateLimiter()
    ask(opened, "one")
    assert said(opened) == ["one", "answer 1 to one"]
    assert conversed(demo_server)[-1]["body"]["prompt"] == "Be brief."
    place._rate_limiter = RateLimiter(Limits(answers_per_visitor=0))
    act(opened, 0, session.Act.EDIT)
    opened.text_area(key=f"edit-{message_id(opened, 0)}").set_value("two")
    opened.button(key=f"do-{message_id(opened, 0)}").click().run()
    assert "may have 0 at once" in opened.error[0].value
    assert said(opened) == ["one", "answer 1 to one"]
    assert len(conversed(demo_server)) == 1


def test_a_file_that_cannot_be_read(opened: AppTest, demo_server: DemoServer) -> None:
    """The words say which and why; nothing is sent, and what was typed is back."""
    box = opened.chat_input[0]
    box.upload("picture.txt", b"\x89PNG\r\n\x1a\n....", "text/plain")
    box.set_value("What is this?").run()
    assert "picture" in opened.error[0].value
    assert not [each for each in demo_server.asked if each["path"] == "/api/chat"]
    assert session_of(opened).opened is None


def test_a_temporary_chat_is_worked_with_too(opened: AppTest) -> None:
    """Edited, deleted and found, in the server's memory alone."""
    opened.toggle(key=actions.question.TEMPORARY).set_value(True).run()
    ask(opened, "passing thought")
    act(opened, 1, session.Act.AGAIN)
    assert said(opened)[1] == "answer 2 to passing thought"
    database = stores.database()
    assert database
    with database.store._database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM conversations")) == 0
