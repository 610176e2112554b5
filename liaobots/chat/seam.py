"""Where a continued answer joins what was there: no seam, no line twice."""

import re

GO_ON = (
    "Your last answer was cut off. Go on exactly where it stopped, in the middle of the "
    "word or the line if need be. Repeat nothing, add no introduction, and open no new "
    "code block if one is still open."
)
# So many characters of the continuation are looked at before it is joined.
LOOK = 400
# A shorter overlap may be chance: "…bana" and "na…".
CHANCE = 8
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*$", re.M)
OPENING = re.compile(r"\s*(?:`{3,}|~{3,})(?P<language>[\w+#.-]*)[ \t]*\n")


class Seam:
    """Text of a continuation in, the same text out, without what `before` already says.

    Models tend to say the last line once more, or to open the code block again.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._head: str | None = ""

    def feed(self, piece: str) -> str:
        """Gives what may be joined by now."""
        if self._head is None:
            return piece
        self._head += piece
        return self._join() if len(self._head) >= LOOK else ""

    def finish(self) -> str:
        """Gives what was still held back."""
        return "" if self._head is None else self._join()

    def _join(self) -> str:
        head, self._head = self._head or "", None
        joined = without_overlap(self._before, head)
        if joined == head and in_code(self._before):
            return without_reopening(self._before, head)
        return joined


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
            if before.endswith(start[:length]) and _is_meant(before, length):
                return start[length:]
    return after


def _is_meant(before: str, length: int) -> bool:
    """Says whether an overlap is too long for chance, or is the whole last line."""
    last_line = before.rpartition("\n")[2]
    return length >= CHANCE or (length == len(last_line) and length > 1)
