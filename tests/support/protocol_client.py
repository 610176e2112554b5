"""A visitor without a browser, who speaks Streamlit's protocol, so that there can be many.

The protocol is that of Streamlit 1.67: its `BackMsg` to the server, its `ForwardMsg`
back, over one WebSocket.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from liaobots.ui.identity_cookie import COOKIE

# A run of the page that came to its end; others were broken off for the next, or drew a part.
FINISHED = ForwardMsg.FINISHED_SUCCESSFULLY
# Where an element has its words, by its kind.
WORDS = {"markdown": "body", "alert": "body", "code": "code_text", "html": "body"}

T = TypeVar("T")


def finished(visit: Coroutine[Any, Any, T]) -> T:
    """Return the result of a visit, run in a thread: the main one may have Playwright's loop."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, visit).result()


def cookie_of_page(root: str) -> str:
    """Return the identity's cookie that a new browser gets with the page; "" if it gets none."""
    return requests.get(root, timeout=60).cookies.get(COOKIE) or ""


class Visitor:
    """A visitor with an identity of their own who looks at a page.

    `identity` is the value of their cookie, which they get with the page unless they have
    one; None is a visitor whose browser keeps no cookies. `session` is the id of a session
    that they ask to join; `set_cookie` is what came with the WebSocket.
    `url` is the address of the page, as it changes; `shown` holds the texts that came since
    the page was last drawn from its beginning, `files` the ids of what can be downloaded
    there. `headers` are sent when the socket is opened. `heard` is called with each message
    as it came.
    """

    def __init__(  # noqa: PLR0913 -- what a visitor may differ in, each by its name
        self,
        root: str,
        *,
        path: str = "",
        identity: str | None = "",
        session: str = "",
        headers: Mapping[str, str] | None = None,
        heard: Callable[[bytes], object] = len,
    ) -> None:
        self.identity = identity or ""
        self._keeps_cookies = identity is not None
        self.url = f"{root}/{path}"
        self.shown: list[str] = []
        self.files: list[str] = []
        self.session, self.set_cookie = session, ""
        self._runs = 0
        self._made: str | None = None
        self.is_running = True
        self._headers = dict(headers or {})
        self._root, self._heard, self._path = root, heard, path
        self._widgets: dict[str, str] = {}
        self._page = ""
        self._pages: dict[str, str] = {}
        self._looks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        if self._keeps_cookies and not self.identity:
            self.identity = await asyncio.to_thread(cookie_of_page, self._root)
        # A browser names the session that it had as the third word.
        words = ["streamlit", "none", self.session] if self.session else ["streamlit"]
        cookies = {"Cookie": f"{COOKIE}={self.identity}"} if self.identity else {}
        self._line: ClientConnection = await connect(
            self._root.replace("http", "ws", 1) + "/_stcore/stream",
            origin=Origin(self._root),
            subprotocols=[Subprotocol(each) for each in words],
            additional_headers=cookies | self._headers,
            max_size=None,
            compression=None,
            open_timeout=60,
        )
        handshake = self._line.response
        self.set_cookie = handshake.headers.get("Set-Cookie", "") if handshake else ""
        self._listening = asyncio.create_task(self._listen())
        await self._rerun()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._look_no_more()
        await self._line.close()
        with suppress(ConnectionClosed):
            await self._listening

    async def ask(self, question: str) -> None:
        """Send a question from the composer, as soon as there is one."""
        state = WidgetState(id=await self._widget("chat_input"))
        state.chat_input_value.data = question
        await self._rerun(state)

    async def press(self, key: str) -> None:
        """Press the button with this key, as soon as there is one."""
        await self._rerun(WidgetState(id=await self._widget("button", key), trigger_value=True))

    async def type(self, key: str, words: str) -> None:
        """Type into the field with this key, and wait until the page has the text.

        Streamlit merges two reruns that are requested at once, in an order of its own.
        """
        field = await self._widget("text_input", key)
        before = self._runs
        await self._rerun(WidgetState(id=field, string_value=words))
        await self.until(lambda: self._runs > before and not self.is_running)

    async def send(self, message: BackMsg) -> None:
        """Send any message of Streamlit's protocol."""
        await self._line.send(message.SerializeToString())

    async def download(self, file: str) -> str:
        """Return the address of a file that is created on request, or an empty one."""
        message = BackMsg()
        asked = message.backend_operation_request
        asked.session_id = self.session
        asked.request_id, asked.deferred_file.file_id = secrets.token_hex(8), file
        self._made = None
        await self.send(message)
        await self.until(lambda: self._made is not None)
        return self._root + self._made if self._made else ""

    async def until(self, is_so: Callable[[], object], seconds: float = 60) -> None:
        """Wait until received messages make a condition true.

        Raise `TimeoutError`, which says what the page shows, if it does not become true in time.
        """
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: bool(is_so()))
        except TimeoutError as error:
            shown = [text[:80] for text in self.shown]
            state = f"{self.url}, drawn {self._runs} times, running: {self.is_running}, {shown}"
            raise TimeoutError(state) from error

    async def drawn(self) -> None:
        """Wait until the page is drawn to its end."""
        await self.until(lambda: not self.is_running)

    def shows(self, words: str) -> bool:
        """Return whether the page contains these words, ignoring escapes."""
        return any(words in text.replace("\\", "") for text in self.shown)

    def has(self, key: str) -> bool:
        """Return whether the page has a widget with this key."""
        return any(id_.endswith(f"-{key}") for id_ in self._widgets)

    async def _widget(self, kind: str, key: str = "") -> str:
        def found() -> str | None:
            all_ = (id_ for id_, its in self._widgets.items() if its == kind)
            return next((id_ for id_ in all_ if id_.endswith(f"-{key}" if key else "")), None)

        await self.until(found)
        return found() or ""

    async def _rerun(self, *states: WidgetState, fragment: str = "") -> None:
        message = BackMsg()
        wish = message.rerun_script
        wish.page_script_hash, wish.context_info.url = self._page, self.url
        if not self._page:
            wish.page_name = self._path
        wish.context_info.timezone, wish.context_info.locale = "UTC", "en"
        wish.widget_states.widgets.extend(states)
        wish.fragment_id, wish.is_auto_rerun = fragment, bool(fragment)
        await self.send(message)

    async def _listen(self) -> None:
        async for data in self._line:
            if isinstance(data, bytes):
                self._heard(data)
                self._take(ForwardMsg.FromString(data))
            async with self._changed:
                self._changed.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._begin(message)
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self._pages = {page.page_script_hash: page.url_pathname for page in pages}
            self._go(message.navigation.page_script_hash)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._note(message.delta.new_element)
        elif kind == "auto_rerun":
            look = self._look(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            self._looks.append(asyncio.create_task(look))
        elif kind == "backend_operation_response":
            self._made = message.backend_operation_response.deferred_file.url
        elif kind == "script_finished" and message.script_finished == FINISHED:
            self.is_running = False

    def _begin(self, message: ForwardMsg) -> None:
        """Begin a page that is drawn from its beginning; a redrawn fragment changes nothing."""
        if message.metadata.run.fragment_ids:
            return
        self.is_running = True
        self._runs += 1
        self.session = message.new_session.initialize.session_id or self.session
        self._go(message.new_session.page_script_hash)
        self.shown.clear()
        self.files.clear()
        self._widgets.clear()
        self._look_no_more()

    def _go(self, page: str) -> None:
        """Follow the server to another page, as the browser's address would."""
        self._page = page
        if page in self._pages:
            self.url = f"{self._root}/{self._pages[page]}"

    def _note(self, element: Element) -> None:
        kind = element.WhichOneof("type") or ""
        inside = getattr(element, kind, None)
        if kind in WORDS:
            self.shown.append(getattr(inside, WORDS[kind]))
        elif kind == "download_button" and inside is not None:
            self.files.append(inside.deferred_file_id)
        elif id_ := getattr(inside, "id", ""):
            self._widgets[id_] = kind

    async def _look(self, fragment: str, interval: float) -> None:
        """Request a fragment again, as often as it asks for."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await self._rerun(fragment=fragment)

    def _look_no_more(self) -> None:
        while self._looks:
            self._looks.pop().cancel()


def chat_of(visitor: Visitor) -> str:
    return visitor.url.rpartition("/")[2]


async def opened_page(url: str) -> None:
    """Open a page and leave, so that the server has loaded what it loads with its first one."""
    async with Visitor(url) as visitor:
        await visitor.drawn()
