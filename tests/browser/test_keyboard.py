"""Keys and the focus: what Enter and Esc do, and where a visitor goes on."""

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from liaobots.demo.server import DemoServer
from tests.support.app import App
from tests.support.page_actions import act, ask, button, conversed, message, wait_for_address

ENDLESS = "word " * 2000
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def composer(page: Page) -> Locator:
    return page.get_by_placeholder("Ask anything")


@pytest.fixture
def writing(app: App, page: Page, slow_demo_server: DemoServer) -> Page:
    """Return a page with an answer that is being written, and does not end by itself."""
    slow_demo_server.answer = lambda _: iter(ENDLESS.split(" "))
    page.goto(app.url)
    ask(page, "Go")
    expect(message(page, 1)).to_contain_text("word")
    expect(button(page, "Stop")).to_be_visible()
    return page


def answered(page: Page, app: App, service: DemoServer) -> None:
    """Ask a first question, and wait until it is answered."""
    service.answer = lambda _: iter(["An answer."])
    page.goto(app.url)
    ask(page, "First question")
    expect(button(page, "Copy")).to_be_visible()
    wait_for_address(page)


def compose(page: Page, text: str) -> None:
    """Begin to type with an input method, as for Chinese."""
    place = {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
    page.context.new_cdp_session(page).send("Input.imeSetComposition", place)


def test_no_key_acts_while_something_is_composed(
    writing: Page, composer: Locator, slow_demo_server: DemoServer
) -> None:
    """Neither Esc nor Enter: they belong to the input method."""
    composer.focus()
    compose(writing, "ni")
    writing.keyboard.press("Escape")
    writing.keyboard.press("Enter")
    writing.wait_for_timeout(1000)
    expect(button(writing, "Stop")).to_be_visible()
    assert len(conversed(slow_demo_server)) == 1


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_the_key_that_ends_a_composition_in_safari(
    writing: Page, composer: Locator, slow_demo_server: DemoServer, key: str
) -> None:
    """It comes after the end, with a code that tells it from others."""
    composer.fill("half a word")
    composer.evaluate(
        "(field, key) => field.dispatchEvent(new KeyboardEvent('keydown', "
        "{key, keyCode: 229, bubbles: true, cancelable: true}))",
        key,
    )
    writing.wait_for_timeout(1000)
    expect(button(writing, "Stop")).to_be_visible()
    expect(composer).to_have_value("half a word")
    assert len(conversed(slow_demo_server)) == 1


def test_esc_closes_what_is_open_first(writing: Page) -> None:
    """Only the next one stops the answer."""
    writing.get_by_test_id("stSelectbox").first.get_by_role("combobox").click()
    options = writing.get_by_role("option")
    expect(options.first).to_be_visible()
    writing.keyboard.press("Escape")
    expect(options).to_have_count(0)
    writing.wait_for_timeout(500)
    expect(button(writing, "Stop")).to_be_visible()
    writing.keyboard.press("Escape")
    expect(writing.get_by_text("You stopped this answer")).to_be_visible()


def test_the_composer_has_the_focus(
    app: App, page: Page, composer: Locator, slow_demo_server: DemoServer
) -> None:
    """At load, and in a new chat."""
    answered(page, app, slow_demo_server)
    page.reload()
    expect(composer).to_be_focused()
    composer.evaluate("field => field.blur()")
    page.keyboard.press("Control+Shift+O")
    expect(page).to_have_url(f"{app.url}/")
    expect(composer).to_be_focused()
    page.keyboard.type("Typed at once")
    expect(composer).to_have_value("Typed at once")


def test_the_focus_after_stop(writing: Page, composer: Locator) -> None:
    """The button is gone, and the visitor goes on in the composer."""
    button(writing, "Stop").click()
    expect(writing.get_by_text("You stopped this answer")).to_be_visible()
    expect(composer).to_be_focused()


def test_the_focus_in_the_editor(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """It is in the editor, at the end of the text, and back at the menu when that is closed."""
    answered(page, app, slow_demo_server)
    act(page, 0, "Edit and ask again")
    editor = page.get_by_label("Your question")
    expect(editor).to_be_focused()
    page.keyboard.type(", and more")
    expect(editor).to_have_value("First question, and more")
    button(page, "Cancel").click()
    expect(editor).to_have_count(0)
    menu = message(page, 0).get_by_role("button", name="Message actions")
    expect(menu).to_be_focused()


def test_on_a_touch_screen(app: App, browser: Browser, slow_demo_server: DemoServer) -> None:
    """Enter is a new line, the arrow sends; letters and buttons are large enough."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(app.url)
    composer = page.get_by_placeholder("Ask anything")
    composer.tap()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    expect(composer).to_have_value("one\ntwo")
    assert not conversed(slow_demo_server)
    assert composer.evaluate("field => getComputedStyle(field).fontSize") == "16px"
    page.get_by_test_id("stChatInputSubmitButton").tap()
    expect(message(page, 0)).to_contain_text("two")
    wait_for_address(page)
    assert conversed(slow_demo_server)[0]["body"]["messages"][-1]["content"] == "one\ntwo"
    size = message(page, 0).get_by_role("button", name="Message actions").bounding_box()
    assert size
    assert min(size["width"], size["height"]) >= 44
    context.close()
