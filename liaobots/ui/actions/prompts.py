"""What visitors do with their prompts: list, save and delete them."""

from collections.abc import Sequence

from liaobots.storage.records import Prompt
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import stores, widgets
from liaobots.ui.state.session import Session


def saved(session: Session) -> Sequence[Prompt]:
    """Return the visitor's prompts. Raise `StorageError` if they cannot be read."""
    return stores.primary_store().store.prompts.list(session.visitor.owner)


@callback
def save(session: Session, name: str, name_widget: str, text_widget: str) -> None:
    """Save a prompt. If `name` is "", it gets the name that was typed."""
    name, text = name or widgets.text(name_widget), widgets.text(text_widget)
    stores.primary_store().store.prompts.save(session.visitor.owner, name, text)


@callback
def delete(session: Session, prompt: str) -> None:
    """Delete a prompt."""
    stores.primary_store().store.prompts.delete(session.visitor.owner, prompt)
