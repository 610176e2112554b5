"""Export chats into files, and import files with chats."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from liaobots import formats
from liaobots.errors import LiaobotsError
from liaobots.formats import Chat
from liaobots.formats.import_job import ImportJob, ImportQueue
from liaobots.limits import limits
from liaobots.ui import server_state, uploads
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import stores, widgets
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Session


def export_all(session: Session) -> Callable[[], str]:
    """Return a function that writes all the visitor's chats and prompts as JSON, in any thread."""
    owner, all_stores = session.visitor.owner, [manager.store for manager in stores.stores()]
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
    chat, chat_io = opened.conversation.id, opened.generations.store.chat_io
    return lambda: write(chat_io.export_chats(opened.owner, chat))


def as_json(chats: Iterable[Chat]) -> str:
    """Return chats in this app's own JSON format."""
    return "".join(formats.to_json(chats, []))


def as_markdown(chats: Iterable[Chat]) -> str:
    """Return chats as Markdown."""
    return "\n".join(map(formats.to_markdown, chats))


@callback
def import_file(session: Session, widget: str) -> None:
    """Start to import the file that was chosen in a widget."""
    if (file := widgets.value(widget)) is None:
        return
    session.uploads += 1
    source, release = uploads.hand_over(file)
    session.import_job = _start_import(session.visitor.owner, source, release)


def _start_import(owner: str, source: Path, release: Callable[[], object]) -> ImportJob:
    """Return the job that imports a file. Raise `LiaobotsError` if it cannot start."""
    imports = server_state.get_or_create("imports", partial(ImportQueue, limits()))
    try:
        return imports.start(stores.primary_store().store, owner, source, release)
    except LiaobotsError:
        release()
        raise
