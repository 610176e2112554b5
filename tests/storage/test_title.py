"""A chat's title from its first question."""

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liaobots.storage.title import EXAMINED_CHARACTERS, MAX_TITLE_CHARACTERS, title_from

TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1\n    x\nKeyError: 1'
PIECES = [
    *(
        "Hi, ",
        "please ",
        "can you ",
        "привет ",
        "можешь ",
        "你好",
        "请",
        "帮我",
        "？",
        "。",
        ". ",
        "\n",
    ),
    *(
        "```\n",
        "> ",
        "# ",
        "- ",
        "1. ",
        "**",
        "_",
        "`",
        '"""',
        "    ",
        "[a](b)",
        "e.g. ",
        "word ",
        "中",
    ),
    *(
        "\u2028",
        "\u202e",
        "\u200d",
        "\u0301",
        "\ud800",
        "\0",
        "\t",
        "\x85",
        "\ufeff",
        "ß",
        "İ",
        "🙂",
    ),
]
questions = st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Hi, can you please explain how generics work?", "Explain how generics work?"),
        ("hi! I have a quick question. how do I exit vim?", "How do I exit vim?"),
        ("Hello there! How are you?", "How are you?"),
        ("Could you write a poem about autumn.", "Write a poem about autumn"),
        ("I want you to act as a terminal. I will type.", "Act as a terminal"),
        ("👋 Hi there! 😊 how to sort a list in go", "How to sort a list in go"),
        ("Good morning!\n\nPlease help me write a letter", "Write a letter"),
        ("Tell me what love is.", "What love is"),
        ("Hello Claude, write a haiku", "Write a haiku"),
        ("Can you? Sort this", "Sort this"),
        ("Question: why is the sky blue", "Why is the sky blue"),
        ("https://example.com/a summarize this", "Summarize this"),
        ("Translate into Russian: Good day. Bye.", "Translate into Russian: Good day"),
        ("Привет, можешь объяснить, что такое рекурсия?", "Объяснить, что такое рекурсия?"),
        ("Здравствуйте! Подскажите, пожалуйста, как варить борщ.", "Как варить борщ"),
        ("Добрый день! Не могли бы вы проверить т.е. текст?", "Проверить т.е. текст?"),
        ("Помоги мне написать письмо", "Написать письмо"),
        ("Можно ли есть сырые грибы?", "Можно ли есть сырые грибы?"),
        ("你好，请帮我写一封信。", "写一封信"),
        ("请问，量子纠缠是什么？谢谢", "量子纠缠是什么？"),
        ("麻烦您帮我看一下这段代码", "看一下这段代码"),
        ("能不能帮我写一首诗", "写一首诗"),
        ("我想让你扮演一个导游", "扮演一个导游"),
        ("請幫我翻譯這句話", "翻譯這句話"),
    ],
)
def test_the_matter_without_the_courtesy(question: str, title: str) -> None:
    """Greetings and polite words in three languages are no title."""
    assert title_from(question) == title


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("hello", "Hello"),
        ("Hi.", "Hi"),
        ("please", "Please"),
        ("Can you?", "Can you?"),
        ("привет!", "Привет!"),
        ("你好", "你好"),
        ("你好吗？", "你好吗？"),
        ("请求超时怎么办", "请求超时怎么办"),
        ("hello world in Rust", "Hello world in Rust"),
        ("Hi-fi systems", "Hi-fi systems"),
        ("Highest mountain?", "Highest mountain?"),
        ("скажи привет", "Скажи привет"),
        ("help me with SQL", "Help me with SQL"),
    ],
)
def test_what_only_looks_like_courtesy(question: str, title: str) -> None:
    """A greeting that is all there is stays, and so does a word that begins like one."""
    assert title_from(question) == title


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("# Plan\nThen do it.", "Plan"),
        ("1. first\n2. second", "First"),
        ("- [ ] buy milk", "Buy milk"),
        ("**Important:** fix *the* ~~old~~ _new_ bug", "Important: fix the old new bug"),
        ("请用**中文**回答", "用中文回答"),
        ("What does `__init__` do, and **kwargs?", "What does __init__ do, and **kwargs?"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("see [the docs](https://example.com/x) first", "See the docs first"),
        ("> said somebody\n\nIs that so?", "Is that so?"),
        ("> only said", "only said"),
        ("```python\nimport os\n```\nwhy is this slow?", "Why is this slow?"),
        ("```python\nimport os\n```", "import os"),
        ("Fix this code:\n\n````\n```\nx\n````", "Fix this code"),
        ('"""\nSome long text.\n"""\nshorten it', "Shorten it"),
        (f"{TRACEBACK}\n\nWhat does this mean?", "What does this mean?"),
        (f"Why?\n{TRACEBACK}\n\nThe end.", "Why?"),
        (f"{TRACEBACK}\nwhat now?", "What now?"),
        ("def f(x):\n    return x\n\n\nexplain", "Explain"),
        ("a,b,c\n1,2,3\n\nplot this", "Plot this"),
        ("a\tb\n1\t2\n\nplot this", "Plot this"),
        ("    x = 1\n\nexplain", "Explain"),
        ("```\n```", "```"),
    ],
)
def test_prose_before_all_else(question: str, title: str) -> None:
    """Marks are dropped; code, quotations and pastes are titles only where nothing else is."""
    assert title_from(question) == title


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("iPhone won't turn on", "iPhone won't turn on"),
        ("pandas.DataFrame is slow", "pandas.DataFrame is slow"),
        ("`ls` does what?", "ls does what?"),
        ("node.js vs. deno", "node.js vs. deno"),
        ("what's new", "What's new"),
        ("ßtraße", "ßtraße"),
        ("Dr. Smith came. Why?", "Dr. Smith came"),
        ("Wait...", "Wait..."),
        ("He lives in the U.S.", "He lives in the U.S."),
        ("one\u2028two", "One"),
        ("\u202eabc\0d", "Abcd"),
        ("e\u0301tude", "Étude"),
        ("?", "?"),
        ("🙂", "🙂"),
        ("", ""),
        (" \n\t\u200d\n", ""),
    ],
)
def test_letters(question: str, title: str) -> None:
    """Names keep their small letters, ends are mended, and what hides is dropped."""
    assert title_from(question) == title


