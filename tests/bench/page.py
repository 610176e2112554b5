"""What the page costs while it shows an answer, beside the pattern of every tutorial.

    .venv/bin/python -m tests.bench.page [16 | 64 | above | eight | long]

The work is 16 KB of Markdown in 4,000 pieces over 20 seconds, then 64 KB at
the same rate. Both pages read from the same stand-in with the same client.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from liaobots.demo.server import DemoServer
from liaobots.pieces import Content
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState, Outcome
from liaobots.storage.store import Store
from tests.bench.watching import WATCH, Cost, Watched, ask, in_pieces, markdown, stamp
from tests.support import chromium
from tests.support.app import App
from tests.support.page_actions import owner_of

CODE = "nobody"
RATE = 200


class Bench:
    """A stand-in and a browser, and pages of either kind."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder

    def run(self, script: str, size: int, above: int = 2) -> Cost:
        """Return what one answer of so many KB costs, below so many short messages.

        At least two are measured, so that what is loaded once for all is not counted.
        """
        with DemoServer(pace=None) as service:
            settings = {"LIAOBOTS_URL": service.url, "LIAOBOTS_AUTH": CODE}
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            with App(folder, script=script, **settings) as app:
                page = self._page(app)
                self._fill(page, service, above)
                text = markdown(size * 1000)
                service.pace = RATE
                service.answer = lambda _: in_pieces(text, size * 250)
                watched = Watched(page, app)
                ask(page, "Go")
                page.get_by_text("End t").wait_for(timeout=300_000)
                time.sleep(1)
                cost = watched.cost()
                page.context.close()
                return cost

    def opening(self) -> dict[int, float]:
        """Return how long chats of so many messages take to open, in milliseconds."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        with App(folder) as app:
            page = self._page(app)
            owner = owner_of(page.context)
            file = next(folder.rglob("chats.db"))
            chats = {
                count: fill(Store(Database(f"sqlite:///{file}")), owner, count)
                for count in (10, 300)
            }
            times: dict[int, list[float]] = {count: [] for count in chats}
            for _ in range(7):
                for count, chat in chats.items():
                    began = time.monotonic()
                    page.goto(f"{app.url}/{chat}")
                    page.get_by_text(f"Answer {count // 2 - 1} ends.").wait_for()
                    times[count].append((time.monotonic() - began) * 1000)
        return {count: statistics.median(taken) for count, taken in times.items()}

    def _fill(self, page: Page, service: DemoServer, above: int) -> None:
        service.pace, service.answer = 5, lambda _: iter(["Well. ", "", markdown(1000)])
        for number in range(above // 2):
            ask(page, f"Question {number}")
            page.get_by_test_id("stChatMessage").nth(min(number, 9) * 2 + 1).wait_for()
            page.get_by_role("button", name="Stop").wait_for(state="detached")
            page.wait_for_timeout(400)

    def _page(self, app: App) -> Page:
        page = self._browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.add_init_script(WATCH)
        page.goto(app.url)
        page.get_by_placeholder("Ask anything").wait_for()
        page.wait_for_timeout(2000)
        return page

    def eight(self) -> list[float]:
        """Return the lags of eight pages that each show 50 pieces per second."""
        with DemoServer(pace=50) as service:
            service.answer = lambda _: stamps(50 * 20)
            settings = {"LIAOBOTS_URL": service.url, "LIAOBOTS_AUTH": CODE}
            with App(self._folder, **settings) as app:
                pages = [self._page(app) for _ in range(8)]
                for page in pages:
                    ask(page, "Go")
                time.sleep(20)
                lags = [lag for page in pages for lag in page.evaluate("window.lags")]
        return lags


def fill(store: Store, owner: str, count: int) -> str:
    """Add a chat of so many messages of a kilobyte to a store, and return its id."""
    chat = ""
    for number in range(count // 2):
        asked = store.ask(owner, chat or None, f"Question {number}", "gpt-4")
        assert asked
        text = f"{markdown(1000)}\n```\n\nAnswer {number} ends."
        store.finish(owner, asked, Content(text=text), Outcome(MessageState.DONE))
        chat = asked.conversation
    store.close()
    return chat


def stamps(count: int) -> Iterator[str]:
    """Yield words that say when they were sent."""
    for number in range(count):
        yield f"{stamp()} " + ("\n\n" if number % 40 == 39 else "")


def report(name: str, cost: Cost, size: int, base: Cost | None = None) -> None:
    shares = ""
    if base:
        shares = (
            f"  of the tutorial's: bytes 1/{base.bytes / cost.bytes:.0f},"
            f" browser 1/{base.browser / cost.browser:.1f},"
            f" server 1/{base.server / cost.server:.1f}"
        )
    print(
        f"{name:22} {cost.bytes / 1e6:6.2f} MB ({cost.bytes / size / 1000:.1f} a byte),"
        f" browser {cost.browser:5.1f} s (script {cost.script:.1f}), server {cost.server:4.1f} s,"
        f" last paint after {cost.lags[-1] if cost.lags else -1:.0f} ms{shares}",
        flush=True,
    )


def main() -> None:
    wanted = sys.argv[1:] or ["16", "64", "above", "eight", "long"]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = chromium.executable(playwright)
        browser = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        bench = Bench(browser, Path(folder))
        ours = "app.py"
        if "16" in wanted:
            base = bench.run("tests/bench/tutorial.py", 16)
            report("tutorial, 16 KB", base, 16)
            report("ours, 16 KB", bench.run(ours, 16), 16, base)
        if "64" in wanted:
            report("ours, 64 KB", bench.run(ours, 64), 64)
        if "above" in wanted:
            report("ours, 60 above", bench.run(ours, 16, above=60), 16)
        if "eight" in wanted:
            lags = bench.eight()
            print(f"eight pages: median lag {statistics.median(lags):.0f} ms of {len(lags)}")
        if "long" in wanted:
            times = bench.opening()
            print(f"opening: 300 messages {times[300] / times[10]:.2f} times ten", times)
        browser.close()


if __name__ == "__main__":
    main()
