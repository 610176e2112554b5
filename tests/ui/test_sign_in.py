"""Where people sign in, chats belong to the person: real browsers, and a provider on a socket."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from liaobots.demo.server import DemoServer
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.identity_provider import IdentityProvider, Person
from tests.support.page_actions import ask, listed, message, wait_for_address

ANNA = Person("subject-of-anna-41c7", "anna-41c7@example.org")
BORIS = Person("subject-of-boris-90e2", "boris-90e2@example.org")
HERS = "Whose chat is it?"
ANSWER = "It is Anna's."
WORDS = [f"word{n} " for n in range(80)]

Enter = Callable[[Person | None], Page]


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    """Somebody who knows the visitors."""
    with IdentityProvider(ANNA) as started:
        yield started


@pytest.fixture
def app(tmp_path: Path, slow_demo_server: DemoServer, provider: IdentityProvider) -> Iterator[App]:
    """Run the app with secrets that name the provider."""
    slow_demo_server.answer = lambda _: iter([ANSWER])
    made = App(tmp_path, LIAOBOTS_URL=slow_demo_server.url, LIAOBOTS_AUTH=CODE)
    file = tmp_path / ".streamlit" / "secrets.toml"
    file.parent.mkdir()
    file.write_text(provider.register(made.url))
    with made:
        yield made


@pytest.fixture
def enter(browser: Browser, app: App, provider: IdentityProvider) -> Iterator[Enter]:
    """Open the page in a browser of its own, with a person signed in or not."""
    with ExitStack() as browsers:

        def open_page(person: Person | None) -> Page:
            page = browsers.enter_context(browser.new_context()).new_page()
            page.goto(app.url)
            if person:
                provider.person = person
                sign_in(page)
            return page

        yield open_page


def in_sidebar(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("button", name=name)


def sign_in(page: Page) -> None:
    in_sidebar(page, "Sign in").click()
    expect(in_sidebar(page, "Sign out")).to_be_visible()


def sign_out(page: Page) -> None:
    """Signs out, and waits for the page that comes after the way round."""
    with page.expect_event("load"):
        in_sidebar(page, "Sign out").click()
    expect(in_sidebar(page, "Sign in")).to_be_visible()


def chat(page: Page, question: str) -> str:
    """Asks, and gives the chat's address when the answer is there."""
    ask(page, question)
    expect(message(page, 1)).to_contain_text(ANSWER)
    return wait_for_address(page)


def expect_no_trace(page: Page, question: str, address: str) -> None:
    """Expect a chat neither in the list nor at its address."""
    page.goto(address)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_text(question)).to_have_count(0)
    expect(page.get_by_text(ANSWER)).to_have_count(0)


@pytest.mark.parametrize("ends_sessions", [False, True])
def test_there_and_back(
    app: App, enter: Enter, provider: IdentityProvider, ends_sessions: bool
) -> None:
    """Sign in leads round the provider and holds over a refresh; so does Sign out."""
    provider.ends_sessions = ends_sessions
    page = enter(None)
    expect(in_sidebar(page, "Sign in")).to_be_visible()
    expect(in_sidebar(page, "Sign out")).to_have_count(0)
    assert "/authorize" not in provider.asked
    sign_in(page)
    assert provider.asked.index("/authorize") < provider.asked.index("/token")
    expect(in_sidebar(page, "Sign in")).to_have_count(0)
    page.reload()
    expect(in_sidebar(page, "Sign out")).to_be_visible()
    sign_out(page)
    assert ("/logout" in provider.asked) is ends_sessions
    page.reload()
    expect(in_sidebar(page, "Sign in")).to_be_visible()
    expect(in_sidebar(page, "Sign out")).to_have_count(0)
    assert page.url == f"{app.url}/"


def test_chats_belong_to_the_person(app: App, enter: Enter) -> None:
    """They are there in each browser where the person signs in, and in no other."""
    address = chat(enter(ANNA), HERS)
    elsewhere = enter(ANNA)
    expect(listed(elsewhere).nth(2)).to_contain_text(HERS)
    elsewhere.goto(address)
    expect(message(elsewhere, 0)).to_contain_text(HERS)
    expect(message(elsewhere, 1)).to_contain_text(ANSWER)
    expect_no_trace(enter(BORIS), HERS, address)
    expect_no_trace(enter(None), HERS, address)


def test_one_browser_with_and_without_a_person(app: App, enter: Enter) -> None:
    """A browser's own chats and a person's stay apart, and each come back with whose they are."""
    page = enter(None)
    theirs = chat(page, "Nobody asks")
    sign_in(page)
    expect_no_trace(page, "Nobody asks", theirs)
    page.goto(app.url)
    hers = chat(page, HERS)
    sign_out(page)
    expect_no_trace(page, HERS, hers)
    expect(listed(page).nth(2)).to_contain_text("Nobody asks")
    page.goto(app.url)
    sign_in(page)
    expect(listed(page).nth(2)).to_contain_text(HERS)


def test_the_person_is_written_nowhere(app: App, enter: Enter, tmp_path: Path) -> None:
    """Neither the database nor a log has who it is; the question shows that it is the database."""
    chat(enter(ANNA), HERS)
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("chats.db*"))
    assert HERS.encode() in kept
    for file in filter(Path.is_file, tmp_path.rglob("*")):
        assert ANNA.sub.encode() not in file.read_bytes()
        assert ANNA.email.encode() not in file.read_bytes()


def test_an_answer_streams_to_a_person(
    app: App, enter: Enter, slow_demo_server: DemoServer
) -> None:
    """It grows before it ends, over a refresh too, and is asked for once."""
    slow_demo_server.answer = lambda _: iter(WORDS)
    page = enter(ANNA)
    ask(page, HERS)
    expect(message(page, 1)).to_contain_text("word5 ")
    assert "word79" not in message(page, 1).inner_text()
    wait_for_address(page)
    page.reload()
    expect(message(page, 1)).to_contain_text("word5 ")
    assert "word79" not in message(page, 1).inner_text()
    expect(message(page, 1)).to_contain_text("".join(WORDS).strip())
    assert sum(asked["path"] == "/api/chat" for asked in slow_demo_server.asked) == 1