def test_cut_at_a_word() -> None:
    """A long title ends with a whole word, unless there is none to end with."""
    title = title_from("Write a letter to my landlord about the broken heating in my flat")
    assert title == "Write a letter to my landlord about the broken heating in…"
    assert title_from("x" * 100) == "X" + "x" * 58 + "…"
    assert title_from("See " + "x" * 100) == "See " + "x" * 55 + "…"


def test_cut_at_a_character() -> None:
    """Chinese and Japanese have no spaces to be cut at."""
    assert title_from("翻译" * 50) == "翻译" * 29 + "翻…"
    assert title_from("Python で" + "読む" * 40) == ("Python で" + "読む" * 40)[:59] + "…"
    assert title_from("x\u0301" * 50) == "x\u0301" * 29 + "…"


@settings(max_examples=800, deadline=None)
@given(questions)
@example("\u0301" * 100)
@example("` a ` b")
@example("ŉ" * 100)
def test_always_one_short_line(question: str) -> None:
    """Whatever was asked: one line, at most so long, and nothing in it that acts."""
    title = title_from(question)
    assert len(title) <= MAX_TITLE_CHARACTERS
    assert len(title.splitlines()) <= 1
    assert title == " ".join(title.split())
    kinds = {
        unicodedata.category(character) for character in title if character not in "\u200c\u200d"
    }
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(alphabet="abc? .\n", min_size=1).filter(str.strip))
def test_never_empty(question: str) -> None:
    """Whoever asked something finds it again by something."""
    assert title_from(question)


@pytest.mark.parametrize("piece", [*PIECES, "*a ", "_a ", "~~a ", "[", "(", "hi, ", "x", "\n\n \n"])
def test_never_slow(piece: str) -> None:
    """A megabyte of anything takes no longer than its beginning."""
    question = piece * (1_000_000 // len(piece))
    start = time.perf_counter()
    title = title_from(question)
    assert time.perf_counter() - start < 1
    assert title == title_from(question[:EXAMINED_CHARACTERS])
