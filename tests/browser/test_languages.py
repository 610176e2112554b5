"""The page in a language that marks each sentence: whatever is not marked is not translated."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from liaobots.demo.server import DemoServer
from tests.support import catalogs
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.page_actions import message

# Esperanto stands for all other languages: Babel knows its numbers, and the project has no
# catalog of it.
LANGUAGE = "eo"
MARKED = re.compile("⟦[^⟦⟧]*⟧")
# What is shown and is no sentence of ours: what visitors and models wrote, and names.
CONTENT = (
    "Tell me",
    "word",
    "A question",
    "Be kind",
    "Greeting",
    "GPT-4",
    "GPT-3.5 Turbo",
    "gpt-4",
    "gpt-3.5-turbo",
    "Built-in stand-in",
    "stand-in",
    "OpenAI",
    "Liaobots chat",
    "Liaobots",
    "notes.txt",
    "Ctrl",
    "Shift",
    "Esc",
    "It says",
)
# Streamlit's own words, which it has in English alone.
STREAMLIT = (
    "App pages",
    "Choose an option",
    "Clear entry",
    "thumb_up icon",
    "thumb_up",
    "progress",
    "Sidebar",
    "Skip to main content",
    "Show password",
    "Show password text",
    "Hide password text",
    "Send message",
    "Upload files",
    "Upload",
    "file upload",
    "Open sidebar",
    "Close sidebar",
    "Collapse sidebar",
    "Help for",
    "Choose options",
    "Clear value",
    "Clear all",
    "Open",
    "Close",
    "Shortcut",
    "per file",
    "JSON",
    "Copy to clipboard",
    "Press Enter to apply",
    "Press Ctrl+Enter to apply",
    "Main menu",
    "Chat message from",
    "user",
    "assistant",
    "Loading",
    "Running",
    "Stop",
    "Remove",
    "No results",
    "press backspace to remove",
    "Expand",
    "Collapse",
    "Keyboard",
    "arrow",
    "selected",
    "Selected",
    "Search",
)
# Streamlit's list of kinds of files, the demo's faults, and dates.
OTHERS = re.compile(r"Upload or drag and drop files \([A-Z, ]*\)|fault: \w+|\d+ \w+ \d{4}")
NAME_WITH_NUMBER = re.compile(r"\w*\d\w*")
TEXTS = """
() => {
  const found = [], NO_TEXT = 'script, style, noscript, [data-testid*="Icon"]';
  const shown = node => node.checkVisibility({ checkVisibilityCSS: true });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent || parent.closest(NO_TEXT)) continue;
    if (shown(parent) && node.data.trim()) found.push(node.data.trim());
  }
  for (const node of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
    if (!shown(node) || node.closest(NO_TEXT)) continue;
    for (const name of ['aria-label', 'placeholder', 'title']) {
      const value = node.getAttribute(name);
      if (value && value.trim()) found.push(value.trim());
    }
  }
  return [...found, document.title];
}
"""


@pytest.fixture
def marking_app(tmp_path: Path, demo_server: DemoServer) -> Iterator[App]:
    """Start the app with a catalog that puts each sentence between marks."""
    demo_server.answer = lambda _: iter(["word ", "word"])
    (tmp_path / "catalogs").mkdir()
    written = catalogs.translated(LANGUAGE, lambda sentence: f"⟦{sentence}⟧")
    (tmp_path / "catalogs" / f"{LANGUAGE}.po").write_bytes(written)
    folder = str(tmp_path / "catalogs")
    with App(
        tmp_path, LIAOBOTS_URL=demo_server.url, LIAOBOTS_AUTH=CODE, LIAOBOTS_CATALOGS=folder
    ) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page of a browser that asks for the language."""
    with browser.new_context(locale=LANGUAGE) as context:
        yield context.new_page()


def unmarked(text: str) -> str:
    """Return what is left of a text without marked sentences, content and Streamlit's words."""
    while (rest := MARKED.sub(" ", text)) != text:
        text = rest
    text = OTHERS.sub(" ", text)
    for words in sorted((*CONTENT, *STREAMLIT), key=len, reverse=True):
        text = text.replace(words, " ")
    return " ".join(re.findall(r"[^\W\d_]{2,}", NAME_WITH_NUMBER.sub(" ", text)))


