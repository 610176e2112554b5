"""What came with an answer and is not text, a line for each."""

import streamlit as st

from liaobots.locale import Sentence, _, counted
from liaobots.pieces import Image, Note, Source, ToolCall, Usage
from liaobots.storage import notes
from liaobots.storage.records import Message
from liaobots.ui import markdown

# How many notes are shown below an answer.
MAX_SHOWN = 20


def show(message: Message) -> None:
    """Draw the notes of an answer."""
    found = notes.from_json(message.notes)
    for note in found[:MAX_SHOWN]:
        st.caption(markdown.escape_line(_words(note)))
    if (more := len(found) - MAX_SHOWN) > 0:
        st.caption(
            counted(
                "{count} more source or item came.", "{count} more sources or items came.", more
            )
        )


def _words(note: Note) -> str:
    match note:
        case Image(url):
            kind = url.removeprefix("data:").partition(";")[0]
            return _("A picture came ({kind}), which this page does not show.", kind=kind)
        case Source(url, title):
            if title:
                return _("Source: {title} ({address})", title=title, address=url)
            return _("Source: {address}", address=url)
        case ToolCall(name):
            return _(
                "The model asked for the tool “{name}”, which this page does not run.", name=name
            )
        case Usage(question, answer):
            unknown = Sentence("an unknown number")
            return _(
                "Tokens: {question} in the question, {answer} in the answer.",
                question=unknown if question is None else question,
                answer=unknown if answer is None else answer,
            )
