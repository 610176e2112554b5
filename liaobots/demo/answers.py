"""What the demo service answers: a tour of the app, or the rest of an interrupted answer."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

REPLIES = Path(__file__).parent / "replies"
# A piece is a word with the space before it, cut if the word is long.
WORD = re.compile(r"\s*\S{1,12}")

Answer = Callable[[str], Iterator[str]]


def tour(question: str) -> Iterator[str]:
    """Yield a short tour of the app that quotes the question, word by word.

    It is in Russian or Chinese if the question is, or asks for that language.
    """
    text = (REPLIES / f"{_language(question)}.md").read_text(encoding="utf-8")
    quoted = question.strip()
    quoted = quoted if len(quoted) <= 300 else quoted[:300] + "…"
    text = text.replace("{question}", quoted.replace("\n", "\n> "))
    end = 0
    for word in WORD.finditer(text):
        yield word.group()
        end = word.end()
    yield text[end:]


def continuation(messages: list[dict[str, str]], answer: Answer) -> Iterator[str]:
    """Yield the rest of an interrupted answer after its last line again, as models do."""
    start = messages[-2]["content"]
    whole = "".join(answer(messages[-3]["content"]))
    rest = whole[len(start) :] if whole.startswith(start) else "\n\nThat was all.\n"
    for word in WORD.finditer(start.rpartition("\n")[2] + rest + " "):
        yield word.group()


def text_of(content: Any) -> str:
    """Return the text of a message, which may come in parts in OpenAI's form."""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)


def is_continuation(messages: list[dict[str, str]]) -> bool:
    """Return whether the last message asks to continue the answer before it."""
    roles = [message["role"] for message in messages[-3:]]
    request = re.search(r"\bgo on\b|^continue\b", text_of(messages[-1]["content"]), re.I)
    return roles == ["user", "assistant", "user"] and request is not None


def _language(question: str) -> str:
    if re.search(r"[\u4e00-\u9fff]|\bin chinese\b", question, re.I):
        return "zh"
    return "ru" if re.search(r"[\u0400-\u04ff]|\bin russian\b", question, re.I) else "en"
