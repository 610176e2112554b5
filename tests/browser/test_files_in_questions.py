"""PDFs of a question, read by the app while the page is used: waiting, stopping, leaving."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from liaobots.demo.server import DemoServer
from liaobots.ui.private_folder import LOCK
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.page_actions import answered, ask, begin, button, conversed, listed, message
from tests.support.pdfs import bomb, packed, pdf
from tests.support.processes import children, is_alive
from tests.support.protocol_client import Visitor, finished
from tests.support.uploading_visitor import UploadingVisitor
from tests.support.waiting import wait_until

CSV = FilePayload(name="a.csv", mimeType="text/csv", buffer=b"a,b\n1,2\n")
READING = "Reading …"
WAITING = "Waiting: number 1 in the queue"
# Takes some seconds to read.
SLOW = packed(b"(Slow words) Tj" + b" " * 20_000_000)
# With these limits a bomb is read until it is stopped.
PATIENT = "document_processor_seconds=600, document_unpacked_bytes=100_000_000_000"
ROUNDS = 6
SECONDS = 120


@pytest.fixture
def slow_demo_server(slow_demo_server: DemoServer) -> DemoServer:
    """Return the demo server, answering with the number of the answer in some pieces."""
    count = iter(range(1, 1000))
    slow_demo_server.answer = lambda _: iter([f"answer {next(count)} ", "and ", "so ", "on, soon."])
    return slow_demo_server


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Where the app keeps its temporary files."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def reader(tmp_path: Path, files: Path, slow_demo_server: DemoServer) -> Iterator[App]:
    """Run the app with its own folder for temporary files and very high limits."""
    environment = {
        "LIAOBOTS_URL": slow_demo_server.url,
        "LIAOBOTS_AUTH": CODE,
        "TMPDIR": str(files),
    }
    with App(tmp_path, LIAOBOTS_LIMITS=PATIENT, **environment) as running:
        yield running


def kept_in(folder: Path) -> list[Path]:
    """Return the visitors' files that the app still has."""
    return [each for each in folder.rglob("*") if each.is_file() and each.name != LOCK]


def payload(name: str, data: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="application/pdf", buffer=data)


def submit(page: Page, question: str, *files: FilePayload) -> None:
    """Add files in the composer, and send a question with them."""
    page.get_by_test_id("stChatInput").locator("input[type=file]").set_input_files([*files])
    for file in files:
        expect(page.get_by_test_id("stChatInput").get_by_text(file["name"])).to_be_visible()
    expect(page.get_by_test_id("stChatInputSubmitButton")).to_be_enabled()
    page.get_by_placeholder("Ask anything").fill(question)
    page.get_by_test_id("stChatInputSubmitButton").click()


def test_reading_can_be_stopped(
    reader: App, page: Page, files: Path, slow_demo_server: DemoServer
) -> None:
    """The page works while files are read; Stop returns the typed text and the readable files."""
    page.goto(reader.url)
    bombs = [payload(f"{number}.pdf", bomb()) for number in range(2)]
    submit(page, "What is in these?", *bombs, CSV)
    composer = page.get_by_placeholder("Ask anything")
    expect(page.get_by_text(f"0.pdf · {READING}")).to_be_visible()
    expect(page.get_by_text(f"1.pdf · {WAITING}")).to_be_visible()
    expect(composer).to_be_disabled()
    expect(composer).to_have_value("What is in these?")
    listed(page).nth(1).click()
    expect(page.get_by_label("Search titles and messages")).to_be_visible()
    listed(page).nth(0).click()
    expect(page.get_by_text(f"0.pdf · {READING}")).to_be_visible()
    assert len(children(reader.process.pid)) == 1
    button(page, "Stop reading").click()
    expect(page.get_by_text(READING)).to_have_count(0)
    wait_until(lambda: not children(reader.process.pid) and not kept_in(files))
    expect(composer).to_be_enabled()
    expect(composer).to_have_value("What is in these?")
    expect(page.get_by_role("button", name="a.csv")).to_be_visible()
    composer.press("Enter")
    answered(page, 1, "answer 1 ")
    assert [
        sent["body"]["messages"][0]["content"][:20] for sent in conversed(slow_demo_server)
    ] == ["What is in these?\n\n📄"]


