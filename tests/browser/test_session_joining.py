"""A session belongs to its browser, which gets it back after a lost connection."""

from playwright.sync_api import FilePayload, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from liaobots.demo.server import DemoServer
from tests.support.app import App
from tests.support.page_actions import ask, conversed, message
from tests.support.protocol_client import Visitor, finished
from tests.support.waiting import wait_until

FILES = [
    FilePayload(name="data.csv", mimeType="text/csv", buffer=b"a,b\nsecret,2\n"),
    FilePayload(name="picture.txt", mimeType="text/plain", buffer=b"\x89PNG\r\n\x1a\n...."),
]
# Makes the page's WebSockets accessible, to close them.
SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...words) { super(...words); window.sockets.push(this); }
    };
"""


class Sessions:
    """The ids of the sessions that a page has had, the newest last."""

    def __init__(self, page: Page) -> None:
        self.all: list[str] = []
        page.on("websocket", lambda line: line.on("framereceived", self._hear))

    def _hear(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            begun = ForwardMsg.FromString(frame).new_session.initialize.session_id
            if begun and begun not in self.all[-1:]:
                self.all.append(begun)


def test_an_attached_file_stays_with_its_visitor(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """A stranger with the session's id cannot send the file; the visitor can after reconnecting."""
    slow_demo_server.answer = lambda _: iter(["Here it is"])
    sessions = Sessions(page)
    page.add_init_script(SOCKETS)
    page.goto(app.url)
    page.get_by_test_id("stChatInput").locator("input[type=file]").set_input_files(FILES)
    expect(page.get_by_test_id("stChatInputSubmitButton")).to_be_enabled()
    ask(page, "What is it?")
    attached = page.get_by_role("button", name="data.csv")
    expect(attached).to_be_visible()
    finished(intrude(app, sessions.all[-1]))
    assert [each["body"]["messages"][-1]["content"] for each in conversed(slow_demo_server)] == [
        "Mine"
    ]
    page.evaluate("window.sockets.at(-1).close(4000)")
    back = "window.sockets.length > 1 && window.sockets.at(-1).readyState === 1"
    wait_until(lambda: page.evaluate(back), 30)
    expect(attached).to_be_visible()
    ask(page, "And now?")
    expect(message(page, 1)).to_contain_text("Here it is")
    assert "secret,2" in conversed(slow_demo_server)[-1]["body"]["messages"][-1]["content"]
    assert len(sessions.all) == 1


async def intrude(app: App, session: str) -> None:
    """Ask as a stranger who has the id of another visitor's session."""
    async with Visitor(app.url, session=session) as stranger:
        await stranger.drawn()
        await stranger.ask("Mine")
        await stranger.until(lambda: stranger.shows("Here it is") and not stranger.is_running)
