"""What one knows before sending: models, money and room, by AppTest on the page."""

import pytest
from streamlit.testing.v1 import AppTest

from liaobots.demo.server import DemoServer
from liaobots.ui import server_state
from liaobots.ui.actions import settings
from liaobots.ui.state import available_models, backend, preferences, session
from tests.support.app_test import (
    SCRIPT,
    act,
    ask,
    message_id,
    press,
    said,
    session_of,
    shown_chat,
    words_of,
)
from tests.support.page_actions import conversed

ROOM = {"maxLength": 48_000, "tokenLimit": 16_000}


@pytest.fixture
def demo_server(demo_server: DemoServer) -> DemoServer:
    """Has models of several makers, and answers briefly."""
    demo_server.models = [
        {"id": "gpt-4", "name": "GPT-4", "maxLength": 1000, "tokenLimit": 8000},
        {"id": "claude-1", "name": "Claude 1", **ROOM},
        {"id": "gpt-5", "name": "GPT-5", **ROOM},
        {"id": "odd", "name": "Odd", **ROOM},
    ]
    demo_server.answer = lambda question: iter(["answer ", f"to {question[:40]}"])
    return demo_server


def words(page: AppTest) -> str:
    """Return the texts on the page, as the visitor sees them."""
    return words_of(page).replace("\\", "") + "".join(each.value for each in page.warning)


def picker(page: AppTest) -> list[str]:
    return [name.partition(" ·")[0] for name in page.selectbox(key=available_models.MODEL).options]


def models_sent(demo_server: DemoServer) -> list[str]:
    return [each["body"]["models"][0]["modelId"] for each in conversed(demo_server)]


def let_the_list_be_read_anew() -> None:
    """Forget the list of models, as after an hour."""
    for name in [name for name in vars(server_state._HELD) if name.startswith("models ")]:
        del vars(server_state._HELD)[name]


def test_the_picker_is_grouped_by_maker(opened: AppTest) -> None:
    """In the service's order; nobody's come last; the service's first is chosen."""
    assert picker(opened) == ["GPT-4", "GPT-5", "Claude 1", "Odd"]
    assert opened.selectbox(key=available_models.MODEL).value == "gpt-4"
    assert (
        opened.selectbox(key=available_models.MODEL)
        .options[2]
        .startswith("Claude 1 · 16K · Anthropic")
    )


def test_the_list_is_asked_for_once(opened: AppTest, demo_server: DemoServer) -> None:
    """For all visitors and all runs of the page, until an hour has gone."""
    AppTest.from_file(SCRIPT, default_timeout=30).run()
    ask(opened, "one")
    assert sum(asked["path"] == "/api/models" for asked in demo_server.asked) == 1


def test_favourites_come_first_and_are_kept(opened: AppTest) -> None:
    """For this visitor, in the database; one that is not on offer is passed over."""
    ask(opened, "one")
    owner, shown = session_of(opened).visitor.owner, session_of(opened).opened
    assert shown
    stored = shown.generations.store.preferences
    stored.put(owner, preferences.FAVOURITES, '["odd", "gone", 7]')
    session_of(opened).preferences = None
    assert picker(opened.run()) == ["★ Odd", "GPT-4", "GPT-5", "Claude 1"]
    stored.put(owner, preferences.FAVOURITES, "no JSON")
    session_of(opened).preferences = None
    assert picker(opened.run())[0] == "GPT-4"


def test_a_chat_remembers_its_model(opened: AppTest, demo_server: DemoServer) -> None:
    """Each chat shows its own when it is opened."""
    opened.selectbox(key=available_models.MODEL).select("claude-1").run()
    ask(opened, "one")
    first = shown_chat(opened).id
    session_of(opened).redirect = ""
    opened.run()
    opened.selectbox(key=available_models.MODEL).select("odd").run()
    ask(opened, "two")
    assert opened.selectbox(key=available_models.MODEL).value == "odd"
    session_of(opened).redirect = first
    opened.run()
    assert opened.selectbox(key=available_models.MODEL).value == "claude-1"
    opened.selectbox(key=available_models.MODEL).select("gpt-5").run()
    opened.run()
    assert shown_chat(opened).model == "gpt-5"


