"""The bounds that each attack is held to."""

import sqlite3
import time
from collections.abc import Sequence

from sqlalchemy import select

from liaobots.storage.database import Database
from liaobots.storage.schema import messages
from tests.attack.bystanders import Felt
from tests.attack.place import Place
from tests.attack.resources import INTERVAL_SECONDS, SOON_SECONDS, Spent, Use, soon_after

MOST_MEGABYTES = 100
# The bystanders' own answers, and what the event loop keeps for its errands.
FEW_THREADS = 8
# Those of the sessions that Streamlit keeps for visitors who left; the bystanders make some too.
DESCRIPTORS = 450


def assert_hardly_felt(felt: Felt) -> None:
    """Hold the others to at most twice of what it is in peace, also at the slowest moment."""
    assert_usually_not_felt(felt)
    assert felt.longest_ratio <= 2, felt


def assert_usually_not_felt(felt: Felt) -> None:
    """Hold the others to at most twice of what it is in peace, at the median.

    One of them may wait for what is no attack, but what many ordinary visitors do at once.
    """
    assert not felt.unanswered, felt
    assert felt.first_text_ratio <= 2, felt
    assert felt.open_ratio <= 2, felt


def assert_hardly_left(place: Place, cost: Spent, in_children: int = 0) -> None:
    """Hold the server to 100 MB at its peak, and to nothing of it ten seconds later.

    Its children may have `in_children` MB besides, as long as they run.
    """
    left = soon_after(place.app, cost, is_little)
    assert cost.own_growth <= MOST_MEGABYTES, cost
    assert cost.growth <= MOST_MEGABYTES + in_children, cost
    assert left.memory <= MOST_MEGABYTES, cost
    assert left.threads <= FEW_THREADS, cost
    assert left.children <= 0, cost
    assert left.files <= 0, cost
    assert cost.after
    assert cost.after.descriptors <= DESCRIPTORS, cost


def is_little(now: Use, left: Use) -> bool:
    """Say whether so little is left of an attack that it can be called nothing."""
    return (
        left.memory <= MOST_MEGABYTES
        and left.threads <= FEW_THREADS
        and left.children <= 0
        and left.files <= 0
        and now.descriptors <= DESCRIPTORS
    )


def assert_the_writer_is_free(place: Place) -> None:
    """Hold SQLite to a transaction that can begin within a second."""
    path = place.database.removeprefix("sqlite:///")
    file = sqlite3.connect(path, timeout=1, isolation_level=None)
    try:
        file.execute("BEGIN IMMEDIATE")
        file.execute("ROLLBACK")
    finally:
        file.close()


def missing(address: str, questions: Sequence[str]) -> Sequence[str]:
    """Return the questions that the database does not have."""
    database = Database(address)
    try:
        with database.reading() as connection:
            asked = select(messages.c.text).where(messages.c.role == "user")
            kept = set(connection.scalars(asked))
    finally:
        database.close()
    return [each for each in questions if each not in kept]


def missing_soon(address: str, questions: Sequence[str]) -> Sequence[str]:
    """Return those that it still does not have ten seconds later."""
    deadline = time.monotonic() + SOON_SECONDS
    while (left := missing(address, questions)) and time.monotonic() < deadline:
        time.sleep(INTERVAL_SECONDS)
    return left