class Reader:
    """Reads the page at each place, and keeps the texts with a sentence that is not marked."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.left: dict[str, list[str]] = {}

    def read(self, place: str) -> None:
        texts = self._page.evaluate(TEXTS)
        assert any("⟦" in text for text in texts), place
        if left := sorted({text for text in texts if unmarked(text)}):
            self.left[place] = left


def marked(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(f"⟦{words}"))


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=marked(words)).first.click()


def ask(page: Page, question: str) -> None:
    page.get_by_placeholder(marked("Ask anything")).fill(question)
    page.keyboard.press("Enter")


def answered(page: Page, number: int) -> None:
    """Wait until a message of the chat has its menu, and nothing runs."""
    menu = message(page, number).get_by_role("button", name=marked("Message actions"))
    expect(menu).to_be_visible()
    still(page)


def still(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_timeout(300)


def choose(page: Page, number: int, words: str) -> None:
    """Choose an action in the menu of a message."""
    message(page, number).get_by_role("button", name=marked("Message actions")).click()
    page.get_by_role("menuitem", name=marked(words)).click()
    still(page)


def test_every_sentence_can_be_translated(marking_app: App, page: Page) -> None:
    """Every view, menu, panel, error and empty state has only sentences of the catalog."""
    reader = Reader(page)
    page.goto(marking_app.url)
    expect(page.get_by_text(marked("What would you like to know?"))).to_be_visible()
    still(page)
    reader.read("an empty chat")
    for view in ("search", "models", "prompts", "transfer", "trash"):
        page.goto(f"{marking_app.url}/{view}")
        expect(page.get_by_test_id("stHeading").first).to_be_visible()
        still(page)
        reader.read(view)
    _read_chat(page, reader, marking_app)
    _read_panels(page, reader)
    _read_errors(page, reader)
    _read_full_views(page, reader, marking_app)
    assert not reader.left


def _read_chat(page: Page, reader: Reader, app: App) -> None:
    page.goto(app.url)
    ask(page, "Tell me words")
    answered(page, 1)
    reader.read("a chat")
    press(page, "Prompts")
    still(page)
    reader.read("the prompts above the composer")
    press(page, "Prompts")
    page.get_by_role("button", name=marked("Context")).click()
    reader.read("the context meter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=marked("Chat")).click()
    expect(page.get_by_label(marked("Title"))).to_be_visible()
    reader.read("the menu of a chat")
    page.keyboard.press("Escape")
    for help_icon in page.get_by_test_id("stTooltipHoverTarget").all()[:8]:
        help_icon.hover()
        page.wait_for_timeout(150)
        reader.read("a help text")


def _read_panels(page: Page, reader: Reader) -> None:
    choose(page, 1, "Answer again")
    answered(page, 1)
    message(page, 1).get_by_role("button", name=marked("Message actions")).click()
    reader.read("the menu of an answer")
    page.keyboard.press("Escape")
    panels: dict[tuple[int, str], str] = {
        (0, "Edit and ask again"): "Cancel",
        (1, "Answer with another model"): "Cancel",
        (1, "Compare models"): "Cancel",
        (1, "Show differences"): "Dismiss",
        (1, "Copy"): "Dismiss",
    }
    for (number, words), end in panels.items():
        choose(page, number, words)
        reader.read(words)
        press(page, end)
        still(page)
    choose(page, 1, "Good answer")
    reader.read("a rated answer")


def _read_errors(page: Page, reader: Reader) -> None:
    for number, fault in enumerate(("refused", "credit", "fast", "broken", "human", "cut")):
        ask(page, f"Tell me, fault: {fault}")
        answered(page, 3 + 2 * number)
        expect(message(page, 3 + 2 * number)).to_contain_text("⟦")
    page.evaluate("for (const each of document.querySelectorAll('code')) each.remove()")
    reader.read("errors")


def _read_full_views(page: Page, reader: Reader, app: App) -> None:
    choose(page, 2, "Delete from here on")
    reader.read("after a deletion")
    page.goto(f"{app.url}/trash")
    expect(page.get_by_role("button", name=marked("Restore"))).to_be_visible()
    still(page)
    reader.read("a full trash")
    press(page, "Empty the trash")
    still(page)
    reader.read("the question whether the trash is emptied")
    page.goto(f"{app.url}/search")
    page.get_by_label(marked("Search titles")).fill("words")
    expect(page.get_by_role("button", name="Tell me words").first).to_be_visible()
    reader.read("hits")
    page.get_by_label(marked("Search titles")).fill("nowhere")
    expect(page.get_by_text(marked("Nothing was found."))).to_be_visible()
    reader.read("no hits")
    page.goto(f"{app.url}/transfer")
    broken: FilePayload = {"name": "notes.json", "mimeType": "application/json", "buffer": b"[1, x"}
    page.locator("input[type=file]").set_input_files(broken)
    expect(page.get_by_text(marked("The file"))).to_be_visible()
    reader.read("a refused import")


@pytest.mark.parametrize("wanted", ["en-GB", "xx"])
def test_others_get_english(marking_app: App, browser: Browser, wanted: str) -> None:
    """A browser that wants English, or a language without a catalog, gets English."""
    with browser.new_context(locale=wanted) as context:
        page = context.new_page()
        page.goto(marking_app.url)
        expect(page.get_by_text("What would you like to know?", exact=True)).to_be_visible()
        assert not [text for text in page.evaluate(TEXTS) if "⟦" in text]


def test_two_languages_on_one_server(marking_app: App, browser: Browser, page: Page) -> None:
    """Each visitor has their own language, also for what both are shown."""
    opened: list[tuple[Page, Callable[[str], str]]] = [(page, lambda text: f"⟦{text}⟧")]
    with browser.new_context(locale="en") as context:
        opened.append((context.new_page(), lambda text: text))
        for each, word in opened * 2:
            each.goto(f"{marking_app.url}/trash")
            expect(each.get_by_text(word("The trash is empty."), exact=True)).to_be_visible()
