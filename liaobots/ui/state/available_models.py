"""The models on offer: which there are, which are chosen, and how fast each was lately."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from liaobots.client import catalog
from liaobots.client.catalog import ModelInfo
from liaobots.client.client import Client
from liaobots.errors import InvalidInput, StorageError
from liaobots.generation.context_window import ContextLimit
from liaobots.limits import limits as bounds
from liaobots.storage.records import ModelSpeed
from liaobots.ui import labels, markdown, server_state
from liaobots.ui.background_value import BackgroundValue, SharedLookups
from liaobots.ui.state import preferences, stores, widgets
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Session

# The keys of the widgets in which models are chosen.
MODEL, BESIDE = "model", "beside"
# How long the page may wait for the service's list of models.
LIST_TIMEOUT_SECONDS = 1.0
# How long the measured speeds are shown before they are read again.
SPEEDS_FRESH_SECONDS = 20.0


@dataclass(frozen=True)
class Offer:
    """The models on offer. `is_live` says whether they are from the service's own list."""

    models: Mapping[str, ModelInfo]
    is_live: bool


def available(session: Session) -> Offer:
    """Return the models on offer.

    As long as the service's own list could not be read, the open chat's model is among them,
    because it may still exist.
    """
    lookup = _lookup(session)
    models, wanted = lookup.value(LIST_TIMEOUT_SECONDS), session.wanted_model
    if lookup.has_value or not wanted or wanted in models:
        return Offer(models, lookup.has_value)
    return Offer(models | {wanted: catalog.placeholder_model(wanted)}, is_live=False)


def _lookup(session: Session) -> BackgroundValue[dict[str, ModelInfo]]:
    """Return the list of models, kept for an hour; if it may depend on the code, one per code."""
    link = session.visitor.service
    # A list that all visitors share must hold no visitor's code.
    code = link.code if link.dialect.lists_models_by_code else ""
    client = Client(code, link.base_url, wire=link.dialect.name)
    fetch = partial(client.models, bounds().account_seconds)

    def make() -> BackgroundValue[dict[str, ModelInfo]]:
        return BackgroundValue(fetch, catalog.BUILT_IN, readers=server_state.readers())

    if not link.dialect.lists_models_by_code or not link.has_own_code:
        name = f"models {link.dialect.name} {link.base_url}"
        return server_state.get_or_create(name, make)
    # All sessions with this code share one list, by a name that does not reveal the code.
    name = hashlib.sha256(f"{link.base_url} {code}".encode()).hexdigest()
    if session.own_models is None or session.own_models[0] != name:
        lists: SharedLookups[dict[str, ModelInfo]] = server_state.get_or_create(
            "own-lists", SharedLookups
        )
        session.own_models = (name, lists.get(name, make))
    return session.own_models[1]


def select_default(session: Session) -> None:
    """Select the model that the chat remembers, before the visitor chooses another one.

    Select none if that model is no longer on offer; the visitor is then asked to choose.
    """
    wanted = session.wanted_model = _remembered(session.opened)
    models, is_another = available(session).models, session.chat_of_model != session.chat
    if is_another or not session.speeds_in_labels:
        # As long as a chat is open, the labels stay as they are.
        session.speeds_in_labels = speeds(session)
    widgets.keep_choice(session, MODEL, None, list(names(session, with_speed=True).values()))
    widgets.keep_choice(session, BESIDE, [], list(names(session).values()))
    if is_another or model() not in models:
        session.chat_of_model = session.chat
        chosen = wanted or model()
        default = None if wanted else next(iter(names(session)))
        widgets.put(MODEL, chosen if chosen in models else default)


def _remembered(opened: OpenChat | None) -> str:
    """Return the model of a chat, or "": the one chosen for it, else the last that answered."""
    if opened is None:
        return ""
    answered = [message.model for message in opened.conversation.messages if message.model]
    return opened.conversation.model or (answered[-1] if answered else "")


def missing_model(session: Session) -> str:
    """Return the model of the open chat if it is no longer on offer, or ""."""
    wanted = session.wanted_model
    return "" if wanted in available(session).models else wanted


def model() -> str:
    """Return the chosen model's name, or ""."""
    return widgets.text(MODEL)


def chosen(session: Session) -> str:
    """Return the chosen model's name. Raise `InvalidInput` if none is chosen."""
    if not (name := model()):
        raise no_model_chosen(session)
    return name


def no_model_chosen(session: Session) -> InvalidInput:
    """Return the error that the model of the open chat is gone, and no other one is chosen."""
    return InvalidInput(
        "{model} answered in this chat and is no longer available. Choose another "
        "model, then send again. Nothing was sent.",
        model=missing_model(session),
    )


def also_ask(session: Session) -> Sequence[str]:
    """Return the names of the models that answer besides the chosen one."""
    models, first = available(session).models, model()
    return [name for name in widgets.texts(BESIDE) if name in models and name != first]


def fallback(session: Session) -> str:
    """Return the fallback model if it is on offer, or ""."""
    name = preferences.fallback(session)
    return name if name in available(session).models else ""


def names(session: Session, *, with_speed: bool = False) -> Mapping[str, str]:
    """Return the labels of the models on offer by name: favourites first, then by provider."""
    models, first = available(session).models, preferences.favourites(session)
    measured = session.speeds_in_labels if with_speed else {}
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
        name: labels.model_label(
            markdown.reveal_hidden(models[name]["name"]),
            models[name]["tokenLimit"],
            markdown.reveal_hidden(models[name]["provider"]),
            measured.get(name),
            is_favourite=name in first,
        )
        for name in order
    }


def speeds(session: Session, max_age: float = SPEEDS_FRESH_SECONDS) -> Mapping[str, ModelSpeed]:
    """Return how fast each model answered this visitor lately, by name.

    The figures are no older than `max_age` seconds.
    """
    if session.speeds is None or time.monotonic() - session.speeds[0] > max_age:
        found: dict[str, ModelSpeed] = {}
        with suppress(StorageError):
            # The page shows the error already, as it cannot read the chats either.
            board = stores.primary_store().store.speed.by_model(session.visitor.owner)
            found = {speed.model: speed for speed in board}
        session.speeds = (time.monotonic(), found)
    return session.speeds[1]


def limits(session: Session) -> Mapping[str, ContextLimit]:
    """Return the context limit of each model on offer, by name."""
    return {name: _limit_of(facts) for name, facts in available(session).models.items()}


def limit(session: Session) -> ContextLimit:
    """Return the smallest context limit of the models that will be asked."""
    known = limits(session)
    found = [known[name] for name in (model(), *also_ask(session)) if name in known]
    return min(found, key=_approximate_characters, default=ContextLimit(catalog.ROOM))


def _limit_of(facts: ModelInfo) -> ContextLimit:
    if facts["maxLength"] is None and facts["tokenLimit"] is None:
        return ContextLimit(catalog.ROOM)
    return ContextLimit(facts["maxLength"], facts["tokenLimit"])


def _approximate_characters(limit: ContextLimit) -> float:
    """Return about how many characters a context limit allows, with three for each token."""
    return min(limit.characters or float("inf"), (limit.tokens or float("inf")) * 3)


def client(session: Session) -> Client:
    """Return a client for the visitor's connection, which knows the models on offer."""
    link, models = session.visitor.service, dict(available(session).models)
    return Client(link.code, link.base_url, wire=link.dialect.name, models=models)
