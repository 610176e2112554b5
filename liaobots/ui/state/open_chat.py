"""A chat as the page shows it, with the manager of the store that holds it."""

from collections.abc import Sequence
from dataclasses import dataclass

from liaobots.generation.manager import AnswerManager
from liaobots.locale import Sentence
from liaobots.storage.records import Conversation, MessageState
from liaobots.ui.state import stores


@dataclass(frozen=True)
class OpenChat:
    """A chat of `owner`, and the manager of the store in which it was found.

    `waits` says why it is not in the database yet, or is None.
    """

    owner: str
    conversation: Conversation
    place: AnswerManager
    is_temporary: bool
    waits: Sentence | None = None

    @property
    def generations(self) -> AnswerManager:
        """Return the manager of its store now: it may have moved since the page was drawn."""
        return stores.locate(self.owner, self.conversation.id, self.place)

    @property
    def writing(self) -> Sequence[str]:
        """Return the ids of the shown answers that are being written, in their order."""
        shown = [*self.conversation.messages, *self.conversation.compared]
        return list(dict.fromkeys(each.id for each in shown if each.state is MessageState.WRITING))

    @property
    def followed(self) -> Sequence[str]:
        """Return the ids of the answers to follow: all that are compared, or else the first."""
        compared = {each.id for each in self.conversation.compared}
        in_comparison = [each for each in self.writing if each in compared]
        in_chat = [each for each in self.writing if each not in compared]
        return in_chat[:1] or in_comparison


def find(owner: str, chat: str) -> OpenChat | None:
    """Return a chat from the store that holds it, or None. Raise `StorageError`."""
    reason = stores.waiting_chats().reason(owner, chat)
    for manager in [stores.in_memory()] if reason else stores.stores():
        if found := manager.open(owner, chat):
            is_temporary = manager.store.is_memory and not reason
            return OpenChat(owner, found, manager, is_temporary, reason)
    return None
