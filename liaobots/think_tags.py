"""Reasoning that a model writes into its text, between `<think>` and `</think>`.

DeepSeek-R1, QwQ and others write so; `<thinking>` is used as well. Where the model's
chat template has written the opening tag already, only the closing one comes.
"""

import re
from collections.abc import Iterator

from liaobots.pieces import Content, ContentPiece, Reasoning, ReasoningEnd, Text, content_of

# What matters in a text: tags, the ends of lines, and what begins or ends code.
TOKEN = re.compile(r"<(?P<end>/?)think(?:ing)?>|\n|`+|~+")
SPECIAL_CHARACTERS = "<`~"
SPECIAL = re.compile(f"[{SPECIAL_CHARACTERS}]")
CLOSING = re.compile(r"</think(?:ing)?>")
# A text that ends like this may go on with the rest of a tag.
MAY_BE_TAG = re.compile(r"</?(?:t(?:h(?:i(?:n(?:k(?:i(?:ng?)?)?)?)?)?)?)?")
MAX_TAG_CHARACTERS = len("</thinking>")
# White space at the beginning is held back up to this length, as reasoning may follow.
MAX_SPACE_CHARACTERS = 4_096
MIN_FENCE_CHARACTERS = 3


class ThinkTagSplitter:
    """Split a text, given in pieces that are cut anywhere, into text and reasoning.

    An opening tag counts at the beginning of a line. A closing tag without an opening
    one counts once, at the beginning or the end of a line, as long as there was no
    reasoning. In code all tags are text.
    """

    def __init__(self) -> None:
        self._held = ""
        self._is_reasoning = self._has_reasoned = self._has_text = False
        # White space around reasoning belongs to neither.
        self._skips_space = False
        self._code = _CodeTracker()

    @property
    def is_in_plain_line(self) -> bool:
        """Return whether the text so far ends inside a line of text, outside of code.

        What follows on that line, without special characters, need then not be fed: it is text,
        and nothing depends on it.
        """
        return self._is_in_text and self._code.is_in_plain_line

    @property
    def _is_in_text(self) -> bool:
        return self._has_text and not (self._held or self._is_reasoning or self._skips_space)

    def feed(self, text: str) -> Iterator[ContentPiece]:
        """Yield what is known to be text or reasoning. Hold back what may be part of a tag."""
        if self._is_in_text and not SPECIAL.search(text):
            self._code.see_plain(text)
            yield Text(text)
            return
        self._held += text
        yield from self._split(is_end=False)

    def note_reasoning(self) -> Iterator[ContentPiece]:
        """Note that reasoning comes in a field of its own, before the text that follows.

        Yield the text that was held back.
        """
        self._held = self._held if self._has_text else self._held.lstrip()
        yield from self.finish()
        self._skips_space = self._has_reasoned = True

    def finish(self) -> Iterator[ContentPiece]:
        """Yield what was held back, as the text ends here."""
        yield from self._split(is_end=True)

    def _split(self, *, is_end: bool) -> Iterator[ContentPiece]:
        while self._held:
            if self._skips_space:
                self._held = self._held.lstrip()
                self._skips_space = not self._held
            before = len(self._held), self._is_reasoning
            yield from self._reasoning(is_end) if self._is_reasoning else self._text(is_end)
            if before == (len(self._held), self._is_reasoning):
                return

    def _reasoning(self, is_end: bool) -> Iterator[ContentPiece]:
        """Take reasoning from what is held, up to the closing tag if that is there."""
        closing = CLOSING.search(self._held)
        end = closing.start() if closing else self._safe_end(is_end)
        thought, self._held = self._held[:end], self._held[closing.end() if closing else end :]
        if closing:
            self._is_reasoning, self._skips_space = False, True
            self._code = _CodeTracker()
        if thought:
            yield Reasoning(thought)

    def _text(self, is_end: bool) -> Iterator[ContentPiece]:
        """Take text from what is held, up to a tag that counts if there is one."""
        seen = 0
        for token in TOKEN.finditer(self._held):
            self._code.see(self._held[seen : token.start()])
            seen = token.start()
            if token["end"] is not None:
                following = self._held[token.end() : token.end() + 1]
                if token["end"] and self._may_count(token) and not (following or is_end):
                    # Whether it counts depends on the next character.
                    yield from self._take_unless_blank(seen)
                    return
                if self._counts(token, following):
                    yield from self._turn(token)
                    return
            self._code.see(token[0])
            seen = token.end()
        end = max(seen, self._safe_end(is_end))
        self._code.see(self._held[seen:end])
        yield from self._take(end) if is_end else self._take_unless_blank(end)

    def _take_unless_blank(self, end: int) -> Iterator[ContentPiece]:
        """Take text, but hold white space at the beginning back: reasoning may follow."""
        is_short = end <= MAX_SPACE_CHARACTERS
        if not self._has_text and is_short and not self._held[:end].strip():
            self._code = _CodeTracker()
            return
        yield from self._take(end)

    def _may_count(self, token: re.Match[str]) -> bool:
        if self._code.is_code:
            return False
        return not self._has_reasoned if token["end"] else self._code.is_line_start

    def _counts(self, token: re.Match[str], following: str) -> bool:
        is_at_end = following in ("", "\n", "\r")
        return self._may_count(token) and (
            not token["end"] or is_at_end or self._code.is_line_start
        )

    def _turn(self, token: re.Match[str]) -> Iterator[ContentPiece]:
        """Take the text before a tag that counts, and the tag: there reasoning begins or ends."""
        text, self._held = self._held[: token.start()], self._held[token.end() :]
        if text and (self._has_text or not text.isspace()):
            self._has_text = True
            yield Text(text)
        if token["end"]:
            yield ReasoningEnd()
        self._is_reasoning = not token["end"]
        self._has_reasoned = self._skips_space = True
        self._has_text = self._has_text and not token["end"]
        self._code = _CodeTracker()

    def _take(self, end: int) -> Iterator[ContentPiece]:
        text, self._held = self._held[:end], self._held[end:]
        if text:
            self._has_text = True
            yield Text(text)

    def _safe_end(self, is_end: bool) -> int:
        """Return up to where what is held is no part of a tag, whatever follows."""
        size = len(self._held)
        begun = self._held.rfind("<", max(0, size - MAX_TAG_CHARACTERS))
        is_tag = begun >= 0 and MAY_BE_TAG.fullmatch(self._held, begun)
        return begun if is_tag and not is_end else size


