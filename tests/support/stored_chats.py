"""What is stored of a visitor's chats, read from the database itself."""

from collections.abc import Sequence

from liaobots.formats import Chat, to_json
from liaobots.pieces import Content, content_of
from liaobots.storage.database import Database
from liaobots.storage.records import Message, MessageState, Outcome, PendingAnswer
from liaobots.storage.store import Store
from liaobots.ui import identity_cookie
from liaobots.ui.identity_cookie import Keys
from tests.formats.strategies import read


def owner_of(identity: str) -> str:
    """Return the owner that the app derives from a browser's cookie."""
    return identity_cookie.owner_of(identity.partition(".")[0])


def signed_identity(store: Store) -> str:
    """Return the cookie of a new visitor, as a server on this database would sign it."""
    keys = Keys(database=[each.encode() for each in store.identities.secrets()])
    return keys.cookie_for(identity_cookie.new_identity())


def kept(address: str, identity: str, chat: str = "") -> Sequence[Message]:
    """Return the messages of the visitor's chat of this id, or of the newest one, or none."""
    store = Store(Database(address))
    try:
        newest = store.list(owner_of(identity), 1)
        chat = chat or (newest[0].id if newest else "")
        found = store.open(owner_of(identity), chat)
        return found.messages if found else []
    finally:
        store.close()


def text_since(store: Store, owner: str, answer: str, start: int) -> tuple[str, MessageState]:
    """Return the text of an answer from a position on, and the answer's state."""
    pieces, state = store.pieces_since(owner, answer, start)
    return content_of(pieces).text, state


def branched(store: Store, owner: str) -> str:
    """Add a chat with two versions of a question and of an answer, and return its id."""
    asked = store.ask(owner, None, "First?", "gpt-4", system="Be brief.")
    assert asked
    store.finish(owner, asked, Content(text="One."), Outcome(MessageState.DONE))
    again = store.try_again(owner, asked.answer, "gpt-3.5-turbo")
    assert again
    store.finish(
        owner,
        again,
        Content(text="Other"),
        Outcome(MessageState.FAILED, "answer_interrupted", "It broke off."),
    )
    question = store.open(owner, asked.conversation).messages[0]  # type: ignore[union-attr]
    edited = store.ask(owner, asked.conversation, "Edited?", "gpt-4", replaces=question.id)
    assert edited
    store.finish(owner, edited, Content(text="Two."), Outcome(MessageState.DONE))
    store.rate(owner, edited.answer, 1)
    store.pin(owner, asked.conversation, is_pinned=True)
    return asked.conversation


def taken(store: Store, owner: str) -> Sequence[Chat]:
    """Return all of an owner's chats as they are after a round trip through a file."""
    return read("".join(to_json(store.chat_io.export_chats(owner), [])).encode()).chats


def answered(
    store: Store,
    owner: str,
    question: str = "Hello?",
    chat: str | None = None,
    answer: str | None = None,
) -> PendingAnswer:
    """Add a question and its complete answer, to a new chat if none is named."""
    asked = store.ask(owner, chat, question, "gpt-4")
    assert asked
    text = f"Answer to {question}" if answer is None else answer
    store.finish(owner, asked, Content(text=text), Outcome(MessageState.DONE))
    return asked
