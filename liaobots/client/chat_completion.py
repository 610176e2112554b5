"""The objects of OpenAI's chat completions API, streamed or whole.

This follows https://platform.openai.com/docs/api-reference/chat-streaming, and
what servers add to it: DeepSeek, vLLM and llama.cpp send the model's reasoning
in `reasoning_content`, Ollama, OpenRouter and newer vLLM in `reasoning`.
"""

from typing import Any

from liaobots.errors import AnswerInterrupted, LiaobotsError, ServiceError

REASONING_FIELDS = ("reasoning_content", "reasoning")
NO_FINISH_REASON_MESSAGE = (
    "The answer ended without a word that it is whole; perhaps it broke off. What came is kept; "
    "ask to continue, or try again."
)
INCOMPLETE_REASONS: dict[str, tuple[type[LiaobotsError], str]] = {
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
    """Turn the objects of an answer into its text, after the reasoning in `<think>`.

    Reasoning that comes after the first text is left out. `finish_reason` is the
    one that the answer states for its end, or "".
    """

    def __init__(self) -> None:
        self.finish_reason = ""
        self._is_reasoning = False
        self._has_text = False
        self._is_streamed = False
        # White space before the first text: a part of it, unless reasoning follows.
        self._leading_space = ""

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Return why the answer is incomplete, or None.

        In the API, the last chunk of a stream states a finish reason. Some servers
        interrupt a stream to serve another client: they send [DONE] all the same,
        but no reason.
        """
        if self._is_streamed and not self.finish_reason:
            return AnswerInterrupted(NO_FINISH_REASON_MESSAGE)
        if self.finish_reason not in INCOMPLETE_REASONS:
            return None
        error_class, message = INCOMPLETE_REASONS[self.finish_reason]
        return error_class(message)

    def text_of(self, event: dict[str, Any]) -> str:
        """Return the text of one object: that of its first choice, as only one is requested."""
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict) or choice.get("index") not in (0, None):
            return ""
        self._is_streamed = self._is_streamed or "delta" in choice
        message = choice.get("delta") or choice.get("message")
        text = self._delta_text(message) if isinstance(message, dict) else ""
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
        return text

    def end(self) -> str:
        """Return what closes reasoning that no text followed, or ""."""
        was_reasoning, self._is_reasoning = self._is_reasoning, False
        return "</think>\n\n" if was_reasoning else ""

    def _delta_text(self, message: dict[str, Any]) -> str:
        reasoning = next((t for name in REASONING_FIELDS if (t := _text(message.get(name)))), "")
        text = _text(message.get("content")) or _text(message.get("refusal"))
        if self._has_text:
            return text
        if reasoning and not self._is_reasoning:
            self._is_reasoning = True
            reasoning = f"<think>{reasoning}"
        if reasoning:
            # Some models begin with an empty line before they reason.
            self._leading_space = ""
        self._leading_space += text
        if not text.strip():
            return reasoning
        self._has_text = True
        whole, self._leading_space = self._leading_space, ""
        return reasoning + (self.end() + text if self._is_reasoning else whole)


def _text(content: object) -> str:
    """Return a text, also from a list of parts; parts without text are left out."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))
