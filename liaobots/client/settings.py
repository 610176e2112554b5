"""Where to talk to, as whom, and for how long: read anew at each call."""

import math
import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from liaobots.errors import AuthCodeMissing, InvalidInput

URL = "https://liaobots.work"
TIMEOUT = 60.0
DAY = 86_400.0
WIRES = ("2025", "2023", "openai")
# Streamlit looks for secrets in this folder at home, where it is started, and
# beside `app.py`; what it finds later counts more.
SECRETS = Path(".streamlit", "secrets.toml")
HOUSE = Path(__file__).parents[2]


def base_url(given: str | None = None, form: str = WIRES[0]) -> str:
    """Gives the service's address: `given`, else LIAOBOTS_URL, else the known home.

    Raises InputRefused for anything but an http or https address of a host, and
    where the form is "openai" and no address is given: there is no one home.
    """
    home = "" if form == "openai" else URL
    address = (given or os.environ.get("LIAOBOTS_URL") or home).strip().rstrip("/")
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
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    plain = not ("@" in parts.netloc or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and port_is_fine


def code_of(given: str | None = None) -> str:
    """Return the auth code, or "": `given`, else LIAOBOTS_AUTH, without the spaces around it."""
    return str(given or os.environ.get("LIAOBOTS_AUTH") or "").strip()


def auth(given: str | None = None, form: str = WIRES[0]) -> str:
    """Gives the auth code: `given`, else LIAOBOTS_AUTH, without the spaces around it.

    Raises CodeMissing where a header cannot carry it, or where there is none;
    in the form "openai" that is "": an engine on one's own machine wants none.
    """
    code = code_of(given)
    if not code and form == "openai":
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


def timeout(given: float | None = None) -> float:
    """Gives the seconds without a byte after which a call gives up.

    Raises InputRefused where LIAOBOTS_TIMEOUT is not a number above zero, or more than a day,
    which is about what a socket can count.
    """
    value = given if given is not None else os.environ.get("LIAOBOTS_TIMEOUT") or TIMEOUT
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 < seconds <= DAY:
        raise InvalidInput(
            "LIAOBOTS_TIMEOUT must be a number of seconds above zero, such as 60. More than a "
            "day cannot be waited."
        )
    return seconds


def wire(given: str | None = None) -> str:
    """Gives the form in which to ask: "2025", "2023" or "openai".

    Raises InputRefused for any other value of LIAOBOTS_WIRE.
    """
    form = (given or os.environ.get("LIAOBOTS_WIRE") or WIRES[0]).strip()
    if form not in WIRES:
        raise InvalidInput(f"LIAOBOTS_WIRE must be one of {', '.join(WIRES)}.")
    return form


def database() -> str:
    """Gives the address of the app's database as the app itself finds it, or "" for the default.

    Streamlit puts its secrets over the environment when it starts. Raises
    InputRefused for secrets that cannot be read: the address may be in them.
    """
    found: object = os.environ.get("LIAOBOTS_DATABASE_URL")
    for folder in (Path.home(), Path.cwd(), HOUSE):
        found = _secrets_in(folder / SECRETS).get("LIAOBOTS_DATABASE_URL", found)
    return str(found or "")


def _secrets_in(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        # What went wrong exactly may quote a secret.
        raise InvalidInput(
            f"{file} cannot be read, and may say where chats are kept. "
            "Mend it, or name the database with --database."
        ) from None
