"""Who is here, and whom they talk to: session, cookie, secrets and settings."""

import hashlib
import importlib.util
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from liaobots.service import catalog, setting
from liaobots.service.catalog import Facts
from liaobots.service.client import Account, Client
from liaobots.service.standin import StandIn
from liaobots.ui import markdown, server, texts
from liaobots.ui.codes import Codes
from liaobots.ui.door import COOKIE
from liaobots.ui.lookup import Lookup

AUTH_TOKEN = "auth_token"  # noqa: S105 -- the name of a widget, no token
MODEL = "model"
BESIDE = "beside"
DEMO_CODE = "demo"
# How long the page may wait for the service's list of models, in seconds.
PATIENCE = 1.0


@dataclass(frozen=True)
class Connection:
    """Whom the page talks to, and with which code."""

    base_url: str
    code: str = field(repr=False)
    is_demo: bool = False


# Who is here, and whom they talk to


def owner() -> str:
    """Gives whose chats these are: a hash, for the identity itself is a secret.

    A person who signed in, else a browser by its cookie, else this session alone.
    """
    if st.user.get("is_logged_in"):
        who = f"person {st.user.get('iss')} {st.user.get('sub') or st.user.get('email')}"
    elif isinstance(cookie := st.context.cookies.get(COOKIE), str):
        who = f"browser {cookie}"
    else:
        st.session_state.setdefault("identity", secrets.token_urlsafe(32))
        who = f"session {st.session_state['identity']}"
    return hashlib.sha256(who.encode()).hexdigest()


def providers() -> list[str | None]:
    """Gives the names of those with whom visitors can sign in; None is one without a name."""
    section = _secret("auth")
    if not isinstance(section, Mapping) or importlib.util.find_spec("authlib") is None:
        return []
    if "client_id" in section:
        return [None]
    return [name for name, value in section.items() if isinstance(value, Mapping)]


def connection() -> Connection:
    """Gives the service with the visitor's code, else the server's, else the stand-in."""
    code = _codes().recall(owner()) or of_server("LIAOBOTS_AUTH")
    if not code:
        return Connection(_standin().url, DEMO_CODE, is_demo=True)
    return Connection(setting.base_url(of_server("LIAOBOTS_URL")), code)


def has_own_code() -> bool:
    """Says whether the visitor's own code is kept."""
    return bool(_codes().recall(owner()))


def has_server_code() -> bool:
    """Says whether the server brings a code of its own."""
    return bool(of_server("LIAOBOTS_AUTH"))


def remember_code() -> None:
    """Takes the typed code out of the field and keeps it in the server's memory."""
    code = str(st.session_state[AUTH_TOKEN]).strip()
    if code:
        _codes().remember(owner(), code)
    st.session_state[AUTH_TOKEN] = ""


def forget_code() -> None:
    _codes().forget(owner())


def models(link: Connection) -> tuple[dict[str, Facts], bool]:
    """Gives the models on offer, and whether the service's own list could be read."""
    lookup = server.held(
        f"models {link.base_url}",
        lambda: Lookup(Client(base_url=link.base_url).models, catalog.BUILT_IN),
    )
    return lookup.value(PATIENCE), lookup.error is None


def account(link: Connection, patience: float = PATIENCE) -> Account:
    """Gives what is known of the code by now; it is asked for in the background."""
    held = st.session_state.get("account")
    if not held or held[0] != link:
        fetch = Client(link.code, link.base_url).account
        held = st.session_state["account"] = (link, Lookup(fetch, Account(), keep=60))
    lookup: Lookup[Account] = held[1]
    return lookup.value(patience)


def choose_model(models: dict[str, Facts], last: str) -> None:
    """Chooses the model before the visitor does: the chat's last one, where it is on offer."""
    chosen = st.session_state.get(MODEL)
    if chosen not in models:
        st.session_state[MODEL] = last if last in models else next(iter(models))


def model() -> str:
    """Gives the chosen model's name."""
    return str(st.session_state[MODEL])


def names() -> dict[str, str]:
    """Gives the models on offer, with what they are called on the page."""
    return {
        name: texts.model_label(markdown.seen(facts["name"]), facts["tokenLimit"])
        for name, facts in models(connection())[0].items()
    }


def beside() -> Sequence[str]:
    """Gives the names of the models that answer beside the chosen one."""
    on_offer = models(connection())[0]
    chosen: Sequence[str] = st.session_state.get(BESIDE, [])
    return [name for name in chosen if name in on_offer and name != model()]


def room() -> int:
    """Gives how many characters a question may have, for the narrowest model that is asked."""
    on_offer = models(connection())[0]
    asked = [on_offer[name] for name in (model(), *beside()) if name in on_offer]
    return min(map(catalog.room_of, asked), default=catalog.ROOM)


def client() -> Client:
    """Gives a client for the visitor's connection, which knows the models on offer."""
    link = connection()
    return Client(link.code, link.base_url, models=models(link)[0])


def of_server(name: str) -> str:
    """Gives a setting of the environment, else of the secrets, else ""."""
    return os.environ.get(name) or str(_secret(name) or "")


def _codes() -> Codes:
    return server.held("codes", Codes)


def _standin() -> StandIn:
    return server.held("stand-in", lambda: StandIn().start())


def _secret(name: str) -> object:
    try:
        return st.secrets.get(name)
    except FileNotFoundError:
        # Without any secrets file the first touch raises; there is none to read.
        return None
