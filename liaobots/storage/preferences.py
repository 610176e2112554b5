"""What visitors chose, by name. Each value is a text that only the page understands."""

from collections.abc import Mapping

from sqlalchemy import and_, delete, insert, select

from liaobots.storage import queries
from liaobots.storage.database import Database
from liaobots.storage.schema import preferences


class Preferences:
    """Store preferences. Each method raises `StorageError` if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, owner: str) -> Mapping[str, str]:
        """Return everything that the owner chose."""
        wanted = select(preferences.c.name, preferences.c.value).where(preferences.c.owner == owner)
        with self._database.reading() as connection:
            return {row.name: row.value for row in connection.execute(wanted)}

    def put(self, owner: str, name: str, value: str) -> None:
        """Store what the owner chose; "" deletes it."""
        where = and_(preferences.c.owner == owner, preferences.c.name == name)
        row = {"owner": owner, "name": name, "value": queries.storable(value)}
        with self._database.writing() as connection:
            connection.execute(delete(preferences).where(where))
            if value:
                connection.execute(insert(preferences).values(row))
