"""The page to search in titles and messages."""

from collections.abc import Sequence

import streamlit as st

from liaobots.generation.manager import AnswerManager
from liaobots.locale import _, date
from liaobots.storage.ngrams import Fragment, excerpt, query_words
from liaobots.storage.records import SearchHit
from liaobots.ui import actions, icons, markdown, notice
from liaobots.ui.state.session import Session

# Chosen to keep the page short; more words find fewer.
MAX_HITS = 30
QUERY_KEY = "search"


def show(session: Session) -> None:
    """Draw the search field, and below it the hits, updated while the visitor types."""
    st.title(_("Search"), anchor=False)
    notice.show(session)
    query = st.text_input(
        _("Search titles and messages"), key=QUERY_KEY, type="search", live=True, icon=icons.SEARCH
    )
    with st.container(key="hits"):
        if not query or not query_words(query):
            st.caption(
                _("Type one or more words. All of them must occur in the message or in the title.")
            )
            return
        hits = actions.search.find(session, query, MAX_HITS)
        if not hits:
            st.caption(_("Nothing was found. Fewer or shorter words find more."))
        for number, (store, hit) in enumerate(hits[:MAX_HITS]):
            _show_hit(number, store, hit, query_words(query))
        if len(hits) >= MAX_HITS:
            st.caption(
                _(
                    "Only the newest {count} results are shown. Add words to narrow the search.",
                    count=MAX_HITS,
                )
            )


def _show_hit(number: int, store: AnswerManager, hit: SearchHit, words: Sequence[str]) -> None:
    by = {"user": _("You"), "assistant": _("Answer")}.get(hit.role, _("Title"))
    day = f" · {date(hit.asked)}" if hit.asked else ""
    with st.container(border=True, gap="xsmall"):
        st.button(
            markdown.escape_line(hit.title) or _("Untitled"),
            key=f"hit-{number}-{hit.conversation}-{hit.message}",
            type="tertiary",
            on_click=actions.search.open_hit,
            args=(store, hit),
        )
        text = hit.title if hit.message is None else hit.text
        st.markdown("".join(map(_highlighted, excerpt(text, words))))
        st.caption(markdown.escape_line(by + day))


def _highlighted(fragment: Fragment) -> str:
    """Return a fragment as escaped Markdown with the spaces at its ends, highlighted if a hit."""
    text = markdown.escape_line(fragment.text)
    if fragment.is_hit:
        return f":orange-background[{text}]"
    return " " * fragment.text[:1].isspace() + text + " " * fragment.text[-1:].isspace()
