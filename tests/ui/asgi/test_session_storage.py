"""Sessions of those who left are kept, and nobody can throw out those of others."""

import asyncio
from collections.abc import Iterator
from typing import cast

import pytest
import requests
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.session_manager import SessionInfo
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from liaobots.limits import Limits
from liaobots.ui.asgi.session_storage import FairSessionStorage
from tests.support import flood
from tests.support.app import App
from tests.support.protocol_client import finished

KEPT = 4


@pytest.fixture(scope="module")
def proxied_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Run an app that keeps few sessions, behind a proxy on its machine."""
    folder = tmp_path_factory.mktemp("kept")
    limits = f"sessions_kept={KEPT}"
    with App(folder, LIAOBOTS_LIMITS=limits, LIAOBOTS_PROXIES="127.0.0.1") as app:
        yield app


class Caller:
    """A browser at an address, whose connection can break."""

    def __init__(self, app: App, address: str) -> None:
        self._app = app
        cookies = requests.get(app.url, timeout=5).cookies
        cookie = "; ".join(f"{each.name}={each.value}" for each in cookies)
        self._headers = {"X-Forwarded-For": address, "Cookie": cookie}

    def session(self, last: str = "") -> str:
        """Open the page, hang up, and return the session's id; ask for `last` if there is one."""
        words = ["streamlit", "none", last] if last else ["streamlit"]
        with connect(
            self._app.url.replace("http", "ws") + "/_stcore/stream",
            origin=Origin(self._app.url),
            subprotocols=[Subprotocol(word) for word in words],
            additional_headers=self._headers,
            max_size=None,
        ) as line:
            line.send(flood.reruns())
            while True:
                message = ForwardMsg.FromString(bytes(line.recv(timeout=20, decode=False)))
                if message.WhichOneof("type") == "new_session":
                    return str(message.new_session.initialize.session_id)


def test_a_session_comes_back(proxied_app: App) -> None:
    """Whoever was cut off goes on where they were."""
    victim = Caller(proxied_app, "9.9.9.9")
    mine = victim.session()
    assert victim.session(mine) == mine


def test_one_who_leaves_often_throws_out_their_own(proxied_app: App) -> None:
    """Others' sessions outlive any number of his, of which as many stay as there is room for."""
    victims = [Caller(proxied_app, f"9.9.9.{number}") for number in range(2)]
    theirs = [each.session() for each in victims]
    attacker = Caller(proxied_app, "8.8.8.8")
    his = [attacker.session() for _ in range(3 * KEPT)]
    assert [each.session(mine) for each, mine in zip(victims, theirs, strict=True)] == theirs
    assert attacker.session(his[-1]) == his[-1]
    assert attacker.session(his[0]) != his[0]


class Session:
    """What the storage knows of a session of Streamlit's."""

    def __init__(self, ended: asyncio.Event) -> None:
        self.id, self.shutdown = "one", ended.set


def test_sessions_end_by_themselves() -> None:
    """Also where nobody comes any more to make room."""

    async def wait() -> None:
        ended = asyncio.Event()
        storage = FairSessionStorage(Limits(), seconds=0.1)
        storage.save(SessionInfo(client=None, session=cast(AppSession, Session(ended))))
        assert storage.get("one")
        await asyncio.wait_for(ended.wait(), timeout=30)

    finished(wait())
