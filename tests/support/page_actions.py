"""What a visitor does and sees on the page in Chromium."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from liaobots.demo.server import DemoServer
from liaobots.ui.identity_cookie import COOKIE
from tests.support import stored_chats
from tests.support.app import App


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.get_by_placeholder("Ask anything").fill(question)
    page.keyboard.press("Enter")


def conversed(demo_server: DemoServer) -> list[dict[str, Any]]:
    """Return the questions that the demo service got, without requests for lists and balances."""
    return [each for each in demo_server.asked if "messages" in each["body"]]


def message(page: Page, number: int) -> Locator:
    """Return a message of the chat; the first question is 0."""
    return page.get_by_test_id("stChatMessage").nth(number)


def button(page: Page, name: str) -> Locator:
    """Return a button by its name, which may also contain its shortcut."""
    return page.get_by_role("button", name=re.compile(f"^{re.escape(name)}( Shortcut .*)?$"))


def way_to_copy(page: Page) -> Locator:
    """Return the button that copies the last answer; its name also contains its shortcut."""
    return page.locator("[class*='st-key-copy-'] button:visible")


def act(page: Page, number: int, words: str) -> None:
    """Open the menu of a message, and choose an action by its name."""
    way = page.get_by_role("menuitem", name=words, exact=True)
    while not way.is_visible():
        # A page that is drawn again closes the menu.
        message(page, number).get_by_role("button", name="Message actions").click()
        page.wait_for_timeout(300)
    way.click()


def listed(page: Page) -> Locator:
    """Return the entries of the sidebar's list: New chat, Search, then the chats."""
    return page.get_by_test_id("stSidebarNavLink")


def wait_for_address(page: Page) -> str:
    """Return the address of the open chat, as soon as it has one."""
    expect(page).to_have_url(re.compile(r"/[0-9a-f]{24}$"))
    return page.url


def owner_of(visitor: BrowserContext) -> str:
    """Return the owner that the app derives from a browser's cookie."""
    cookie = next(each for each in visitor.cookies() if each.get("name") == COOKIE)
    return stored_chats.owner_of(str(cookie["value"]))


def answered(page: Page, number: int, words: str) -> None:
    """Wait until an answer is complete."""
    expect(message(page, number)).to_contain_text(words)
    expect(message(page, number)).to_contain_text("soon.")
    expect(way_to_copy(page)).to_be_visible()


def begin(page: Page, app: App, question: str = "First question") -> str:
    """Ask on a new page, wait for the answer, and return the chat's address."""
    page.goto(app.url)
    ask(page, question)
    answered(page, 1, "answer 1 ")
    return wait_for_address(page)
