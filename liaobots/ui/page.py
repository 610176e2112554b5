"""The page, read top to bottom. `app.py` wraps it; it also runs alone."""

import sys
import time
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
    identity,
    markdown,
    money,
    navigation,
    offer,
    pending,
    server_settings,
    sidebar,
    texts,
    transcript,
)
from liaobots.ui.pending import Progress

# For so many seconds a page is taken for as new as it looks.
FRESH = 1.0
began = time.monotonic()

st.set_page_config(page_title=texts.TITLE, page_icon=str(texts.ICON))
st.html(browser.HTML, unsafe_allow_javascript=True)
if identity.are_secrets_broken():
    st.error(markdown.plain(texts.SECRETS_BROKEN))
    st.stop()
if faults := server_settings.faults():
    st.error(markdown.plain(texts.SETTINGS_WRONG.format(words=" ".join(faults))))
    st.stop()

chats.recognise()
seen = chats.glance()
place = navigation.show(seen)
view = navigation.VIEWS.get(place)
opened = None if view else chats.open_chat(place)
if opened and len(opened.conversation.compared) > 3:
    st.set_page_config(layout="wide")
try:
    link = identity.connection()
except InputRefused as error:
    st.error(markdown.plain(str(error)))
    st.stop()
offer.settle(opened)
if pending.settle(None if view else pending.place_of(opened)):
    # A question went off as its files are read: the page is to show it.
    chats.draw_again()

sidebar.show(link, is_new=opened is None and not view)
money.look(link, patience=0)
balance = sidebar.show_balance(money.words(link, opened))
navigation.show_more()
composer.tell_the_browser()
progress = Progress({}) if view else composer.show(link, opened)
with st.empty():
    heading.show_trouble(opened, chats.last_trouble(), seen.trouble)
transcript.greet(is_empty=opened is None and not view, is_demo=link.is_demo)
if view:
    view.show()
if opened:
    heading.show(opened)
    transcript.show(opened, progress.is_due)
    if opened.writing:
        # An answer has ended: draw the page again without its Stop and with what can be done now.
        chats.draw_again()
if progress.follow():
    chats.draw_again()
money.look(link, money.PATIENCE)
sidebar.show_balance(money.words(link, opened), balance)
transcript.warm_up()


@st.fragment(run_every=2)
def watch() -> None:
    """Draws the page again when something has changed elsewhere: in another tab or server."""
    is_new = time.monotonic() - began < FRESH
    if not is_new and chats.glance() != seen:
        chats.draw_again()


watch()
