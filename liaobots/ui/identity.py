"""Who the visitor is, and which service they use: session, cookie, secrets and settings."""

import hashlib
import importlib.util
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from liaobots.client import settings
from liaobots.client.dialects.base import Dialect
from liaobots.demo.server import DemoServer
from liaobots.ui import identity_cookie, server_state
from liaobots.ui.auth_codes import AuthCodes
from liaobots.ui.client_address import client_address
from liaobots.ui.identity_cookie import Keys

AUTH_TOKEN = "auth_token"  # noqa: S105 -- the name of a widget, no token
DEMO_CODE = "demo"
# Entries of the session that hold the visitor's code: their own list of models, and the
# connection whose balance was read.
OWN_LIST = "own_list"
LOOKING = "looking"
# How many visitors are remembered until the database can verify their cookies.
MAX_UNVERIFIED = 10_000
# What Streamlit raises if the secrets file is missing, unreadable, a folder, not UTF-8, not
# TOML, nested without end, or has a name that cannot be an environment variable.
UNREADABLE = (OSError, ValueError, RecursionError)


@dataclass(frozen=True)
class ServiceConnection:
    """The service that the page uses, the code for it, and the dialect that it speaks."""

    base_url: str
    code: str = field(repr=False)
    dialect: Dialect
    is_demo: bool = False


def resolve_visitor(keys: Keys) -> str:
    """Find out who the visitor is, for this run of the page.

    If it is not the visitor with whom the session began, empty the session. Return the owner
    as which the visitor was known until their cookie could be verified, or "".
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
    """Return the owners of the visitors whose cookies could not be verified when they came."""
    return server_state.get_or_create("unverified owners", set)


def owner() -> str:
    """Return the owner of the visitor's chats, a hash, because the identity itself is a secret.

    That is the person who signed in, else the browser by its cookie, else this session alone.
    """
    found: str | None = st.session_state.get("owner")
    return found or _owner(Keys())


def _owner(keys: Keys) -> str:
    """Return the owner of the visitor's chats.

    While the database cannot be opened, a cookie that it signed cannot be verified. The owner
    is then a hash of the cookie that equals no verified owner.
    """
    if st.user.get("is_logged_in"):
        who = f"person {st.user.get('iss')} {st.user.get('sub') or st.user.get('email')}"
        return hashlib.sha256(who.encode()).hexdigest()
    cookie = _cookie()
    if identity := keys.identity_in(cookie):
        return identity_cookie.owner_of(identity)
    if not keys.database and identity_cookie.has_form(cookie):
        unverified = identity_cookie.unverified_owner(cookie)
        if len(unverified_owners()) < MAX_UNVERIFIED:
            unverified_owners().add(unverified)
        return unverified
    st.session_state.setdefault("identity", secrets.token_urlsafe(32))
    return hashlib.sha256(f"session {st.session_state['identity']}".encode()).hexdigest()


def _cookie() -> str:
    return identity_cookie.of_page(st.context.cookies)


def visitor_address() -> str:
    """Return the address by which this visitor's answers are counted, or "" if they are not."""
    headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name in st.context.headers
        for value in st.context.headers.get_all(name)
    ]
    # Streamlit reports None for this machine, and no port. A port of 0 would mean a proxy.
    client = (st.context.ip_address or "127.0.0.1", 1)
    return client_address({"type": "websocket", "client": client, "headers": headers})


def providers() -> list[str | None]:
    """Return the names of the providers for signing in; None is the one without a name."""
    section = _secret("auth")
    if not isinstance(section, Mapping) or importlib.util.find_spec("authlib") is None:
        return []
    if "client_id" in section:
        return [None]
    return [name for name, value in section.items() if isinstance(value, Mapping)]


def connection() -> ServiceConnection:
    """Return the service with the visitor's code, else the server's, else the demo service.

    Where a service may need no code, the address decides. Raise `InvalidInput` if a setting
    is wrong.
    """
    dialect = settings.dialect()
    code = _codes().recall(owner()) or server_setting("LIAOBOTS_AUTH")
    address = server_setting("LIAOBOTS_URL")
    if code if dialect.needs_auth else address:
        return ServiceConnection(settings.base_url(address, dialect), code, dialect)
    demo_url = _demo_server().url + dialect.demo_path
    return ServiceConnection(demo_url, DEMO_CODE, dialect, is_demo=True)


def are_secrets_broken() -> bool:
    """Return whether there is a secrets file that Streamlit cannot read."""
    try:
        st.secrets.get("")
    except FileNotFoundError as error:
        # Streamlit raises this both for a missing file and for one that is not TOML.
        return error.__cause__ is not None
    except UNREADABLE:
        return True
    return False


def has_own_code() -> bool:
    """Return whether the visitor has typed a code of their own."""
    return bool(_codes().recall(owner()))


def has_server_code() -> bool:
    """Return whether the server has a code for all visitors."""
    return bool(server_setting("LIAOBOTS_AUTH"))


def remember_code() -> None:
    """Take the typed code out of its field, and keep it in the server's memory."""
    code = str(st.session_state[AUTH_TOKEN]).strip()
    if code:
        _codes().remember(owner(), code)
    st.session_state[AUTH_TOKEN] = ""


def forget_code() -> None:
    """Forget the visitor's own code, also where the session holds it."""
    _codes().forget(owner())
    for key in (OWN_LIST, LOOKING):
        st.session_state.pop(key, None)


def persist_widget(widget: str, first: object) -> None:
    """Keep what was chosen in a widget, before it is drawn again. `first` is its first value.

    Streamlit forgets the choice when another chat is opened, and when the label of the chosen
    option changes, by which it identifies a choice.
    """
    kept = st.session_state.get(f"kept-{widget}", first)
    value = st.session_state.get(widget, kept)
    st.session_state[widget] = st.session_state[f"kept-{widget}"] = value


def server_setting(name: str) -> str:
    """Return a setting from the environment, else from the secrets, else ""."""
    return os.environ.get(name) or str(_secret(name) or "")


def _codes() -> AuthCodes:
    return server_state.get_or_create("codes", AuthCodes)


def _demo_server() -> DemoServer:
    return server_state.get_or_create("stand-in", lambda: DemoServer().start())


def _secret(name: str) -> object:
    """Return a secret, or None, also if there is no secrets file or a broken one."""
    try:
        return st.secrets.get(name)
    except UNREADABLE:
        return None
