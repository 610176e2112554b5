"""Give each browser an identity, so that only this browser can join its sessions.

A browser gets its cookie with the page. A WebSocket, over which the page talks to the server,
is passed on with the one valid cookie only, so that the page never sees another.

In Streamlit, any client that knows the id of a session can join it, unless the two have
different users. Streamlit takes the user from headers that a setting names; this middleware
adds such a header, whose value is the same only for one browser.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from liaobots.errors import StorageError
from liaobots.storage.identities import Identities
from liaobots.ui import identity_cookie
from liaobots.ui.asgi.security_middleware import is_https, is_page
from liaobots.ui.identity_cookie import COOKIE, COOKIE_SECONDS, IDENTITY, Keys
from liaobots.ui.state import stores
from liaobots.ui.state.signing_keys import signing_keys

TRUSTED_HEADERS = "server.trustedUserHeaders"
BROWSER_HEADER, BROWSER = "x-liaobots-browser", "liaobots_browser"
# A browser has one unsigned cookie, and each that is looked up costs a query.
MAX_UNSIGNED = 2


@dataclass(frozen=True)
class Visitor:
    """The visitor whom a request's cookies identify.

    `value` is the cookie for the page, and `new_value` the cookie that the browser is to store;
    either may be "" for none. `identity` is "" if none is verified.
    """

    identity: str = ""
    value: str = ""
    new_value: str = ""
    is_taken_over: bool = False

    @property
    def browser(self) -> str:
        """Return a hash that is the same for all connections of one browser, and for no other."""
        known = self.identity or self.value.partition(".")[0] or secrets.token_urlsafe(32)
        return hashlib.sha256(f"session {known}".encode()).hexdigest()


class IdentityMiddleware:
    """Identify each browser by its cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the valid cookie, and its response with the new one."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "GET":
            await self._get(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _get(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                request, response = Headers(scope=scope), MutableHeaders(scope=message)
                if is_page(message["status"], response, request):
                    is_secure = is_https(scope, request)
                    visitor = await _identify(request, is_secure=is_secure, creates_new=True)
                    _put_cookie(response, visitor, is_secure=is_secure)
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Headers(scope=scope)
        is_secure = is_https(scope, request)
        visitor = await _identify(request, is_secure=is_secure, creates_new=False)
        _trust_our_header()

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "websocket.accept":
                message.setdefault("headers", [])
                _put_cookie(MutableHeaders(scope=message), visitor, is_secure=is_secure)
            await send(message)

        inner = _with_visitor(scope, request, visitor, is_secure=is_secure)
        await self._app(inner, receive, send_with_cookie)


async def _identify(request: Headers, *, is_secure: bool, creates_new: bool) -> Visitor:
    """Return the visitor whom the cookies of a request identify, or a new one.

    While the database cannot be opened, a cookie that may be valid is left as it is. `creates_new`
    says whether a visitor without a valid cookie gets a new identity.
    """
    header = "; ".join(request.getlist("cookie"))
    values = identity_cookie.values_of(header, identity_cookie.name(is_https=is_secure))
    # The name without a prefix is read only for a takeover.
    unsigned = [each for each in identity_cookie.values_of(header, COOKIE) if _is_unsigned(each)]
    database = stores.database_if_open() or await run_in_threadpool(stores.database)
    keys = signing_keys(database)
    for value in values:
        if identity := keys.identity_in(value):
            return Visitor(identity, value, keys.cookie_for(identity, values))
    unverified = [each for each in [*values, *unsigned] if identity_cookie.has_form(each)]
    if database is None and unverified:
        return Visitor(value=unverified[0])
    if database is not None and unsigned:
        identities = database.store.identities
        visitor = await run_in_threadpool(_take_over, identities, keys, unsigned, values)
        if visitor is not None:
            return visitor
    if not creates_new:
        return Visitor()
    identity = identity_cookie.new_identity()
    return Visitor(identity, "", keys.cookie_for(identity, values))


def _take_over(
    identities: Identities, keys: Keys, unsigned: Sequence[str], values: Sequence[str]
) -> Visitor | None:
    """Return a visitor whose identity is from before cookies were signed, or None."""
    for identity in unsigned[:MAX_UNSIGNED]:
        owner, signed = identity_cookie.owner_of(identity), keys.cookie_for(identity, values)
        try:
            if not identities.may_be_taken_over(owner):
                continue
        except StorageError:
            return Visitor(value=identity)
        try:
            if identities.take_over(owner):
                return Visitor(identity, signed, signed, is_taken_over=True)
        except StorageError:
            # The takeover cannot be recorded, so the browser keeps the old cookie and tries again.
            return Visitor(identity, signed)
    return None


def _is_unsigned(value: str) -> bool:
    return IDENTITY.fullmatch(value) is not None


def _put_cookie(response: MutableHeaders, visitor: Visitor, *, is_secure: bool) -> None:
    """Set the cookie, with its full lifetime, and delete an unsigned one that was taken over."""
    cookies = Response()
    if visitor.new_value:
        cookies.set_cookie(
            identity_cookie.name(is_https=is_secure),
            visitor.new_value,
            max_age=COOKIE_SECONDS,
            secure=is_secure,
            httponly=True,
            samesite="lax",
        )
    if visitor.is_taken_over and is_secure:
        cookies.delete_cookie(COOKIE)
    for value in cookies.headers.getlist("set-cookie"):
        response.append("set-cookie", value)


def _with_visitor(scope: Scope, request: Headers, visitor: Visitor, *, is_secure: bool) -> Scope:
    """Return the scope of a WebSocket with the cookie of this visitor and of no other."""
    kept = [
        (each, value)
        for each, value in scope["headers"]
        if each.lower() not in (b"cookie", BROWSER_HEADER.encode())
    ]
    cookies = identity_cookie.without_ours("; ".join(request.getlist("cookie")))
    if visitor.value:
        ours = f"{identity_cookie.name(is_https=is_secure)}={visitor.value}"
        cookies = f"{ours}; {cookies}" if cookies else ours
    kept.append((BROWSER_HEADER.encode(), visitor.browser.encode()))
    if cookies:
        kept.append((b"cookie", cookies.encode("latin-1")))
    return {**scope, "headers": kept}


def _trust_our_header() -> None:
    """Have Streamlit distinguish users by our header, besides those that the host has set."""
    trusted = config.get_option(TRUSTED_HEADERS)
    trusted = trusted if isinstance(trusted, dict) else {}
    if trusted.get(BROWSER_HEADER) != BROWSER:
        # When its file is edited, the configuration is read again, without what was set here.
        config.set_option(TRUSTED_HEADERS, {**trusted, BROWSER_HEADER: BROWSER}, __name__)
