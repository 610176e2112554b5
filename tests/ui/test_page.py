"""The page: its states by AppTest, and what a visitor does in a real Chromium."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from liaobots.demo.server import DemoServer
from liaobots.ui import actions
from liaobots.ui.actions import settings
from liaobots.ui.state import stores
from tests.support.app import App
from tests.support.app_test import SCRIPT, words_of
from tests.support.auth_code import CODE
from tests.support.page_actions import ask, conversed, message


def test_an_empty_chat_greets(opened: AppTest) -> None:
    """There is a greeting, and starters to tap."""
    assert opened.title[0].value == "What would you like to know?"
    labels = [button.label for button in opened.button]
    assert {
        "What can this page do?",
        "How does a rainbow work?",
        "Write Python that finds primes",
        "Help me say no in a kind letter",
    } <= set(labels)
    assert not opened.exception


def test_a_starter_asks(opened: AppTest, demo_server: DemoServer) -> None:
    """Tapping one asks it and shows the answer under the model's name."""
    starter = "What can this page do?"
    next(button for button in opened.button if button.label == starter).click().run()
    assert conversed(demo_server)[-1]["body"]["messages"][-1]["content"] == starter
    assert r"built\-in stand\-in" in words_of(opened)
    assert r"gpt\-3\.5\-turbo" in words_of(opened)


def test_the_chosen_model_is_asked(opened: AppTest, demo_server: DemoServer) -> None:
    """The live list is on offer, with context sizes."""
    assert "Built-in stand-in · 16K · Liaobots chat" in opened.selectbox[0].options
    opened.selectbox[0].select("stand-in").run()
    opened.chat_input[0].set_value("hello").run()
    assert conversed(demo_server)[-1]["body"]["models"][0]["modelId"] == "stand-in"


def test_the_balance_shows(opened: AppTest) -> None:
    """With a code there is a balance."""
    assert "Balance: 12.50" in words_of(opened).replace("\\", "")


def test_the_servers_code_is_not_sent_to_the_browser(opened: AppTest) -> None:
    """The field says that there is one, and is empty."""
    field = opened.text_input(key=settings.AUTH_TOKEN)
    assert (field.label, field.value) == ("Auth token", "")
    assert field.placeholder == "Set by the server"
    assert CODE not in str(opened.main) + str(opened.sidebar)


def test_a_typed_code_counts_more(opened: AppTest, demo_server: DemoServer) -> None:
    """The visitor's own code is the one that is sent."""
    opened.text_input(key=settings.AUTH_TOKEN).set_value("mine").run()
    opened.chat_input[0].set_value("hello").run()
    assert conversed(demo_server)[-1]["headers"]["x-auth-code"] == "mine"


def test_a_wrong_code_says_so_and_keeps_the_question(
    opened: AppTest, demo_server: DemoServer
) -> None:
    """The words stand where the answer would, and one click tries again with a better code."""
    opened.text_input(key=settings.AUTH_TOKEN).set_value("wrong").run()
    opened.chat_input[0].set_value("hello").run()
    assert "does not accept this auth code" in opened.error[0].value
    assert "hello" in words_of(opened)
    opened.text_input(key=settings.AUTH_TOKEN).set_value("right").run()
    next(button for button in opened.button if button.label == "Try again").click().run()
    assert not opened.error
    assert r"built\-in stand\-in" in words_of(opened)
    questions = [asked for asked in demo_server.asked if asked["path"] == "/api/chat"]
    assert len(questions) == 2


def test_a_human_check_is_linked(opened: AppTest, demo_server: DemoServer) -> None:
    """The way to the check is a button."""
    opened.chat_input[0].set_value("fault: human").run()
    assert "check that you are human" in opened.error[0].value
    assert opened.get("link_button")[0].proto.url == demo_server.url


def test_only_so_many_chats_are_kept_in_memory(
    opened: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest goes first, for all visitors together."""
    monkeypatch.setattr(stores, "MAX_CHATS_IN_MEMORY", 2)
    for number in range(3):
        if number:
            opened = AppTest.from_file(SCRIPT, default_timeout=30).run()
        opened.toggle(key=actions.question.TEMPORARY).set_value(True).run()
        opened.chat_input[0].set_value(f"question {number}").run()
    memory = stores.in_memory().store
    with memory._database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM conversations")) == 2
        titles = connection.execute(text("SELECT title FROM conversations")).scalars()
        assert set(titles) == {"Question 1", "Question 2"}


def test_the_page_works_without_the_list_of_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is away leaves the built-in models, and says so."""
    monkeypatch.setenv("LIAOBOTS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LIAOBOTS_AUTH", CODE)
    monkeypatch.setattr("liaobots.client.retry.PAUSES", (0, 0))
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    assert page.selectbox[0].options == ["GPT-3.5 Turbo · 4K · OpenAI", "GPT-4 · 8K · OpenAI"]
    assert "The live list of models could not be read" in words_of(page)


def test_a_newcomer_asks_and_sees_it_stream(demo_app: App, page: Page) -> None:
    """With no account: the stand-in is named, and its answer grows before it ends."""
    problems: list[str] = []
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(demo_app.url)
    expect(page.get_by_text("the built-in stand-in answers").first).to_be_visible()
    ask(page, "Hello there")
    answer = message(page, 1)
    expect(answer).to_contain_text("no language model")
    assert "on purpose" not in answer.inner_text()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(answer).to_contain_text("tells you about each", timeout=60_000)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(answer.locator(".katex").first).to_be_visible()
    assert not problems


def test_stop_hangs_up_and_keeps(app: App, slow_demo_server: DemoServer, page: Page) -> None:
    """Stop acts within a second, also while nothing comes, and says so."""
    slow_demo_server.answer = lambda _: iter(["one ", "two ", "three ", "four "])
    page.goto(app.url)
    ask(page, "fault: stall")
    answer = message(page, 1)
    expect(answer).to_contain_text("one two")
    clicked = time.monotonic()
    page.get_by_role("button", name="Stop").click()
    expect(answer).to_contain_text("You stopped this answer here.")
    assert "one two" in answer.inner_text()
    assert slow_demo_server.hung_up[0] - clicked < 1


def test_wrong_code_in_the_browser(demo_app: App, app: App, page: Page) -> None:
    """A code is typed, refused, explained; the question is still there."""
    page.goto(app.url)
    page.get_by_label("Auth token", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    ask(page, "Is anybody there?")
    expect(page.get_by_text("does not accept this auth code")).to_be_visible()
    expect(message(page, 0)).to_contain_text("Is anybody there?")
    expect(page.get_by_role("button", name="Try again")).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(demo_app: App, browser: Browser, scheme: str) -> None:
    """At 390 px nothing is wider than the screen, and everything has a name."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(demo_app.url)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.get_by_role("button").all():
        assert button.inner_text().strip() or button.get_attribute("aria-label")
    ask(page, "Hello")
    expect(page.get_by_text("no language model")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.fixture(scope="module")
def bare_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Run the page without app.py around it."""
    with App(tmp_path_factory.mktemp("bare"), script="liaobots/ui/page.py") as app:
        yield app


def test_the_page_runs_alone(bare_app: App, page: Page) -> None:
    """Hosts that insist on a plain script can have one."""
    page.goto(bare_app.url)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()


def test_the_code_is_in_no_log(app: App, page: Page, tmp_path: Path) -> None:
    """What the server prints never has the code."""
    page.goto(app.url)
    ask(page, "fault: broken")
    expect(page.get_by_text("The service failed")).to_be_visible()
    assert CODE not in app.log.read_text()
