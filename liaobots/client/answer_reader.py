"""The objects of an answer, streamed or whole: objects in, pieces out.

Those of OpenAI's chat completions API follow
https://platform.openai.com/docs/api-reference/chat-streaming, and what servers add
to it: DeepSeek, vLLM and llama.cpp send the model's reasoning in `reasoning_content`,
Ollama, OpenRouter and newer vLLM in `reasoning`; OpenRouter sends pictures in
`images`. Liaobots' own objects, and those of Ollama's older API, hold the text in
`content` or in `message`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from liaobots.errors import AnswerInterrupted, LiaobotsError, ServiceError
from liaobots.locale import Sentence
from liaobots.pieces import Image, Piece, Reasoning, Source, Text, ToolCall, Usage

# An object of an answer has one of these fields.
ANSWER_FIELDS = ("choices", "content", "message", "usage")
# A message with no other fields is nothing but text.
TEXT_FIELDS = frozenset(("role", "content"))
REASONING_FIELDS = ("reasoning_content", "reasoning")
NO_FINISH_REASON_MESSAGE = Sentence(
    "The answer ended without a word that it is whole; perhaps it broke off. What came is kept; "
    "ask to continue, or try again."
)
BROKE_OFF_MESSAGE = Sentence(
    "The service broke this answer off. What came is kept; ask to continue, or try again."
)
FAILED_MESSAGE = Sentence(
    "The service failed in the middle of this answer. What came is kept; try again, or choose "
    "another model."
)
LENGTH_MESSAGE = Sentence(
    "The model stopped here because its room was full. Ask to continue, or choose a "
    "model with more room."
)
FILTER_MESSAGE = Sentence(
    "The service's filter stopped this answer. Ask in other words, or choose another model."
)
# The reasons for an end that mean more than that the answer is complete, in small letters: those
# of OpenAI, Anthropic, Google, Mistral, vLLM and gateways.
INCOMPLETE_REASONS: dict[str, tuple[type[LiaobotsError], Sentence]] = {
    **dict.fromkeys(
        ("length", "max_tokens", "max_output_tokens", "model_length"),
        (AnswerInterrupted, LENGTH_MESSAGE),
    ),
    **dict.fromkeys(
        ("content_filter", "safety", "recitation", "blocklist", "prohibited_content", "spii"),
        (ServiceError, FILTER_MESSAGE),
    ),
    **dict.fromkeys(
        ("network_error", "abort", "aborted", "cancelled", "canceled", "timeout"),
        (AnswerInterrupted, BROKE_OFF_MESSAGE),
    ),
    "error": (ServiceError, FAILED_MESSAGE),
}
# ChatGPT marks citations with private characters: a begin, fields, and an end.
CITATION_BEGIN = "\ue200"
CITATION = re.compile(" ?\ue200[^\ue200\ue201]{0,400}\ue201")
MAY_BE_CITATION = re.compile(" ?(?:\ue200[^\ue200\ue201]{0,400})?\\Z")


class AnswerReader:
    """Turn the objects of an answer into pieces.

    `finish_reason` is the one that the answer states for its end, in small letters, or "".
    """

    def __init__(self) -> None:
        self.finish_reason = ""
        self._is_streamed = self._has_text = self._has_reasoning = False
        self._held = ""

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Return why the answer is incomplete, or None.

        In OpenAI's API, the last chunk of a stream states a finish reason. Some servers
        interrupt a stream to serve another client: they send [DONE] all the same,
        but no reason.
        """
        if self._is_streamed and not self.finish_reason:
            return AnswerInterrupted(NO_FINISH_REASON_MESSAGE)
        if self.finish_reason not in INCOMPLETE_REASONS:
            return None
        error_class, message = INCOMPLETE_REASONS[self.finish_reason]
        return error_class(message)

    def is_known(self, event: dict[str, Any]) -> bool:
        """Return whether an object has the form of an answer, or of a part of one."""
        return any(event.get(name) is not None for name in ANSWER_FIELDS)

    def pieces_of(self, event: dict[str, Any]) -> Sequence[Piece]:
        """Return the pieces of one object: those of its first choice, as only one is requested."""
        content = event.get("content")
        if isinstance(content, str):
            return [Text(content)] if content else []
        return list(self._pieces_of_others(event))

    def finish(self) -> Sequence[Piece]:
        """Return what was held back, as the answer ends here."""
        held, self._held = self._held, ""
        return [Text(held)] if held else []

    def _pieces_of_others(self, event: dict[str, Any]) -> Iterator[Piece]:
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else event
        if isinstance(choice, dict) and choice.get("index") in (0, None):
            self._is_streamed = self._is_streamed or isinstance(choice.get("delta"), dict)
            yield from self._pieces_of_choice(choice)
        yield from _sources(event.get("citations"))
        yield from _usage(event.get("usage"))

    def _pieces_of_choice(self, choice: dict[str, Any]) -> Iterator[Piece]:
        delta, message = choice.get("delta"), choice.get("message")
        if isinstance(delta, dict) and delta:
            yield from self._pieces_of_message(delta)
        elif isinstance(message, dict):
            yield from self._pieces_of_message(self._without_repetition(message))
        reason = choice.get("finish_reason") or choice.get("finishReason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason.lower()

    def _without_repetition(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a message without what was streamed: some servers end with all of it again."""
        known = ("content", "refusal") if self._is_streamed and self._has_text else ()
        if self._is_streamed and self._has_reasoning:
            known = (*known, *REASONING_FIELDS)
        return {name: value for name, value in message.items() if name not in known}

    def _pieces_of_message(self, message: dict[str, Any]) -> Iterator[Piece]:
        content = message.get("content")
        if isinstance(content, str) and TEXT_FIELDS.issuperset(message):
            # Most parts of a stream are no more than this.
            yield from self._pieces_of_text(content)
            return
        reasoning = next((t for name in REASONING_FIELDS if (t := _text(message.get(name)))), "")
        text = _text(content) or _text(message.get("refusal"))
        if text == reasoning and not self._has_text:
            # Some gateways send the reasoning in both fields.
            text = ""
        if reasoning:
            yield Reasoning(reasoning)
            self._has_reasoning = True
        yield from self._pieces_of_text(text)
        yield from _images(message)
        yield from _sources(message.get("annotations"))
        yield from _tool_calls(message)

    def _pieces_of_text(self, text: str) -> Iterator[Piece]:
        if text := self._without_citations(text):
            self._has_text = self._has_text or not text.isspace()
            yield Text(text)

    def _without_citations(self, text: str) -> str:
        """Return a text without ChatGPT's marks, and hold back what may be a part of one."""
        if not self._held and not text.endswith(" ") and CITATION_BEGIN not in text:
            return text
        text = CITATION.sub("", self._held + text)
        begun = MAY_BE_CITATION.search(text)
        self._held = begun[0] if begun else ""
        return text.removesuffix(self._held)


def _text(content: object) -> str:
    """Return a text, also from a list of parts; parts without text are left out."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _images(message: dict[str, Any]) -> Iterator[Piece]:
    """Yield the pictures in `images` and among the parts of the content."""
    for name in ("images", "content"):
        parts = message.get(name)
        for part in parts if isinstance(parts, list) else []:
            image = part.get("image_url") if isinstance(part, dict) else None
            url = image.get("url") if isinstance(image, dict) else image
            if isinstance(url, str) and url:
                yield Image(url)


def _sources(cited: object) -> Iterator[Piece]:
    """Yield sources from OpenAI's annotations, or from Perplexity's list of addresses."""
    for each in cited if isinstance(cited, list) else []:
        citation = each.get("url_citation", each) if isinstance(each, dict) else {"url": each}
        url = citation.get("url") if isinstance(citation, dict) else None
        if isinstance(url, str) and url:
            title = citation.get("title")
            yield Source(url, title if isinstance(title, str) else "")


def _tool_calls(message: dict[str, Any]) -> Iterator[Piece]:
    """Yield the tools that a message names; the parts of their arguments have no name."""
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str) and name:
            yield ToolCall(name)


def _usage(usage: object) -> Iterator[Piece]:
    if isinstance(usage, dict):
        counts = [_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
        if any(count is not None for count in counts):
            yield Usage(*counts)


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None
