"""The cache of parsed texts."""

from liaobots.ui.markdown import RenderOptions, render_answer, split_sections
from liaobots.ui.markdown.cache import TextCache


def test_the_oldest_are_dropped_above_the_limit() -> None:
    """The least recently used text is dropped first; one above the limit is not kept."""
    cache: TextCache[str] = TextCache(max_characters=10)
    assert cache.put("aaaa", "A") == "A"
    cache.put("bbbb", "B")
    assert cache.get("aaaa") == "A"
    cache.put("cccc", "C")
    assert [cache.get(text) for text in ("aaaa", "bbbb", "cccc")] == ["A", None, "C"]
    cache.put("d" * 11, "D")
    assert [cache.get(text) for text in ("aaaa", "cccc", "d" * 11)] == [None] * 3
    cache.put("aaaa", "A")
    cache.put("aaaa", "other", variant=1)
    cache.put("aaaa", "newer")
    assert (cache.get("aaaa"), cache.get("aaaa", 1)) == ("newer", "other")
    cache.put("eee", "E")
    assert (cache.get("aaaa"), cache.get("aaaa", 1)) == (None, "other")


def test_no_text_is_parsed_twice() -> None:
    """Results are cached for answers and other texts, separately for different options."""
    text, options, other = "Some *words*", RenderOptions(), RenderOptions(is_dressed=True)
    assert split_sections(text, options) is split_sections(text, options)
    assert split_sections(text, options) is not split_sections(text, other)
    assert render_answer(text) is render_answer(text)
