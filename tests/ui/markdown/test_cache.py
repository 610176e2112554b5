"""The cache of rendered texts."""

from liaobots.pieces import Content
from liaobots.ui.markdown import RenderOptions, render_answer, split_sections
from liaobots.ui.markdown.cache import TextCache


def test_least_recently_used_texts_are_dropped() -> None:
    """All texts together have a limited size; a text that is longer than that is not kept."""
    known: TextCache[str] = TextCache(max_characters=10)
    assert known.put("aaaa", "A") == "A"
    known.put("bbbb", "B")
    assert known.get("aaaa") == "A"
    known.put("cccc", "C")
    assert [known.get(text) for text in ("aaaa", "bbbb", "cccc")] == ["A", None, "C"]
    known.put("d" * 11, "D")
    assert [known.get(text) for text in ("aaaa", "cccc", "d" * 11)] == ["A", "C", None]
    known.put("aaaa", "A")
    known.put("aaaa", "other", variant=1)
    known.put("aaaa", "newer")
    assert (known.get("aaaa"), known.get("aaaa", 1)) == ("newer", "other")
    known.put("eee", "E")
    assert (known.get("aaaa"), known.get("aaaa", 1)) == (None, "other")


def test_no_text_is_rendered_twice() -> None:
    """Neither an answer nor another text is; each way of rendering is kept by itself."""
    text, manner, other = "Some *words*", RenderOptions(), RenderOptions(is_dressed=True)
    assert split_sections(text, manner) is split_sections(text, manner)
    assert split_sections(text, manner) is not split_sections(text, other)
    assert render_answer(Content(text=text)) is render_answer(Content(text=text))
