"""What visitors do with a chat: choose its model, rename, pin, instruct or delete it."""

from liaobots.ui.actions import message
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import available_models, widgets
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import LISTED_CHATS, SHOWN_MESSAGES, Deleted, Session


@callback
def choose_model(session: Session) -> None:
    """Store the chosen model with the open chat."""
    opened, name = session.opened, available_models.model()
    if opened and session.chat == session.chat_of_model and name:
        opened.generations.store.set_model(opened.owner, session.chat, name)


@callback
def begin_with_model(session: Session, name: str) -> None:
    """Begin a chat with a model."""
    session.chat_of_model = session.redirect = ""
    widgets.put(available_models.MODEL, name)


@callback
def rename(session: Session, opened: OpenChat, widget: str) -> None:
    """Give a chat the title that was typed."""
    del session
    title = widgets.text(widget)
    opened.generations.store.rename(opened.owner, opened.conversation.id, title)


@callback
def pin(session: Session, opened: OpenChat, *, is_pinned: bool) -> None:
    """Pin a chat to the top of the list, or unpin it."""
    del session
    store = opened.generations.store
    store.pin(opened.owner, opened.conversation.id, is_pinned=is_pinned)


@callback
def instruct_typed(session: Session, opened: OpenChat | None, widget: str) -> None:
    """Set the instructions that were typed."""
    instruct(session, opened, widgets.text(widget))


def instruct(session: Session, opened: OpenChat | None, instructions: str) -> None:
    """Set the instructions (the system message) of a chat, or of the next new chat."""
    if opened is None:
        session.instructions = instructions
    else:
        store = opened.generations.store
        store.set_instructions(opened.owner, opened.conversation.id, instructions)


@callback
def delete(session: Session, opened: OpenChat) -> None:
    """Stop the answers of a chat, and move it into the trash."""
    message.stop_writing(opened)
    manager, chat = opened.generations, opened.conversation.id
    manager.store.trash.put_conversation(opened.owner, chat)
    session.redirect = ""
    session.deleted = Deleted(chat, is_message=False, place=manager)


@callback
def show_older(session: Session) -> None:
    """Show more chats in the list."""
    session.listed_chats += LISTED_CHATS


@callback
def show_earlier(session: Session, chat: str) -> None:
    """Show more of a chat's earlier messages."""
    session.shown_messages[chat] = session.shown_count(chat) + SHOWN_MESSAGES