def split(text: str) -> Content:
    """Return the reasoning and the text of a whole answer."""
    splitter = ThinkTagSplitter()
    return content_of([*splitter.feed(text), *splitter.finish()])


class _CodeTracker:
    """Follow Markdown, given in pieces, as far as it tells what is code.

    Fences and spans are those of CommonMark, sections 4.5 and 6.1, without their rarer rules.
    """

    def __init__(self) -> None:
        self._is_blank = True
        self._fence = self._span = self._run = ""

    @property
    def is_code(self) -> bool:
        self._end_run()
        return bool(self._fence or self._span)

    @property
    def is_line_start(self) -> bool:
        """Return whether there is only white space on this line so far."""
        self._end_run()
        return self._is_blank

    @property
    def is_in_plain_line(self) -> bool:
        """Return whether a line of text has begun, outside of code and after any backticks."""
        return not (self._run or self._span or self._is_blank)

    def see_plain(self, text: str) -> None:
        """Follow any text without backticks and tildes."""
        self._end_run()
        if self._span:
            for line in text.splitlines(keepends=True):
                self.see(line.removesuffix("\n"))
                self.see("\n" * line.endswith("\n"))
            return
        _, line_end, last = text.rpartition("\n")
        self._is_blank = (self._is_blank or bool(line_end)) and not last.strip()

    def see(self, text: str) -> None:
        """Follow a run of backticks or tildes, a line's end, or other text: or a part of them."""
        if text == "\n":
            self._end_run()
            # A span may go on over the end of a line, but not over an empty one.
            self._span = "" if self._is_blank else self._span
            self._is_blank = True
        elif text and text[0] in "`~" and text == text[0] * len(text):
            if self._run and self._run[0] != text[0]:
                self._end_run()
            self._run += text
        elif text:
            self._end_run()
            self._is_blank = self._is_blank and text.isspace()

    def _end_run(self) -> None:
        """Let a run of backticks or tildes that has ended begin or end code."""
        run, self._run = self._run, ""
        if not run:
            return
        is_fence = self._is_blank and len(run) >= MIN_FENCE_CHARACTERS and not self._span
        self._is_blank = False
        if self._fence:
            ends = is_fence and run[0] == self._fence[0] and len(run) >= len(self._fence)
            self._fence = "" if ends else self._fence
        elif is_fence:
            self._fence = run
        elif run[0] == "`":
            self._span = "" if self._span == run else self._span or run
