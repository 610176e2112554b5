"""The cookie that tells browsers apart: its names, its forms, and how it is signed.

Its value is a random identity and a signature, `<43 characters>.<HMAC>`, so
that it cannot be forged. Several apps with different databases may run on one host,
whose ports share their cookies: each adds a value of its own, and keeps those of
the others, which it cannot verify. They are joined by `~`.

Behind https the cookie has the prefix `__Host-` (RFC 6265bis): then browsers
accept it only from this host, over https, and not from a subdomain.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

COOKIE = "liaobots_id"
SECURE_COOKIE = f"__Host-{COOKIE}"
COOKIE_SECONDS = 400 * 24 * 3600
IDENTITY = re.compile(r"[\w-]{43}", re.ASCII)
SIGNED = re.compile(r"[\w-]{43}\.[\w-]{43}", re.ASCII)
SEPARATOR = "~"
# How many apps with different databases on one host keep their visitors.
MAX_SIGNED_VALUES = 4


@dataclass(frozen=True)
class Keys:
    """The keys that this server signs with and accepts.

    `database` are the secrets of its database, of which the first one signs; there are none
    while it cannot be opened. What `process` signed meanwhile is signed again later.
    """

    process: bytes = field(repr=False, default_factory=lambda: secrets.token_bytes(32))
    database: Sequence[bytes] = field(repr=False, default=())

    def identity_in(self, value: str) -> str:
        """Return the identity in a cookie's value that one of the keys has signed, or ""."""
        signed = filter(self._is_ours, _signed_in(value))
        return next((each.partition(".")[0] for each in signed), "")

    def cookie_for(self, identity: str, values: Iterable[str] = ()) -> str:
        """Return the cookie's value for an identity, with the `values` of other databases."""
        others = [each for value in values for each in _signed_in(value) if not self._is_ours(each)]
        kept = list(dict.fromkeys(others))[: MAX_SIGNED_VALUES - 1]
        return SEPARATOR.join([_sign([*self.database, self.process][0], identity), *kept])

    def _is_ours(self, signed: str) -> bool:
        identity = signed.partition(".")[0]
        keys = [*self.database, self.process]
        return any(hmac.compare_digest(_sign(key, identity), signed) for key in keys)


def new_identity() -> str:
    """Return a new random identity."""
    return secrets.token_urlsafe(32)


def owner_of(identity: str) -> str:
    """Return the owner of the chats of a browser with this verified identity."""
    return _hash(f"browser {identity}")


def unverified_owner(value: str) -> str:
    """Return the owner for a cookie that cannot be verified yet, which equals no verified one."""
    return _hash(f"unverified {value.partition(SEPARATOR)[0]}")


def has_form(value: str) -> bool:
    """Return whether a value has the form of a signed identity, or of an old unsigned one."""
    return bool(_signed_in(value)) or IDENTITY.fullmatch(value) is not None


def name(*, is_https: bool) -> str:
    """Return the cookie's name."""
    return SECURE_COOKIE if is_https else COOKIE


def values_of(header: str, wanted: str) -> list[str]:
    """Return all values of a cookie in a header: a browser may send several of one name."""
    return [value for each, value in _pairs(header) if each == wanted]


def without_ours(header: str) -> str:
    """Return a cookie header without the cookies of an identity."""
    kept = [part for part in header.split(";") if _pair(part)[0] not in (COOKIE, SECURE_COOKIE)]
    return ";".join(kept).strip()


def of_page(cookies: Mapping[str, object]) -> str:
    """Return the cookie's value as the page gets it, or ""."""
    found = (cookies.get(each) for each in (SECURE_COOKIE, COOKIE))
    return next((value for value in found if isinstance(value, str)), "")


def _sign(key: bytes, identity: str) -> str:
    mac = hmac.digest(key, f"{COOKIE} {identity}".encode(), "sha256")
    return f"{identity}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _signed_in(value: str) -> list[str]:
    return [each for each in value.split(SEPARATOR)[:MAX_SIGNED_VALUES] if SIGNED.fullmatch(each)]


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def _pairs(header: str) -> list[tuple[str, str]]:
    return [_pair(part) for part in header.split(";")]


def _pair(part: str) -> tuple[str, str]:
    before, equals, after = part.partition("=")
    return (before.strip(), after.strip()) if equals else ("", before.strip())
