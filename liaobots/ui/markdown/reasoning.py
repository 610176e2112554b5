"""A model's answer: its reasoning in <think>, and the text after that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from liaobots.ui.markdown.cache import TextCache
from liaobots.ui.markdown.inline import RenderOptions
from liaobots.ui.markdown.sections import IncrementalSections, Section, split_sections

ANSWER_OPTIONS = RenderOptions(is_dressed=True)
OPENING = re.compile(r"\s*<think(?:ing)?>\s*")
CLOSING = re.compile(r"\s*</think(?:ing)?>\s*")
# A text so short that it may still become an opening tag.
MAY_OPEN = re.compile(r"\s*(?:<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?)?")
MAX_TAG_CHARACTERS = len("</thinking>")


@dataclass(frozen=True)
class RenderedAnswer:
    """An answer as the page shows it."""

    thoughts: Sequence[Section]
    words: Sequence[Section]
    is_thinking: bool = False


CACHE: TextCache[RenderedAnswer] = TextCache()


def render_answer(text: str) -> RenderedAnswer:
    """Return the sections of a complete answer."""
    return CACHE.get(text) or CACHE.put(text, _read(text))


def _read(text: str) -> RenderedAnswer:
    opening = OPENING.match(text)
    if opening is None:
        return RenderedAnswer([], split_sections(text, ANSWER_OPTIONS))
    closing = CLOSING.search(text, opening.end())
    thoughts = text[opening.end() : closing.start() if closing else None]
    words = text[closing.end() :] if closing else ""
    return RenderedAnswer(
        split_sections(thoughts, ANSWER_OPTIONS),
        split_sections(words, ANSWER_OPTIONS) if words else [],
    )


class IncrementalAnswer:
    """An answer that grows at its end."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._thoughts = IncrementalSections(ANSWER_OPTIONS)
        self._words = IncrementalSections(ANSWER_OPTIONS)
        self._shown = RenderedAnswer([], [])
        # Text that is not in a section yet, because it may be the beginning of a tag.
        self._held = ""
        self._is_begun = False
        self._is_thinking = False

    def add(self, text: str) -> RenderedAnswer:
        """Append `text`, and return the answer so far."""
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
        """Return the complete answer, as `render_answer` does, and store it in the cache."""
        text = "".join(self._parts)
        is_plain = self._is_begun and not OPENING.match(text)
        words = self._words.end() if is_plain else None
        return render_answer(text) if words is None else CACHE.put(text, RenderedAnswer([], words))

    def _begin(self) -> None:
        opening = OPENING.match(self._held)
        if opening:
            self._held = self._held[opening.end() :]
            self._is_thinking = True
        self._is_begun = bool(opening) or not MAY_OPEN.fullmatch(self._held)

    def _think(self) -> str:
        """Take reasoning out of the held text, and end it if the closing tag has arrived."""
        closing = CLOSING.search(self._held)
        if closing:
            thoughts, self._held = self._held[: closing.start()], self._held[closing.end() :]
            self._is_thinking = False
            return thoughts
        tag = self._held.rfind("<", max(0, len(self._held) - MAX_TAG_CHARACTERS))
        end = tag if tag >= 0 else len(self._held)
        thoughts, self._held = self._held[:end], self._held[end:]
        return thoughts
