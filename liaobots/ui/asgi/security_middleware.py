"""Refuse requests of other sites, and add security headers to responses.

By the headers, the page loads only from its own server. And if the app is reached directly on
the machine it runs on, pages of other sites are refused: both their WebSockets and a host name
that they made point here (DNS rebinding).
"""

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liaobots.ui import browser, client_address

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# There Streamlit publishes how many visitors it has.
METRICS = "/_stcore/metrics"
HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.S)
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval' {scripts}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' {sockets}",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)


def _hashes_of_inline_scripts() -> str:
    """Return the policy's sources for the inline scripts of Streamlit's page, and for ours."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_bytes()
    scripts = [*INLINE_SCRIPT.findall(page), browser.SCRIPT.encode()]
    digests = (hashlib.sha256(code).digest() for code in scripts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


class SecurityMiddleware:
    """Refuse forbidden requests to an ASGI app, and add headers to its responses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._scripts = _hashes_of_inline_scripts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its response with our headers; or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        if not is_allowed(headers, client_address.peer_address(scope), _own_address(scope)):
            return await _refuse(scope, receive, send)
        if scope["path"].rstrip("/").endswith(METRICS):
            return await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(message, headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add_headers(self, message: Message, request: Headers) -> None:
        """Add our headers to a response."""
        response = MutableHeaders(scope=message)
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "no-referrer"
        if response.get("content-disposition", "").startswith("attachment"):
            # An export with the visitor's chats must not be cached.
            response["Cache-Control"] = "private, no-store"
        if not is_page(message["status"], response, request):
            return
        host = request.get("host", "")
        sockets = f"ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
        policy = POLICY.format(sockets=sockets, scripts=self._scripts)
        response["Content-Security-Policy"] = policy
        response["X-Frame-Options"] = "SAMEORIGIN"


def is_allowed(headers: Headers, peer: str, own: str = "") -> bool:
    """Return whether a request from the address `peer` to our address `own` is allowed.

    A request that a proxy forwards, or that comes from another machine, is left to
    Streamlit's own check of origins. `client_address.is_believed` says when a proxy is trusted.
    """
    is_local = peer in LOOPBACK or peer == own
    if not is_local or client_address.is_believed(headers, peer):
        return True
    host, origin = headers.get("host", ""), headers.get("origin")
    try:
        name = urlsplit(f"//{host}").hostname or ""
        is_ours = origin is None or urlsplit(origin).netloc == host or _is_allowed_origin(origin)
    except ValueError:
        return False
    return is_ours and (name == own or _is_allowed_host(name))


def _is_allowed_origin(origin: str) -> bool:
    return origin in st.get_option("server.corsAllowedOrigins")


def _is_allowed_host(name: str) -> bool:
    if name in LOOPBACK or name == st.get_option("browser.serverAddress"):
        return True
    allowed = st.get_option("server.allowedHosts")
    return any(rule in ("*", name) or _is_subdomain(name, rule) for rule in allowed)


def _is_subdomain(name: str, rule: str) -> bool:
    return rule.startswith("*.") and name.endswith(rule[1:])


def _own_address(scope: Scope) -> str:
    """Return the IP address of this end of the connection, or "".

    A socket for both IPv4 and IPv6 reports IPv4 addresses as ::ffff:127.0.0.1.
    """
    host = str(scope["server"][0]) if scope.get("server") else ""
    return host.removeprefix("::ffff:")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    words = (
        "This app is open on its own machine only, at localhost. To reach it by another "
        "name, add that name to server.allowedHosts in .streamlit/config.toml. To reach it "
        "through a proxy, name the proxy's address in LIAOBOTS_PROXIES, or set none."
    )
    await PlainTextResponse(words, status_code=403)(scope, receive, send)


def is_page(status: int, response: MutableHeaders, request: Headers) -> bool:
    """Return whether a response is the page, or confirms the browser's cached copy of it."""
    is_cached = status == 304 and request.get("sec-fetch-dest") in ("document", "iframe")
    return is_cached or response.get("content-type", "").startswith("text/html")


def is_https(scope: Scope, request: Headers) -> bool:
    """Return whether the visitor uses https, by the first proxy's report if there are proxies."""
    return request.get("x-forwarded-proto", scope["scheme"]).split(",")[0].strip() == "https"
