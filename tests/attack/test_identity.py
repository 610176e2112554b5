"""Whose chats a browser opens: planted cookies, and sessions of others."""

import asyncio
import secrets
import time

import pytest
import requests
from playwright.sync_api import BrowserContext
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from liaobots.ui.identity_cookie import COOKIE
from tests.attack.attacker import PROTOCOL
from tests.attack.place import Place
from tests.attack.service import LAST
from tests.support.protocol_client import Visitor, finished
from tests.support.uploading_visitor import UploadingVisitor

PLANTED = "F" * 43
LISTEN_SECONDS = 2.0


def set_by(url: str, cookie: str, **headers: str) -> str:
    """Return the header with the cookie that the page sets for a browser that sent this one."""
    answer = requests.get(url, headers={"Cookie": cookie, **headers}, timeout=10)
    return answer.headers.get("Set-Cookie", "")


def test_a_made_up_identity_is_replaced(place: Place) -> None:
    """However it looks; nobody can make one up that is taken."""
    own = requests.get(place.app.url, timeout=10).cookies[COOKIE]
    changed = ("B" if own[0] == "A" else "A") + own[1:]
    for planted in (PLANTED, secrets.token_urlsafe(32), changed):
        value = set_by(place.app.url, f"{COOKIE}={planted}").removeprefix(f"{COOKIE}=")
        # What another app on this host may have signed is carried along behind.
        assert value
        assert not value.startswith(planted)
    assert own in set_by(place.app.url, f"{COOKIE}={own}")


def test_behind_https_only_the_host_itself_sets_it(place: Place) -> None:
    """A cookie of a sub-domain or of plain http is none."""
    https = {"X-Forwarded-Proto": "https"}
    made = set_by(place.app.url, f"{COOKIE}={PLANTED}", **https)
    assert made.startswith("__Host-")
    assert "Secure" in made
    assert "Path=/;" in made
    assert "Domain" not in made
    assert PLANTED not in made


def test_a_cookie_of_another_port(place: Place, context: BrowserContext) -> None:
    """A real browser to which another app of this machine gave an identity does not keep it."""
    context.add_cookies([{"name": COOKIE, "value": PLANTED, "domain": "localhost", "path": "/"}])
    context.new_page().goto(place.app.url)
    kept = [each["value"] for each in context.cookies() if each.get("name") == COOKIE]
    assert kept
    assert PLANTED not in kept


def _joined(url: str, session: str, cookie: str) -> bytes:
    """Return what comes to somebody who says that this session is theirs."""
    came = b""
    protocols = [Subprotocol(each) for each in (PROTOCOL, "x", session)]
    heads = {"Cookie": cookie} if cookie else {}
    with connect(
        url.replace("http", "ws", 1) + "/_stcore/stream",
        origin=Origin(url),
        subprotocols=protocols,
        additional_headers=heads,
        max_size=None,
    ) as line:
        message = BackMsg()
        message.rerun_script.SetInParent()
        until = time.monotonic() + LISTEN_SECONDS
        try:
            line.send(message.SerializeToString())
            while (left := until - time.monotonic()) > 0:
                data = line.recv(timeout=left)
                came += data if isinstance(data, bytes) else data.encode()
        except (ConnectionClosed, TimeoutError):
            return came
    return came


@pytest.mark.parametrize("has_cookie", [True, False])
def test_a_live_session_of_another(place: Place, has_cookie: bool) -> None:
    """Its id gives nothing away and takes nothing away."""

    async def meet() -> None:
        async with UploadingVisitor(place.app.url) as victim:
            await victim.drawn()
            await victim.ask("A secret question")
            await victim.until(lambda: victim.shows(LAST) and not victim.is_running)
            _, file = await victim.upload("secret-file.txt", b"A secret in a file")
            # With a file that cannot be read nothing is sent, and the others wait in the composer.
            _, unread = await victim.upload("noise.txt", b"\0\0\0")
            await victim.ask_with("", [file, unread])
            await victim.until(lambda: victim.has("material-0") and not victim.is_running)
            own = requests.get(place.app.url, timeout=10).cookies[COOKIE]
            cookie = f"{COOKIE}={own}" if has_cookie else ""
            came = await asyncio.to_thread(_joined, place.app.url, victim.session, cookie)
            assert came
            assert b"ecret" not in came
            await victim.ask("Another question")
            await victim.until(lambda: victim.shows("Another question"), 10)
            await victim.until(lambda: victim.shows("A secret in a file"), 10)

    finished(meet())


@pytest.mark.parametrize("has_cookie", [True, False])
def test_a_session_of_one_who_left(place: Place, has_cookie: bool) -> None:
    """Streamlit keeps it for whoever comes back: that is its own browser only."""

    async def meet() -> tuple[str, str]:
        async with UploadingVisitor(place.app.url) as victim:
            await victim.drawn()
            await victim.ask("A secret question")
            await victim.until(lambda: victim.shows(LAST) and not victim.is_running)
            return victim.session, victim.identity

    session, identity = finished(meet())
    own = requests.get(place.app.url, timeout=10).cookies[COOKIE]
    cookie = f"{COOKIE}={own}" if has_cookie else ""
    came = _joined(place.app.url, session, cookie)
    assert came
    assert b"ecret" not in came
    mine = _joined(place.app.url, session, f"{COOKIE}={identity}")
    assert b"A secret question" in mine


async def _asks(url: str, identity: str) -> str:
    async with Visitor(url, identity=identity) as visitor:
        await visitor.drawn()
        await visitor.ask("Do I keep my chats?")
        await visitor.until(lambda: visitor.shows(LAST) and not visitor.is_running)
        return visitor.identity


def test_an_identity_stays_over_many_visits(place: Place) -> None:
    """The page's own is taken again, and the chats with it."""
    identity = finished(_asks(place.app.url, ""))

    async def look() -> None:
        async with Visitor(place.app.url, identity=identity, path="search") as visitor:
            await visitor.until(lambda: not visitor.is_running)
            assert visitor.identity == identity

    finished(look())
    assert identity in set_by(place.app.url, f"{COOKIE}={identity}")
