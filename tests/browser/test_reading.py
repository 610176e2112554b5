"""How a text is read: its direction and language, by screen readers, and in the browser's tab."""

import pytest
from playwright.sync_api import Browser, Page, expect

from liaobots.demo.server import DemoServer
from tests.support.app import App
from tests.support.page_actions import ask, button, message, wait_for_address

ARABIC = "مرحبا بالعالم، كيف يمكنني مساعدتك اليوم؟"
RUSSIAN = "Привет, как у тебя сегодня дела?"
CODE = f"```py\n{'x = 1; ' * 60}\n```"
TEXT = "\n\n".join([ARABIC, f"- {ARABIC}\n- two", RUSSIAN, "Plain words.", CODE])


def answered(page: Page, app: App, service: DemoServer, text: str) -> None:
    """Ask, and wait for the answer, which is a text."""
    service.answer = lambda _: iter([text])
    page.goto(app.url)
    ask(page, "Hello")
    expect(button(page, "Copy")).to_be_visible()


def test_each_block_has_its_direction_and_language(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """Right-to-left text runs from the right, code from the left."""
    answered(page, app, slow_demo_server, TEXT)
    arabic, russian, english = (
        message(page, 1).locator("p", has_text=words) for words in ("مرحبا", "Привет", "Plain")
    )
    expect(arabic).to_have_attribute("lang", "ar")
    expect(russian).to_have_attribute("lang", "ru")
    for direction, tag in (("rtl", "ul"), ("rtl", "li >> nth=1"), ("ltr", "pre")):
        expect(message(page, 1).locator(tag)).to_have_css("direction", direction)
    assert english.get_attribute("lang") is None
    for block, direction in ((arabic, "rtl"), (russian, "ltr"), (english, "ltr")):
        expect(block).to_have_attribute("dir", "auto")
        expect(block).to_have_css("direction", direction)


def test_wide_code_can_be_scrolled_by_keys(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """It can have the focus, and says what it is."""
    answered(page, app, slow_demo_server, TEXT)
    code = message(page, 1).get_by_role("region", name="Code")
    expect(code).to_have_attribute("tabindex", "0")
    code.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_a_screen_reader_is_told_of_answers(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """One status says that an answer began, and how it ended; none speaks of old answers."""
    page.goto(app.url)
    told = page.locator("#answer-status")
    ask(page, "Hello")
    expect(told).to_have_text("Answering …")
    expect(told).to_have_text("The answer is complete.")
    assert told.get_attribute("role") == "status"
    slow_demo_server.answer = lambda _: iter("word " * 500)
    ask(page, "And then?")
    expect(told).to_have_text("Answering …")
    button(page, "Stop").click()
    expect(told).to_have_text("The answer was stopped.")
    page.reload()
    expect(message(page, 3)).to_contain_text("word")
    page.wait_for_timeout(500)
    expect(told).to_have_text("")


def test_the_tab_has_the_title_of_the_chat(
    app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """It is marked while an answer is written; views have their names."""
    slow_demo_server.answer = lambda _: iter("word " * 500)
    page.goto(app.url)
    expect(page).to_have_title("Liaobots chat")
    ask(page, "Wooden boats")
    wait_for_address(page)
    expect(page).to_have_title("● Wooden boats · Liaobots chat")
    button(page, "Stop").click()
    expect(page).to_have_title("Wooden boats · Liaobots chat")
    page.get_by_role("link", name="Trash").click()
    expect(page).to_have_title("Trash · Liaobots chat")


def test_a_low_window_opens_at_its_top(app: App, browser: Browser) -> None:
    """As on a wide screen at 200 %: the greeting is in view."""
    context = browser.new_context(viewport={"width": 640, "height": 430})
    page = context.new_page()
    page.goto(app.url)
    expect(page.get_by_text("What would you like to know?")).to_be_in_viewport()
    page.wait_for_timeout(1000)
    assert page.locator("#stMain").evaluate("node => node.scrollTop") == 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_contrast_of_captions(
    app: App, browser: Browser, slow_demo_server: DemoServer, scheme: str
) -> None:
    """At least 4.5 to 1, as WCAG 2.2 asks in 1.4.3."""
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    answered(page, app, slow_demo_server, "An answer.")
    ratio = page.get_by_test_id("stCaptionContainer").first.locator("p").evaluate(CONTRAST)
    assert ratio >= 4.5
    context.close()


# By WCAG 2.2, definitions of contrast ratio and relative luminance.
CONTRAST = """node => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const channel = (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance = ([r, g, b]) =>
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  let [r, g, b] = numbers(getComputedStyle(node).color);
  let opacity = 1, behind = [255, 255, 255];
  for (let each = node; each; each = each.parentElement) {
    const style = getComputedStyle(each);
    opacity *= Number(style.opacity);
    const color = numbers(style.backgroundColor);
    if (color.length === 3 || color[3] > 0) { behind = color; break; }
  }
  const mixed = [r, g, b].map((value, at) => value * opacity + behind[at] * (1 - opacity));
  const [one, two] = [luminance(mixed), luminance(behind)].sort((a, b) => b - a);
  return (one + 0.05) / (two + 0.05);
}"""
