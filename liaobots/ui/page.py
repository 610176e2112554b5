"""The page, read top to bottom. `app.py` wraps it; it also runs alone."""

import sys
import time
from pathlib import Path

import streamlit as st

if str(Path(__file__).parents[2]) not in sys.path:
    sys.path.append(str(Path(__file__).parents[2]))

from liaobots.errors import InvalidInput
from liaobots.ui import browser, identity, markdown, server_settings, texts
from liaobots.ui.components import chat_header, composer, navigation, sidebar, transcript
from liaobots.ui.state import available_models, open_chat, pending_question, visitor
from liaobots.ui.state import balance as balance_state
from liaobots.ui.state.pending_question import Progress

# A page that was drawn less than this long ago is not compared with the store.
FRESH_SECONDS = 1.0
began = time.monotonic()

st.set_page_config(page_title=texts.TITLE, page_icon=str(texts.ICON))
st.html(browser.HTML, unsafe_allow_javascript=True)
if identity.are_secrets_broken():
    st.error(markdown.escape_line(texts.SECRETS_BROKEN))
    st.stop()
if errors := server_settings.errors():
    st.error(markdown.escape_line(texts.SETTINGS_WRONG.format(words=" ".join(errors))))
    st.stop()

visitor.resolve_visitor()
seen = open_chat.snapshot()
requested = navigation.show(seen)
view = navigation.VIEWS.get(requested)
opened = None if view else open_chat.open_chat(requested)
if opened and len(opened.conversation.compared) > 3:
    st.set_page_config(layout="wide")
try:
    link = identity.connection()
except InvalidInput as error:
    st.error(markdown.escape_line(str(error)))
    st.stop()
available_models.select_default(opened)
if pending_question.settle(None if view else pending_question.place_of(opened)):
    # A question was sent, because its files are read now: the page has to show it.
    open_chat.draw_again()

sidebar.show(link, is_new=opened is None and not view)
balance_state.look(link, patience=0)
balance = sidebar.show_balance(balance_state.words(link, opened))
navigation.show_more()
composer.tell_the_browser()
progress = Progress({}) if view else composer.show(link, opened)
with st.empty():
    chat_header.show_trouble(opened, open_chat.last_trouble(), seen.trouble)
transcript.greet(is_empty=opened is None and not view, is_demo=link.is_demo)
if view:
    view.show()
if opened:
    chat_header.show(opened)
    transcript.show(opened, progress.is_due)
    if opened.writing:
        # An answer has ended: the page has to be drawn without its Stop button and with its menu.
        open_chat.draw_again()
if progress.follow():
    open_chat.draw_again()
balance_state.look(link, balance_state.PATIENCE)
sidebar.show_balance(balance_state.words(link, opened), balance)
transcript.warm_up()


@st.fragment(run_every=2)
def watch() -> None:
    """Draw the page again when something has changed elsewhere: in another tab or server."""
    is_new = time.monotonic() - began < FRESH_SECONDS
    if not is_new and open_chat.snapshot() != seen:
        open_chat.draw_again()


watch()
