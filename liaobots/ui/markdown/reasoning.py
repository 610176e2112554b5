"""A model's answer: what it thinks aloud in <think>, and what it says after that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from liaobots.ui.markdown.cache import TextCache
from liaobots.ui.markdown.inline import RenderOptions
from liaobots.ui.markdown.sections import IncrementalSections, Section, split_sections

MANNER = RenderOptions(is_dressed=True)
OPENING = re.compile(r"\s*<think(?:ing)?>\s*")
CLOSING = re.compile(r"\s*</think(?:ing)?>\s*")
# As much of a text as may become one of the two.
MAY_OPEN = re.compile(r"\s*(?:<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?)?")
LONGEST_MARK = len("</thinking>")


@dataclass(frozen=True)
class RenderedAnswer:
    """An answer as the page shows it."""

    thoughts: Sequence[Section]
    words: Sequence[Section]
    is_thinking: bool = False


KNOWN: TextCache[RenderedAnswer] = TextCache()


def render_answer(text: str) -> RenderedAnswer:
    """Gives a whole answer."""
    return KNOWN.get(text) or KNOWN.put(text, _read(text))


def _read(text: str) -> RenderedAnswer:
    opening = OPENING.match(text)
    if opening is None:
        return RenderedAnswer([], split_sections(text, MANNER))
    closing = CLOSING.search(text, opening.end())
    thoughts = text[opening.end() : closing.start() if closing else None]
    words = text[closing.end() :] if closing else ""
    return RenderedAnswer(
        split_sections(thoughts, MANNER), split_sections(words, MANNER) if words else []
    )


class IncrementalAnswer:
    """An answer that grows at its end."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._thoughts, self._words = IncrementalSections(MANNER), IncrementalSections(MANNER)
        self._shown = RenderedAnswer([], [])
        # What may be the beginning of a mark, and where it stands.
        self._held = ""
        self._is_begun = False
        self._is_thinking = False

    def add(self, text: str) -> RenderedAnswer:
        """Gives the answer so far, with `text` at its end."""
        self._parts.append(text)
        self._held += text
        if not self._is_begun:
            self._begin()
        thoughts, words = self._shown.thoughts, self._shown.words
        if self._is_thinking:
            thoughts = self._thoughts.add(self._think())
        if self._is_begun and not self._is_thinking:
            words = self._words.add(self._held)
            self._held = ""
        self._shown = RenderedAnswer(thoughts, words, self._is_thinking)
        return self._shown

    def end(self) -> RenderedAnswer:
        """Gives the whole answer, as `shown` does, which then knows it."""
        text = "".join(self._parts)
        is_plain = self._is_begun and not OPENING.match(text)
        words = self._words.end() if is_plain else None
        return render_answer(text) if words is None else KNOWN.put(text, RenderedAnswer([], words))

    def _begin(self) -> None:
        opening = OPENING.match(self._held)
        if opening:
            self._held = self._held[opening.end() :]
            self._is_thinking = True
        self._is_begun = bool(opening) or not MAY_OPEN.fullmatch(self._held)

    def _think(self) -> str:
        """Takes thoughts out of what is held, and ends them where their end is there."""
        closing = CLOSING.search(self._held)
        if closing:
            thoughts, self._held = self._held[: closing.start()], self._held[closing.end() :]
            self._is_thinking = False
            return thoughts
        keep = self._held.rfind("<", max(0, len(self._held) - LONGEST_MARK))
        at = keep if keep >= 0 else len(self._held)
        thoughts, self._held = self._held[:at], self._held[at:]
        return thoughts
