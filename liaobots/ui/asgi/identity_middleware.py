"""Gives each browser its identity, and lets a session be joined by its own browser alone.

ASGI middleware between the door and the page. A browser gets its cookie with
the page. To a WebSocket, by which the page talks to the server, it hands on the
one cookie that is good, so that the page meets no other.

Streamlit lets whoever knows the id of a session join it, unless the two have
different users. It takes what is known of a user from headers that a setting
names; one is put there that is the same for one browser alone.
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
from liaobots.ui.state import open_chat

TRUSTED_HEADERS = "server.trustedUserHeaders"
BROWSER_HEADER, BROWSER = "x-liaobots-browser", "liaobots_browser"
# A browser has one old cookie; each that is looked for costs a query.
MOST_UNSIGNED = 2


@dataclass(frozen=True)
class Visitor:
    """What a request's cookies are worth.

    `value` is what the page shall meet, `new_value` what the browser shall keep
    in its place; "" stands for nothing. `identity` is "" where none is verified.
    """

    identity: str = ""
    value: str = ""
    new_value: str = ""
    is_taken_over: bool = False

    @property
    def browser(self) -> str:
        """Return what two connections of one browser have in common, and no others."""
        known = self.identity or self.value.partition(".")[0] or secrets.token_urlsafe(32)
        return hashlib.sha256(f"session {known}".encode()).hexdigest()


class IdentityMiddleware:
    """Knows each browser by its cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the cookie that is good; its answer with a better one."""
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
                    visitor = await _recognise(request, is_secure=is_secure, is_new_welcome=True)
                    _put_cookie(response, visitor, is_secure=is_secure)
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Headers(scope=scope)
        is_secure = is_https(scope, request)
        visitor = await _recognise(request, is_secure=is_secure, is_new_welcome=False)
        _trust_our_header()

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "websocket.accept":
                message.setdefault("headers", [])
                _put_cookie(MutableHeaders(scope=message), visitor, is_secure=is_secure)
            await send(message)

        inner = _with_visitor(scope, request, visitor, is_secure=is_secure)
        await self._app(inner, receive, send_with_cookie)


async def _recognise(request: Headers, *, is_secure: bool, is_new_welcome: bool) -> Visitor:
    """Return what the cookies of a request are worth.

    While the database cannot be opened, a cookie that may be good is left as it is.
    """
    header = "; ".join(request.getlist("cookie"))
    values = identity_cookie.values_of(header, identity_cookie.name(is_https=is_secure))
    # The old name is read for a takeover alone.
    unsigned = [each for each in identity_cookie.values_of(header, COOKIE) if _is_unsigned(each)]
    place = open_chat.kept_now() or await run_in_threadpool(open_chat.kept)
    keys = open_chat.keys_of(place)
    for value in values:
        if identity := keys.identity_in(value):
            return Visitor(identity, value, keys.cookie_for(identity, values))
    waiting = [each for each in [*values, *unsigned] if identity_cookie.has_form(each)]
    if place is None and waiting:
        return Visitor(value=waiting[0])
    if place is not None and unsigned:
        known = await run_in_threadpool(_take_over, place.store.identities, keys, unsigned, values)
        if known is not None:
            return known
    if not is_new_welcome:
        return Visitor()
    identity = identity_cookie.new_identity()
    return Visitor(identity, "", keys.cookie_for(identity, values))


def _take_over(
    identities: Identities, keys: Keys, unsigned: Sequence[str], values: Sequence[str]
) -> Visitor | None:
    """Return a visitor whose identity is from before there were signatures, or None."""
    for identity in unsigned[:MOST_UNSIGNED]:
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
            # It cannot be recorded, so that the browser keeps the old one for another time.
            return Visitor(identity, signed)
    return None


def _is_unsigned(value: str) -> bool:
    return IDENTITY.fullmatch(value) is not None


def _put_cookie(response: MutableHeaders, visitor: Visitor, *, is_secure: bool) -> None:
    """Set the cookie, which begins to age anew; end one of the old form that is not read again."""
    made = Response()
    if visitor.new_value:
        made.set_cookie(
            identity_cookie.name(is_https=is_secure),
            visitor.new_value,
            max_age=COOKIE_SECONDS,
            secure=is_secure,
            httponly=True,
            samesite="lax",
        )
    if visitor.is_taken_over and is_secure:
        made.delete_cookie(COOKIE)
    for value in made.headers.getlist("set-cookie"):
        response.append("set-cookie", value)


def _with_visitor(scope: Scope, request: Headers, visitor: Visitor, *, is_secure: bool) -> Scope:
    """Return the scope of a WebSocket whose page meets this visitor and no other."""
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
    """Let Streamlit tell users apart by our header; a host's own such headers stay."""
    trusted = config.get_option(TRUSTED_HEADERS)
    trusted = trusted if isinstance(trusted, dict) else {}
    if trusted.get(BROWSER_HEADER) != BROWSER:
        # An edited configuration is read anew, without what was set here.
        config.set_option(TRUSTED_HEADERS, {**trusted, BROWSER_HEADER: BROWSER}, __name__)
