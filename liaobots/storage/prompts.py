"""Named texts that an owner uses again, with placeholders to fill in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from sqlalchemy import and_, insert, select, update
from sqlalchemy import delete as sql_delete

from liaobots.errors import InvalidInput
from liaobots.storage import queries
from liaobots.storage.database import Database
from liaobots.storage.records import Prompt
from liaobots.storage.schema import prompts

MAX_PROMPTS = 500
PLACE = re.compile(r"\{\{\s*([^{}\n]{1,60}?)\s*\}\}")


class Prompts:
    """Store prompts. Each method raises `StorageError` if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, owner: str) -> Sequence[Prompt]:
        """Return an owner's prompts, sorted by name."""
        mine = select(prompts.c.id, prompts.c.name, prompts.c.text).where(prompts.c.owner == owner)
        with self._database.reading() as connection:
            rows = connection.execute(mine.order_by(prompts.c.name).limit(MAX_PROMPTS))
            found = [Prompt(*row) for row in rows]
        return sorted(found, key=lambda prompt: prompt.name.casefold())

    def save(self, owner: str, name: str, text: str) -> None:
        """Store a prompt, replacing the one with the same name.

        Raise `InvalidInput` if the name or the text is empty.
        """
        name, text = queries.title_of(name), queries.storable(text.strip())
        if not name or not text:
            raise InvalidInput("A prompt needs a name and a text. Fill in both, then save it.")
        mine = and_(prompts.c.owner == owner, prompts.c.name == name)
        with self._database.writing() as connection:
            if not connection.execute(update(prompts).where(mine).values(text=text)).rowcount:
                row = {"id": queries.new_id(), "owner": owner, "name": name, "text": text}
                connection.execute(insert(prompts).values(row))

    def add(self, owner: str, named: Sequence[tuple[str, str]]) -> int:
        """Add prompts, and return how many are new. None replaces another."""
        known = {prompt.name: prompt.text for prompt in self.list(owner)}
        added = 0
        for given, said in named:
            name, text = queries.title_of(given), queries.storable(said.strip())
            free = next(each for each in _names(name) if known.get(each, text) == text)
            if name and text and free not in known:
                self.save(owner, free, text)
                known[free] = text
                added += 1
        return added

    def delete(self, owner: str, prompt: str) -> None:
        mine = and_(prompts.c.owner == owner, prompts.c.id == prompt)
        with self._database.writing() as connection:
            connection.execute(sql_delete(prompts).where(mine))


def _names(name: str) -> Iterator[str]:
    """Yield a name, and then the same name with numbers."""
    yield name
    yield from (f"{name[:70]} ({number})" for number in count(2))


def placeholders_in(text: str) -> Sequence[str]:
    """Return the names of a text's {{placeholders}}, each once, in order."""
    return list(dict.fromkeys(PLACE.findall(text)))


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its {{placeholders}} filled; one without a value stays as it is."""
    return PLACE.sub(lambda place: values.get(place.group(1)) or place.group(), text)
