"""Views that draw a text in sections and send only the sections that have changed."""

from collections.abc import Sequence

from streamlit.delta_generator import DeltaGenerator

from liaobots.locale import _
from liaobots.ui import icons
from liaobots.ui.markdown import RenderedAnswer, Section


class SectionView:
    """Sections one below the other, each in its own element."""

    def __init__(self, container: DeltaGenerator) -> None:
        self._container = container
        self._slots: list[DeltaGenerator] = []
        self._drawn: list[Section] = []

    def show(self, sections: Sequence[Section]) -> None:
        """Draw the sections that differ from those drawn before."""
        for slot, old, new in zip(self._slots, self._drawn, sections, strict=False):
            if new != old:
                _draw(slot, new)
        for section in sections[len(self._slots) :]:
            self._slots.append(self._container.empty())
            _draw(self._slots[-1], section)
        for slot in self._slots[len(sections) :]:
            slot.empty()
        del self._slots[len(sections) :]
        self._drawn = list(sections)


class AnswerView:
    """An answer: the model's reasoning, folded as soon as it has ended, and the text itself."""

    def __init__(self, container: DeltaGenerator) -> None:
        self._thoughts_slot = container.empty()
        self._thoughts: SectionView | None = None
        self._words = SectionView(container)
        self._was_thinking = False

    def show(self, answer: RenderedAnswer) -> None:
        """Draw the sections that differ from those drawn before."""
        if answer.thoughts:
            self._show_thoughts(answer)
        self._words.show(answer.words)

    def _show_thoughts(self, answer: RenderedAnswer) -> None:
        if self._thoughts is None or self._was_thinking != answer.is_thinking:
            label = _("Thinking …") if answer.is_thinking else _("Thoughts")
            fold = self._thoughts_slot.expander(
                label, expanded=answer.is_thinking, icon=icons.THOUGHTS
            )
            self._thoughts, self._was_thinking = SectionView(fold), answer.is_thinking
        self._thoughts.show(answer.thoughts)


def _draw(slot: DeltaGenerator, section: Section) -> None:
    if section.language is None:
        slot.markdown(section.source)
    else:
        slot.code(section.source, language=section.language or None)