def test_a_file_that_costs_too_much(
    tmp_path: Path, page: Page, slow_demo_server: DemoServer
) -> None:
    """The error names the file and the limit; the typed text and the other file are back."""
    limits = "document_processor_seconds=1"
    environment = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": CODE}
    with App(tmp_path, LIAOBOTS_LIMITS=limits, **environment) as app:
        page.goto(app.url)
        submit(page, "Why?", payload("large.pdf", bomb()), payload("small.pdf", pdf("Small")))
        expect(page.get_by_text("“large.pdf” needs more than the 1 seconds")).to_be_visible()
        composer = page.get_by_placeholder("Ask anything")
        expect(composer).to_have_value("Why?")
        expect(page.get_by_role("button", name="small.pdf")).to_be_visible()
        expect(page.get_by_role("button", name="large.pdf")).to_have_count(0)
        composer.press("Enter")
        answered(page, 1, "answer 1 ")
        assert "Small" in conversed(slow_demo_server)[0]["body"]["messages"][0]["content"]


@pytest.mark.parametrize("is_reload", [True, False])
def test_leaving(reader: App, page: Page, files: Path, *, is_reload: bool) -> None:
    """Reading stops when the visitor leaves; after a reload the draft is in the composer."""
    address = begin(page, reader)
    submit(page, "Is this a draft?", payload("a.pdf", bomb()), payload("b.pdf", bomb()))
    expect(page.get_by_text(WAITING)).to_be_visible()
    assert len(children(reader.process.pid)) == 1
    if is_reload:
        page.reload()
        expect(page.get_by_placeholder("Ask anything")).to_have_value("Is this a draft?")
    else:
        page.goto("about:blank")
    wait_until(lambda: not children(reader.process.pid) and not kept_in(files), 30)
    page.goto(address)
    expect(page.get_by_placeholder("Ask anything")).to_have_value("Is this a draft?")
    expect(page.get_by_placeholder("Ask anything")).to_be_enabled()


def test_switching_chats_while_reading(
    reader: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """The question is sent in the chat where it was asked, and the page does not switch to it."""
    address = begin(page, reader)
    submit(page, "What do the words say?", payload("slow.pdf", SLOW))
    expect(page.get_by_placeholder("Ask anything")).to_be_disabled()
    listed(page).nth(0).click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_placeholder("Ask anything")).to_be_enabled()
    expect(page.get_by_placeholder("Ask anything")).to_have_value("")
    wait_until(lambda: len(conversed(slow_demo_server)) == 2, SECONDS)
    assert "Slow words" in conversed(slow_demo_server)[1]["body"]["messages"][-1]["content"]
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    listed(page).nth(2).click()
    expect(page).to_have_url(address)
    answered(page, 3, "answer 2 ")
    expect(page.get_by_placeholder("Ask anything")).to_have_value("")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_an_unreadable_file_in_another_chat(reader: App, page: Page) -> None:
    """A question that cannot be sent is returned in its own chat, and in no other."""
    address = begin(page, reader)
    submit(page, "And this?", payload("odd.pdf", b"%PDF-" + b" " * 1_000))
    listed(page).nth(0).click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_placeholder("Ask anything")).to_have_value("")
    listed(page).nth(2).click()
    expect(page).to_have_url(address)
    expect(page.get_by_text("“odd.pdf” is broken")).to_be_visible()
    expect(page.get_by_placeholder("Ask anything")).to_have_value("And this?")


