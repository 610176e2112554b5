"""What is kept beside the open chat: the trash, what is found, prompts, and files with chats."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from liaobots import formats
from liaobots.errors import LiaobotsError
from liaobots.formats import Chat
from liaobots.formats.import_job import ImportJob, ImportQueue
from liaobots.generation.manager import AnswerManager
from liaobots.limits import limits
from liaobots.storage.records import Prompt, SearchHit, TrashEntry
from liaobots.ui import identity, server_state, uploads
from liaobots.ui.state import attempt, open_chat, session
from liaobots.ui.state.open_chat import OpenChat

# The trash


def undo() -> None:
    """Puts back what was deleted just now."""
    last = session.deleted()
    session.forget_deleted()
    if last:
        put_back(last.place, last.id)


def put_back(place: AnswerManager, id_: str) -> None:
    """Takes something out of the trash, and opens its chat."""
    chat = None
    # What waited in memory may have moved meanwhile.
    for each in [place, *(other for other in open_chat.stores() if other is not place)]:
        chat = chat or attempt.try_get(partial(each.store.trash.restore, identity.owner(), id_))
    if chat:
        st.session_state["goto"] = chat


def forget(place: AnswerManager, id_: str) -> None:
    """Forgets for good what lies in the trash."""
    session.forget_deleted()
    for each in [place, *(other for other in open_chat.stores() if other is not place)]:
        attempt.try_do(partial(each.store.trash.purge, identity.owner(), id_))


def empty_trash() -> None:
    session.forget_deleted()
    for place in open_chat.stores():
        attempt.try_do(partial(place.store.trash.empty, identity.owner()))


def trashed(limit: int) -> Sequence[tuple[AnswerManager, TrashEntry]]:
    """Gives what the visitor deleted last, with where it lies."""
    memory, waiting = open_chat.in_memory(), open_chat.waiting().of(identity.owner())
    found = [
        (place, each)
        for place in open_chat.stores()
        for each in attempt.try_get(partial(place.store.trash.list, identity.owner(), limit)) or []
        if place is memory or each.conversation not in waiting
    ]
    return sorted(found, key=lambda each: each[1].deleted, reverse=True)[:limit]


# Finding


def find(wish: str, limit: int) -> Sequence[tuple[AnswerManager, SearchHit]]:
    """Gives what the visitor's words are found in, with where it is kept."""
    return [
        (place, found)
        for place in open_chat.stores()
        for found in attempt.try_get(
            partial(place.store.search.find, identity.owner(), wish, limit)
        )
        or []
    ]


def open_found(place: AnswerManager, found: SearchHit) -> None:
    """Opens the chat of what was found, and leads to the message."""
    place = open_chat.where(found.conversation, place)
    if found.message is not None:
        if attempt.try_get(partial(place.store.show, identity.owner(), found.message)) is None:
            return
        opened = attempt.try_get(partial(place.store.open, identity.owner(), found.conversation))
        ids = [message.id for message in opened.messages] if opened else []
        behind = len(ids) - ids.index(found.message) if found.message in ids else 0
        open_chat.show_as_many(found.conversation, max(open_chat.MESSAGES, behind + 2))
        session.scroll_to(found.message)
    st.session_state["goto"] = found.conversation


# Prompts


def prompts() -> Sequence[Prompt]:
    return (
        attempt.try_get(partial(open_chat.primary_store().store.prompts.list, identity.owner()))
        or []
    )


def save_prompt(name: str, name_widget: str, text_widget: str) -> None:
    """Keeps a prompt; one without a name yet takes the one that was typed."""
    name = name or str(st.session_state[name_widget])
    text = str(st.session_state[text_widget])
    attempt.try_do(
        partial(open_chat.primary_store().store.prompts.save, identity.owner(), name, text)
    )


def delete_prompt(prompt: str) -> None:
    attempt.try_do(
        partial(open_chat.primary_store().store.prompts.delete, identity.owner(), prompt)
    )


# Taking along, and bringing in


def everything() -> Callable[[], str]:
    """Gives what writes all of the visitor's chats and prompts as JSON, in any thread."""
    owner, stores = identity.owner(), [place.store for place in open_chat.stores()]
    waiting = open_chat.waiting()

    def write() -> str:
        taken = (
            chat
            for store in stores
            for chat in store.porter.export_chats(owner)
            if store.is_memory or not waiting.reason(owner, chat.id)
        )
        kept = [each for store in stores for each in store.prompts.list(owner)]
        named = [formats.Prompt(each.id, each.name, each.text) for each in kept]
        return "".join(formats.to_json(taken, named))

    return write


def one(opened: OpenChat, write: Callable[[Iterable[Chat]], str]) -> Callable[[], str]:
    """Gives what writes an open chat, in any thread."""
    owner, chat, porter = identity.owner(), opened.conversation.id, opened.generations.store.porter
    return lambda: write(porter.export_chats(owner, chat))


def as_json(taken: Iterable[Chat]) -> str:
    return "".join(formats.to_json(taken, []))


def as_markdown(taken: Iterable[Chat]) -> str:
    return "\n".join(map(formats.to_markdown, taken))


def import_chat(widget: str) -> None:
    """Begins to bring in the file that was chosen."""
    if (file := st.session_state[widget]) is None:
        return
    session.renew_upload()
    try:
        source, free = uploads.hand_over(file)
        session.note_importing(_start_import(source, free))
    except LiaobotsError as error:
        session.refuse_import(str(error))


def _start_import(source: Path, free: Callable[[], object]) -> ImportJob:
    imports = server_state.get_or_create("imports", partial(ImportQueue, limits()))
    try:
        return imports.start(open_chat.primary_store().store, identity.owner(), source, free)
    except LiaobotsError:
        free()
        raise
