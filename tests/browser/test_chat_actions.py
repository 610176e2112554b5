"""What a visitor does with chats: edit, branch, compare, search, delete, export and import."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, FilePayload, Locator, Page, expect

from liaobots.demo.server import DemoServer
from tests.support.app import App
from tests.support.page_actions import act, answered, ask, begin, button, conversed, listed, message
from tests.support.pdfs import pdf
from tests.support.waiting import wait_until


@pytest.fixture
def slow_demo_server(slow_demo_server: DemoServer) -> DemoServer:
    """Return the demo server, answering with the number of the answer in some pieces."""
    count = iter(range(1, 100))

    def answer(question: str) -> list[str]:
        number = next(count)
        return [f"answer {number} ", "is ", f"to «{question[:40]}» ", *["and", "so", "on."]]

    slow_demo_server.answer = lambda question: iter(answer(question))
    return slow_demo_server


def questions(demo_server: DemoServer) -> list[list[str]]:
    """Return what was sent with each question: the contents of its messages."""
    asked = [each["body"] for each in demo_server.asked if each["path"] == "/api/chat"]
    return [[message["content"] for message in body["messages"]] for body in asked]


def step_version(page: Page, number: int, label: str) -> None:
    """Go to the previous or the next version of a message."""
    message(page, number).get_by_role("button", name=label).click()


def test_edit_and_branch(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """An edited question is a new version; the old branch is kept, and not sent any more."""
    address = begin(page, app)
    ask(page, "Second question")
    answered(page, 3, "answer 2 ")
    act(page, 0, "Edit and ask again")
    field = page.get_by_label("Your question", exact=True)
    expect(field).to_have_value("First question")
    field.fill("Better question")
    button(page, "Ask again").click()
    answered(page, 1, "answer 3 ")
    expect(message(page, 0)).to_contain_text("Better question")
    expect(message(page, 0)).to_contain_text("2/2")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    assert questions(slow_demo_server)[-1] == ["Better question"]
    step_version(page, 0, "Previous version")
    expect(message(page, 3)).to_contain_text("answer 2 ")
    step_version(page, 0, "Next version")
    expect(message(page, 1)).to_contain_text("answer 3 ")
    page.reload()
    expect(message(page, 0)).to_contain_text("Better question")
    assert page.url == address


def test_answer_again_and_with_another_model(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """Each answer is a version; the others are not sent; differences are shown."""
    begin(page, app)
    act(page, 1, "Answer again")
    answered(page, 1, "answer 2 ")
    act(page, 1, "Answer with another model")
    expect(page.get_by_label("Model", exact=True).last).to_be_visible()
    button(page, "Answer").click()
    answered(page, 1, "answer 3 ")
    expect(message(page, 1)).to_contain_text("gpt-4")
    expect(message(page, 1)).to_contain_text("3/3")
    assert questions(slow_demo_server) == [["First question"]] * 3
    act(page, 1, "Show differences")
    shown = page.locator(".difference")
    expect(shown.locator("del")).to_have_text("2")
    expect(shown.locator("ins")).to_have_text("3")


def test_compare(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """Answers are live side by side, each with its Stop, also after a reload; one is chosen."""
    slow_demo_server.answer = lambda _: iter([f"word{n} " for n in range(80)])
    page.goto(app.url)
    page.get_by_label("Also ask", exact=True).click()
    for name in ("GPT-4", "Built-in stand-in"):
        page.get_by_role("option", name=re.compile(name)).click()
    page.keyboard.press("Escape")
    ask(page, "Compare them")
    columns = page.locator(".st-key-side-by-side").get_by_test_id("stColumn")
    expect(columns).to_have_count(3)
    for number in range(3):
        expect(columns.nth(number)).to_contain_text("word5 ")
    stops = columns.get_by_role("button", name="Stop")
    expect(stops).to_have_count(3)
    stops.nth(1).click()
    expect(columns.nth(1)).to_contain_text("You stopped this answer here.")
    expect(stops).to_have_count(2)
    page.reload()
    expect(columns.nth(0)).to_contain_text("word79")
    expect(columns.nth(2)).to_contain_text("word79")
    assert "word79" not in columns.nth(1).inner_text()
    assert [column.inner_text().split()[0] for column in columns.all()] == [
        "gpt-3.5-turbo",
        "gpt-4",
        "stand-in",
    ]
    columns.nth(2).get_by_role("button", name="Choose this answer").click()
    expect(columns).to_have_count(0)
    expect(message(page, 1)).to_contain_text("stand-in")
    expect(message(page, 1)).to_contain_text("3/3")
    ask(page, "Go on")
    expect(message(page, 3)).to_contain_text("word5 ")
    assert [text.strip()[-6:] for text in questions(slow_demo_server)[-1]] == [
        "e them",
        "word79",
        "Go on",
    ]


def test_delete_and_restore_a_message(app: App, page: Page) -> None:
    """A message is deleted with those after it; Undo restores all, and later the trash does."""
    begin(page, app)
    ask(page, "Second question")
    answered(page, 3, "answer 2 ")
    act(page, 2, "Delete from here on")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    button(page, "Undo").click()
    expect(message(page, 3)).to_contain_text("answer 2 ")
    act(page, 2, "Delete from here on")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_text("Second question")).to_be_visible()
    button(page, "Restore").click()
    expect(message(page, 3)).to_contain_text("answer 2 ")


def test_the_trash_is_emptied(app: App, page: Page) -> None:
    """Emptying asks for confirmation; afterwards nothing can be restored."""
    address = begin(page, app)
    button(page, "Chat").click()
    button(page, "Delete this chat").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    page.get_by_role("link", name="Trash").click()
    button(page, "Empty the trash").click()
    expect(page.get_by_text("Everything in the trash will be deleted permanently.")).to_be_visible()
    button(page, "Empty it now").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()


def test_search_leads_to_the_message(app: App, page: Page) -> None:
    """The search opens by its shortcut, finds while one types, and highlights the words."""
    address = begin(page, app, "Радуга и 彩虹 needle")
    for number in range(12):
        ask(page, f"Filler {number} " + "line\n" * 30)
        answered(page, -1, f"answer {number + 2} ")
    page.keyboard.press("Control+K")
    expect(page.get_by_label("Search titles and messages")).to_be_focused()
    page.keyboard.type("радуг 彩")
    hits = page.locator(".st-key-hits")
    expect(hits.get_by_role("button")).to_have_count(3)
    expect(hits.locator(".stMarkdownColoredBackground").first).to_have_text("Радуг")
    hits.get_by_role("button").nth(1).click()
    found = page.get_by_test_id("stChatMessage").filter(has_text="needle").first
    expect(found).to_be_in_viewport()
    assert page.url == address
    expect(page.locator(".led-to")).to_have_count(1)


def test_a_lost_click_is_repeated(app: App, page: Page) -> None:
    """The clicked chat is opened, even if the first message to the server is lost."""
    page.add_init_script("""
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
            if (window.loses > 0) window.loses -= 1;
            else send.call(this, data);
        };
    """)
    address = begin(page, app)
    listed(page).nth(1).click()
    expect(page.get_by_label("Search titles and messages")).to_be_focused()
    page.evaluate("window.loses = 1")
    listed(page).nth(2).click()
    expect(page).to_have_url(address)
    expect(message(page, 1)).to_contain_text("answer 1 ")
    assert page.evaluate("window.loses") == 0


def test_pin_and_instructions(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """A pinned chat has its own section; instructions are sent with each question."""
    begin(page, app)
    button(page, "Chat").click()
    button(page, "Pin").click()
    expect(page.get_by_test_id("stSidebarNav").get_by_text("Pinned")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".st-key-prompts-fold button").click()
    page.get_by_role("textbox", name="Instructions for this chat").fill("Answer in rhyme.")
    page.locator(".st-key-prompts-fold button").click()
    expect(page.get_by_text("With instructions")).to_be_visible()
    ask(page, "Second question")
    answered(page, 3, "answer 2 ")
    assert conversed(slow_demo_server)[-1]["body"]["prompt"] == "Answer in rhyme."


def test_a_prompt_with_placeholders(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """A prompt is saved, filled in, and inserted into the composer, where it can be edited."""
    page.goto(f"{app.url}/prompts")
    page.get_by_label("Name", exact=True).fill("Explain")
    page.get_by_role("textbox", name="Text").fill("Explain {{thing}} to {{whom}}")
    button(page, "Save").click()
    expect(page.get_by_text("Explain", exact=True)).to_be_visible()
    page.goto(app.url)
    page.locator(".st-key-prompts-fold button").click()
    page.get_by_label("thing", exact=True).fill("tides")
    page.get_by_label("whom", exact=True).fill("a child")
    button(page, "Insert into the question").click()
    composer = page.get_by_placeholder("Ask anything")
    expect(composer).to_have_value("Explain tides to a child")
    composer.press("End")
    composer.press("Enter")
    answered(page, 1, "answer 1 ")
    assert questions(slow_demo_server) == [["Explain tides to a child"]]


def download(page: Page, label: str) -> Download:
    """Click a button and return the file that it downloads."""
    with page.expect_download() as downloading:
        button(page, label).click()
    return downloading.value


def test_export_and_import(app: App, page: Page, browser: Browser, tmp_path: Path) -> None:
    """Another visitor imports an export with all versions; a second import adds nothing."""
    begin(page, app)
    act(page, 1, "Answer again")
    answered(page, 1, "answer 2 ")
    act(page, 1, "Good answer")
    expect(message(page, 1)).to_contain_text("Good answer")
    button(page, "Chat").click()
    text = Path(download(page, "Export as Markdown").path()).read_text()
    assert text.startswith("# First question")
    assert "answer 2" in text
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Import and export").click()
    file = tmp_path / "exported.json"
    download(page, "Export everything").save_as(file)
    assert [turn["thumb"] for turn in json.loads(file.read_text())["chats"][0]["turns"]].count(
        1
    ) == 1
    other = browser.new_context()
    theirs = other.new_page()
    for count in ("3", "0"):
        theirs.goto(f"{app.url}/transfer")
        theirs.locator("input[type=file]").set_input_files(file)
        expect(theirs.get_by_text(f"with {count} new messages")).to_be_visible()
    expect(listed(theirs)).to_have_count(3)
    listed(theirs).nth(2).click()
    expect(message(theirs, 1)).to_contain_text("2/2")
    expect(message(theirs, 1)).to_contain_text("Good answer")
    other.close()


def test_a_broken_import_names_the_line(app: App, page: Page, tmp_path: Path) -> None:
    """The error names the line in the file, and nothing is imported."""
    file = tmp_path / "broken.json"
    file.write_text('[{"mapping": {}, "title": "x"},\n {"mapping": oops}]')
    page.goto(f"{app.url}/transfer")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text(re.compile("line 2"))).to_be_visible()
    expect(listed(page)).to_have_count(2)


def wait_for_upload(page: Page) -> None:
    """Wait until the composer's files can be sent."""
    expect(page.get_by_test_id("stChatInputSubmitButton")).to_be_enabled()


