"""The secrets that sign identities, and the owners of unsigned identities.

All servers on one database share the secrets, so that each accepts what another
has signed. Identities were not signed before layout 0004; those in use by then
can be exchanged for signed ones, each once.
"""

import hashlib
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update

from liaobots.errors import StorageError
from liaobots.storage import search_index
from liaobots.storage.database import Database
from liaobots.storage.schema import clock, conversations, secrets, unsigned_owners

SECRET = "identity"  # noqa: S105 -- the name of a secret, and no secret
# A browser opens several tabs at once when it starts, each with the old cookie.
TAKEOVER_SECONDS = 300


class Identities:
    """Read the secrets of a database, and record who got a signed identity."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._secrets: Sequence[str] = ()

    def secrets(self) -> Sequence[str]:
        """Return the secrets that sign identities. New identities are signed with the first.

        They are read once. Raise `StorageError` if they cannot be read.
        """
        if not self._secrets:
            with self._database.reading() as connection:
                rows = connection.execute(select(secrets).order_by(secrets.c.name)).all()
            found = {row.name: row.value for row in rows}
            if SECRET not in found:
                raise StorageError(
                    "The database has no secret to sign identities with. Restore it from a "
                    "backup, or set LIAOBOTS_DATABASE_URL to another database."
                )
            self._secrets = [found.pop(SECRET), *found.values()]
        return self._secrets

    def add_secret(self, secret: str) -> None:
        """Store the secret with which a server signed while it could not open the database."""
        name = f"{SECRET} {hashlib.sha256(secret.encode()).hexdigest()[:16]}"
        with self._database.writing() as connection:
            connection.execute(insert(secrets).values(name=name, value=secret))
        self._secrets = [*self._secrets, secret] if self._secrets else ()

    def may_be_taken_over(self, owner: str) -> bool:
        """Return whether an owner's unsigned identity can be exchanged for a signed one."""
        with self._database.reading() as connection:
            query = select(func.count()).select_from(unsigned_owners).where(_is_open(owner))
            return bool(connection.scalar(query))

    def take_over(self, owner: str) -> bool:
        """Record that an owner gets a signed identity. Return False if it is too late for that."""
        first = func.coalesce(unsigned_owners.c.taken_over, clock())
        with self._database.writing() as connection:
            taken = update(unsigned_owners).where(_is_open(owner)).values(taken_over=first)
            return connection.execute(taken).rowcount > 0

    def reassign(self, owner: str, to: str) -> None:
        """Assign one owner's conversations to another, who is the same person."""
        with self._database.writing() as connection:
            theirs = select(conversations.c.id).where(conversations.c.owner == owner)
            ids = connection.execute(theirs).scalars().all()
            texts = {each: search_index.texts_of(connection, each) for each in ids}
            search_index.drop(connection, search_index.is_within(ids))
            moved = update(conversations).where(conversations.c.id.in_(ids)).values(owner=to)
            connection.execute(moved)
            for each, said in texts.items():
                search_index.add(connection, each, search_index.ngrams_of(to, said))


def _is_open(owner: str) -> ColumnElement[bool]:
    moment = unsigned_owners.c.taken_over
    is_recent = or_(moment.is_(None), moment > clock() - TAKEOVER_SECONDS)
    return and_(unsigned_owners.c.owner == owner, is_recent)
