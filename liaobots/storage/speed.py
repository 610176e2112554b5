"""How fast each model answered a visitor of late: figures alone, without a word of the answers."""

from collections.abc import Iterable, Sequence
from statistics import median

from sqlalchemy import Connection, delete, insert, select

from liaobots.storage import queries
from liaobots.storage.database import Database
from liaobots.storage.records import ModelAttempt, ModelSpeed
from liaobots.storage.schema import attempts, clock

# What the board is made of: so many attempts, none older than so many seconds.
NEWEST = 500
OLDEST = 90 * 86_400.0
# So many old ones go in one transaction.
BATCH = 500


class Speed:
    """A part of the store. Each method raises StoreFault where it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def purge_expired(self, oldest: float | None = None) -> None:
        """Forgets the attempts that are older than so many seconds, else than the board's."""
        limit = clock() - (OLDEST if oldest is None else oldest)
        old = select(attempts.c.id).where(attempts.c.ended < limit).limit(BATCH)
        gone = BATCH
        while gone == BATCH:
            with self._database.writing(in_background=True) as connection:
                gone = connection.execute(delete(attempts).where(attempts.c.id.in_(old))).rowcount

    def board(self, owner: str) -> Sequence[ModelSpeed]:
        """Gives the pace of each model that answered the owner of late, the usual one first."""
        names = ("model", "waited", "lasted", "characters", "failed")
        newest = (
            select(*(attempts.c[name] for name in names))
            .where(attempts.c.owner == owner, attempts.c.ended > clock() - OLDEST)
            .order_by(attempts.c.ended.desc())
            .limit(NEWEST)
        )
        with self._database.reading() as connection:
            return board_of(ModelAttempt(*row) for row in connection.execute(newest))


def note(connection: Connection, owner: str, made: Sequence[ModelAttempt]) -> None:
    """Keeps how attempts went."""
    for each in made:
        row = {"id": queries.new_id(), "owner": owner, "ended": clock(), **vars(each)}
        connection.execute(insert(attempts).values(row))


def board_of(attempts: Iterable[ModelAttempt]) -> Sequence[ModelSpeed]:
    """Gives the pace of each model, the one with most attempts first."""
    by_model: dict[str, list[ModelAttempt]] = {}
    for attempt in attempts:
        by_model.setdefault(attempt.model, []).append(attempt)
    paces = [_pace_of(model, its) for model, its in by_model.items()]
    return sorted(paces, key=lambda pace: (-pace.count, pace.model))


def _pace_of(model: str, attempts: Sequence[ModelAttempt]) -> ModelSpeed:
    waits = [each.waited for each in attempts if each.waited is not None]
    # What came in one piece says nothing of how fast it came.
    rates = [each.characters / each.lasted for each in attempts if each.lasted]
    failed = sum(each.failed for each in attempts)
    return ModelSpeed(
        model,
        len(attempts),
        median(waits) if waits else None,
        median(rates) if rates else None,
        failed / len(attempts),
    )
