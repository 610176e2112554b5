"""Where a continued answer joins what was there: no seam, no line twice."""

import re

CONTINUE_PROMPT = (
    "Your last answer was cut off. Go on exactly where it stopped, in the middle of the "
    "word or the line if need be. Repeat nothing, add no introduction, and open no new "
    "code block if one is still open."
)
# So many characters of the continuation are looked at before it is joined.
LOOK = 400
# So many letters and digits must be the same, for fewer may be so by chance, and
# so many where what is said again does not begin where a line or a sentence does.
ENOUGH, ANYWHERE = 8, 24
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*$", re.M)
OPENING = re.compile(r"\s*(?:`{3,}|~{3,})(?P<language>[\w+#.-]*)[ \t]*\n")
HALF_OPENING = re.compile(r"\s*[`~]{1,}[\w+#.-]*[ \t]*")
SENTENCE_END = re.compile(r"(?:[.!?:;…]|[。！？])[\"'»”)*_]*\s+\Z|[。！？]\Z")


class OverlapRemover:
    """Text of a continuation in, the same text out, without what `before` already says.

    Models tend to say the last line once more, or to open the code block again.
    What comes is held back only as long as it may be such a repetition.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._head: str | None = "" if before else None

    def feed(self, piece: str) -> str:
        """Gives what may be joined by now."""
        if self._head is None:
            return piece
        self._head += piece
        is_open = len(self._head) < LOOK and may_repeat(self._before, self._head)
        return "" if is_open else self._join()

    def finish(self) -> str:
        """Gives what was still held back."""
        return "" if self._head is None else self._join()

    def _join(self) -> str:
        head, self._head = self._head or "", None
        joined = without_overlap(self._before, head)
        if joined == head and in_code(self._before):
            return without_reopening(self._before, head)
        return joined


def may_repeat(before: str, after: str) -> bool:
    """Says whether `after`, with more behind it, may turn out to say again what `before` says."""
    end = before[-LOOK:]
    if after.strip() == "" or after in end or after.lstrip() in end:
        return True
    if not in_code(before):
        return False
    opening = OPENING.match(after)
    inside = after[opening.end() :] if opening else ""
    return HALF_OPENING.fullmatch(after) is not None or bool(
        opening and (inside in end or inside.lstrip() in end)
    )


def in_code(text: str) -> bool:
    """Says whether a code block is open at the end of `text`."""
    fence = ""
    for match in FENCE.finditer(text):
        mark = match.group(1)
        if not fence:
            fence = mark
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not match.group()[3:].strip("`~ "):
            fence = ""
    return bool(fence)


def without_reopening(before: str, after: str) -> str:
    """Gives `after` without a fence that opens the open block again.

    A closing fence names no language, and nothing is said twice behind it.
    """
    opening = OPENING.match(after)
    if opening is None:
        return after
    inside = after[opening.end() :]
    rest = without_overlap(before, inside)
    return rest if opening["language"] or rest != inside else after


def without_overlap(before: str, after: str) -> str:
    """Gives `after` without the beginning that repeats the end of `before`."""
    for start in dict.fromkeys((after, after.lstrip())):
        longest = min(len(before), len(start), LOOK)
        for length in range(longest, 0, -1):
            if before.endswith(start[:length]) and _is_meant(before[:-length], before[-length:]):
                return start[length:]
    return after


def _is_meant(before: str, again: str) -> bool:
    """Says whether what is said again is a repetition, and not text that is like itself."""
    begins_line = not before or before.endswith("\n")
    if before.endswith(again) or ((again[0].isspace() or "\n" in again) and not begins_line):
        return False
    solid = sum(character.isalnum() for character in again)
    if begins_line and "\n" not in again:
        return solid > 0
    begins = begins_line or SENTENCE_END.search(before)
    return solid >= (ENOUGH if begins else ANYWHERE)
