"""The `shape:` modes of the demo service: the ways to encode and send an answer."""

import json
import zlib
from io import BufferedIOBase
from typing import Any

SHAPES = {
    "unchunked": "neither chunks nor a length: the connection is closed at the end of the answer",
    "gzip": "compressed, flushed after every piece",
    "bytewise": "one byte at a time",
    "crlf": "CR LF at the ends of lines",
    "cr": "CR at the ends of lines",
    "tight": "`data:` without a space",
    "split": "each event over several data lines",
    "noisy": "comments, unknown fields, null content and lines that are not JSON",
    "unlabelled": "without a content type (raw text only)",
    "done": "ends with [DONE]",
    "whole": "one JSON document instead of a stream (OpenAI's form; else as usual)",
    "thoughtful": "reasoning before the answer (OpenAI's form; else as usual)",
    "thoughtful-too": "the same, in the other field that servers use for reasoning",
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
    NOISE: tuple[bytes, ...] = (b'data: {"content": null}', b"", b"data: no JSON", b"")

    def __init__(self, modes: set[str], model: str) -> None:
        del model
        self._line_end = b"\r\n" if "crlf" in modes else b"\r" if "cr" in modes else b"\n"
        self._field = b"data:" if "tight" in modes else b"data: "
        self._indent = 1 if "split" in modes else None
        self._has_noise = "noisy" in modes
        self._ends_with_done = "done" in modes

    def encode(self, piece: str) -> bytes:
        noise = [b": a comment", b"id: 7", *self.NOISE] if self._has_noise else []
        return self._lines([*noise, *self._event({"role": "assistant", "content": piece})])

    def end(self) -> bytes:
        return self._lines([self._field + b"[DONE]", b""]) if self._ends_with_done else b""

    def _event(self, event: dict[str, Any]) -> list[bytes]:
        data = json.dumps(event, ensure_ascii=False, indent=self._indent).encode()
        return [*(self._field + line for line in data.split(b"\n")), b""]

    def _lines(self, lines: list[bytes]) -> bytes:
        return self._line_end.join([*lines, b""])


class ChatCompletionEncoder(EventEncoder):
    """Encode an answer of OpenAI's chat completions API, streamed or whole."""

    NOISE = (
        b'data: {"choices": []}',
        b"",
        b'data: {"choices": [{"delta": {"content": null}}]}',
        b"",
    )

    def __init__(self, modes: set[str], model: str) -> None:
        super().__init__(modes, model)
        self.is_whole = "whole" in modes
        if self.is_whole:
            self.content_type = "application/json"
        self._model = model
        self._finish_reason = "length" if "length" in modes else "stop"
        self._finish_reason = "content_filter" if "filter" in modes else self._finish_reason
        self._ends_with_done = "unmarked" not in modes
        self._reports_usage = "noisy" in modes
        fields = {"thoughtful": "reasoning_content", "thoughtful-too": "reasoning"}
        self._reasoning_field = next((fields[name] for name in fields if name in modes), "")
        self._pieces: list[str] = []

    def encode(self, piece: str) -> bytes:
        start = [] if self._pieces else self._first_chunks()
        self._pieces.append(piece)
        if self.is_whole:
            return b""
        noise = [b": a comment", *self.NOISE] if self._has_noise else []
        return self._lines([*start, *noise, *self._chunk({"content": piece})])

    def end(self) -> bytes:
        if self.is_whole:
            return json.dumps(self._document()).encode()
        events = self._chunk({}, self._finish_reason)
        if self._reports_usage:
            events += self._event(self._object([]) | {"usage": USAGE})
        return self._lines(events) + super().end()

    def error(self, status: int, words: str) -> dict[str, Any]:
        type_, code = ERROR_TYPES.get(status, ("server_error", None))
        return {"error": {"message": words, "type": type_, "param": None, "code": code}}

    def error_event(self, status: int, words: str) -> bytes:
        return b"data: %s\n\n" % json.dumps(self.error(status, words)).encode()

    def _first_chunks(self) -> list[bytes]:
        lines = self._chunk({"role": "assistant", "content": ""})
        for piece in ["Let me ", "think."] if self._reasoning_field else []:
            lines += self._chunk({self._reasoning_field: piece})
        return lines

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> list[bytes]:
        return self._event(self._object([{"index": 0, "delta": delta, "finish_reason": reason}]))

    def _object(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        common = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000}
        return common | {"model": self._model, "choices": choices}

    def _document(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": "".join(self._pieces)}
        message |= {self._reasoning_field: "Let me think."} if self._reasoning_field else {}
        choice = {"index": 0, "message": message, "finish_reason": self._finish_reason}
        return self._object([choice]) | {"object": "chat.completion", "usage": USAGE}


class BodyWriter:
    """Send a body in chunks, compressed or byte by byte, as the shapes demand."""

    def __init__(self, file: BufferedIOBase, shapes: set[str]) -> None:
        self.is_chunked = "unchunked" not in shapes
        self._file = file
        self._compressor = zlib.compressobj(wbits=31) if "gzip" in shapes else None
        self._is_bytewise = "bytewise" in shapes

    @property
    def headers(self) -> dict[str, str]:
        """Return the response headers that belong to this way of sending."""
        coding = {"Content-Encoding": "gzip"} if self._compressor else {}
        framing = {"Transfer-Encoding": "chunked"} if self.is_chunked else {"Connection": "close"}
        return coding | framing

    def write(self, data: bytes) -> None:
        """Send `data`, flushed so that the client can read all of it at once."""
        for start in range(0, len(data), 1 if self._is_bytewise else len(data) or 1):
            part = data[start : start + 1] if self._is_bytewise else data
            if self._compressor:
                part = self._compressor.compress(part) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
            self._send(part)

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
