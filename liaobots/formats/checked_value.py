"""A value from a file that may hold anything, with the place where it stood.

Whoever takes a value says what it must be; if it is something else, the reader
of the page is told where, as in `chats[3].turns[2].role`.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from liaobots.errors import InvalidInput
from liaobots.formats.json_reader import NEXT

# Of the file's own words so much is repeated in a complaint, and no more.
SHORT = 16
LONGEST_ID = 200
# 2100-01-01: a later time is a mistake, or was meant in milliseconds.
LATEST = 4_102_444_800
LOST = "\N{REPLACEMENT CHARACTER}"
SITES = ("https://", "http://")
NAMES: Mapping[type, str] = {
    str: "an empty text",
    list: "a list",
    dict: "an object",
    bool: "a yes or no",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}
T = TypeVar("T")


class CheckedValue:
    """A value, the one that holds it, and the step from there to here."""

    def __init__(self, raw: object, step: str, above: "CheckedValue | None" = None) -> None:
        self.raw = raw
        self._step = step
        self._above = above

    @property
    def path(self) -> str:
        """Where the value stood, as in `chats[3].title`."""
        steps, each = [self._step], self._above
        while each is not None:
            steps.append(each._step)
            each = each._above
        return "".join(reversed(steps)).removeprefix(".")

    @property
    def is_there(self) -> bool:
        return self.raw is not None

    def refusal(self, expected: str) -> InvalidInput:
        """Gives the error that says what was expected here, and what came."""
        came = NAMES.get(type(self.raw), "something else")
        if isinstance(self.raw, str) and self.raw:
            came = f"“{short(self.raw)}”"
        return InvalidInput(
            f"The file does not fit: {expected} was expected at {self.path}, where {came} stands. "
            + NEXT
        )

    def at(self, name: str) -> "CheckedValue":
        """Gives what an object holds under a name; where it holds none, nothing."""
        return CheckedValue(self._object().get(name), f".{name}", self)

    def by_id(self) -> Iterator[tuple[str, "CheckedValue"]]:
        """Gives all that an object holds under ids."""
        for name, raw in self._object().items():
            step = f"[{short(name)}]"
            yield CheckedValue(name, step, self).id(), CheckedValue(raw, step, self)

    def elements(self) -> Iterator["CheckedValue"]:
        """Gives what a list holds."""
        if not isinstance(self.raw, list):
            raise self.refusal("a list")
        for index, raw in enumerate(self.raw):
            yield CheckedValue(raw, f"[{index}]", self)

    def text(self) -> str:
        if not isinstance(self.raw, str):
            raise self.refusal("text")
        return self.raw

    def words(self) -> str:
        """Gives a text that may be missing; what is no text is none."""
        return self.raw if isinstance(self.raw, str) else ""

    def link(self) -> str:
        """Gives an address that may be missing; one that leads to no site is none."""
        words = self.words()
        return words if words.startswith(SITES) else ""

    def id(self) -> str:
        if not isinstance(self.raw, str) or not 0 < len(self.raw) <= LONGEST_ID:
            raise self.refusal(f"an id of 1 to {LONGEST_ID} characters")
        return self.raw

    def one_of(self, known: Mapping[str, T]) -> T:
        """Gives what a word stands for."""
        if not isinstance(self.raw, str) or self.raw not in known:
            raise self.refusal(" or ".join(f"“{each}”" for each in known))
        return known[self.raw]

    def time(self, fallback: T) -> float | T:
        """Gives seconds since 1970 from a number or an ISO time, or the fallback."""
        moment = _seconds(self.raw) if isinstance(self.raw, str) else self.raw
        if isinstance(moment, bool) or not isinstance(moment, int | float):
            return fallback
        return float(moment) if 0 <= moment <= LATEST else fallback

    def _object(self) -> Mapping[str, object]:
        if not isinstance(self.raw, dict):
            raise self.refusal("an object")
        return self.raw


def short(text: str) -> str:
    """Gives the beginning of a text, in characters that every page can show."""
    beginning = text[:SHORT]
    seen = "".join(each if each.isprintable() else LOST for each in beginning)
    return seen if len(text) <= SHORT else seen + "…"


def made_id(*marks: object) -> str:
    """Gives an id for what has none: the same marks give the same one."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(marks)))


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