def test_files_are_sent(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """Text and PDF are sent in the question, and folded on the page with name and length."""
    page.goto(app.url)
    page.get_by_test_id("stChatInput").locator("input[type=file]").set_input_files(
        [
            FilePayload(name="data.csv", mimeType="text/csv", buffer=b"a,b\n1,2\n"),
            FilePayload(name="paper.pdf", mimeType="application/pdf", buffer=pdf("Hello PDF")),
        ]
    )
    expect(page.get_by_text("paper.pdf")).to_be_visible()
    wait_for_upload(page)
    page.get_by_placeholder("Ask anything").fill("What is in these?")
    page.keyboard.press("Enter")
    answered(page, 1, "answer 1 ")
    sent = questions(slow_demo_server)[0][0]
    assert sent.startswith("What is in these?")
    assert "a,b\n1,2" in sent
    assert "Hello PDF" in sent
    folds = message(page, 0).get_by_test_id("stExpander")
    expect(folds).to_have_count(2)
    expect(folds.first).to_contain_text("data.csv")
    expect(message(page, 0).get_by_text("1,2")).to_be_hidden()
    folds.first.click()
    expect(message(page, 0).get_by_text("1,2")).to_be_visible()


def test_what_does_not_fit_is_not_sent(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The page says by how much; the typed text is back, and the file can be removed."""
    page.goto(app.url)
    page.get_by_test_id("stChatInput").locator("input[type=file]").set_input_files(
        {"name": "long.txt", "mimeType": "text/plain", "buffer": b"word " * 4000}
    )
    wait_for_upload(page)
    page.get_by_placeholder("Ask anything").fill("Too much?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("too many")).to_be_visible()
    composer = page.get_by_placeholder("Ask anything")
    expect(composer).to_have_value("Too much?")
    assert questions(slow_demo_server) == []
    page.get_by_role("button", name=re.compile("long.txt")).click()
    expect(page.get_by_role("button", name=re.compile("long.txt"))).to_have_count(0)
    composer.press("Enter")
    answered(page, 1, "answer 1 ")
    assert questions(slow_demo_server) == [["Too much?"]]


def test_a_question_that_arrived_is_no_draft(app: App, page: Page) -> None:
    """Not even if the browser was too busy to look at the page before it was sent."""
    page.add_init_script("""
        const every = window.setInterval;
        window.setInterval = (act, pause, ...rest) =>
            every(act, pause === 200 ? 3000 : pause, ...rest);
        let isSent = false;
        addEventListener("keydown", (event) => { isSent ||= event.key === "Enter"; }, true);
        const find = Document.prototype.querySelector;
        Document.prototype.querySelector = function (selector) {
            return selector === "#page-data" && !isSent ? null : find.call(this, selector);
        };
    """)
    begin(page, app)
    page.wait_for_timeout(3500)
    listed(page).nth(0).click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    page.wait_for_timeout(3500)
    expect(page.get_by_placeholder("Ask anything")).to_have_value("")


def test_drafts_stay_with_their_chats(app: App, page: Page) -> None:
    """Drafts survive a switch of chats, a reload, and a question asked in another chat."""
    address = begin(page, app)
    composer = page.get_by_placeholder("Ask anything")
    composer.fill("A draft of the chat")
    listed(page).nth(0).click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(composer).to_have_value("")
    composer.fill("A draft of a new one")
    listed(page).nth(2).click()
    expect(composer).to_have_value("A draft of the chat")
    page.reload()
    expect(composer).to_have_value("A draft of the chat")
    listed(page).nth(0).click()
    expect(composer).to_have_value("A draft of a new one")
    composer.press("Enter")
    answered(page, 1, "answer 2 ")
    expect(composer).to_have_value("")
    listed(page).nth(0).click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(composer).to_have_value("")
    page.goto(address)
    expect(composer).to_have_value("A draft of the chat")


def test_a_question_that_did_not_arrive_is_a_draft(own_app: App, page: Page) -> None:
    """A question sent while the server is down is in the composer after a reload."""
    address = begin(page, own_app)
    composer = page.get_by_placeholder("Ask anything")
    composer.fill("Is anybody there?")
    own_app.kill()
    page.keyboard.press("Enter")
    expect(composer).to_be_disabled()
    own_app.start()
    page.goto(address)
    expect(message(page, 1)).to_contain_text("answer 1 ")
    expect(composer).to_have_value("Is anybody there?")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)


@contextmanager
def paused(app: App) -> Iterator[None]:
    """Pause the server's process."""
    os.kill(app.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(app.process.pid, signal.SIGCONT)


@pytest.mark.parametrize("is_first", [True, False])
def test_two_questions_at_once(
    app: App, page: Page, slow_demo_server: DemoServer, *, is_first: bool
) -> None:
    """The second question is held back until a paused server has received the first."""
    if is_first:
        page.goto(app.url)
    else:
        begin(page, app)
    before = len(conversed(slow_demo_server))
    composer = page.get_by_placeholder("Ask anything")
    composer.fill("The first one")
    with paused(app):
        composer.press("Enter")
        expect(composer).to_have_value("")
        composer.fill("The second one")
        composer.press("Enter")
        expect(composer).to_have_value("The second one")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4 if is_first else 6)
    expect(composer).to_have_value("")
    wait_until(lambda: len(conversed(slow_demo_server)) == before + 2)
    asked = [
        each["body"]["messages"][-1]["content"] for each in conversed(slow_demo_server)[before:]
    ]
    assert asked == ["The first one", "The second one"]


def has_hint(link: Locator, keys: str) -> bool:
    """Return whether a link shows this shortcut."""
    return keys in str(link.evaluate("link => getComputedStyle(link, '::after').content"))


def test_shortcuts(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """New chat, search and Stop have shortcuts, which are shown next to them."""
    address = begin(page, app)
    slow_demo_server.answer = lambda _: iter([f"word{n} " for n in range(80)])
    ask(page, "Words")
    expect(message(page, 3)).to_contain_text("word5 ")
    expect(page.get_by_role("button", name="Stop")).to_contain_text("Esc")
    page.keyboard.press("Escape")
    expect(message(page, 3)).to_contain_text("You stopped this answer here.")
    page.keyboard.press("Control+Shift+O")
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    page.goto(address)
    for number, keys in enumerate(("Ctrl+Shift+O", "Ctrl+K")):
        wait_until(partial(has_hint, listed(page).nth(number), keys))
    page.keyboard.press("Control+K")
    expect(page.get_by_label("Search titles and messages")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_menu_on_a_phone(
    app: App, browser: Browser, slow_demo_server: DemoServer, scheme: str
) -> None:
    """Each entry is large enough for a thumb, and nothing is wider than the screen."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=True,
    )
    page = context.new_page()
    begin(page, app)
    message(page, 1).get_by_role("button", name="Message actions").tap()
    entries = page.get_by_role("menuitem")
    words = [entry.inner_text().split("\n")[-1] for entry in entries.all()]
    assert words == [
        "Copy",
        "Answer again",
        "Answer with another model",
        "Compare models",
        "Good answer",
        "Bad answer",
        "Delete from here on",
    ]
    for entry in entries.all():
        box = entry.bounding_box()
        assert box
        assert box["height"] >= 28
    entries.nth(3).tap()
    button(page, "Compare").tap()
    columns = page.locator(".st-key-side-by-side").get_by_test_id("stColumn")
    expect(columns).to_have_count(2)
    expect(columns.get_by_role("button", name="Choose this answer")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
