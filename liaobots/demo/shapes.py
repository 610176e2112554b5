"""The `shape:` modes of the demo service: the ways to encode and send an answer.

There is no mode for what the decoder alone has to bear, such as other line ends: its own tests
find each such mistake without a service.
"""

import json
import zlib
from io import BufferedIOBase
from typing import Any

SHAPES = {
    "unchunked": "neither chunks nor a length: the connection is closed at the end of the answer",
    "gzip": "compressed, flushed after every piece",
    "unlabelled": "without a content type (raw text only)",
    "done": "ends with [DONE]",
    "whole": "one JSON document instead of a stream (OpenAI's form; else as usual)",
    "thoughtful": "reasoning before the answer (OpenAI's form; else as usual)",
    "unmarked": "without [DONE] (OpenAI's form; else as usual)",
}
# The type and the code of an error in OpenAI's API, by HTTP status.
ERROR_TYPES = {
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
REASONING_FIELD = "reasoning_content"
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


class RawEncoder:
    """Encode an answer as raw UTF-8 text: Liaobots' form of 2023."""

    content_type = "text/plain"

    def __init__(self, modes: set[str], model: str) -> None:
        del modes, model

    def encode(self, piece: str) -> bytes:
        return piece.encode()

    def end(self) -> bytes:
        return b""

    def error(self, status: int, words: str) -> dict[str, Any]:
        """Return the body of a response with this error status."""
        del status
        return {"message": words}

    def error_event(self, status: int, words: str) -> bytes:
        """Return an error event within the answer, as 2025 has it; the form of 2023 has none."""
        event = {"error": True, "res_status": status, "message": words}
        return b"data: %s\n\n" % json.dumps(event).encode()


class EventEncoder(RawEncoder):
    """Encode an answer as an event stream of JSON objects: Liaobots' form of 2025."""

    content_type = "text/event-stream"

    def __init__(self, modes: set[str], model: str) -> None:
        del model
        self._ends_with_done = "done" in modes

    def encode(self, piece: str) -> bytes:
        return self._event({"role": "assistant", "content": piece})

    def end(self) -> bytes:
        return b"data: [DONE]\n\n" if self._ends_with_done else b""

    def _event(self, event: dict[str, Any]) -> bytes:
        return b"data: %s\n\n" % json.dumps(event, ensure_ascii=False).encode()


class ChatCompletionEncoder(EventEncoder):
    """Encode an answer of OpenAI's chat completions API, streamed or whole."""

    def __init__(self, modes: set[str], model: str) -> None:
        super().__init__(modes, model)
        self.is_whole = "whole" in modes
        if self.is_whole:
            self.content_type = "application/json"
        self._model = model
        self._finish_reason = "length" if "length" in modes else "stop"
        self._finish_reason = "content_filter" if "filter" in modes else self._finish_reason
        self._ends_with_done = "unmarked" not in modes
        self._has_reasoning = "thoughtful" in modes
        self._pieces: list[str] = []

    def encode(self, piece: str) -> bytes:
        start = b"" if self._pieces else self._first_chunks()
        self._pieces.append(piece)
        if self.is_whole:
            return b""
        return start + self._chunk({"content": piece})

    def end(self) -> bytes:
        if self.is_whole:
            return json.dumps(self._document()).encode()
        return self._chunk({}, self._finish_reason) + super().end()

    def error(self, status: int, words: str) -> dict[str, Any]:
        type_, code = ERROR_TYPES.get(status, ("server_error", None))
        return {"error": {"message": words, "type": type_, "param": None, "code": code}}

    def error_event(self, status: int, words: str) -> bytes:
        return b"data: %s\n\n" % json.dumps(self.error(status, words)).encode()

    def _first_chunks(self) -> bytes:
        chunks = [self._chunk({"role": "assistant", "content": ""})]
        if self._has_reasoning:
            chunks += [self._chunk({REASONING_FIELD: piece}) for piece in ("Let me ", "think.")]
        return b"".join(chunks)

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        return self._event(self._object([{"index": 0, "delta": delta, "finish_reason": reason}]))

    def _object(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        common = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000}
        return common | {"model": self._model, "choices": choices}

    def _document(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": "".join(self._pieces)}
        message |= {REASONING_FIELD: "Let me think."} if self._has_reasoning else {}
        choice = {"index": 0, "message": message, "finish_reason": self._finish_reason}
        return self._object([choice]) | {"object": "chat.completion", "usage": USAGE}


class BodyWriter:
    """Send a body in chunks or without them, compressed or not, as the shapes demand."""

    def __init__(self, file: BufferedIOBase, shapes: set[str]) -> None:
        self.is_chunked = "unchunked" not in shapes
        self._file = file
        self._compressor = zlib.compressobj(wbits=31) if "gzip" in shapes else None

    @property
    def headers(self) -> dict[str, str]:
        """Return the response headers that belong to this way of sending."""
        coding = {"Content-Encoding": "gzip"} if self._compressor else {}
        framing = {"Transfer-Encoding": "chunked"} if self.is_chunked else {"Connection": "close"}
        return coding | framing

    def write(self, data: bytes) -> None:
        """Send `data`, flushed so that the client can read all of it at once."""
        if self._compressor:
            data = self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        self._send(data)

    def end(self) -> None:
        """Send what ends the body."""
        if self._compressor:
            self._send(self._compressor.flush())
        if self.is_chunked:
            self._file.write(b"0\r\n\r\n")

    def _send(self, part: bytes) -> None:
        if self.is_chunked and part:
            part = b"%x\r\n%s\r\n" % (len(part), part)
        self._file.write(part)
