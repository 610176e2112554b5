"""Export chats into files, and import files with chats."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import streamlit as st

from liaobots import formats
from liaobots.errors import LiaobotsError
from liaobots.formats import Chat
from liaobots.formats.import_job import ImportJob, ImportQueue
from liaobots.limits import limits
from liaobots.ui import identity, server_state, uploads
from liaobots.ui.state import session, stores
from liaobots.ui.state.open_chat import OpenChat


def export_all() -> Callable[[], str]:
    """Return a function that writes all the visitor's chats and prompts as JSON, in any thread."""
    owner, all_stores = identity.owner(), [manager.store for manager in stores.stores()]
    waiting = stores.waiting_chats()

    def write() -> str:
        chats = (
            chat
            for store in all_stores
            for chat in store.chat_io.export_chats(owner)
            if store.is_memory or not waiting.reason(owner, chat.id)
        )
        saved = [each for store in all_stores for each in store.prompts.list(owner)]
        prompts = [formats.Prompt(each.id, each.name, each.text) for each in saved]
        return "".join(formats.to_json(chats, prompts))

    return write


def export_one(opened: OpenChat, write: Callable[[Iterable[Chat]], str]) -> Callable[[], str]:
    """Return a function that writes an open chat, in any thread."""
    owner, chat, chat_io = (
        identity.owner(),
        opened.conversation.id,
        opened.generations.store.chat_io,
    )
    return lambda: write(chat_io.export_chats(owner, chat))


def as_json(chats: Iterable[Chat]) -> str:
    """Return chats in this app's own JSON format."""
    return "".join(formats.to_json(chats, []))


def as_markdown(chats: Iterable[Chat]) -> str:
    """Return chats as Markdown."""
    return "\n".join(map(formats.to_markdown, chats))


def import_file(widget: str) -> None:
    """Start to import the file that was chosen in a widget."""
    if (file := st.session_state[widget]) is None:
        return
    session.renew_upload()
    try:
        source, release = uploads.hand_over(file)
        session.note_importing(_start_import(source, release))
    except LiaobotsError as error:
        session.refuse_import(str(error))


def _start_import(source: Path, release: Callable[[], object]) -> ImportJob:
    """Return the job that imports a file. Raise `LiaobotsError` if it cannot start."""
    imports = server_state.get_or_create("imports", partial(ImportQueue, limits()))
    try:
        return imports.start(stores.primary_store().store, identity.owner(), source, release)
    except LiaobotsError:
        release()
        raise
