"""The page, read top to bottom. `app.py` wraps it; it also runs alone."""

import sys
from pathlib import Path

import streamlit as st

if str(Path(__file__).parents[2]) not in sys.path:
    sys.path.append(str(Path(__file__).parents[2]))

from liaobots.errors import InputRefused
from liaobots.ui import (
    chats,
    composer,
    heading,
    markdown,
    navigation,
    sidebar,
    state,
    texts,
    transcript,
)

st.set_page_config(page_title=texts.TITLE, page_icon=str(texts.ICON))
st.html(Path(__file__).with_suffix(".css"))

seen = chats.glance()
opened = chats.open_chat(navigation.show(seen))
messages = opened.conversation.messages if opened else []
try:
    link = state.connection()
except InputRefused as error:
    st.error(markdown.plain(str(error)))
    st.stop()
models, are_live = state.models(link)
state.choose_model(models, last=messages[-1].model if messages else "")

sidebar.show(link, models, are_live=are_live, is_new=opened is None)
balance = None if link.is_demo else sidebar.show_balance(state.account(link, patience=0))
composer.show(opened)
with st.empty():
    if words := chats.last_trouble() or seen.trouble:
        st.warning(texts.NOT_KEPT.format(words=words), icon=texts.NOT_KEPT_ICON)
transcript.greet(is_empty=opened is None, is_demo=link.is_demo)
if opened:
    heading.show(opened)
    transcript.show(opened)
    if opened.writing:
        # The answer has ended: draw the page again without Stop and with what can be done now.
        st.rerun()
if not link.is_demo:
    sidebar.show_balance(state.account(link), balance)
composer.follow_the_end()
transcript.warm_up()


@st.fragment(run_every=2)
def watch() -> None:
    """Draws the page again when something has changed elsewhere: in another tab or server."""
    if chats.glance() != seen:
        st.rerun()


watch()
