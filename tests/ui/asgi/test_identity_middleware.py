"""By which cookie a browser is known in a running app: forged, planted, old, or unverified.

The forms of the cookie by themselves are in `test_identity_cookie`.
"""

import secrets
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, expect

from liaobots.demo.server import DemoServer
from liaobots.storage.database import Database
from liaobots.storage.identities import TAKEOVER_SECONDS
from liaobots.storage.records import Message
from liaobots.storage.store import Store
from liaobots.ui.identity_cookie import COOKIE, SECURE_COOKIE, SIGNED
from tests.support.app import ROOT, App
from tests.support.auth_code import CODE
from tests.support.protocol_client import Visitor, chat_of, finished
from tests.support.stored_chats import kept, owner_of, signed_identity
from tests.support.waiting import wait_until

FIRST_LAYOUT = ROOT / "tests" / "old_files" / "layout_0001.sql"
HTTPS = {"X-Forwarded-Proto": "https"}


def given(url: str, cookies: str = "", **headers: str) -> dict[str, str]:
    """Return the cookies that a browser with these ones is given with the page, by their names."""
    sent = {**headers, **({"Cookie": cookies} if cookies else {})}
    answer = requests.get(url, headers={**sent}, timeout=30)
    return {name: value or "" for name, value in answer.cookies.items()}


def header_of(url: str, cookies: str = "", headers: dict[str, str] | None = None) -> str:
    """Return how the cookie is set."""
    sent = {**(headers or {}), **({"Cookie": cookies} if cookies else {})}
    return requests.get(url, headers=sent, timeout=30).headers["set-cookie"]


def set_behind_https(url: str, cookies: str = "") -> list[str]:
    """Return each cookie that is set behind a proxy that speaks https."""
    sent = {**HTTPS, **({"Cookie": cookies} if cookies else {})}
    answer = requests.get(url, headers=sent, timeout=30)
    # One header of `requests` holds all that were sent.
    return [each.strip() for each in answer.raw.headers.getlist("set-cookie")]


def test_each_browser_has_its_own(demo_app: App) -> None:
    """Signed, long enough to be unguessable, out of scripts' reach; it stays, and ages anew."""
    first, second = (given(demo_app.url)[COOKIE] for _ in range(2))
    assert first != second
    assert SIGNED.fullmatch(first)
    header = header_of(demo_app.url, f"{COOKIE}={first}")
    value, *rules = header.split("; ")
    assert value == f"{COOKIE}={first}"
    assert {rule.lower() for rule in rules} == {
        "httponly",
        "max-age=34560000",
        "path=/",
        "samesite=lax",
    }


def test_another_apps_cookies_do_not_hide_it(demo_app: App) -> None:
    """Cookies of one host are shared by all its ports."""
    mine = given(demo_app.url)[COOKIE]
    assert given(demo_app.url, f'prefs={{"a":1}}; {COOKIE}={mine}; x')[COOKIE] == mine


def test_what_nobody_signed_is_replaced(demo_app: App) -> None:
    """A guess, an old form that was never in use here, and every kind of forgery."""
    known, signature = given(demo_app.url)[COOKIE].split(".")
    other = secrets.token_urlsafe(32)
    forged = ["guess", other, known, f"{other}.{signature}", f"{known}.{other}", f"{known}."]
    for planted in [*forged, f"{known}.{signature[:-1]}", f".{signature}", f"{known}.{signature}="]:
        new = given(demo_app.url, f"{COOKIE}={planted}")[COOKIE]
        assert SIGNED.fullmatch(new.partition("~")[0])
        assert new.partition(".")[0] not in (known, other)


def test_a_planted_one_beside_mine(demo_app: App) -> None:
    """A subdomain or another port may set one of the same name; a browser sends both."""
    mine, planted = given(demo_app.url)[COOKIE], "F" * 43
    for cookies in (f"{COOKIE}={planted}; {COOKIE}={mine}", f"{COOKIE}={mine}; {COOKIE}={planted}"):
        assert given(demo_app.url, cookies)[COOKIE] == mine


def test_behind_https(demo_app: App) -> None:
    """The cookie has the prefix that keeps subdomains and plain http out, as browsers hold it."""
    [header] = set_behind_https(demo_app.url)
    value, *rules = header.split("; ")
    assert value.startswith(f"{SECURE_COOKIE}=")
    assert {rule.lower() for rule in rules} == {
        "httponly",
        "max-age=34560000",
        "path=/",
        "samesite=lax",
        "secure",
    }
    [again] = set_behind_https(demo_app.url, value)
    assert again.startswith(value)


