"""What is known of texts that were read before."""

from liaobots.ui.markdown import RenderOptions, render_answer, split_sections
from liaobots.ui.markdown.cache import TextCache


def test_the_latest_are_known_up_to_a_size() -> None:
    """The one that nobody asked for longest goes first; a text too long for all is not kept."""
    known: TextCache[str] = TextCache(most=10)
    assert known.put("aaaa", "A") == "A"
    known.put("bbbb", "B")
    assert known.get("aaaa") == "A"
    known.put("cccc", "C")
    assert [known.get(text) for text in ("aaaa", "bbbb", "cccc")] == ["A", None, "C"]
    known.put("d" * 11, "D")
    assert [known.get(text) for text in ("aaaa", "cccc", "d" * 11)] == [None] * 3
    known.put("aaaa", "A")
    known.put("aaaa", "other", way=1)
    known.put("aaaa", "newer")
    assert (known.get("aaaa"), known.get("aaaa", 1)) == ("newer", "other")
    known.put("eee", "E")
    assert (known.get("aaaa"), known.get("aaaa", 1)) == (None, "other")


def test_no_text_is_read_twice() -> None:
    """Neither an answer nor another text, each way of showing it by itself."""
    text, manner, other = "Some *words*", RenderOptions(), RenderOptions(is_dressed=True)
    assert split_sections(text, manner) is split_sections(text, manner)
    assert split_sections(text, manner) is not split_sections(text, other)
    assert render_answer(text) is render_answer(text)
