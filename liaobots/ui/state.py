"""The only door to session_state, caches and secrets."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import streamlit as st

from liaobots.service import catalog, setting
from liaobots.service.catalog import Facts
from liaobots.service.client import Account, Client
from liaobots.service.standin import StandIn
from liaobots.ui.conversation import Conversation
from liaobots.ui.lookup import Lookup

AUTH_TOKEN = "auth_token"  # noqa: S105 -- the name of a widget, no token
MODEL = "model"
QUESTION = "question"
DEMO_CODE = "demo"
# How long the page may wait for the service's list of models, in seconds.
PATIENCE = 1.0


@dataclass(frozen=True)
class Connection:
    """Whom the page talks to, and with which code."""

    base_url: str
    code: str = field(repr=False)
    is_demo: bool = False


def conversation() -> Conversation:
    """Gives this visitor's conversation, a new one at first."""
    if "conversation" not in st.session_state:
        st.session_state["conversation"] = Conversation()
    found: Conversation = st.session_state["conversation"]
    return found


def connection() -> Connection:
    """Gives the service with the visitor's code, else the server's, else the stand-in."""
    code = str(st.session_state.get(AUTH_TOKEN) or "").strip() or _setting("LIAOBOTS_AUTH")
    if not code:
        return Connection(_standin().url, DEMO_CODE, is_demo=True)
    return Connection(setting.base_url(_setting("LIAOBOTS_URL")), code)


def has_server_code() -> bool:
    """Says whether the server brings a code of its own."""
    return bool(_setting("LIAOBOTS_AUTH"))


def models(link: Connection) -> tuple[dict[str, Facts], bool]:
    """Gives the models on offer, and whether the service's own list could be read."""
    lookup = _models(link.base_url)
    return lookup.value(PATIENCE), lookup.error is None


def account(link: Connection) -> Account:
    """Gives what is known of the code by now; it is asked for in the background."""
    held = st.session_state.get("account")
    if not held or held[0] != link:
        fetch = Client(link.code, link.base_url).account
        held = st.session_state["account"] = (link, Lookup(fetch, Account(), keep=60))
    lookup: Lookup[Account] = held[1]
    return lookup.value(PATIENCE)


def model() -> str:
    """Gives the name of the chosen model."""
    return str(st.session_state[MODEL])


def client() -> Client:
    """Gives a client for the visitor's connection, which knows the models on offer."""
    link = connection()
    return Client(link.code, link.base_url, models=models(link)[0])


def write() -> Iterator[str]:
    """Gives the pieces of the answer that waits to be written."""
    return conversation().write(client().chat)


def ask(question: str) -> None:
    """Asks a question that was tapped."""
    conversation().ask(question, model())


def ask_typed() -> None:
    """Asks the question in the composer."""
    ask(str(st.session_state[QUESTION]))


def stop() -> None:
    conversation().stop()


def try_again() -> None:
    conversation().try_again(model())


def begin_chat() -> None:
    """Leaves the conversation for an empty one."""
    conversation().stop()
    st.session_state["conversation"] = Conversation()


def _setting(name: str) -> str:
    """Gives a setting of the environment, else of the secrets, else ""."""
    return os.environ.get(name) or _secret(name)


def _secret(name: str) -> str:
    try:
        return str(st.secrets.get(name, ""))
    except FileNotFoundError:
        # Without any secrets file the first touch raises; there is none to read.
        return ""


@st.cache_resource(show_spinner=False)
def _standin() -> StandIn:
    return StandIn().start()


@st.cache_resource(show_spinner=False, max_entries=8)
def _models(base_url: str) -> Lookup[dict[str, Facts]]:
    return Lookup(Client(base_url=base_url).models, catalog.BUILT_IN)