def test_a_plain_one_is_ignored_behind_https(demo_app: App) -> None:
    """Also one that is genuine: an attacker can have one from the app itself, and plant it."""
    genuine = given(demo_app.url)[COOKIE]
    [header] = set_behind_https(demo_app.url, f"{COOKIE}={genuine}")
    assert header.startswith(f"{SECURE_COOKIE}=")
    assert genuine.partition(".")[0] not in header
    mine = header.partition(";")[0]
    [again] = set_behind_https(demo_app.url, f"{COOKIE}={genuine}; {mine}")
    assert again.startswith(mine)


def test_two_databases_on_one_host(demo_app: App, tmp_path: Path) -> None:
    """Their ports share the cookie, and each keeps what it cannot verify beside its own."""
    with App(tmp_path) as other:
        here = given(demo_app.url)[COOKIE]
        both = given(other.url, f"{COOKIE}={here}")[COOKIE]
        assert here in both.split("~")
        back = given(demo_app.url, f"{COOKIE}={both}")[COOKIE]
        assert back.partition("~")[0] == here
        assert set(back.split("~")) == set(both.split("~"))
        assert given(other.url, f"{COOKIE}={back}")[COOKIE] == both


def test_it_stays_in_a_browser(demo_app: App, context: BrowserContext) -> None:
    """A reload and a second tab keep it; no script can read it; a planted one is not taken."""
    context.add_cookies([{"name": COOKIE, "value": "F" * 43, "url": demo_app.url}])
    page = context.new_page()
    page.goto(demo_app.url)
    mine = identities(context)
    assert "F" * 43 not in mine[0]
    page.reload()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    context.new_page().goto(demo_app.url)
    assert identities(context) == mine
    assert COOKIE not in page.evaluate("document.cookie")


def identities(context: BrowserContext) -> list[str]:
    return [str(each["value"]) for each in context.cookies() if each.get("name") == COOKIE]


# Cookies from before there were signatures


@pytest.fixture
def old(tmp_path: Path) -> str:
    """Return the unsigned identity of somebody with a chat in a database of the first layout."""
    identity = secrets.token_urlsafe(32)
    with sqlite3.connect(tmp_path / "chats.db") as file:
        file.executescript(FIRST_LAYOUT.read_text())
        file.execute("UPDATE conversations SET owner = ?", (owner_of(identity),))
    file.close()
    return identity


@pytest.fixture
def upgraded(tmp_path: Path, slow_demo_server: DemoServer, old: str) -> App:
    """Return the app on that database."""
    address = f"sqlite:///{tmp_path}/chats.db"
    settings = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": CODE}
    return App(tmp_path, LIAOBOTS_DATABASE_URL=address, **settings)


async def sees(app: App, identity: str) -> bool:
    """Return whether a visitor with this cookie is shown the old chat."""
    async with Visitor(app.url, path="c1", identity=identity) as visitor:
        await visitor.drawn()
        return visitor.shows("Здравств")


def age_takeover(tmp_path: Path) -> None:
    """Let the takeover have been long ago."""
    with sqlite3.connect(tmp_path / "chats.db") as file:
        file.execute(
            "UPDATE unsigned_owners SET taken_over = taken_over - ?", (TAKEOVER_SECONDS + 1,)
        )
    file.close()


def test_an_old_cookie_is_taken_over_once(tmp_path: Path, upgraded: App, old: str) -> None:
    """Its browser keeps its chats; two tabs at once get the same; whoever comes later gets none."""
    with upgraded as app:
        first, second = (given(app.url, f"{COOKIE}={old}")[COOKIE] for _ in range(2))
        assert first == second
        assert first.partition(".")[0] == old
        assert finished(sees(app, first))
        age_takeover(tmp_path)
        late = given(app.url, f"{COOKIE}={old}")[COOKIE]
        assert late.partition(".")[0] != old
        assert not finished(sees(app, late))
        assert not finished(sees(app, old))
        assert finished(sees(app, first))


def test_an_old_cookie_of_nobody(upgraded: App) -> None:
    """It is none that was in use before."""
    planted = secrets.token_urlsafe(32)
    with upgraded as app:
        assert given(app.url, f"{COOKIE}={planted}")[COOKIE].partition(".")[0] != planted


