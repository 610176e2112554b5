"""How to read the objects of OpenAI's chat completions API, streamed or whole.

It follows https://platform.openai.com/docs/api-reference/chat-streaming, and
what engines add to it: DeepSeek, vLLM and llama.cpp give the model's thoughts
in `reasoning_content`, Ollama, OpenRouter and newer vLLM in `reasoning`.
"""

from typing import Any

from liaobots.errors import AnswerInterrupted, LiaobotsError, ServiceError

THOUGHTS = ("reasoning_content", "reasoning")
UNENDED = (
    "The answer ended without a word that it is whole; perhaps it broke off. What came is kept; "
    "ask to continue, or try again."
)
SHORTFALLS: dict[str, tuple[type[LiaobotsError], str]] = {
    "length": (
        AnswerInterrupted,
        "The model stopped here because its room was full. Ask to continue, or choose a "
        "model with more room.",
    ),
    "content_filter": (
        ServiceError,
        "The service's filter stopped this answer. Ask in other words, or choose another model.",
    ),
}


class ChatCompletionParser:
    """An answer's objects in, its text out; thoughts stand in `<think>` before it.

    Thoughts that come after its first words are left out.

    `finish_reason` is the reason that the answer named for its end, or "".
    """

    def __init__(self) -> None:
        self.finish_reason = ""
        self._is_thinking = False
        self._has_spoken = False
        self._is_streamed = False
        # What came before the first words, and is theirs unless a thought comes.
        self._blank = ""

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Gives why the model ended before it was done, or None.

        By the API the last chunk of a stream names the reason for its end. Some
        engines break a stream off for another visitor's question, and say
        [DONE] all the same, but no reason.
        """
        if self._is_streamed and not self.finish_reason:
            return AnswerInterrupted(UNENDED)
        if self.finish_reason not in SHORTFALLS:
            return None
        kind, words = SHORTFALLS[self.finish_reason]
        return kind(words)

    def text_of(self, event: dict[str, Any]) -> str:
        """Gives the text of one object: of the first choice, for one alone was asked for."""
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict) or choice.get("index") not in (0, None):
            return ""
        self._is_streamed = self._is_streamed or "delta" in choice
        said = choice.get("delta") or choice.get("message")
        text = self._said(said) if isinstance(said, dict) else ""
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
        return text

    def end(self) -> str:
        """Gives what closes thoughts after which nothing was said, or ""."""
        was_thinking, self._is_thinking = self._is_thinking, False
        return "</think>\n\n" if was_thinking else ""

    def _said(self, said: dict[str, Any]) -> str:
        thought = next((t for name in THOUGHTS if (t := _text(said.get(name)))), "")
        words = _text(said.get("content")) or _text(said.get("refusal"))
        if self._has_spoken:
            return words
        if thought and not self._is_thinking:
            self._is_thinking = True
            thought = f"<think>{thought}"
        if thought:
            # Some begin with an empty line before they think.
            self._blank = ""
        self._blank += words
        if not words.strip():
            return thought
        self._has_spoken = True
        all_words, self._blank = self._blank, ""
        return thought + (self.end() + words if self._is_thinking else all_words)


def _text(content: object) -> str:
    """Gives a text, also from a list of parts; the parts that are no text are passed over."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    said = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in said if isinstance(text, str))
