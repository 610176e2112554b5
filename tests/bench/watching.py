"""What a page costs while an answer is written, as a browser and the system count it."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

from tests.support.app import App

# Notes, for each change of the page, how old the newest word is that it shows.
WATCH = r"""
window.lags = [];
new MutationObserver(() => {
  const said = '[data-testid="stChatMessage"] [data-testid="stMarkdownContainer"]';
  const all = document.querySelectorAll(said);
  for (let n = all.length - 1; n >= 0 && n > all.length - 8; n--) {
    const stamps = all[n].textContent.match(/t\d{13}e/g);
    if (!stamps) continue;
    const newest = Number(stamps[stamps.length - 1].slice(1, -1));
    if (newest !== window.newest) {
      window.newest = newest;
      requestAnimationFrame(() => window.lags.push(Date.now() - newest));
    }
    return;
  }
}).observe(document, {childList: true, subtree: true, characterData: true});
"""


@dataclass
class Cost:
    """What it cost: bytes to the browser, its main thread's and the server's seconds."""

    bytes: int
    browser: float
    script: float
    server: float
    lags: list[float]


def markdown(size: int) -> str:
    """Return Markdown as models write it, of about so many characters."""
    parts: list[str] = []
    number = 0
    while sum(map(len, parts)) < size:
        number += 1
        parts += [
            f"## Part {number}\n\n",
            "Some *words* in **several** lines, with `code` and a [link](https://site.example). "
            * 4,
            "\n\n- one thing\n- another thing\n- and a third one that is longer\n\n",
            f"```python\ndef part_{number}(x: int) -> int:\n    return x + {number}\n```\n\n",
            "| name | value |\n|---|---|\n| a | 1 |\n| b | 2 |\n\n",
            "And so on, with more words to read until the part has come to its end. " * 3,
            "\n\n",
        ]
    return "".join(parts)[:size]


def in_pieces(text: str, pieces: int) -> Iterator[str]:
    """Yield a text in so many pieces, the last of them stamped with the time when it was sent."""
    size = len(text) / pieces
    for number in range(pieces):
        yield text[int(number * size) : int((number + 1) * size)]
    yield f"\n\nEnd {stamp()}"


def stamp() -> str:
    return f"t{time.time() * 1000:.0f}e"


def ask(page: Page, question: str) -> None:
    page.get_by_placeholder("Ask anything").fill(question)
    page.keyboard.press("Enter")


class Watched:
    """A page whose cost is counted from here until `cost` is asked for."""

    def __init__(self, page: Page, app: App) -> None:
        self._page, self._app = page, app
        self._line: CDPSession = page.context.new_cdp_session(page)
        self._bytes = 0
        self._line.on("Network.webSocketFrameReceived", self._note)
        self._line.send("Network.enable")
        self._line.send("Performance.enable")
        self._begin = self._metrics()

    def cost(self) -> Cost:
        browser, script, server = (
            now - then for now, then in zip(self._metrics(), self._begin, strict=True)
        )
        lags = self._page.evaluate("window.lags")
        return Cost(self._bytes, browser, script, server, lags)

    def _note(self, event: dict[str, dict[str, str]]) -> None:
        # Binary frames come in base64.
        self._bytes += len(event["response"]["payloadData"]) * 3 // 4

    def _metrics(self) -> tuple[float, float, float]:
        rows = self._line.send("Performance.getMetrics")["metrics"]
        metrics = {row["name"]: row["value"] for row in rows}
        return metrics["TaskDuration"], metrics["ScriptDuration"], self._server_seconds()

    def _server_seconds(self) -> float:
        with open(f"/proc/{self._app.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