def test_an_old_cookie_behind_https(upgraded: App, old: str) -> None:
    """It goes, and the better one takes its place."""
    with upgraded as app:
        better, ended = set_behind_https(app.url, f"{COOKIE}={old}")
        assert better.startswith(f"{SECURE_COOKIE}={old}.")
        assert ended.startswith(f'{COOKIE}="";')
        assert "Max-Age=0" in ended


def test_a_page_that_stayed_open_over_the_update(upgraded: App, old: str) -> None:
    """It only opens its WebSocket anew: the takeover comes with that, and lasts in the page."""

    async def reconnect(app: App) -> str:
        async with Visitor(app.url, path="c1", identity=old) as visitor:
            await visitor.until(lambda: visitor.shows("Здравств"))
            return visitor.set_cookie

    with upgraded as app:
        header = finished(reconnect(app))
        assert header.startswith(f"{COOKIE}={old}.")
        assert finished(sees(app, header.partition(";")[0].partition("=")[2]))


# While the database cannot be opened


@pytest.fixture
def blocked(tmp_path: Path, slow_demo_server: DemoServer) -> App:
    """Return an app whose database cannot be opened because a file is in place of its folder."""
    slow_demo_server.answer = lambda _: iter(["Here it is"])
    (tmp_path / "folder").write_text("not a folder")
    settings = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": CODE}
    return App(tmp_path, LIAOBOTS_DATABASE_URL=address_of(tmp_path), **settings)


def address_of(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/folder/chats.db"


async def ask(app: App, identity: str, question: str) -> Visitor:
    """Ask, and return who did when the answer is there."""
    async with Visitor(app.url, identity=identity) as visitor:
        await visitor.drawn()
        await visitor.ask(question)
        await visitor.until(lambda: visitor.shows("Here it is") and not visitor.is_running)
        return visitor


async def lists(app: App, identity: str, path: str, words: str) -> bool:
    async with Visitor(app.url, path=path, identity=identity) as visitor:
        await visitor.drawn()
        return visitor.shows(words)


def test_nobody_is_locked_out(tmp_path: Path, blocked: App) -> None:
    """A good cookie stays, and what was begun with it is there when the database is back."""
    elsewhere = Store(Database(f"sqlite:///{tmp_path}/other.db"))
    good = signed_identity(elsewhere)
    elsewhere.close()
    identity = good.partition(".")[0]
    forged = f"{identity}.{'x' * 43}"
    with blocked as app:
        assert COOKIE not in given(app.url, f"{COOKIE}={good}")
        mine = chat_of(finished(ask(app, good, "Mine, in memory")))
        theirs = finished(ask(app, "", "Of a new visitor"))
        assert finished(lists(app, good, mine, "Mine, in memory"))
        assert finished(lists(app, theirs.identity, chat_of(theirs), "Of a new visitor"))
        for other in (forged, identity, theirs.identity):
            assert not finished(lists(app, other, mine, "Mine, in memory"))
        (tmp_path / "folder").unlink()
        (tmp_path / "folder").mkdir()
        (tmp_path / "other.db").rename(tmp_path / "folder" / "chats.db")
        wait_until(lambda: COOKIE in given(app.url, f"{COOKIE}={good}"), 40)
        assert given(app.url, f"{COOKIE}={good}")[COOKIE] == good
        assert finished(lists(app, good, mine, "Mine, in memory"))
        assert finished(lists(app, theirs.identity, chat_of(theirs), "Of a new visitor"))
        assert not finished(lists(app, forged, mine, "Mine, in memory"))
        # The chat from memory is moved meanwhile, and may be the newest then.
        later = finished(ask(app, theirs.identity, "Kept by now"))
        wait_until(lambda: [each.text for each in kept_of(tmp_path, later)] == SAID)
    with blocked as app:
        # What was signed without the database is good after a restart with it.
        again = given(app.url, f"{COOKIE}={theirs.identity}")[COOKIE]
        assert again.partition(".")[0] == theirs.identity.partition(".")[0]
        assert again != theirs.identity


SAID = ["Kept by now", "Here it is"]


def kept_of(tmp_path: Path, visitor: Visitor) -> Sequence[Message]:
    return kept(address_of(tmp_path), visitor.identity, chat_of(visitor))