def test_a_model_that_vanished_asks_for_a_choice(opened: AppTest, demo_server: DemoServer) -> None:
    """The old chat is readable; a question comes back until another one is chosen."""
    opened.selectbox(key=available_models.MODEL).select("odd").run()
    ask(opened, "one")
    demo_server.models = demo_server.models[:3]
    let_the_list_be_read_anew()
    opened.run()
    assert opened.selectbox(key=available_models.MODEL).value is None
    assert "odd answered here and is no longer available" in words(opened)
    assert said(opened) == ["one", "answer to one"]
    opened.chat_input[0].set_value("two").run()
    assert "Choose another model" in words(opened)
    assert opened.chat_input[0].proto.value == "two"
    assert len(conversed(demo_server)) == 1
    opened.selectbox(key=available_models.MODEL).select("gpt-5").run()
    ask(opened, "two")
    assert models_sent(demo_server) == ["odd", "gpt-5"]


def test_a_list_that_cannot_be_had_takes_no_model_away(
    opened: AppTest, demo_server: DemoServer
) -> None:
    """Nobody knows that the chat's own model has gone."""
    opened.selectbox(key=available_models.MODEL).select("odd").run()
    ask(opened, "one")
    let_the_list_be_read_anew()
    demo_server.models = []
    opened.run()
    assert opened.selectbox(key=available_models.MODEL).value == "odd"
    assert "The live list of models could not be read" in words(opened)
    ask(opened, "two")
    assert models_sent(demo_server) == ["odd", "odd"]


def test_what_an_answer_and_a_chat_cost(opened: AppTest, demo_server: DemoServer) -> None:
    """Beside the balance, after each answer; of this chat alone."""
    demo_server.price = 0.25
    ask_and_pay(opened, "one", 0.25)
    assert "Balance: 12.25 · last answer 0.25 · this chat 0.25" in words(opened)
    demo_server.price = 0.5
    ask_and_pay(opened, "two", 0.75)
    assert "Balance: 11.75 · last answer 0.50 · this chat 0.75" in words(opened)


def ask_and_pay(page: AppTest, question: str, cost: float) -> None:
    ask(page, question)
    for _ in range(100):
        if shown_chat(page.run()).cost == cost:
            return
    raise AssertionError("the cost was not noted")


@pytest.mark.parametrize(
    ("price", "warning"),
    [
        (0.25, ""),
        (12.0, "Little is left on your auth token: 0.50"),
        (12.5, "There is nothing left on your auth token"),
    ],
)
def test_a_warning_before_sending(
    opened: AppTest, demo_server: DemoServer, price: float, warning: str
) -> None:
    """Where the next answer may use it up, or all is used up; else none."""
    demo_server.price = price
    ask_and_pay(opened, "one", price)
    assert warning in words(opened)
    assert bool(opened.warning) == bool(warning)


