"""Floods over one socket, sockets that never read, and many of them."""

import asyncio

import pytest

from tests.attack import hostile
from tests.attack.attacker import MESSAGES, apart, flood, never_read, visited
from tests.attack.place import Place
from tests.attack.resources import spent
from tests.attack.watch import (
    assert_hardly_felt,
    assert_hardly_left,
    assert_usually_not_felt,
)
from tests.support.protocol_client import Visitor

# What bystanders feel is measured.
pytestmark = pytest.mark.alone

PAGES, OPEN_SECONDS = 300, 3.0
# So many sockets ask for so many pages each, and read none.
DEAF, WISHES, DEAF_SECONDS = 20, 60, 3.0
REFRESHES, AT_ONCE = 200, 20


def test_sockets_that_never_read(place: Place) -> None:
    """What is drawn for them is kept within a bound, and goes with them."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        assert apart(never_read, place.app.url, DEAF, WISHES, DEAF_SECONDS) == DEAF
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)


def test_many_open_pages(place: Place) -> None:
    """An address that a school shares may have three hundred."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        assert apart(never_read, place.app.url, PAGES, 1, OPEN_SECONDS) == PAGES
    assert_usually_not_felt(felt)
    assert_hardly_left(place, cost)


async def _refresh(url: str, count: int) -> bool:
    """Ask, then open the chat and leave it at once, again and again; return whether the answer,
    which came meanwhile, is whole.
    """
    async with Visitor(url) as visitor:
        await visitor.drawn()
        await visitor.ask("attack: links")
        await visitor.until(lambda: visitor.url.rpartition("/")[2])
        identity, chat = visitor.identity, visitor.url.rpartition("/")[2]

    async def look() -> None:
        async with Visitor(url, identity=identity, path=chat):
            pass

    for _ in range(count // AT_ONCE):
        await asyncio.gather(*(look() for _ in range(AT_ONCE)))
    async with Visitor(url, identity=identity, path=chat) as visitor:
        await visitor.until(lambda: visitor.shows(hostile.END))
    return True


def test_a_storm_of_refreshes(place: Place) -> None:
    """The answer comes to its end, the others are answered, and nothing is left."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        assert visited(_refresh, place.app.url, REFRESHES)
    assert not felt.unanswered
    # Two hundred pages are drawn within a few seconds, which others on two cores do feel.
    assert felt.first_text_ratio <= 2, felt
    assert_hardly_left(place, cost)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_flood_of_messages(place: Place, kind: str) -> None:
    """One anonymous socket is closed; nobody waits for it, and no memory is left behind."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        is_closed = apart(flood, place.app.url, kind)
    assert is_closed
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)
