"""The page, read top to bottom. `app.py` wraps it; it also runs alone."""

import sys
from pathlib import Path

import streamlit as st

if str(Path(__file__).parents[2]) not in sys.path:
    sys.path.append(str(Path(__file__).parents[2]))

from liaobots.errors import InputRefused
from liaobots.ui import (
    browser,
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
st.html(browser.HTML, unsafe_allow_javascript=True)

seen = chats.glance()
place = navigation.show(seen)
view = navigation.VIEWS.get(place)
opened = None if view else chats.open_chat(place)
messages = opened.conversation.messages if opened else []
if opened and len(opened.conversation.compared) > 3:
    st.set_page_config(layout="wide")
try:
    link = state.connection()
except InputRefused as error:
    st.error(markdown.plain(str(error)))
    st.stop()
models, are_live = state.models(link)
state.choose_model(models, last=messages[-1].model if messages else "")

sidebar.show(link, models, are_live=are_live, is_new=opened is None and not view)
balance = None if link.is_demo else sidebar.show_balance(state.account(link, patience=0))
navigation.show_more()
composer.tell_the_browser()
if not view:
    composer.show(opened)
with st.empty():
    if words := chats.last_trouble() or seen.trouble:
        st.warning(texts.NOT_KEPT.format(words=words), icon=texts.NOT_KEPT_ICON)
transcript.greet(is_empty=opened is None and not view, is_demo=link.is_demo)
if view:
    view.show()
if opened:
    heading.show(opened)
    transcript.show(opened)
    if opened.writing:
        # An answer has ended: draw the page again without its Stop and with what can be done now.
        chats.draw_again()
if not link.is_demo:
    sidebar.show_balance(state.account(link), balance)
transcript.warm_up()


@st.fragment(run_every=2)
def watch() -> None:
    """Draws the page again when something has changed elsewhere: in another tab or server."""
    if chats.glance() != seen:
        chats.draw_again()


watch()
