"""A service that hangs, drips or lies, and who asks it for too much; in each form of the wire."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from liaobots.storage.records import MessageState
from tests.attack import hostile
from tests.attack.attacker import visited
from tests.attack.place import Place, opened
from tests.attack.resources import soon_after, spent
from tests.attack.service import DRIP
from tests.attack.watch import (
    FEW_THREADS,
    MOST_MEGABYTES,
    assert_hardly_felt,
    assert_hardly_left,
    is_little,
)
from tests.support.protocol_client import Visitor
from tests.support.waiting import wait_until

# What bystanders feel is measured.
pytestmark = pytest.mark.alone

IDENTITIES, QUESTIONS = 8, 4
# An eighth of what a server allows, so that all places are soon taken.
FEW_PLACES = "answers=32, answers_per_visitor=4, answers_per_address=16, answers_reserved=4"
HOLD_SECONDS = 8.0
DRIPPED = 60
# The bystanders' own readers.
FEW_CONNECTIONS = 8
ENDED = (MessageState.DONE.value, MessageState.FAILED.value)


@pytest.fixture(scope="module", params=hostile.FORMS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """One app for each form of the wire."""
    folder = tmp_path_factory.mktemp("attack")
    with opened(folder, LIAOBOTS_WIRE=request.param, LIAOBOTS_TIMEOUT="120") as found:
        yield found


async def _ask_until_shown(visitor: Visitor, question: str) -> None:
    """Ask, again if need be: Streamlit drops one of two reruns that come at the same moment."""
    while not visitor.shows(question):
        await visitor.ask(question)
        with suppress(TimeoutError):
            await visitor.until(lambda: visitor.shows(question), 10)


async def _ask_all(url: str, names: list[str]) -> None:
    """Ask for each hostile answer, each as another visitor, and wait until its end is shown."""

    async def ask(name: str) -> None:
        async with Visitor(url) as visitor:
            await visitor.drawn()
            await _ask_until_shown(visitor, f"attack: {name}")
            await asyncio.sleep(1)
            await visitor.until(lambda: not visitor.is_running, 60)

    await asyncio.gather(*map(ask, names))


def have_ended(place: Place, count: int) -> bool:
    """Say whether so many answers to attacks have ended, in words or with a text."""
    file = sqlite3.connect(place.database.removeprefix("sqlite:///"))
    ended = file.execute(
        "SELECT count(*) FROM messages AS a JOIN messages AS q ON a.parent = q.id "
        "WHERE q.text LIKE 'attack: %' AND a.state IN (?, ?)",
        ENDED,
    ).fetchone()[0]
    file.close()
    return bool(ended >= count)


def test_hostile_answers(place: Place) -> None:
    """Each ends soon, in words or with the text, and costs little."""
    names = list(hostile.ATTACKS)
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        visited(_ask_all, place.app.url, names)
    wait_until(lambda: have_ended(place, len(names)), 30)
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)


async def _fill(url: str) -> None:
    """Ask for more answers than there may be, and leave after a while."""

    async def ask(visitor: Visitor) -> None:
        for number in range(QUESTIONS):
            await visitor.ask(f"Number {number}, attack: hang")
            with suppress(TimeoutError):
                await visitor.until(partial(visitor.shows, f"Number {number},"), 5)

    visitors = [Visitor(url) for _ in range(IDENTITIES)]
    for visitor in visitors:
        await visitor.__aenter__()
        await visitor.drawn()
    await asyncio.gather(*map(ask, visitors))
    await asyncio.sleep(HOLD_SECONDS)
    for visitor in visitors:
        await visitor.__aexit__(None, None, None)


def test_all_places_are_taken(tmp_path: Path) -> None:
    """Those who have no answer running still get one."""
    with opened(tmp_path, LIAOBOTS_TIMEOUT="120", LIAOBOTS_LIMITS=FEW_PLACES) as place:
        with place.bystanders.beside() as felt, spent(place.app) as cost:
            visited(_fill, place.app.url)
        assert_hardly_felt(felt)
        assert cost.growth <= MOST_MEGABYTES


async def _read_all(url: str, names: list[str]) -> None:
    async def read(name: str) -> None:
        async with Visitor(url) as visitor:
            await visitor.drawn()
            await visitor.ask(f"attack: {name}")
            await visitor.until(lambda: visitor.shows(hostile.END), 90)

    await asyncio.gather(*map(read, names))


def test_pathological_markdown(tmp_path: Path) -> None:
    """Eight who read answers that are hard to draw leave the others the server."""
    with opened(tmp_path) as place:
        with place.bystanders.beside() as felt, spent(place.app) as cost:
            visited(_read_all, place.app.url, list(hostile.GROWING) * 2)
        assert_hardly_felt(felt)
        assert_hardly_left(place, cost)


@pytest.mark.parametrize("form", [hostile.RAW, hostile.EVENTS])
def test_a_balance_that_drips(tmp_path: Path, form: str) -> None:
    """Its readers are few, and gone soon after the answers."""
    with opened(tmp_path, DRIP, LIAOBOTS_WIRE=form, LIAOBOTS_TIMEOUT="60") as place:
        with place.bystanders.beside() as felt, spent(place.app) as cost:
            visited(_ask_often, place.app.url, DRIPPED)
        left = soon_after(place.app, cost, is_little)
        assert_hardly_felt(felt)
        assert left.threads <= FEW_THREADS, cost
        assert place.service.connections() <= FEW_CONNECTIONS


async def _ask_often(url: str, count: int) -> None:
    async def ask(number: int) -> None:
        async with Visitor(url) as visitor:
            await visitor.drawn()
            await visitor.ask(f"Drip {number}")
            await visitor.until(lambda: visitor.shows("the end."), 60)

    for start in range(0, count, 10):
        await asyncio.gather(*map(ask, range(start, start + 10)))
