"""Whether a text of the service holds the auth code, as it is or in a common encoding.

Only letters and digits are compared, so that spaces, dashes, case and the width
of letters make no difference. No search finds every encoding: a service that has
the code can always encode it in a way of its own.
"""

import base64
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

# A shorter code would also be found in unrelated words.
MIN_CHARACTERS = 6


def holds(text: str, secret: str) -> bool:
    """Return whether `text` holds `secret`, or an encoding of it; False if it is empty."""
    return finder(secret)(text)


def finder(secret: str) -> Callable[[str], bool]:
    """Return a function that tells whether a text holds `secret`."""
    raw, encodings = secret.casefold(), _encodings(secret)

    def is_in(text: str) -> bool:
        if raw and raw in text.casefold():
            return True
        return bool(encodings) and any(
            encoding in plain for plain in _decodings(text) for encoding in encodings
        )

    return is_in


def _decodings(text: str) -> Iterator[str]:
    """Yield the letters and digits of a text as it is, and as a browser decodes it."""
    yield _plain(text)
    for decoded in (unquote(text), html.unescape(text)):
        if decoded != text:
            yield _plain(decoded)


def _encodings(secret: str) -> frozenset[str]:
    """Return the letters and digits of a secret's encodings, or none if it is short."""
    plain = _plain(secret)
    if len(plain) < MIN_CHARACTERS:
        return frozenset()
    encodings = {plain, plain[::-1], secret.encode().hex(), *_base64_encodings(secret)}
    return frozenset(_plain(encoding) for encoding in encodings)


def _base64_encodings(secret: str) -> Iterator[str]:
    """Yield the base64 of a secret at each of three offsets in a text."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        # The outer characters also depend on the neighbours of the secret.
        yield encoded[(before * 8 + 5) // 6 : -1]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", folded)