def test_an_answer_goes_on(reader: App, page: Page, slow_demo_server: DemoServer) -> None:
    """An answer in the same chat grows while files are read, and the question follows it."""
    slow_demo_server.answer = lambda _: iter([f"word{number} " for number in range(500)])
    page.goto(reader.url)
    ask(page, "Words")
    expect(message(page, 1)).to_contain_text("word5 ")
    submit(page, "More?", payload("slow.pdf", SLOW))
    expect(page.get_by_text(f"slow.pdf · {READING}")).to_be_visible()
    before = message(page, 1).inner_text()
    wait_until(lambda: len(message(page, 1).inner_text()) > len(before) + 20)
    expect(message(page, 3)).to_contain_text("word", timeout=SECONDS * 1000)
    expect(message(page, 2)).to_contain_text("More?")
    expect(page.get_by_placeholder("Ask anything")).to_be_enabled()
    expect(page.get_by_placeholder("Ask anything")).to_have_value("")


def test_the_composer_keeps_the_focus(reader: App, page: Page) -> None:
    """After a question with a file, the next one can be typed without a click."""
    page.goto(reader.url)
    submit(page, "One", payload("a.pdf", pdf("Hello")))
    answered(page, 1, "answer 1 ")
    page.keyboard.type("Two")
    expect(page.get_by_placeholder("Ask anything")).to_have_value("Two")


def test_the_server_is_killed(reader: App) -> None:
    """The processes that read files end with the server."""

    async def visit() -> set[int]:
        async with UploadingVisitor(reader.url) as visitor:
            await visitor.drawn()
            await visitor.ask_with("Read this", [(await visitor.upload("a.pdf", bomb()))[1]])
            await visitor.until(lambda: visitor.shows(READING))
            pids = children(reader.process.pid)
            reader.kill()
            return pids

    pids = finished(visit())
    assert pids
    wait_until(lambda: not any(map(is_alive, pids)), 30)


async def first_texts(url: str, is_enough: Callable[[int], bool]) -> list[float]:
    """Return how long visitors, one after the other, waited for their first text."""
    found: list[float] = []
    while not is_enough(len(found)):
        async with Visitor(url) as visitor:
            await visitor.drawn()
            began = time.monotonic()
            await visitor.ask("Hello")
            await visitor.until(lambda: visitor.shows("answer "), SECONDS)
            found.append(time.monotonic() - began)
    return found


async def read_bombs(url: str, count: int, is_over: Callable[[], bool]) -> int:
    """Submit bombs, each as another visitor; return how many of them waited or were read."""

    async def submit_one() -> bool:
        async with UploadingVisitor(url) as visitor:
            await visitor.drawn()
            await visitor.ask_with("Read this", [(await visitor.upload("a.pdf", bomb()))[1]])
            await visitor.until(lambda: visitor.shows(READING) or visitor.shows("in the queue"))
            while not is_over():
                await asyncio.sleep(0.1)
            return True

    return sum(await asyncio.gather(*(submit_one() for _ in range(count))))


def test_others_are_answered_meanwhile(reader: App, files: Path) -> None:
    """While sixteen bombs are read, two other visitors wait hardly longer than without them."""

    async def visit() -> tuple[list[float], list[float], int]:
        def few(count: int) -> bool:
            return count >= ROUNDS

        before = await asyncio.gather(*(first_texts(reader.url, few) for _ in range(2)))
        is_over = False
        bombs = asyncio.create_task(read_bombs(reader.url, 16, lambda: is_over))
        await asyncio.sleep(2)
        during = await asyncio.gather(*(first_texts(reader.url, few) for _ in range(2)))
        at_once = len(children(reader.process.pid))
        is_over = True
        assert await bombs == 16
        return [*chain(*before)], [*chain(*during)], at_once

    before, during, at_once = finished(visit())
    assert at_once == 2
    assert statistics.median(during) <= 3 * max(statistics.median(before), 0.2)
    wait_until(lambda: not children(reader.process.pid) and not kept_in(files), 30)
