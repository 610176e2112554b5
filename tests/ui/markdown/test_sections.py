"""Growing texts: what is finished stays, and the end is the same as the whole."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.ui.markdown import (
    IncrementalAnswer,
    IncrementalSections,
    RenderOptions,
    Section,
    render_answer,
    safe,
    split_sections,
)
from liaobots.ui.markdown import reasoning as answer_module
from liaobots.ui.markdown import sections as section_module
from liaobots.ui.markdown.unfinished import close_marks
from tests.ui.markdown.documents import documents

MANNER = RenderOptions()
PARAGRAPH = "Some words that fill a line, and then some more.\n\n"


@pytest.fixture(params=[1, 30, 600])
def least(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(section_module, "LEAST", request.param)
    section_module.KNOWN.forget()
    return int(request.param)


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def whole(parts: Sequence[Section]) -> str:
    return "\n\n".join(part.source for part in parts if part.language is None)


@settings(max_examples=450, deadline=None)
@given(documents(), st.sampled_from([1, 30, 600]))
def test_sections_are_the_text(text: str, least: int) -> None:
    """Put together they are the whole, for each least size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(section_module, "LEAST", least)
        section_module.KNOWN.forget()
        found = split_sections(text, MANNER)
        if all(part.language is None for part in found):
            assert whole(found) == safe(text)


@pytest.mark.parametrize("least", [1, 30, 600], indirect=True)
@pytest.mark.parametrize("size", [1, 5, 40])
def test_what_is_finished_stays(least: int, size: int) -> None:
    """A section that a growing text has finished is one of the whole text's, for all cuts."""

    @settings(max_examples=150, deadline=None)
    @given(documents().filter(lambda text: "]:" not in text))
    def check(text: str) -> None:
        growing = IncrementalSections(MANNER)
        for piece in pieces(text, size):
            growing.add(piece)
        finished = growing._finished
        found = list(split_sections(text, MANNER))
        assert found[: len(finished)] == finished
        waiting = [each.source for block in growing._waiting for each in block.sections]
        assert not waiting or found[len(finished)].source.startswith("\n\n".join(waiting))

    check()


def test_each_part_is_read_once() -> None:
    """What is read again for a piece does not grow with the text."""
    growing = IncrementalSections(MANNER)
    longest = 0
    for piece in pieces(PARAGRAPH * 200, 50):
        growing.add(piece)
        longest = max(longest, len(growing._tail))
    assert longest < 3 * len(PARAGRAPH)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("**bold wor", "**bold wor**"),
        ("*em and **both", "*em and **both***"),
        ("`code", "`code`"),
        ("done `x` and *y*", "done `x` and *y*"),
        ("a [link", "a link"),
        ("a [link](http://half", "a link"),
        ("an ![image](http://half", "an image"),
        ("a **", "a "),
        ("snake_case_na", "snake_case_na"),
        ("2 * 3", "2 * 3"),
        ("```py\nx = **", "```py\nx = **"),
        ("one **two\n\nthree", "one **two\n\nthree"),
        ("", ""),
    ],
)
def test_loose_ends(text: str, closed: str) -> None:
    """What the end of a text has opened is closed while it is written."""
    assert close_marks(text) == closed


THOUGHT = "<think>\nFirst I *think*.\n</think>\n\nThen I speak."


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "thoughts", "words", "is_thinking"),
    [
        (THOUGHT, r"First I *think*\.", r"Then I speak\.", False),
        (THOUGHT.replace("think>", "thinking>"), r"First I *think*\.", r"Then I speak\.", False),
        ("<think>still thin", "", "still thin", True),
        ("No <think>tags</think> at the start", "", "", False),
        ("<thin", "", "", False),
        ("", "", "", False),
    ],
)
def test_thoughts_stand_apart(
    text: str, thoughts: str, words: str, is_thinking: bool, size: int
) -> None:
    """However the text comes, what is thought aloud is told from what is said."""
    growing = IncrementalAnswer()
    last = render_answer("")
    for piece in pieces(text, size):
        last = growing.add(piece)
    if is_thinking:
        assert last.is_thinking
        assert whole(last.thoughts) == words
    elif thoughts:
        assert (whole(last.thoughts), whole(last.words)) == (thoughts, words)
        assert render_answer(text) == last
    else:
        assert not last.thoughts
        assert whole(render_answer(text).words) == safe(text)


@settings(max_examples=200, deadline=None)
@given(documents().filter(lambda text: "think" not in text), st.integers(1, 30))
def test_any_cut_gives_the_same_thoughts(text: str, size: int) -> None:
    """The marks of thinking may be cut anywhere."""
    growing = IncrementalAnswer()
    for piece in pieces("<think>" + text + "</think>done", size):
        last = growing.add(piece)
    assert not last.is_thinking
    assert whole(last.words)[-4:] == "done"


@pytest.mark.parametrize("least", [1, 30, 600], indirect=True)
def test_the_end_is_the_whole(least: int) -> None:
    """An answer that grew to its end is shown as one that is read at once, for all cuts."""

    @settings(max_examples=300, deadline=None)
    @given(documents() | documents().map("<think>".__add__), st.integers(1, 60))
    def check(text: str, size: int) -> None:
        growing = IncrementalAnswer()
        for piece in pieces(text, size):
            growing.add(piece)
        answer_module.KNOWN.forget()
        whole = render_answer(text)
        answer_module.KNOWN.forget()
        assert growing.end() == whole
        assert render_answer(text) == whole

    check()
