"""What two tables are told apart by."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from liaobots.backup import checksums
from liaobots.backup.checksums import Digest
from liaobots.backup.endpoint import Endpoint
from liaobots.storage.schema import preferences

ROWS = [("a", 1, None), ("a", 1, ""), ("a", True, 0.1 + 0.2), ("ab", 1.0, "彩虹 🌈")]


def total(rows: Sequence[tuple[object, ...]]) -> Digest:
    found = Digest()
    for row in rows:
        found = found.plus(row)
    return found


def test_the_order_does_not_matter() -> None:
    """For each database has its own; what is there twice counts twice."""
    mixed = [ROWS[2], ROWS[0], ROWS[3], ROWS[1]]
    assert total(mixed) == total(ROWS)
    assert total([*ROWS, ROWS[0]]) != total(ROWS)
    assert total([ROWS[0]] * 2) != total([ROWS[1]] * 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        ((None,), ("",)),
        (("None",), (None,)),
        ((0.1 + 0.2,), (0.3,)),
        (("e\u0301",), ("é",)),
        (("a ",), ("a",)),
        ((1,), (True,)),
    ],
)
def test_what_differs(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    """The smallest difference is one, also between what only looks alike."""
    assert checksums.of_row(one) != checksums.of_row(other)


def test_what_no_database_keeps_is_no_difference() -> None:
    """PostgreSQL takes no NUL, and SQLite keeps no minus before a zero."""
    assert checksums.of_row(("a\0", -0.0)) == checksums.of_row(("a\N{REPLACEMENT CHARACTER}", 0.0))


def test_a_key_of_two_columns(rich: str) -> None:
    """It is one key."""
    end = Endpoint(rich)
    with end.snapshot() as connection:
        rows = connection.execute(select(preferences)).all()
        assert len(rows) > 1
        assert checksums.by_key(connection, preferences, rows[:1]).keys() == {rows[0][:2]}
    end.close()
