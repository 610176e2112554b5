"""The client's settings: address, auth code, timeout, dialect, database. Read at each call."""

import math
import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from liaobots.client.dialects import DEFAULT, DIALECTS
from liaobots.client.dialects.base import Dialect
from liaobots.errors import AuthCodeMissing, InvalidInput

DEFAULT_TIMEOUT_SECONDS = 60.0
# A day, which is about the longest timeout that a socket can take.
MAX_TIMEOUT_SECONDS = 86_400.0
# Streamlit looks for secrets in this folder in the home directory, in the working
# directory, and next to `app.py`; later ones override earlier ones.
SECRETS_FILE = Path(".streamlit", "secrets.toml")
PROJECT_FOLDER = Path(__file__).parents[2]


def base_url(value: str | None = None, dialect: Dialect = DEFAULT) -> str:
    """Return the service's address: `value`, else LIAOBOTS_URL, else the dialect's own.

    Raise `InvalidInput` for anything but an http or https address of a host, and
    if there is none and the dialect has no default.
    """
    setting = os.environ.get("LIAOBOTS_URL")
    address = (value or setting or dialect.default_url).strip().rstrip("/")
    if not address:
        raise InvalidInput(
            "LIAOBOTS_WIRE={dialect} needs the service's address as well. Set LIAOBOTS_URL, "
            "for example to http://localhost:11434/v1.",
            dialect=dialect.name,
        )
    if not _is_web_address(address):
        raise InvalidInput(
            "The service's address must look like https://example.org. "
            "Check LIAOBOTS_URL, or the base_url that was given."
        )
    return address


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        # Reading the port is what makes urlsplit check it.
        is_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    is_plain = not ("@" in parts.netloc or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain and is_valid_port


def code_of(value: str | None = None) -> str:
    """Return the auth code, or "": `value`, else LIAOBOTS_AUTH, without the spaces around it."""
    return str(value or os.environ.get("LIAOBOTS_AUTH") or "").strip()


def auth(value: str | None = None, dialect: Dialect = DEFAULT) -> str:
    """Return the auth code: `value`, else LIAOBOTS_AUTH, without the spaces around it.

    Raise `AuthCodeMissing` if a header cannot carry it, or if there is none and the dialect
    needs one; otherwise return "" then.
    """
    code = code_of(value)
    if not code and not dialect.needs_auth:
        return ""
    if not code:
        raise AuthCodeMissing(
            "An auth code is needed. Paste yours into “Auth token”, "
            "pass auth=, or set LIAOBOTS_AUTH."
        )
    if not all("!" <= character <= "~" for character in code):
        raise AuthCodeMissing(
            "The auth code has characters that cannot be sent, such as a space or a "
            "letter that is not plain ASCII. Copy it once more, the code alone."
        )
    return code


def timeout(value: float | None = None) -> float:
    """Return the seconds without a byte after which a call fails.

    Raise `InvalidInput` if they are not a number above zero, or more than a day.
    """
    setting = os.environ.get("LIAOBOTS_TIMEOUT") or DEFAULT_TIMEOUT_SECONDS
    try:
        seconds = float(setting if value is None else value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 < seconds <= MAX_TIMEOUT_SECONDS:
        raise InvalidInput(
            "LIAOBOTS_TIMEOUT must be a number of seconds above zero, such as 60. More than a "
            "day cannot be waited."
        )
    return seconds


def dialect(value: str | None = None) -> Dialect:
    """Return the dialect of the protocol with the name `value`, else that of LIAOBOTS_WIRE.

    Raise `InvalidInput` if there is none with that name.
    """
    name = (value or os.environ.get("LIAOBOTS_WIRE") or DEFAULT.name).strip()
    if name not in DIALECTS:
        raise InvalidInput("LIAOBOTS_WIRE must be one of {dialects}.", dialects=", ".join(DIALECTS))
    return DIALECTS[name]


def database() -> str:
    """Return the address of the app's database as the app finds it, or "" for the default.

    Streamlit's secrets override the environment when it starts. Raise
    `InvalidInput` for secrets that cannot be read, as the address may be in them.
    """
    found: object = os.environ.get("LIAOBOTS_DATABASE_URL")
    for folder in (Path.home(), Path.cwd(), PROJECT_FOLDER):
        found = _secrets_in(folder / SECRETS_FILE).get("LIAOBOTS_DATABASE_URL", found)
    return str(found or "")


def _secrets_in(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        # The original error may quote a secret.
        raise InvalidInput(
            "{file} cannot be read, and may say where chats are kept. Mend it, or name the "
            "database with --database.",
            file=str(file),
        ) from None
