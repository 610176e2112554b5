"""The page of models, the balance and the context window."""

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from liaobots.demo.server import DemoServer
from tests.support.app import App
from tests.support.page_actions import ask, button, conversed, listed, message, wait_for_address
from tests.support.waiting import wait_until

LIMITS = {"maxLength": 48_000, "tokenLimit": 16_000}
MODELS = [
    {"id": "gpt-4", "name": "GPT-4", "maxLength": 1000, "tokenLimit": 8000},
    {"id": "claude-1", "name": "Claude 1", **LIMITS},
    {"id": "gpt-5", "name": "GPT-5", **LIMITS},
]


def begin(page: Page, app: App, demo_server: DemoServer, question: str = "First question") -> str:
    """Ask a service with these models a first question, and return the chat's address."""
    demo_server.models = MODELS
    demo_server.answer = lambda question: iter(["answer ", "to ", question[:20], " whole."])
    page.goto(app.url)
    ask(page, question)
    answered(page, 1)
    return wait_for_address(page)


def answered(page: Page, number: int) -> None:
    """Wait until an answer is complete."""
    expect(message(page, number)).to_contain_text("whole.")
    expect(button(page, "Stop")).to_have_count(0)


def chosen(page: Page, label: str) -> None:
    """Wait until a model with this label is chosen."""
    picker = page.get_by_role("combobox", name="Model", exact=True)
    expect(picker).to_have_value(re.compile(f"^{label}"))


def test_from_the_page_of_models_to_a_chat(
    own_app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """A model is found, made a favourite, and used in a new chat, which remembers it."""
    first = begin(page, own_app, slow_demo_server)
    page.get_by_role("link", name="Models").click()
    heads = page.get_by_test_id("stMain").get_by_role("heading", level=3)
    expect(heads).to_have_text(["OpenAI", "Anthropic", "Speed"])
    page.get_by_label("Search models").fill("anthropic")
    expect(heads).to_have_text(["Anthropic", "Speed"])
    button(page, "Add to favourites").click()
    expect(heads).to_have_text(["Favourites", "Speed"])
    page.locator("[class*='st-key-use-'] button").click()
    expect(page).to_have_url(f"{own_app.url}/")
    chosen(page, "★ Claude 1")
    ask(page, "Second question")
    answered(page, 1)
    sent = [each["body"]["models"][0]["modelId"] for each in conversed(slow_demo_server)]
    assert sent == ["gpt-4", "claude-1"]
    page.goto(first)
    answered(page, 1)
    chosen(page, "GPT-4")
    page.go_back()
    answered(page, 1)
    chosen(page, "★ Claude 1")


def test_the_speed_chart_is_drawn(own_app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The page shows one chart of the visitor's own answers."""
    begin(page, own_app, slow_demo_server)
    page.get_by_role("link", name="Models").click()
    chart = page.get_by_test_id("stVegaLiteChart")
    expect(chart.locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_test_id("stMain")).to_contain_text("0 % of 1 failed")


def test_the_models_of_a_typed_token(
    tmp_path: Path, page: Page, slow_demo_server: DemoServer
) -> None:
    """In OpenAI's form the list of models is requested with the visitor's own token."""
    settings = {"LIAOBOTS_URL": f"{slow_demo_server.url}/v1", "LIAOBOTS_WIRE": "openai"}
    with App(tmp_path, **settings) as app:
        page.goto(app.url)
        page.get_by_label("Auth token", exact=True).fill("a-code-of-mine")
        page.keyboard.press("Enter")
        expect(button(page, "Remove my token")).to_be_visible()
        page.get_by_role("link", name="Models").click()
        page.get_by_label("Search models").fill("gpt-4")
        heads = page.get_by_test_id("stMain").get_by_role("heading", level=3)
        expect(heads).to_have_text(["OpenAI", "Speed"])
    asked = [each for each in slow_demo_server.asked if each["path"] == "/v1/models"]
    assert asked[-1]["headers"]["authorization"] == "Bearer a-code-of-mine"
    assert "a-code-of-mine" not in app.log.read_text()


def test_the_balance_in_the_sidebar(own_app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The balance is updated after each answer, with a warning if little is left."""
    slow_demo_server.price = 6.2
    begin(page, own_app, slow_demo_server)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_contain_text("Balance: 6.30 · last answer 6.20 · this chat 6.20")
    expect(page.get_by_text("Little is left on your auth token: 6.30")).to_be_visible()
    ask(page, "Second question")
    answered(page, 3)
    expect(sidebar).to_contain_text("Balance: 0.10 · last answer 6.20 · this chat 12.40")


def test_the_answer_waits_for_no_balance(
    own_app: App, page: Page, slow_demo_server: DemoServer
) -> None:
    """A slow answer about the balance does not delay the chat."""
    begin(page, own_app, slow_demo_server)
    slow_demo_server.balance_pause = 60
    asked = time.monotonic()
    ask(page, "Second question")
    answered(page, 3)
    ask(page, "Third question")
    answered(page, 5)
    assert time.monotonic() - asked < 60
    assert len(conversed(slow_demo_server)) == 3


def test_the_context_meter(own_app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The meter, the line where the sent part begins, and the choice not to send."""
    begin(page, own_app, slow_demo_server, "x" * 700)
    ask(page, "y" * 400)
    answered(page, 3)
    line = page.get_by_text(
        "── Only what follows is sent: the context window is too small for the rest ──"
    )
    expect(line).to_be_visible()
    second = message(page, 2).bounding_box()
    line_box = line.bounding_box()
    assert second
    assert line_box
    assert line_box["y"] < second["y"]
    page.get_by_role("button", name=re.compile("^Context: 11")).click()
    page.get_by_text("Do not send").click()
    expect(line).to_have_count(0)
    page.keyboard.press("Escape")
    ask(page, "And now?")
    expect(page.get_by_text("The chat with this question has")).to_be_visible()
    expect(page.get_by_placeholder("Ask anything")).to_have_value("And now?")
    assert len(conversed(slow_demo_server)) == 2


def test_the_fallback_model(own_app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The answer names the model that it replaces."""
    begin(page, own_app, slow_demo_server)
    page.get_by_role("combobox", name="Fallback model").click()
    page.get_by_role("option", name=re.compile("^GPT-5")).click()
    # The choice is kept by a run of the page, which the question must not overtake.
    page.wait_for_timeout(500)
    slow_demo_server.broken.add("gpt-4")
    ask(page, "Second question")
    answered(page, 3)
    expect(message(page, 3)).to_contain_text("In place of gpt-4, which failed")
    wait_until(lambda: len(conversed(slow_demo_server)) == 3)
    page.reload()
    expect(message(page, 3)).to_contain_text("In place of gpt-4, which failed")


def test_a_missing_model(own_app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The chat stays readable; the question is returned until another model is chosen."""
    address = begin(page, own_app, slow_demo_server)
    slow_demo_server.models = MODELS[1:]
    own_app.stop()
    with own_app:
        page.goto(address)
        answered(page, 1)
        ask(page, "Second question")
        expect(page.get_by_text("Choose another model, then send again")).to_be_visible()
        expect(page.get_by_placeholder("Ask anything")).to_have_value("Second question")
        page.get_by_role("combobox", name="Model", exact=True).click()
        page.get_by_role("option", name=re.compile("^GPT-5")).click()
        page.wait_for_timeout(500)
        page.get_by_placeholder("Ask anything").press("Enter")
        answered(page, 3)
    assert len(conversed(slow_demo_server)) == 2
    assert listed(page)
