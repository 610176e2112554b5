"""The models on offer: which there are, which is chosen, and how fast each was of late."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from liaobots.client import catalog, request_builder
from liaobots.client.catalog import ModelInfo
from liaobots.client.client import Client
from liaobots.errors import StorageError
from liaobots.generation.context_window import ContextLimit
from liaobots.limits import limits
from liaobots.storage.records import ModelSpeed
from liaobots.ui import identity, markdown, server_state, texts
from liaobots.ui.background_value import BackgroundValue, SharedLookups
from liaobots.ui.identity import ServiceConnection
from liaobots.ui.state import open_chat, preferences
from liaobots.ui.state.open_chat import OpenChat

MODEL = "model"
# The chat for which the model was chosen.
CHAT = "chat_of_model"
BESIDE = "beside"
# How long the page may wait for the service's list of models, in seconds.
PATIENCE = 1.0
# How long the figures of the speed board stand, in seconds.
FRESH = 20.0


@dataclass(frozen=True)
class Offer:
    """The models on offer; `is_live` where the service's own list could be read."""

    models: Mapping[str, ModelInfo]
    is_live: bool


def available() -> Offer:
    """Gives the models on offer.

    While the live list was never to be had, a chat's own model is among them:
    nobody knows that it has gone.
    """
    lookup = _lookup(identity.connection())
    models = lookup.value(PATIENCE)
    wanted = str(st.session_state.get("wanted", ""))
    if lookup.has_value or not wanted or wanted in models:
        return Offer(models, lookup.has_value)
    return Offer(models | {wanted: catalog.placeholder_model(wanted)}, is_live=False)


def _lookup(link: ServiceConnection) -> BackgroundValue[dict[str, ModelInfo]]:
    """Gives the list, kept for an hour; where it may depend on the code, for each code."""
    # Liaobots' list is open to everybody, and a list that all share holds nobody's own code.
    code = link.code if link.form == request_builder.OPENAI else ""
    client = Client(code, link.base_url, wire=link.form)
    fetch = partial(client.models, limits().account_seconds)

    def make() -> BackgroundValue[dict[str, ModelInfo]]:
        return BackgroundValue(fetch, catalog.BUILT_IN, readers=server_state.readers())

    if link.form != request_builder.OPENAI or not identity.has_own_code():
        return server_state.get_or_create(f"models {link.form} {link.base_url}", make)
    # One for all sessions with this code, by a name that does not tell it.
    name = hashlib.sha256(f"{link.base_url} {code}".encode()).hexdigest()
    held = st.session_state.get(identity.OWN_LIST)
    if not held or held[0] != name:
        lists: SharedLookups[dict[str, ModelInfo]] = server_state.get_or_create(
            "own lists", SharedLookups
        )
        held = st.session_state[identity.OWN_LIST] = (name, lists.get(name, make))
    own: BackgroundValue[dict[str, ModelInfo]] = held[1]
    return own


def select_default(opened: OpenChat | None) -> None:
    """Chooses the model before the visitor does: the one that the chat remembers.

    None is chosen where that one is not on offer any more; the visitor is then
    asked for a choice.
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
        usual = None if chat and wanted else next(iter(names()))
        st.session_state[MODEL] = chosen if chosen in models else usual


def _remembered(opened: OpenChat | None) -> str:
    if opened is None:
        return ""
    said = [message.model for message in opened.conversation.messages if message.model]
    return opened.conversation.model or (said[-1] if said else "")


def missing_model() -> str:
    """Gives the model of the open chat, where it is not on offer any more, or ""."""
    wanted = str(st.session_state.get("wanted", ""))
    return "" if wanted in available().models else wanted


def model() -> str:
    """Gives the chosen model's name, or ""."""
    return str(st.session_state.get(MODEL) or "")


def or_selected(name: str) -> str:
    """Gives a model if it is on offer, else the chosen one."""
    return name if name in available().models else model()


def also_ask() -> Sequence[str]:
    """Gives the names of the models that answer beside the chosen one."""
    chosen: Sequence[str] = st.session_state.get(BESIDE, [])
    return [name for name in chosen if name in available().models and name != model()]


def fallback() -> str:
    """Gives the model that stands in, where it is on offer, or ""."""
    name = preferences.fallback()
    return name if name in available().models else ""


def names(*, with_pace: bool = False) -> Mapping[str, str]:
    """Gives the models on offer with their labels: favourites, then by maker."""
    models, first = available().models, preferences.favourites()
    paces = paces_of_late() if with_pace else {}
    order = [name for name in first if name in models]
    # In the service's order, but for those whose maker nobody knows.
    makers = dict.fromkeys(facts["provider"] for facts in models.values() if facts["provider"])
    order += [
        name
        for maker in [*makers, ""]
        for name, facts in models.items()
        if facts["provider"] == maker and name not in first
    ]
    return {
        name: texts.model_label(
            markdown.reveal_hidden(models[name]["name"]),
            models[name]["tokenLimit"],
            markdown.reveal_hidden(models[name]["provider"]),
            paces.get(name),
            is_favourite=name in first,
        )
        for name in order
    }


def paces_of_late(at_most: float = FRESH) -> Mapping[str, ModelSpeed]:
    """Gives how fast each model answered this visitor of late, by their names.

    The figures are no older than `at_most` seconds.
    """
    held = st.session_state.get("paces")
    if not held or time.monotonic() - held[0] > at_most:
        found: dict[str, ModelSpeed] = {}
        try:
            board = open_chat.primary_store().store.speed.board(identity.owner())
            found = {pace.model: pace for pace in board}
        except StorageError:
            # The page says so already; here there are just no figures.
            found = {}
        held = st.session_state["paces"] = (time.monotonic(), found)
    known: Mapping[str, ModelSpeed] = held[1]
    return known


def rooms() -> Mapping[str, ContextLimit]:
    """Gives what each model on offer takes."""
    return {name: _room_of(facts) for name, facts in available().models.items()}


def room() -> ContextLimit:
    """Gives what the narrowest of the models takes that are asked."""
    found = [rooms()[name] for name in (model(), *also_ask()) if name in available().models]
    return min(found, key=_narrowness, default=ContextLimit(catalog.ROOM))


def _room_of(facts: ModelInfo) -> ContextLimit:
    if facts["maxLength"] is None and facts["tokenLimit"] is None:
        return ContextLimit(catalog.ROOM)
    return ContextLimit(facts["maxLength"], facts["tokenLimit"])


def _narrowness(room: ContextLimit) -> float:
    """Gives about how many characters go into a room."""
    return min(room.characters or float("inf"), (room.tokens or float("inf")) * 3)


def client() -> Client:
    """Gives a client for the visitor's connection, which knows the models on offer."""
    link = identity.connection()
    return Client(link.code, link.base_url, wire=link.form, models=dict(available().models))
