"""The page, read top to bottom. `app.py` wraps it; it also runs alone."""

import sys
import time
from pathlib import Path

import streamlit as st

if str(Path(__file__).parents[2]) not in sys.path:
    sys.path.append(str(Path(__file__).parents[2]))

from liaobots import locale
from liaobots.errors import InvalidInput
from liaobots.locale import _
from liaobots.ui import actions, browser, icons, identity, markdown, notice, server_settings
from liaobots.ui.components import chat_header, composer, navigation, sidebar, transcript
from liaobots.ui.state import available_models, balance, chats, visitor
from liaobots.ui.state.session import draw_again

# A page that was drawn less than this long ago is not compared with the store.
FRESH_SECONDS = 1.0
began = time.monotonic()

locale.use(identity.languages())
st.set_page_config(page_title=_("Liaobots chat"), page_icon=str(icons.APP))
st.html(browser.HTML, unsafe_allow_javascript=True)
if server_settings.are_secrets_broken():
    st.error(
        markdown.escape_line(
            _(
                "The server's secrets.toml cannot be read, so nothing was sent and nothing is "
                "kept. The server's operator can fix it: it must be TOML in UTF-8, like "
                "secrets.toml.example."
            )
        )
    )
    st.stop()
if errors := server_settings.errors():
    st.error(
        markdown.escape_line(
            _(
                "A setting of the server is wrong, so nothing was sent and nothing is kept. "
                "The server's operator can fix it and restart the server. {words}",
                words=" ".join(error.message.worded() for error in errors),
            )
        )
    )
    st.stop()
try:
    session = visitor.resolve()
except InvalidInput as error:
    st.error(markdown.escape_line(error.message.worded()))
    st.stop()

seen = chats.snapshot(session)
session.place = navigation.show(session, seen)
view = navigation.VIEWS.get(session.place)
opened = chats.show(session, "" if view else session.place)
if opened and len(opened.conversation.compared) > 3:
    st.set_page_config(layout="wide")
available_models.select_default(session)
if actions.composer.settle(session, None if view else session.chat):
    # A question was sent, because its files are read now: the page has to show it.
    draw_again()

is_new = opened is None and not view
sidebar.show(session, is_new=is_new)
balance.look(session, patience=0)
balance_slot = sidebar.show_balance(balance.words(session))
navigation.show_more()
composer.tell_the_browser(session)
progress = composer.Progress(session) if view else composer.show(session)
chat_header.show_trouble(opened, seen.trouble)
transcript.greet(session, is_empty=is_new)
if view:
    with notice.instead():
        view.show(session)
if opened:
    chat_header.show(opened)
    transcript.show(session, opened, progress.is_due)
    if opened.writing:
        # An answer has ended: the page has to be drawn without its Stop button and with its menu.
        draw_again()
if progress.follow():
    draw_again()
balance.look(session, balance.PATIENCE)
sidebar.show_balance(balance.words(session), balance_slot)
transcript.warm_up()


@st.fragment(run_every=2)
def watch() -> None:
    """Draw the page again when something has changed elsewhere: in another tab or server."""
    is_fresh = time.monotonic() - began < FRESH_SECONDS
    if not is_fresh and chats.snapshot(session) != seen:
        draw_again()


watch()
