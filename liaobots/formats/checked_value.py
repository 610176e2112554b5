"""A value decoded from a file that may hold anything, with its path in the file.

Each method returns the value as the type that the caller expects, or raises `InvalidInput`
with the path of the value, as in `chats[3].turns[2].role`.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from liaobots.errors import InvalidInput
from liaobots.formats.json_reader import EXPORT_AGAIN
from liaobots.locale import Sentence

# At most so many characters of the file are quoted in an error message.
MAX_QUOTED_CHARACTERS = 16
# The ids of known exports have 36 characters.
MAX_ID_CHARACTERS = 200
# 2100-01-01, in seconds since 1970: a later time is an error, or is in milliseconds.
LATEST_SECONDS = 4_102_444_800
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
URL_PREFIXES = ("https://", "http://")
TYPE_NAMES: Mapping[type, Sentence] = {
    str: Sentence("an empty text"),
    list: Sentence("a list"),
    dict: Sentence("an object"),
    bool: Sentence("a yes or no"),
    int: Sentence("a number"),
    float: Sentence("a number"),
    type(None): Sentence("nothing"),
}
T = TypeVar("T")


class CheckedValue:
    """A value, its container, and the step from the container to the value, such as `.title`."""

    def __init__(self, raw: object, step: str, container: "CheckedValue | None" = None) -> None:
        self.raw = raw
        self._step = step
        self._container = container

    @property
    def path(self) -> str:
        """Return the path of the value in the file, as in `chats[3].title`."""
        steps, each = [self._step], self._container
        while each is not None:
            steps.append(each._step)
            each = each._container
        return "".join(reversed(steps)).removeprefix(".")

    @property
    def is_there(self) -> bool:
        return self.raw is not None

    def mismatch(self, expected: Sentence) -> InvalidInput:
        """Return the error that says what was expected here, and what was found."""
        found = TYPE_NAMES.get(type(self.raw), Sentence("something else"))
        if isinstance(self.raw, str) and self.raw:
            found = Sentence("“{text}”", text=short(self.raw))
        return InvalidInput(
            "The file does not fit: {expected} was expected at {path}, where {found} stands. "
            "{advice}",
            expected=expected,
            path=self.path,
            found=found,
            advice=EXPORT_AGAIN,
        )

    def at(self, name: str) -> "CheckedValue":
        """Return the member with a name; its `raw` is None if there is none.

        Raise `InvalidInput` if this is not an object, here and in `by_id`.
        """
        return CheckedValue(self._object().get(name), f".{name}", self)

    def by_id(self) -> Iterator[tuple[str, "CheckedValue"]]:
        """Yield the ids and the values of an object whose names are ids."""
        for name, raw in self._object().items():
            step = f"[{short(name)}]"
            yield CheckedValue(name, step, self).id(), CheckedValue(raw, step, self)

    def elements(self) -> Iterator["CheckedValue"]:
        """Yield the elements of a list. Raise `InvalidInput` if this is not a list."""
        if not isinstance(self.raw, list):
            raise self.mismatch(Sentence("a list"))
        for index, raw in enumerate(self.raw):
            yield CheckedValue(raw, f"[{index}]", self)

    def text(self) -> str:
        """Return a text. Raise `InvalidInput` if this is not one."""
        if not isinstance(self.raw, str):
            raise self.mismatch(Sentence("text"))
        return self.raw

    def words(self) -> str:
        """Return an optional text: "" if it is missing or not a text."""
        return self.raw if isinstance(self.raw, str) else ""

    def link(self) -> str:
        """Return an optional web address: "" if it is missing or not http or https."""
        words = self.words()
        return words if words.startswith(URL_PREFIXES) else ""

    def id(self) -> str:
        """Return an id. Raise `InvalidInput` if this is empty, too long or not a text."""
        if not isinstance(self.raw, str) or not 0 < len(self.raw) <= MAX_ID_CHARACTERS:
            raise self.mismatch(Sentence("an id of 1 to {most} characters", most=MAX_ID_CHARACTERS))
        return self.raw

    def one_of(self, known: Mapping[str, T]) -> T:
        """Return the value for a known word. Raise `InvalidInput` if the word is unknown."""
        if not isinstance(self.raw, str) or self.raw not in known:
            raise self.mismatch(
                Sentence("one of {words}", words=", ".join(f"“{each}”" for each in known))
            )
        return known[self.raw]

    def time(self, fallback: T) -> float | T:
        """Return seconds since 1970, from a number or an ISO 8601 time, or else the fallback.

        A time without a zone is taken as UTC.
        """
        moment = _seconds(self.raw) if isinstance(self.raw, str) else self.raw
        if isinstance(moment, bool) or not isinstance(moment, int | float):
            return fallback
        return float(moment) if 0 <= moment <= LATEST_SECONDS else fallback

    def _object(self) -> Mapping[str, object]:
        if not isinstance(self.raw, dict):
            raise self.mismatch(Sentence("an object"))
        return self.raw


def short(text: str) -> str:
    """Return the beginning of a text, with unprintable characters replaced."""
    beginning = text[:MAX_QUOTED_CHARACTERS]
    printable = "".join(each if each.isprintable() else REPLACEMENT for each in beginning)
    return printable if len(text) <= MAX_QUOTED_CHARACTERS else printable + "…"


def made_id(*parts: object) -> str:
    """Return an id made from `parts`; the same parts always make the same id."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(parts)))


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
