"""Who is here, and whom they talk to: session, cookie, secrets and settings."""

import hashlib
import importlib.util
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from liaobots.client import request_builder, settings
from liaobots.demo.server import DemoServer
from liaobots.ui import identity_cookie, server_state
from liaobots.ui.auth_codes import AuthCodes
from liaobots.ui.client_address import client_address
from liaobots.ui.identity_cookie import Keys

AUTH_TOKEN = "auth_token"  # noqa: S105 -- the name of a widget, no token
DEMO_CODE = "demo"
# What knows the visitor's code: the own list of models, and who looks for the balance.
OWN_LIST = "own_list"
LOOKING = "looking"
# So many visitors are remembered until the database can verify their cookies.
MOST_UNVERIFIED = 10_000
# What Streamlit raises where there is no secrets file, no right to read it, a folder in its
# place, no UTF-8, no TOML, a name that no environment takes, or a nest without an end.
UNREADABLE = (OSError, ValueError, RecursionError)


@dataclass(frozen=True)
class ServiceConnection:
    """Whom the page talks to, and with which code."""

    base_url: str
    code: str = field(repr=False)
    form: str
    is_demo: bool = False


# Who is here, and whom they talk to


def resolve_visitor(keys: Keys) -> str:
    """Find out who is here, for this run of the page.

    A session whose visitor is another than it began with is emptied and starts
    anew. Return the owner as whom the visitor was known until their cookie could be
    verified, or "".
    """
    before, cookie = st.session_state.get("owner"), _cookie()
    identity = keys.identity_in(cookie)
    unverified = identity_cookie.unverified_owner(cookie) if identity else ""
    if before not in (None, _owner(keys), unverified):
        st.session_state.clear()
    st.session_state["owner"] = now = _owner(keys)
    is_verified = bool(identity) and now == identity_cookie.owner_of(identity)
    return unverified if is_verified and unverified in unverified_owners() else ""


def unverified_owners() -> set[str]:
    """Return those who came while their cookies could not be verified."""
    return server_state.get_or_create("unverified owners", set)


def owner() -> str:
    """Gives whose chats these are: a hash, for the identity itself is a secret.

    A person who signed in, else a browser by its cookie, else this session alone.
    """
    found: str | None = st.session_state.get("owner")
    return found or _owner(Keys())


def _owner(keys: Keys) -> str:
    """Return whose chats these are.

    While the database cannot be opened, a cookie that it signed is not verified: the
    visitor is known by a hash of the cookie that is the owner's of no verified one.
    """
    if st.user.get("is_logged_in"):
        who = f"person {st.user.get('iss')} {st.user.get('sub') or st.user.get('email')}"
        return hashlib.sha256(who.encode()).hexdigest()
    cookie = _cookie()
    if identity := keys.identity_in(cookie):
        return identity_cookie.owner_of(identity)
    if not keys.database and identity_cookie.has_form(cookie):
        unverified = identity_cookie.unverified_owner(cookie)
        if len(unverified_owners()) < MOST_UNVERIFIED:
            unverified_owners().add(unverified)
        return unverified
    st.session_state.setdefault("identity", secrets.token_urlsafe(32))
    return hashlib.sha256(f"session {st.session_state['identity']}".encode()).hexdigest()


def _cookie() -> str:
    return identity_cookie.of_page(st.context.cookies)


def visitor_address() -> str:
    """Return the address that this visitor's answers are counted by, or "" not to count them."""
    headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name in st.context.headers
        for value in st.context.headers.get_all(name)
    ]
    # Streamlit says None of this machine, and no port, of which 0 has a meaning of its own.
    client = (st.context.ip_address or "127.0.0.1", 1)
    return client_address({"type": "websocket", "client": client, "headers": headers})


def providers() -> list[str | None]:
    """Gives the names of those with whom visitors can sign in; None is one without a name."""
    section = _secret("auth")
    if not isinstance(section, Mapping) or importlib.util.find_spec("authlib") is None:
        return []
    if "client_id" in section:
        return [None]
    return [name for name, value in section.items() if isinstance(value, Mapping)]


def connection() -> ServiceConnection:
    """Gives the service with the visitor's code, else the server's, else the stand-in.

    Whoever speaks OpenAI's form may want no code: there the address decides.
    """
    form = settings.wire()
    code = _codes().recall(owner()) or server_setting("LIAOBOTS_AUTH")
    address = server_setting("LIAOBOTS_URL")
    if address if form == request_builder.OPENAI else code:
        return ServiceConnection(settings.base_url(address, form), code, form)
    root = "/v1" if form == request_builder.OPENAI else ""
    return ServiceConnection(_standin().url + root, DEMO_CODE, form, is_demo=True)


def are_secrets_broken() -> bool:
    """Says whether there is a secrets file that Streamlit cannot read, wherever it asks for it."""
    try:
        st.secrets.get("")
    except FileNotFoundError as error:
        # So Streamlit says both that there is no file and that one is no TOML.
        return error.__cause__ is not None
    except UNREADABLE:
        return True
    return False


def has_own_code() -> bool:
    """Says whether the visitor's own code is kept."""
    return bool(_codes().recall(owner()))


def has_server_code() -> bool:
    """Says whether the server brings a code of its own."""
    return bool(server_setting("LIAOBOTS_AUTH"))


def remember_code() -> None:
    """Takes the typed code out of the field and keeps it in the server's memory."""
    code = str(st.session_state[AUTH_TOKEN]).strip()
    if code:
        _codes().remember(owner(), code)
    st.session_state[AUTH_TOKEN] = ""


def forget_code() -> None:
    """Forgets the visitor's own code, and what knows it to ask for more."""
    _codes().forget(owner())
    for key in (OWN_LIST, LOOKING):
        st.session_state.pop(key, None)


def persist_widget(widget: str, first: object) -> None:
    """Keeps what was chosen in a widget, before it is drawn again.

    Streamlit forgets it where another chat is opened, and where the label of
    what was chosen changes, by which it knows a choice.
    """
    kept = st.session_state.get(f"kept-{widget}", first)
    value = st.session_state.get(widget, kept)
    st.session_state[widget] = st.session_state[f"kept-{widget}"] = value


def server_setting(name: str) -> str:
    """Gives a setting of the environment, else of the secrets, else ""."""
    return os.environ.get(name) or str(_secret(name) or "")


def _codes() -> AuthCodes:
    return server_state.get_or_create("codes", AuthCodes)


def _standin() -> DemoServer:
    return server_state.get_or_create("stand-in", lambda: DemoServer().start())


def _secret(name: str) -> object:
    """Gives a secret, or None; also where there is no secrets file, or one that is broken."""
    try:
        return st.secrets.get(name)
    except UNREADABLE:
        return None
