"""The page on which the visitor looks for words in titles and messages."""

from collections.abc import Sequence

import streamlit as st

from liaobots.generation.manager import AnswerManager
from liaobots.storage.ngrams import Fragment, excerpt, words_of
from liaobots.storage.records import SearchHit
from liaobots.ui import actions, markdown, texts

# How many hits are shown.
HITS = 30
WISH = "search"


def show() -> None:
    """Draws the field, and below it what its words are found in, while they are typed."""
    st.title(texts.SEARCH, anchor=False)
    wish = st.text_input(
        texts.SEARCH_LABEL, key=WISH, type="search", live=True, icon=texts.SEARCH_ICON
    )
    with st.container(key="hits"):
        if not wish or not words_of(wish):
            st.caption(texts.SEARCH_HINT)
            return
        hits = actions.search.find(wish, HITS)
        if not hits:
            st.caption(texts.NOTHING_FOUND)
        for number, (place, found) in enumerate(hits[:HITS]):
            _show_hit(number, place, found, words_of(wish))
        if len(hits) >= HITS:
            st.caption(texts.MORE_FOUND.format(count=HITS))


def _show_hit(number: int, place: AnswerManager, found: SearchHit, words: Sequence[str]) -> None:
    by = {"user": texts.BY_YOU, "assistant": texts.BY_MODEL}.get(found.role, texts.IN_TITLE)
    day = f" · {texts.when(found.asked)}" if found.asked else ""
    with st.container(border=True, gap="xsmall"):
        st.button(
            markdown.escape_line(found.title) or texts.UNTITLED,
            key=f"hit-{number}-{found.conversation}-{found.message}",
            type="tertiary",
            on_click=actions.search.open_hit,
            args=(place, found),
        )
        text = found.title if found.message is None else found.text
        st.markdown("".join(map(_shown, excerpt(text, words))))
        st.caption(markdown.escape_line(by + day))


def _shown(piece: Fragment) -> str:
    """Gives a piece as plain text with the spaces at its ends, a hit with a mark."""
    text = markdown.escape_line(piece.text)
    if piece.is_hit:
        return f":orange-background[{text}]"
    return " " * piece.text[:1].isspace() + text + " " * piece.text[-1:].isspace()
