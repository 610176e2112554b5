"""Join a continued answer to the text before it, without repeating what is already there."""

import re

CONTINUE_PROMPT = (
    "Your last answer was cut off. Go on exactly where it stopped, in the middle of the "
    "word or the line if need be. Repeat nothing, add no introduction, and open no new "
    "code block if one is still open."
)
# A repetition is looked for in so many characters at the end of the text and at the beginning
# of the continuation.
MAX_OVERLAP_CHARACTERS = 400
# An overlap counts as a repetition if it has this many letters and digits, since fewer may be
# equal by chance. One that begins within a sentence needs more.
MIN_OVERLAP_LETTERS, MIN_OVERLAP_LETTERS_WITHIN_SENTENCE = 8, 24
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*$", re.M)
OPENING = re.compile(r"\s*(?:`{3,}|~{3,})(?P<language>[\w+#.-]*)[ \t]*\n")
PARTIAL_OPENING = re.compile(r"\s*[`~]{1,}[\w+#.-]*[ \t]*")
SENTENCE_END = re.compile(r"(?:[.!?:;…]|[。！？])[\"'»”)*_]*\s+\Z|[。！？]\Z")


class OverlapRemover:
    """Remove from a continuation what repeats the end of `before`, the text that it continues.

    Models tend to repeat the last line, or to open the code block a second time. Pieces of
    text are held back only as long as they may be such a repetition.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._head: str | None = "" if before else None

    def feed(self, piece: str) -> str:
        """Return the text that can be appended after this piece."""
        if self._head is None:
            return piece
        self._head += piece
        is_open = len(self._head) < MAX_OVERLAP_CHARACTERS and may_repeat(self._before, self._head)
        return "" if is_open else self._join()

    def finish(self) -> str:
        """Return the text that was still held back, at the end."""
        return "" if self._head is None else self._join()

    def _join(self) -> str:
        head, self._head = self._head or "", None
        joined = without_overlap(self._before, head)
        if joined == head and in_code(self._before):
            return without_reopening(self._before, head)
        return joined


def may_repeat(before: str, after: str) -> bool:
    """Return whether `after` may repeat the end of `before` once more text follows."""
    end = before[-MAX_OVERLAP_CHARACTERS:]
    if after.strip() == "" or after in end or after.lstrip() in end:
        return True
    if not in_code(before):
        return False
    opening = OPENING.match(after)
    inside = after[opening.end() :] if opening else ""
    return PARTIAL_OPENING.fullmatch(after) is not None or bool(
        opening and (inside in end or inside.lstrip() in end)
    )


def in_code(text: str) -> bool:
    """Return whether a code block is open at the end of `text`, by the rules of CommonMark."""
    fence = ""
    for match in FENCE.finditer(text):
        mark = match.group(1)
        if not fence:
            fence = mark
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not match.group()[3:].strip("`~ "):
            fence = ""
    return bool(fence)


def without_reopening(before: str, after: str) -> str:
    """Return `after` without a fence that opens the open code block a second time.

    A fence at the beginning of `after` opens the block if it names a language or if what
    follows repeats the end of `before`. Otherwise it closes the block, and stays.
    """
    opening = OPENING.match(after)
    if opening is None:
        return after
    inside = after[opening.end() :]
    rest = without_overlap(before, inside)
    return rest if opening["language"] or rest != inside else after


def without_overlap(before: str, after: str) -> str:
    """Return `after` without a beginning that repeats the end of `before`."""
    for start in dict.fromkeys((after, after.lstrip())):
        longest = min(len(before), len(start), MAX_OVERLAP_CHARACTERS)
        for length in range(longest, 0, -1):
            if before.endswith(start[:length]) and _is_repetition(
                before[:-length], before[-length:]
            ):
                return start[length:]
    return after


def _is_repetition(before: str, again: str) -> bool:
    """Return whether `again` is a repetition, and not text that happens to be the same.

    `before` is the text before its first occurrence.
    """
    begins_line = not before or before.endswith("\n")
    if before.endswith(again) or ((again[0].isspace() or "\n" in again) and not begins_line):
        return False
    letters = sum(character.isalnum() for character in again)
    if begins_line and "\n" not in again:
        return letters > 0
    begins = begins_line or SENTENCE_END.search(before)
    return letters >= (MIN_OVERLAP_LETTERS if begins else MIN_OVERLAP_LETTERS_WITHIN_SENTENCE)
