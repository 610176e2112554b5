"""The client's settings: address, auth code, timeout, dialect, database. Read at each call."""

import math
import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from liaobots.errors import AuthCodeMissing, InvalidInput

DEFAULT_URL = "https://liaobots.work"
DEFAULT_TIMEOUT_SECONDS = 60.0
# A day, which is about the longest timeout that a socket can take.
MAX_TIMEOUT_SECONDS = 86_400.0
WIRES = ("2025", "2023", "openai")
# Streamlit looks for secrets in this folder in the home directory, in the working
# directory, and next to `app.py`; later ones override earlier ones.
SECRETS_FILE = Path(".streamlit", "secrets.toml")
PROJECT_FOLDER = Path(__file__).parents[2]


def base_url(value: str | None = None, dialect: str = WIRES[0]) -> str:
    """Return the service's address: `value`, else LIAOBOTS_URL, else Liaobots' own.

    Raise `InvalidInput` for anything but an http or https address of a host, and
    if there is no address for "openai", which has no default.
    """
    default = "" if dialect == "openai" else DEFAULT_URL
    address = (value or os.environ.get("LIAOBOTS_URL") or default).strip().rstrip("/")
    if not address:
        raise InvalidInput(
            "LIAOBOTS_WIRE=openai needs the service's address as well. "
            "Set LIAOBOTS_URL, for example to http://localhost:11434/v1."
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


def auth(value: str | None = None, dialect: str = WIRES[0]) -> str:
    """Return the auth code: `value`, else LIAOBOTS_AUTH, without the spaces around it.

    Raise `AuthCodeMissing` if there is none, or if a header cannot carry it. For
    "openai" return "" if there is none, as local servers need none.
    """
    code = code_of(value)
    if not code and dialect == "openai":
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


def wire(value: str | None = None) -> str:
    """Return the dialect of the protocol: "2025", "2023" or "openai".

    Raise `InvalidInput` for any other value of LIAOBOTS_WIRE.
    """
    dialect = (value or os.environ.get("LIAOBOTS_WIRE") or WIRES[0]).strip()
    if dialect not in WIRES:
        raise InvalidInput(f"LIAOBOTS_WIRE must be one of {', '.join(WIRES)}.")
    return dialect


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
            f"{file} cannot be read, and may say where chats are kept. "
            "Mend it, or name the database with --database."
        ) from None
