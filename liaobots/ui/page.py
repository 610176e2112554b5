"""The page, read top to bottom. `app.py` wraps it; it also runs alone."""

import sys
from pathlib import Path

import streamlit as st

if str(Path(__file__).parents[2]) not in sys.path:
    sys.path.append(str(Path(__file__).parents[2]))

from liaobots.ui import composer, sidebar, state, texts, transcript

st.set_page_config(page_title=texts.TITLE, page_icon=str(texts.ICON))

conversation = state.conversation()
conversation.interrupt()
connection = state.connection()
models, are_live = state.models(connection)
busy = conversation.is_waiting

sidebar.show(
    models,
    are_live=are_live,
    is_demo=connection.is_demo,
    has_server_code=state.has_server_code(),
    busy=busy,
)
composer.show(busy=busy)
transcript.show(conversation.messages, is_demo=connection.is_demo)
if busy:
    transcript.show_writing(conversation.messages[-1].model, state.write())
    # The answer has ended: draw the page again without Stop and with its words.
    st.rerun()
if not connection.is_demo:
    sidebar.show_balance(state.account(connection))
