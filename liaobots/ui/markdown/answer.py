"""A model's answer as the page shows it: its reasoning, and the text after that."""

from collections.abc import Sequence
from dataclasses import dataclass

from liaobots.pieces import Content, ContentPiece, Reasoning, ReasoningEnd, Text, content_of
from liaobots.ui.markdown.cache import TextCache
from liaobots.ui.markdown.inline import RenderOptions
from liaobots.ui.markdown.sections import IncrementalSections, Section, split_sections

ANSWER_OPTIONS = RenderOptions(is_dressed=True)


@dataclass(frozen=True)
class RenderedAnswer:
    """An answer as the page shows it."""

    thoughts: Sequence[Section]
    words: Sequence[Section]
    is_thinking: bool = False


CACHE: TextCache[RenderedAnswer] = TextCache()


def render_answer(content: Content) -> RenderedAnswer:
    """Return the sections of a complete answer."""
    found = CACHE.get(content.text, content.reasoning)
    return found or CACHE.put(content.text, _read(content), content.reasoning)


def _read(content: Content) -> RenderedAnswer:
    return RenderedAnswer(
        split_sections(content.reasoning, ANSWER_OPTIONS) if content.reasoning.strip() else [],
        split_sections(content.text, ANSWER_OPTIONS) if content.text else [],
    )


class IncrementalAnswer:
    """An answer that grows at its end."""

    def __init__(self) -> None:
        self._pieces: list[ContentPiece] = []
        self._thoughts = IncrementalSections(ANSWER_OPTIONS)
        self._words = IncrementalSections(ANSWER_OPTIONS)
        self._shown = RenderedAnswer([], [])
        # White space at the beginning, which is not drawn alone.
        self._blank = ""

    def add(self, pieces: Sequence[ContentPiece]) -> RenderedAnswer:
        """Append pieces, and return the answer so far."""
        self._pieces += pieces
        if any(isinstance(piece, ReasoningEnd) for piece in pieces):
            return self._begin_again()
        thought = "".join(each.text for each in pieces if isinstance(each, Reasoning))
        text = self._blank + "".join(each.text for each in pieces if isinstance(each, Text))
        self._blank = "" if self._shown.words or not text.isspace() else text
        text = "" if self._blank else text
        thoughts, words = self._shown.thoughts, self._shown.words
        thoughts = self._thoughts.add(thought) if thought else thoughts
        words = self._words.add(text) if text else words
        is_thinking = bool(self._pieces) and isinstance(self._pieces[-1], Reasoning)
        self._shown = RenderedAnswer(thoughts, words, is_thinking)
        return self._shown

    def end(self) -> RenderedAnswer:
        """Return the complete answer, as `render_answer` does, and store it in the cache."""
        content = content_of(self._pieces)
        words = None if content.reasoning else self._words.end(self._blank)
        if words is None:
            return render_answer(content)
        return CACHE.put(content.text, RenderedAnswer([], words), "")

    def _begin_again(self) -> RenderedAnswer:
        """Read all from its beginning: what looked like the text so far was reasoning."""
        content = content_of(self._pieces)
        self._thoughts = IncrementalSections(ANSWER_OPTIONS)
        self._words = IncrementalSections(ANSWER_OPTIONS)
        self._blank = ""
        self._shown = RenderedAnswer(
            self._thoughts.add(content.reasoning),
            self._words.add(content.text) if content.text else [],
        )
        return self._shown
