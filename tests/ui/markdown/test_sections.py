"""Growing texts: finished sections stay, and the result equals that of the whole text."""

import tracemalloc
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.pieces import Content, ContentPiece
from liaobots.think_tags import ThinkTagSplitter, split
from liaobots.ui.markdown import (
    IncrementalAnswer,
    IncrementalSections,
    RenderOptions,
    Section,
    render_answer,
    safe,
    split_sections,
)
from liaobots.ui.markdown import answer as answer_module
from liaobots.ui.markdown import sections as section_module
from liaobots.ui.markdown.unfinished import close_marks
from tests.ui.markdown.documents import documents

OPTIONS = RenderOptions()
PARAGRAPH = "Some words that fill a line, and then some more.\n\n"


@pytest.fixture(params=[1, 30, 600])
def least(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(section_module, "MIN_SECTION_CHARACTERS", request.param)
    section_module.CACHE.clear()
    return int(request.param)


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def whole(parts: Sequence[Section]) -> str:
    return "\n\n".join(part.source for part in parts if part.language is None)


@settings(max_examples=450, deadline=None)
@given(documents(), st.sampled_from([1, 30, 600]))
def test_sections_are_the_text(text: str, least: int) -> None:
    """The joined sections are the whole text, for each minimum size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(section_module, "MIN_SECTION_CHARACTERS", least)
        section_module.CACHE.clear()
        found = split_sections(text, OPTIONS)
        if all(part.language is None for part in found):
            assert whole(found) == safe(text)


@pytest.mark.parametrize("least", [1, 30, 600], indirect=True)
@pytest.mark.parametrize("size", [1, 5, 40])
def test_what_is_finished_stays(least: int, size: int) -> None:
    """A finished section is one of the whole text's sections, however the text is cut."""

    @settings(max_examples=150, deadline=None)
    @given(documents().filter(lambda text: "]:" not in text))
    def check(text: str) -> None:
        growing = IncrementalSections(OPTIONS)
        for piece in pieces(text, size):
            growing.add(piece)
        finished = growing._finished
        found = list(split_sections(text, OPTIONS))
        assert found[: len(finished)] == finished
        waiting = [each.source for block in growing._waiting for each in block.sections]
        assert not waiting or found[len(finished)].source.startswith("\n\n".join(waiting))

    check()


def test_each_part_is_parsed_once() -> None:
    """The part that is parsed again for each piece does not grow with the text."""
    growing = IncrementalSections(OPTIONS)
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
def test_close_marks(text: str, closed: str) -> None:
    """Markers that the end of a text has opened are closed."""
    assert close_marks(text) == closed


def parts(text: str, size: int) -> Iterator[Sequence[ContentPiece]]:
    """Yield the pieces of an answer that comes in texts of this size."""
    splitter = ThinkTagSplitter()
    for piece in pieces(text, size):
        yield list(splitter.feed(piece))
    yield list(splitter.finish())


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
def test_reasoning_is_separated(
    text: str, thoughts: str, words: str, is_thinking: bool, size: int
) -> None:
    """Reasoning and answer are separated, however the text is cut."""
    growing = IncrementalAnswer()
    last = render_answer(Content())
    for part in parts(text, size):
        last = growing.add(part)
    if is_thinking:
        assert last.is_thinking
        assert whole(last.thoughts) == words
    elif thoughts:
        assert (whole(last.thoughts), whole(last.words)) == (thoughts, words)
        assert render_answer(split(text)) == last
    else:
        assert not last.thoughts
        assert whole(render_answer(split(text)).words) == safe(text)


@settings(max_examples=200, deadline=None)
@given(documents().filter(lambda text: "think" not in text), st.integers(1, 30))
def test_tags_may_be_cut_anywhere(text: str, size: int) -> None:
    """The tags of reasoning are recognized, however they are cut."""
    growing = IncrementalAnswer()
    for part in parts("<think>" + text + "</think>done", size):
        last = growing.add(part)
    assert not last.is_thinking
    assert whole(last.words)[-4:] == "done"


@pytest.mark.parametrize("least", [1, 30, 600], indirect=True)
def test_the_end_is_the_whole(least: int) -> None:
    """A growing answer ends the same as one parsed at once, however it is cut."""

    @settings(max_examples=300, deadline=None)
    @given(documents() | documents().map("<think>".__add__), st.integers(1, 60))
    def check(text: str, size: int) -> None:
        growing = IncrementalAnswer()
        for part in parts(text, size):
            growing.add(part)
        answer_module.CACHE.clear()
        whole = render_answer(split(text))
        answer_module.CACHE.clear()
        assert growing.end() == whole
        assert render_answer(split(text)) == whole

    check()


@settings(max_examples=300, deadline=None)
@given(documents(), st.sampled_from([1, 50, 400]))
def test_a_long_text_is_read_in_parts(text: str, part: int) -> None:
    """Its sections are those of a text that is parsed at once."""
    with pytest.MonkeyPatch.context() as patch:
        section_module.CACHE.clear()
        expected = split_sections(text, OPTIONS)
        patch.setattr(section_module, "PART_CHARACTERS", part)
        section_module.CACHE.clear()
        assert split_sections(text, OPTIONS) == expected


@pytest.mark.parametrize("end", ["", "[link]: https://example.org/\n"])
def test_the_memory_for_a_long_text(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """Ten times the text needs hardly more memory than one part of it."""
    monkeypatch.setattr(section_module, "PART_CHARACTERS", 8_000)
    monkeypatch.setattr(section_module, "MAX_WHOLE_CHARACTERS", 7_000)
    peaks = []
    for count in (1, 10):
        text = ": ping\n\n" * 1_000 * count + end
        section_module.CACHE.clear()
        tracemalloc.start()
        assert split_sections(text, OPTIONS)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]


def test_links_of_a_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link is one wherever in a long text its address stands."""
    text = "A [link] here.\n\n" + PARAGRAPH * 100 + "[link]: https://example.org/\n"
    section_module.CACHE.clear()
    expected = split_sections(text, OPTIONS)
    monkeypatch.setattr(section_module, "PART_CHARACTERS", 500)
    monkeypatch.setattr(section_module, "MAX_WHOLE_CHARACTERS", 1_000)
    section_module.CACHE.clear()
    found = split_sections(text, OPTIONS)
    assert "https://example.org" in found[0].source
    assert found == expected
