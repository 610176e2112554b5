"""How fast each model answered a visitor lately: only numbers, without any text."""

from collections.abc import Iterable, Sequence
from statistics import median

from sqlalchemy import Connection, delete, insert, select

from liaobots.storage import queries
from liaobots.storage.database import Database
from liaobots.storage.records import ModelAttempt, ModelSpeed
from liaobots.storage.schema import attempts, clock

# How many attempts the board uses, and how old in seconds the oldest of them may be.
MAX_ATTEMPTS = 500
MAX_AGE_SECONDS = 90 * 86_400.0
# How many old ones are deleted in one transaction.
BATCH_ATTEMPTS = 500


class Speed:
    """Store how fast models are. Each method raises `StorageError` if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def purge_expired(self, oldest: float | None = None) -> None:
        """Delete the attempts that are older than `oldest` seconds, or than the board needs."""
        limit = clock() - (MAX_AGE_SECONDS if oldest is None else oldest)
        old = select(attempts.c.id).where(attempts.c.ended < limit).limit(BATCH_ATTEMPTS)
        gone = BATCH_ATTEMPTS
        while gone == BATCH_ATTEMPTS:
            with self._database.writing(in_background=True) as connection:
                gone = connection.execute(delete(attempts).where(attempts.c.id.in_(old))).rowcount

    def by_model(self, owner: str) -> Sequence[ModelSpeed]:
        """Return the speed of each model that answered the owner lately, most used first."""
        names = ("model", "waited", "lasted", "characters", "failed")
        newest = (
            select(*(attempts.c[name] for name in names))
            .where(attempts.c.owner == owner, attempts.c.ended > clock() - MAX_AGE_SECONDS)
            .order_by(attempts.c.ended.desc())
            .limit(MAX_ATTEMPTS)
        )
        with self._database.reading() as connection:
            return board_of(ModelAttempt(*row) for row in connection.execute(newest))


def note(connection: Connection, owner: str, made: Sequence[ModelAttempt]) -> None:
    """Store attempts."""
    for each in made:
        row = {"id": queries.new_id(), "owner": owner, "ended": clock(), **vars(each)}
        connection.execute(insert(attempts).values(row))


def board_of(attempts: Iterable[ModelAttempt]) -> Sequence[ModelSpeed]:
    """Return the speed of each model, the one with most attempts first."""
    by_model: dict[str, list[ModelAttempt]] = {}
    for attempt in attempts:
        by_model.setdefault(attempt.model, []).append(attempt)
    paces = [_pace_of(model, its) for model, its in by_model.items()]
    return sorted(paces, key=lambda pace: (-pace.count, pace.model))


def _pace_of(model: str, attempts: Sequence[ModelAttempt]) -> ModelSpeed:
    waits = [each.waited for each in attempts if each.waited is not None]
    # An answer in one piece has no rate.
    rates = [each.characters / each.lasted for each in attempts if each.lasted]
    failed = sum(each.failed for each in attempts)
    return ModelSpeed(
        model,
        len(attempts),
        median(waits) if waits else None,
        median(rates) if rates else None,
        failed / len(attempts),
    )
