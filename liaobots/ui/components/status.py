"""What becomes of the newest answers, in words: for screen readers and the browser's tab."""

import json

from liaobots.locale import _
from liaobots.storage.records import Message, MessageState
from liaobots.ui.state.open_chat import OpenChat


def answers(opened: OpenChat | None) -> str:
    """Return the newest answers of a chat as JSON: their ids, whether they are written, words.

    Each has its model in its words if several are compared.
    """
    found = _newest(opened) if opened else []
    return json.dumps(
        [
            {
                "id": each.id,
                "isWriting": each.state is MessageState.WRITING,
                "words": _words(each, is_one_of_many=len(found) > 1),
            }
            for each in found
        ]
    )


def tab_title(opened: OpenChat | None, view: str) -> str:
    """Return the title of the browser's tab: that of the chat, or of the view."""
    title = opened.conversation.title if opened else view
    mark = "● " if opened and opened.writing else ""
    return f"{mark}{title} · {_('Liaobots chat')}" if title else _("Liaobots chat")


def _newest(opened: OpenChat) -> list[Message]:
    last = opened.conversation.messages[-1:]
    answers = list(opened.conversation.compared) or last
    return [each for each in answers if each.role == "assistant"]


def _words(answer: Message, *, is_one_of_many: bool) -> str:
    words = {
        MessageState.WRITING: _("Answering …"),
        MessageState.DONE: _("The answer is complete."),
        MessageState.STOPPED: _("The answer was stopped."),
        MessageState.FAILED: _("The answer failed."),
        MessageState.INTERRUPTED: _("The answer was interrupted."),
    }[answer.state]
    return f"{answer.model}: {words}" if is_one_of_many else words
