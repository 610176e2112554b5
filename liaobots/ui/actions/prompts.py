"""What visitors do with their prompts: list, save and delete them."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from liaobots.storage.records import Prompt
from liaobots.ui import identity
from liaobots.ui.state import attempt, stores


def saved() -> Sequence[Prompt]:
    """Return the visitor's prompts; none if they cannot be read."""
    prompts = stores.primary_store().store.prompts
    return attempt.try_get(partial(prompts.list, identity.owner())) or []


def save(name: str, name_widget: str, text_widget: str) -> None:
    """Save a prompt. If `name` is "", it gets the name that was typed."""
    name = name or str(st.session_state[name_widget])
    text = str(st.session_state[text_widget])
    prompts = stores.primary_store().store.prompts
    attempt.try_do(partial(prompts.save, identity.owner(), name, text))


def delete(prompt: str) -> None:
    """Delete a prompt."""
    prompts = stores.primary_store().store.prompts
    attempt.try_do(partial(prompts.delete, identity.owner(), prompt))
