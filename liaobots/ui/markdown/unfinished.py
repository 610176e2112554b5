"""The end of a text that is still being written, with its open markers closed.

So a word is bold from its first letter on, and no incomplete link is seen. The
result is only shown until more text arrives, and it is made safe like any text.
"""

import re

# An incomplete link or image at the very end.
HALF_ADDRESS = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\Z")
HALF_WORDS = re.compile(r"!?\[([^\[\]\n]*)\]?\Z")
BARE_MARK = re.compile(r"(?<!\\)[*_~`]+\Z")
CODE = re.compile(r"(?<!`)(`+)(?!`)(?:.*?[^`])\1(?!`)|\\[!-/:-@\[-`{-~]", re.S)
TICKS = re.compile(r"`+")
MARK = re.compile(r"(?<![\w*_~])(\*\*|__|~~|\*|_)(?=\S)|(?<=\S)(\*\*|__|~~|\*|_)(?![\w*_~])")
FENCE = re.compile(r"^[ >]*(`{3,}|~{3,}|\$\$)", re.M)


def close_marks(text: str) -> str:
    """Return a text with the open markers of its last paragraph closed."""
    if len(FENCE.findall(text)) % 2:
        return text
    begin = text.rfind("\n\n") + 2 if "\n\n" in text else 0
    last = text[begin:]
    last = HALF_WORDS.sub(r"\1", HALF_ADDRESS.sub(r"\1", last))
    bare = CODE.sub(lambda code: "x" * len(code.group()), last)
    if ticks := TICKS.search(bare):
        is_empty = not bare[ticks.end() :].strip()
        return text[:begin] + (last[: ticks.start()] if is_empty else last + ticks.group())
    last = BARE_MARK.sub("", last) if _opens(bare) else last
    return text[:begin] + last + _closing(bare[: len(last)])


def _opens(text: str) -> bool:
    """Return whether the markers at the very end of a text open something, not close it."""
    mark = BARE_MARK.search(text)
    return mark is not None and text[: mark.start()][-1:].strip() == ""


def _closing(text: str) -> str:
    """Return the markers that close those that a text has opened."""
    still_open: list[str] = []
    for found in MARK.finditer(text):
        mark = found[1] or found[2]
        if found[2] and mark in still_open:
            del still_open[still_open.index(mark) :]
        elif found[1]:
            still_open.append(mark)
    return "".join(reversed(still_open)) if text[-1:].strip() else ""
