"""Whether a text of the service holds the auth code, as it is or in a coding that is cheap to find.

Letters and digits alone are compared, so that spaces, dashes, cases and the
width of letters make no difference. There is no end to codings: whoever has the
code can always tell it in one of their own.
"""

import base64
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

# A shorter code would be found in words that mean nothing of it.
LEAST_CHARACTERS = 6


def holds(text: str, secret: str) -> bool:
    """Return whether `text` holds `secret`, or a coding of it; nothing holds an empty one."""
    return finder(secret)(text)


def finder(secret: str) -> Callable[[str], bool]:
    """Return what finds a secret in many texts."""
    raw, forms = secret.casefold(), _forms(secret)

    def is_in(text: str) -> bool:
        if raw and raw in text.casefold():
            return True
        return bool(forms) and any(form in plain for plain in _readings(text) for form in forms)

    return is_in


def _readings(text: str) -> Iterator[str]:
    """Generate a text as it is, and as a browser would read it, as letters and digits."""
    yield _plain(text)
    for decoded in (unquote(text), html.unescape(text)):
        if decoded != text:
            yield _plain(decoded)


def _forms(secret: str) -> frozenset[str]:
    """Return the codings of a secret as letters and digits, or none for a short one."""
    plain = _plain(secret)
    if len(plain) < LEAST_CHARACTERS:
        return frozenset()
    forms = {plain, plain[::-1], secret.encode().hex(), *_in_base64(secret)}
    return frozenset(_plain(form) for form in forms)


def _in_base64(secret: str) -> Iterator[str]:
    """Generate what base64 makes of a secret at each of three places in a text."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        # The outer characters depend on what stands beside the secret.
        yield coded[(before * 8 + 5) // 6 : -1]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", folded)
