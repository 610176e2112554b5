"""Many visitors at once, and what is left of them when they have gone.

How many there can be is measured in `bench/load`, and what a thousand leave in
memory in `bench/memory`: both take minutes, and a machine of their own.
"""

import asyncio

from liaobots.demo.server import DemoServer
from tests.support.app import App
from tests.support.page_actions import conversed
from tests.support.processes import threads
from tests.support.protocol_client import Visitor, finished
from tests.support.waiting import wait_until

VISITORS, LEAVING = 30, 10
# After its first answer the app has nine threads. The pools of Streamlit and of the event loop
# keep a few more, but fewer than there are visitors who leave.
MAX_THREADS_AT_REST = 17


async def read(app: App, number: int) -> None:
    """Asks, and leaves when the answer is there."""
    async with Visitor(app.url) as visitor:
        await visitor.ask(f"I am visitor {number}.")
        await visitor.until(lambda: visitor.shows("The end") and not visitor.is_running)
        assert visitor.shows(f"visitor {number}.")


async def leave(app: App, number: int) -> None:
    """Asks, and leaves when the answer has begun."""
    async with Visitor(app.url) as visitor:
        await visitor.ask(f"I am visitor {number}.")
        await visitor.until(lambda: visitor.shows("word3"))


def test_no_thread_outlives_its_answer(app: App, slow_demo_server: DemoServer) -> None:
    """Visitors who stay and those who leave in the middle are answered, and all threads end."""
    words = [*(f"word{number} " for number in range(40)), "The end"]
    slow_demo_server.answer = lambda _: iter(words)

    async def come() -> None:
        stay = (read(app, number) for number in range(VISITORS))
        go = (leave(app, number) for number in range(VISITORS, VISITORS + LEAVING))
        await asyncio.gather(*stay, *go)

    finished(read(app, 99))
    finished(come())
    assert len(conversed(slow_demo_server)) == VISITORS + LEAVING + 1
    wait_until(lambda: threads(app) <= MAX_THREADS_AT_REST, seconds=20)
