"""What a visitor does and sees on the page in Streamlit's AppTest."""

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from liaobots.storage.records import Conversation
from liaobots.ui.state import session
from liaobots.ui.state.session import Session
from tests.support.app import ROOT

SCRIPT = str(ROOT / "liaobots" / "ui" / "page.py")


def words_of(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.error]
    return "\n".join(part.value for part in parts)


def ask(page: AppTest, question: str) -> None:
    page.chat_input[0].set_value(question).run()
    settle(page)


def session_of(page: AppTest) -> Session:
    """Return what the page knows of this tab."""
    found: Session = page.session_state[session.KEY]
    return found


def shown_chat(page: AppTest) -> Conversation:
    """Return the chat that is open."""
    opened = session_of(page).opened
    assert opened
    return opened.conversation


def said(page: AppTest) -> list[str]:
    """Return the texts of the chat's messages, as they are stored."""
    shown = session_of(page).opened
    return [message.text for message in shown.conversation.messages] if shown else []


def message_id(page: AppTest, number: int) -> str:
    return shown_chat(page).messages[number].id


def act(page: AppTest, number: int, what: session.Act) -> None:
    page.menu_button(key=f"menu-{message_id(page, number)}").set_value(what).run()
    settle(page)


def press(page: AppTest, words: str) -> None:
    button(page, words).click().run()
    settle(page)


def settle(page: AppTest) -> None:
    """Lets the page be drawn until no answer is being written."""
    for _ in range(100):
        page.run()
        shown = session_of(page).opened
        if shown is None or not shown.writing:
            assert not page.exception
            return
    raise AssertionError("the answer did not end")


def button(page: AppTest, words: str) -> Button:
    return next(button for button in page.button if button.label == words)
