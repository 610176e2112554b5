"""The models on offer: which there are, which are chosen, and how fast each was lately."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from liaobots.client import catalog
from liaobots.client.catalog import ModelInfo
from liaobots.client.client import Client
from liaobots.errors import StorageError
from liaobots.generation.context_window import ContextLimit
from liaobots.limits import limits
from liaobots.storage.records import ModelSpeed
from liaobots.ui import identity, markdown, server_state, texts
from liaobots.ui.background_value import BackgroundValue, SharedLookups
from liaobots.ui.identity import ServiceConnection
from liaobots.ui.state import preferences, stores
from liaobots.ui.state.open_chat import OpenChat

MODEL = "model"
# The chat for which the model was chosen.
CHAT = "chat_of_model"
BESIDE = "beside"
# How long the page may wait for the service's list of models.
LIST_TIMEOUT_SECONDS = 1.0
# How long the measured speeds are shown before they are read again.
SPEEDS_FRESH_SECONDS = 20.0


@dataclass(frozen=True)
class Offer:
    """The models on offer. `is_live` says whether they are from the service's own list."""

    models: Mapping[str, ModelInfo]
    is_live: bool


def available() -> Offer:
    """Return the models on offer.

    As long as the service's own list could not be read, the open chat's model is among them,
    because it may still exist.
    """
    lookup = _lookup(identity.connection())
    models = lookup.value(LIST_TIMEOUT_SECONDS)
    wanted = str(st.session_state.get("wanted", ""))
    if lookup.has_value or not wanted or wanted in models:
        return Offer(models, lookup.has_value)
    return Offer(models | {wanted: catalog.placeholder_model(wanted)}, is_live=False)


def _lookup(link: ServiceConnection) -> BackgroundValue[dict[str, ModelInfo]]:
    """Return the list of models, kept for an hour; if it may depend on the code, one per code."""
    # A list that all visitors share must hold no visitor's code.
    code = link.code if link.dialect.lists_models_by_code else ""
    client = Client(code, link.base_url, wire=link.dialect.name)
    fetch = partial(client.models, limits().account_seconds)

    def make() -> BackgroundValue[dict[str, ModelInfo]]:
        return BackgroundValue(fetch, catalog.BUILT_IN, readers=server_state.readers())

    if not link.dialect.lists_models_by_code or not identity.has_own_code():
        name = f"models {link.dialect.name} {link.base_url}"
        return server_state.get_or_create(name, make)
    # All sessions with this code share one list, by a name that does not reveal the code.
    name = hashlib.sha256(f"{link.base_url} {code}".encode()).hexdigest()
    held = st.session_state.get(identity.OWN_LIST)
    if not held or held[0] != name:
        lists: SharedLookups[dict[str, ModelInfo]] = server_state.get_or_create(
            "own-lists", SharedLookups
        )
        held = st.session_state[identity.OWN_LIST] = (name, lists.get(name, make))
    own: BackgroundValue[dict[str, ModelInfo]] = held[1]
    return own


def select_default(opened: OpenChat | None) -> None:
    """Select the model that the chat remembers, before the visitor chooses another one.

    Select none if that model is no longer on offer; the visitor is then asked to choose.
    """
    chat = opened.conversation if opened else None
    wanted = _remembered(opened)
    st.session_state["wanted"] = wanted
    models = available().models
    identity.persist_widget(MODEL, None)
    identity.persist_widget(BESIDE, [])
    is_another = st.session_state.get(CHAT, "") != (chat.id if chat else "")
    if is_another or st.session_state.get(MODEL) not in models:
        st.session_state[CHAT] = chat.id if chat else ""
        chosen = wanted if chat and wanted else st.session_state.get(MODEL)
        default = None if chat and wanted else next(iter(names()))
        st.session_state[MODEL] = chosen if chosen in models else default


def _remembered(opened: OpenChat | None) -> str:
    """Return the model of a chat, or "": the one chosen for it, else the last that answered."""
    if opened is None:
        return ""
    answered = [message.model for message in opened.conversation.messages if message.model]
    return opened.conversation.model or (answered[-1] if answered else "")


def missing_model() -> str:
    """Return the model of the open chat if it is no longer on offer, or ""."""
    wanted = str(st.session_state.get("wanted", ""))
    return "" if wanted in available().models else wanted


def model() -> str:
    """Return the chosen model's name, or ""."""
    return str(st.session_state.get(MODEL) or "")


def or_selected(name: str) -> str:
    """Return the named model if it is on offer, else the chosen one."""
    return name if name in available().models else model()


def also_ask() -> Sequence[str]:
    """Return the names of the models that answer besides the chosen one."""
    chosen: Sequence[str] = st.session_state.get(BESIDE, [])
    return [name for name in chosen if name in available().models and name != model()]


def fallback() -> str:
    """Return the fallback model if it is on offer, or ""."""
    name = preferences.fallback()
    return name if name in available().models else ""


def names(*, with_pace: bool = False) -> Mapping[str, str]:
    """Return the labels of the models on offer by name: favourites first, then by provider."""
    models, first = available().models, preferences.favourites()
    speeds = paces_of_late() if with_pace else {}
    order = [name for name in first if name in models]
    # They are in the service's order, except that those of an unknown provider come last.
    providers = dict.fromkeys(facts["provider"] for facts in models.values() if facts["provider"])
    order += [
        name
        for provider in [*providers, ""]
        for name, facts in models.items()
        if facts["provider"] == provider and name not in first
    ]
    return {
        name: texts.model_label(
            markdown.reveal_hidden(models[name]["name"]),
            models[name]["tokenLimit"],
            markdown.reveal_hidden(models[name]["provider"]),
            speeds.get(name),
            is_favourite=name in first,
        )
        for name in order
    }


def paces_of_late(at_most: float = SPEEDS_FRESH_SECONDS) -> Mapping[str, ModelSpeed]:
    """Return how fast each model answered this visitor lately, by name.

    The figures are no older than `at_most` seconds.
    """
    held = st.session_state.get("paces")
    if not held or time.monotonic() - held[0] > at_most:
        found: dict[str, ModelSpeed] = {}
        try:
            board = stores.primary_store().store.speed.by_model(identity.owner())
            found = {speed.model: speed for speed in board}
        except StorageError:
            # The page shows the error already.
            found = {}
        held = st.session_state["paces"] = (time.monotonic(), found)
    known: Mapping[str, ModelSpeed] = held[1]
    return known


def rooms() -> Mapping[str, ContextLimit]:
    """Return the context limit of each model on offer, by name."""
    return {name: _limit_of(facts) for name, facts in available().models.items()}


def room() -> ContextLimit:
    """Return the smallest context limit of the models that will be asked."""
    found = [rooms()[name] for name in (model(), *also_ask()) if name in available().models]
    return min(found, key=_approximate_characters, default=ContextLimit(catalog.ROOM))


def _limit_of(facts: ModelInfo) -> ContextLimit:
    if facts["maxLength"] is None and facts["tokenLimit"] is None:
        return ContextLimit(catalog.ROOM)
    return ContextLimit(facts["maxLength"], facts["tokenLimit"])


def _approximate_characters(limit: ContextLimit) -> float:
    """Return about how many characters a context limit allows, with three for each token."""
    return min(limit.characters or float("inf"), (limit.tokens or float("inf")) * 3)


def client() -> Client:
    """Return a client for the visitor's connection, which knows the models on offer."""
    link = identity.connection()
    return Client(link.code, link.base_url, wire=link.dialect.name, models=dict(available().models))
