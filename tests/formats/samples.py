"""A small file in each format that can be imported."""

from typing import Any

from tests.formats.strategies import chatgpt, claude, claude_message, native_file, node, turn

SAMPLES: list[Any] = [
    native_file(turn("a"), turn("b", "a", role="assistant", thumb=1)),
    chatgpt(node("q", None, "user", "x"), node("a", "q", "assistant", "y", model_slug="m")),
    claude(
        claude_message("a", "human", "x"),
        claude_message("b", "assistant", "y", parent_message_uuid="a"),
    ),
    {"version": 4, "history": [{"id": 1, "messages": [{"role": "user", "content": "x"}]}]},
]
