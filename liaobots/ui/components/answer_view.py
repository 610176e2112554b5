"""Draws a text by its sections, and sends again only those that have changed."""

from collections.abc import Sequence

from streamlit.delta_generator import DeltaGenerator

from liaobots.ui import texts
from liaobots.ui.markdown import RenderedAnswer, Section


class SectionView:
    """Sections below each other, each in an element of its own."""

    def __init__(self, place: DeltaGenerator) -> None:
        self._place = place
        self._slots: list[DeltaGenerator] = []
        self._drawn: list[Section] = []

    def show(self, sections: Sequence[Section]) -> None:
        """Draws what differs from what was drawn before."""
        for slot, old, new in zip(self._slots, self._drawn, sections, strict=False):
            if new != old:
                _draw(slot, new)
        for section in sections[len(self._slots) :]:
            self._slots.append(self._place.empty())
            _draw(self._slots[-1], section)
        for slot in self._slots[len(sections) :]:
            slot.empty()
        del self._slots[len(sections) :]
        self._drawn = list(sections)


class AnswerView:
    """An answer: what the model thinks aloud, folded as soon as it has ended, and what it says."""

    def __init__(self, place: DeltaGenerator) -> None:
        self._place = place.empty()
        self._thoughts: SectionView | None = None
        self._words = SectionView(place)
        self._was_thinking = False

    def show(self, shown: RenderedAnswer) -> None:
        """Draws what differs from what was drawn before."""
        if shown.thoughts:
            self._show_thoughts(shown)
        self._words.show(shown.words)

    def _show_thoughts(self, shown: RenderedAnswer) -> None:
        if self._thoughts is None or self._was_thinking != shown.is_thinking:
            label = texts.THINKING if shown.is_thinking else texts.THOUGHTS
            fold = self._place.expander(label, expanded=shown.is_thinking, icon=texts.THOUGHTS_ICON)
            self._thoughts, self._was_thinking = SectionView(fold), shown.is_thinking
        self._thoughts.show(shown.thoughts)


def _draw(slot: DeltaGenerator, section: Section) -> None:
    if section.language is None:
        slot.markdown(section.source)
    else:
        slot.code(section.source, language=section.language or None)
