"""Sentences with values: worded now, or later by whoever reads them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self, Union

from liaobots.locale import numbers
from liaobots.locale.catalog import ENGLISH, language, translations

# A number is written with groups of digits, and one digit after the point if it has a fraction;
# a number that is a name is a text.
Value = Union[str, int, float, "Sentence", None]
# Sentences are read from files of strangers too: so deep may they be, and so large a number.
MAX_DEPTH, MAX_NUMBER = 8, 10**15
FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, init=False)
class Sentence:
    """A sentence in English with the values of its fields, such as `{name}`.

    With `plural`, that is its form for all `count`s but 1. `str` words it in English, for logs
    and for programs, and `worded` in the language of the context.
    """

    text: str
    plural: str = ""
    count: int | None = None
    values: Mapping[str, Value] = field(default_factory=dict)

    def __init__(self, text: str, /, **values: Value) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "values", values)

    @classmethod
    def counted(cls, singular: str, plural: str, count: int | None, /, **values: Value) -> Self:
        """Return a sentence in the form for a number, which is its value `count`."""
        found = cls(singular, **values)
        object.__setattr__(found, "plural", plural)
        object.__setattr__(found, "count", count)
        return found

    def __str__(self) -> str:
        return self._worded(ENGLISH)

    def __hash__(self) -> int:
        return hash((self.text, self.count))

    def __add__(self, other: "Sentence") -> "Sentence":
        """Return a sentence of both, one after the other."""
        return Sentence("{first}{second}", first=self, second=other)

    def replace(self, **values: Value) -> "Sentence":
        """Return the sentence with other values."""
        return Sentence.counted(self.text, self.plural, self.count, **{**self.values, **values})

    def worded(self) -> str:
        """Return the sentence in the language of the context."""
        return self._worded(language())

    def to_json(self) -> str:
        """Return the sentence as JSON, from which `from_json` makes it again."""
        return json.dumps(self._parts(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, data: str, otherwise: str = "") -> Self:
        """Return the sentence of `to_json`, or `otherwise` as it stands if `data` is none."""
        try:
            return cls._of_parts(json.loads(data))
        except (ValueError, TypeError, AttributeError, RecursionError):
            return cls("{words}", words=otherwise)

    def _worded(self, code: str) -> str:
        catalog = translations(code)
        if self.count is None:
            form = catalog.gettext(self.text) if self.text else ""
            if not self.values:
                return form
        else:
            form = catalog.ngettext(self.text, self.plural, self.count)
        values = {name: _value(value, code) for name, value in self.values.items()}
        if self.count is not None:
            values.setdefault("count", numbers.number(self.count, code))
        # Not `str.format`, which would look into objects, and fail for what a translator wrote.
        return FIELD.sub(lambda field: values.get(field[1], field[0]), form)

    def _parts(self) -> dict[str, object]:
        values = {
            name: value._parts() if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        others = {"plural": self.plural, "count": self.count, "values": values}
        return {
            "text": self.text,
            **{n: each for n, each in others.items() if each not in ("", None, {})},
        }

    @classmethod
    def _of_parts(cls, parts: Mapping[str, object], depth: int = 0) -> Self:
        text, plural, count = parts.get("text"), parts.get("plural", ""), parts.get("count")
        values = parts.get("values", {})
        texts_are_valid = isinstance(text, str) and isinstance(plural, str)
        if not texts_are_valid or not isinstance(values, dict) or depth > MAX_DEPTH:
            raise ValueError("no sentence")
        found = {name: _read(value, depth) for name, value in values.items()}
        return cls.counted(str(text), str(plural), _count(count), **found)


def _read(value: object, depth: int) -> Value:
    """Return a value of a sentence from JSON. Raise `ValueError` for any other."""
    if isinstance(value, dict):
        return Sentence._of_parts(value, depth + 1)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and abs(value) <= MAX_NUMBER:
        return value
    raise ValueError("no value of a sentence")


def _count(found: object) -> int | None:
    if found is None or (isinstance(found, int) and abs(found) <= MAX_NUMBER):
        return found
    raise ValueError("no count of a sentence")


def _value(value: Value, code: str) -> str:
    match value:
        case None:
            return ""
        case Sentence():
            return value._worded(code)
        case int():
            return numbers.number(value, code)
        case float():
            return numbers.number(value, code, digits=0 if value.is_integer() else 1)
    return str(value)


def _(text: str, /, **values: Value) -> str:
    """Return a sentence in the language of the context, with its values."""
    return Sentence(text, **values).worded()


def counted(singular: str, plural: str, count: int, /, **values: Value) -> str:
    """Return a sentence in the form for a number, which is its value `count`."""
    return Sentence.counted(singular, plural, count, **values).worded()


def number(value: float, digits: int = 0) -> str:
    """Return a number in the language of the context, with so many digits after the point."""
    return numbers.number(value, language(), digits)


def date(moment: float) -> str:
    """Return the UTC date of a Unix time in seconds, in the language of the context."""
    return numbers.date(moment, language())
