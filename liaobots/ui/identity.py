"""Who the visitor is, how that is known, and which service they use.

This is resolved once for each run of the page, and handed down. Nothing else reads cookies
or asks who is signed in.
"""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

import streamlit as st

from liaobots.client import settings
from liaobots.client.dialects.base import Dialect
from liaobots.demo.server import DemoServer
from liaobots.ui import identity_cookie, server_settings, server_state
from liaobots.ui.auth_codes import AuthCodes
from liaobots.ui.client_address import client_address
from liaobots.ui.identity_cookie import Keys

DEMO_CODE = "demo"
# How many visitors are remembered until the database can verify their cookies.
MAX_UNVERIFIED = 10_000


class KnownBy(Enum):
    """How a visitor is known."""

    SIGN_IN = auto()
    COOKIE = auto()
    UNVERIFIED_COOKIE = auto()
    SESSION = auto()


@dataclass(frozen=True)
class ServiceConnection:
    """The service that the page uses, the code for it, and the dialect that it speaks.

    `has_own_code` says whether the visitor has typed a code, `has_server_code` whether the
    server has one for all visitors.
    """

    base_url: str
    code: str = field(repr=False)
    dialect: Dialect
    is_demo: bool = False
    has_own_code: bool = False
    has_server_code: bool = False


@dataclass(frozen=True)
class Visitor:
    """Who looks at the page.

    `owner` names the visitor's chats: a hash, because the identity itself is a secret. It is
    that of the person who signed in, else of the browser by its cookie, else of this session.
    `unverified_owner` is the one as which the visitor was known if their cookie could not be
    verified at first, or "". `address` is the one by which their answers are counted, or "".
    `providers` are the names of those for signing in; None is the one without a name.
    """

    owner: str
    known_by: KnownBy
    service: ServiceConnection
    unverified_owner: str = ""
    address: str = ""
    providers: Sequence[str | None] = ()

    @property
    def is_signed_in(self) -> bool:
        """Return whether the visitor has signed in."""
        return self.known_by is KnownBy.SIGN_IN


def resolve(keys: Keys, session_identity: str) -> Visitor:
    """Return the visitor of this run of the page.

    `session_identity` is the identity of a visitor without a cookie. Raise `InvalidInput` if
    a setting of the service is wrong.
    """
    cookie = identity_cookie.of_page(st.context.cookies)
    owner, known_by = _owner(keys, cookie, session_identity)
    has_verified_cookie = bool(keys.identity_in(cookie))
    return Visitor(
        owner,
        known_by,
        service_of(owner),
        unverified_owner=identity_cookie.unverified_owner(cookie) if has_verified_cookie else "",
        address=_address(),
        providers=providers(),
    )


def languages() -> Sequence[str]:
    """Return the languages that the visitor's browser asks for, the best one first."""
    return [st.context.locale] if st.context.locale else []


def unverified_owners() -> set[str]:
    """Return the owners of the visitors whose cookies could not be verified when they came."""
    return server_state.get_or_create("unverified owners", set)


def service_of(owner: str) -> ServiceConnection:
    """Return the service with the visitor's code, else the server's, else the demo service.

    Where a service may need no code, the address decides. Raise `InvalidInput` if a setting
    is wrong.
    """
    dialect = settings.dialect()
    own_code = _codes().recall(owner)
    server_code = server_settings.setting("LIAOBOTS_AUTH")
    code, address = own_code or server_code, server_settings.setting("LIAOBOTS_URL")
    is_demo = not (code if dialect.needs_auth else address)
    if is_demo:
        base_url, code = _demo_server().url + dialect.demo_path, DEMO_CODE
    else:
        base_url = settings.base_url(address, dialect)
    return ServiceConnection(
        base_url,
        code,
        dialect,
        is_demo=is_demo,
        has_own_code=bool(own_code),
        has_server_code=bool(server_code),
    )


def remember_code(visitor: Visitor, code: str) -> Visitor:
    """Keep a visitor's code in the server's memory. Return the visitor with their service."""
    _codes().remember(visitor.owner, code)
    return replace(visitor, service=service_of(visitor.owner))


def forget_code(visitor: Visitor) -> Visitor:
    """Forget a visitor's code. Return the visitor with the service that is used now."""
    _codes().forget(visitor.owner)
    return replace(visitor, service=service_of(visitor.owner))


def _owner(keys: Keys, cookie: str, session_identity: str) -> tuple[str, KnownBy]:
    """Return the owner of the visitor's chats, and how the visitor is known.

    While the database cannot be opened, a cookie that it signed cannot be verified. The owner
    is then a hash of the cookie that equals no verified owner.
    """
    if st.user.get("is_logged_in"):
        who = f"person {st.user.get('iss')} {st.user.get('sub') or st.user.get('email')}"
        return _hash(who), KnownBy.SIGN_IN
    if identity := keys.identity_in(cookie):
        return identity_cookie.owner_of(identity), KnownBy.COOKIE
    if not keys.database and identity_cookie.has_form(cookie):
        unverified = identity_cookie.unverified_owner(cookie)
        if len(unverified_owners()) < MAX_UNVERIFIED:
            unverified_owners().add(unverified)
        return unverified, KnownBy.UNVERIFIED_COOKIE
    return _hash(f"session {session_identity}"), KnownBy.SESSION


def _address() -> str:
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
    section = server_settings.secret("auth")
    if not isinstance(section, Mapping) or importlib.util.find_spec("authlib") is None:
        return []
    if "client_id" in section:
        return [None]
    return [name for name, value in section.items() if isinstance(value, Mapping)]


def _codes() -> AuthCodes:
    return server_state.get_or_create("codes", AuthCodes)


def _demo_server() -> DemoServer:
    return server_state.get_or_create("demo server", lambda: DemoServer().start())


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
