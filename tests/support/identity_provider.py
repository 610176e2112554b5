"""A small OpenID Connect provider on a port of its own, for the tests of sign-in.

It signs everybody in as `person`, without a question. All else is as with any provider:
an app is known by its secret and its address, a code is valid once and only with its
verifier (PKCE), and tokens are signed.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

APP = "chat-of-nobody"
SECRET = "secret-of-nobody-5d0e"
BASIC = "Basic " + base64.b64encode(f"{APP}:{SECRET}".encode()).decode()
LIFETIME = 300
Fields = dict[str, str]


@dataclass(frozen=True)
class Person:
    """A person as the provider knows them."""

    sub: str
    email: str


@dataclass(frozen=True)
class _Grant:
    """Whom a code names, and what must come with it."""

    person: Person
    nonce: str
    challenge: str


class IdentityProvider:
    """The provider; `asked` holds the requested paths, oldest first.

    With `ends_sessions` it also has an address for signing out, as some providers have.
    """

    def __init__(self, person: Person) -> None:
        self.person = person
        self.ends_sessions = False
        self.asked: list[str] = []
        self._callback = ""
        self._grants: dict[str, _Grant] = {}
        self._people: dict[str, Person] = {}
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def register(self, app_url: str) -> str:
        """Register the app at this address, and return the secrets that it needs."""
        self._callback = f"{app_url}/oauth2callback"
        settings = {
            "redirect_uri": self._callback,
            "cookie_secret": secrets.token_hex(32),
            "client_id": APP,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.url}/.well-known/openid-configuration",
        }
        return "\n".join(["[auth]", *(f'{name} = "{value}"' for name, value in settings.items())])

    def description(self) -> dict[str, object]:
        """Return the discovery document."""
        paths = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        paths |= {"end_session": "logout"} if self.ends_sessions else {}
        return {f"{name}_endpoint": f"{self.url}/{path}" for name, path in paths.items()} | {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, object]:
        """Return the public key."""
        return {"keys": [self._key.as_dict(private=False)]}

    def authorize(self, query: Fields) -> str:
        """Return the address to which the browser returns, with a code for the person."""
        _require((query["client_id"], query["redirect_uri"]) == (APP, self._callback))
        _require(query["response_type"] == "code" and "openid" in query["scope"].split())
        _require(query["code_challenge_method"] == "S256")
        code = secrets.token_urlsafe()
        self._grants[code] = _Grant(self.person, query["nonce"], query["code_challenge"])
        return f"{self._callback}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: Fields, authorization: str) -> dict[str, object]:
        """Return tokens for a code, once."""
        _require(authorization == BASIC and form["grant_type"] == "authorization_code")
        grant = self._grants.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        _require(base64.urlsafe_b64encode(digest).decode().rstrip("=") == grant.challenge)
        _require(form["redirect_uri"] == self._callback)
        token = secrets.token_urlsafe()
        self._people[token] = grant.person
        tokens = {"access_token": token, "id_token": self._signed(grant)}
        return {**tokens, "token_type": "Bearer", "expires_in": LIFETIME}

    def userinfo(self, authorization: str) -> dict[str, object]:
        """Return what is known of the person whose token this is."""
        return dict(vars(self._people[authorization.removeprefix("Bearer ")]))

    def end_session(self, query: Fields) -> str:
        """Return the address to which the browser returns after signing out."""
        _require(query["post_logout_redirect_uri"] == self._callback)
        return self._callback

    def _signed(self, grant: _Grant) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": APP, "iat": now, "exp": now + LIFETIME}
        claims |= {"nonce": grant.nonce, **vars(grant.person)}
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)


def _require(is_so: bool) -> None:
    if not is_so:
        raise ValueError


class _Handler(BaseHTTPRequestHandler):
    """One request: the provider's response, or 400 if the request is wrong."""

    provider: IdentityProvider

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._answer(dict(parse_qsl(body)))

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _answer(self, form: Fields) -> None:
        address = urlsplit(self.path)
        self.provider.asked.append(address.path)
        try:
            self._find(address.path, dict(parse_qsl(address.query)), form)
        except (KeyError, ValueError):
            self.send_error(400)

    def _find(self, path: str, query: Fields, form: Fields) -> None:
        provider, authorization = self.provider, self.headers.get("authorization", "")
        match path:
            case "/.well-known/openid-configuration":
                self._say(provider.description())
            case "/jwks":
                self._say(provider.keys())
            case "/authorize":
                self._lead_to(provider.authorize(query))
            case "/token":
                self._say(provider.exchange(form, authorization))
            case "/userinfo":
                self._say(provider.userinfo(authorization))
            case "/logout":
                self._lead_to(provider.end_session(query))
            case _:
                self.send_error(404)

    def _say(self, words: dict[str, object]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(words).encode())

    def _lead_to(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()