def test_quiet_where_nothing_is_told(
    opened: AppTest, demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a form without a balance there is none on the page, nor a question for it."""
    monkeypatch.setenv("LIAOBOTS_WIRE", "openai")
    opened.run()
    ask(opened, "one")
    assert "Balance" not in words(opened)
    assert conversed(demo_server)[-1]["path"] == "/v1/chat/completions"
    assert backend.SEARCH not in [toggle.key for toggle in opened.toggle]


def test_the_meter(opened: AppTest) -> None:
    """It says how full the room is, in both units."""
    assert "Context: 0 %" in popovers(opened)
    ask(opened, "x" * 400)
    assert "Context: 45 %" in popovers(opened)


def popovers(page: AppTest) -> str:
    """Return the labels of the popovers."""
    return str([block.proto.popover.label for block in page.get("popover")])


def test_what_does_not_fit_is_left_out_and_marked(opened: AppTest, demo_server: DemoServer) -> None:
    """The line stands where the sent part begins; all of it is kept."""
    for letter in "abc":
        ask(opened, letter * 400)
    assert (
        "── Only what follows is sent: the context window is too small for the rest ──"
    ) in words(opened)
    ask(opened, "d")
    sent = [message["content"][:1] for message in conversed(demo_server)[-1]["body"]["messages"]]
    assert sent == ["b", "a", "c", "a", "d"]
    assert len(said(opened)) == 8
    opened.selectbox(key=available_models.MODEL).select("gpt-5").run()
    assert (
        "── Only what follows is sent: the context window is too small for the rest ──"
    ) not in words(opened)


def test_one_may_choose_to_be_told_instead(opened: AppTest, demo_server: DemoServer) -> None:
    """Then the question comes back, with by how much the chat is too long."""
    opened.radio(key=settings.OVERFLOW_POLICY).set_value(preferences.OverflowPolicy.TELL).run()
    for letter in "ab":
        ask(opened, letter * 400)
    opened.chat_input[0].set_value("c" * 200).run()
    assert "The chat with this question has 1,100 characters" in words(opened)
    assert "100 too many" in words(opened)
    assert opened.chat_input[0].proto.value == "c" * 200
    assert len(conversed(demo_server)) == 2
    opened.radio(key=settings.OVERFLOW_POLICY).set_value(preferences.OverflowPolicy.LEAVE_OUT).run()
    ask(opened, "c" * 200)
    assert len(conversed(demo_server)[-1]["body"]["messages"]) == 3


def test_an_edit_counts_only_what_stands_before_it(
    opened: AppTest, demo_server: DemoServer
) -> None:
    """A shorter question in a full chat is no reason to be told."""
    opened.radio(key=settings.OVERFLOW_POLICY).set_value(preferences.OverflowPolicy.TELL).run()
    for letter in "ab":
        ask(opened, letter * 400)
    act(opened, 0, session.Act.EDIT)
    opened.text_area(key=f"edit-{message_id(opened, 0)}").set_value("c" * 300)
    press(opened, "Ask again")
    assert said(opened)[0] == "c" * 300
    assert len(conversed(demo_server)) == 3


def test_another_model_stands_in_and_says_so(opened: AppTest, demo_server: DemoServer) -> None:
    """Before the first text by itself; after it, it is offered."""
    opened.selectbox(key="fallback").select("gpt-5").run()
    demo_server.broken.add("gpt-4")
    ask(opened, "one")
    assert models_sent(demo_server) == ["gpt-4", "gpt-5"]
    assert "In place of gpt-4, which failed: The service failed (status 500)" in words(opened)
    demo_server.broken.clear()
    ask(opened, "fault: in-band")
    assert models_sent(demo_server)[2:] == ["gpt-4"]
    press(opened, "Answer with {model}".format(model=r"gpt\-5"))
    assert models_sent(demo_server)[3:] == ["gpt-5"]


def test_the_web_can_be_searched(opened: AppTest, demo_server: DemoServer) -> None:
    """By the field that the form of 2025 has for it."""
    opened.toggle(key=backend.SEARCH).set_value(True).run()
    for question in ("one", "two"):
        ask(opened, question)
        assert conversed(demo_server)[-1]["body"]["search"] == "true"


def test_the_pace_stands_in_the_picker(opened: AppTest) -> None:
    """As soon as there is one."""
    ask(opened, "one")
    session_of(opened).speeds = None
    opened.run()
    assert opened.selectbox(key=available_models.MODEL).options[0].endswith(" s")


def test_a_choice_survives_its_label(opened: AppTest, demo_server: DemoServer) -> None:
    """The pace in the label changes after an answer; who is chosen does not."""
    opened.selectbox(key=available_models.MODEL).select("gpt-5").run()
    opened.multiselect(key=available_models.BESIDE).set_value(["odd"]).run()
    before = list(opened.selectbox(key=available_models.MODEL).options)
    ask(opened, "one")
    session_of(opened).speeds = None
    opened.run()
    assert list(opened.selectbox(key=available_models.MODEL).options) != before
    assert opened.selectbox(key=available_models.MODEL).value == "gpt-5"
    ask(opened, "two")
    assert sorted(models_sent(demo_server)) == ["gpt-5", "gpt-5", "odd", "odd"]


def test_a_code_without_an_address_locks_nobody_out(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In OpenAI's form there is then nobody to send it to: the demo stays, and can be left."""
    monkeypatch.setenv("LIAOBOTS_WIRE", "openai")
    monkeypatch.delenv("LIAOBOTS_URL", raising=False)
    monkeypatch.delenv("LIAOBOTS_AUTH", raising=False)
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    page.text_input(key=settings.AUTH_TOKEN).set_value("a-code-of-mine").run()
    assert (
        "**Demo:** the built-in stand-in answers. To talk to real models, paste your "
        "Liaobots auth token under *Auth token* in the sidebar."
    ) in words_of(page)
    press(page, "Remove my token")
    assert not conversed(demo_server)


def test_without_a_code_an_engine_is_asked(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In OpenAI's form the address is enough, and the page is no demo."""
    monkeypatch.setenv("LIAOBOTS_WIRE", "openai")
    monkeypatch.setenv("LIAOBOTS_URL", f"{demo_server.url}/v1")
    monkeypatch.delenv("LIAOBOTS_AUTH", raising=False)
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    assert (
        "**Demo:** the built-in stand-in answers. To talk to real models, paste your "
        "Liaobots auth token under *Auth token* in the sidebar."
    ) not in words(page)
    ask(page, "one")
    assert said(page) == ["one", "answer to one"]
