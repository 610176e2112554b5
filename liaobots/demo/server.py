"""A small local service that speaks all forms of the wire over real HTTP.

    python -m liaobots.demo.server --port 8601

It is the demo that answers people without an account, the peer of the tests,
and what a developer talks to. It imports nothing else of ours, so that client
and server cannot share a mistake.

A question may say how the answer is to come, or go wrong, with the words
`fault: NAME` and `shape: NAME`, several at once. `FAULTS` and `SHAPES` list
the names.

Liaobots' forms of 2023 and 2025 live at `/api`, OpenAI's chat completions API
at `/v1`, as https://platform.openai.com/docs/api-reference/chat describes it.

It is longer than other files here because it stands alone.
"""

import argparse
import json
import re
import select
import socket
import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FAULTS = {
    "refused": "401, the code is not accepted",
    "forbidden": "403, the same",
    "credit": "402, no credit left",
    "credit-in-band": "the same, inside an event stream with status 200",
    "fast": "429 with Retry-After in seconds",
    "fast-date": "429 with Retry-After as a date",
    "human": "a human check: an HTML page with status 200",
    "human-403": "the same with status 403",
    "broken": "500",
    "away": "503, each time",
    "flaky": "503 twice, then an answer",
    "in-band": "an error inside an event stream, after some text",
    "error": "the word Error, alone",
    "empty": "an answer with nothing in it",
    "drop": "hangs up before it says anything",
    "silent": "accepts the question and never answers",
    "stall": "falls silent in the middle of the answer",
    "cut": "breaks off in the middle of the answer",
    "redirect": "redirects to another host",
    "length": "ends because the model's room is full (OpenAI's form; else an answer as usual)",
    "filter": "ends because a filter stopped it (the same)",
}
SHAPES = {
    "unchunked": "no chunks and no length: the end of the connection ends the answer",
    "gzip": "compressed, flushed after every piece",
    "bytewise": "one byte at a time",
    "crlf": "CR LF at the ends of lines",
    "cr": "CR at the ends of lines",
    "tight": "`data:` without a space",
    "split": "each event over several data lines",
    "noisy": "comments, unknown fields, null content and lines that are not JSON",
    "unlabelled": "no content type named at all (raw text only)",
    "done": "ends with [DONE]",
    "whole": "one JSON document instead of a stream (OpenAI's form; else as usual)",
    "thoughtful": "thinks aloud before it answers (the same)",
    "thoughtful-too": "the same, in the other field that engines use for it",
    "unmarked": "without [DONE] (OpenAI's form; else as usual)",
}
REPLIES = Path(__file__).parent / "replies"
WORD = re.compile(r"\s*\S{1,12}")
HUMAN_CHECK = "<!DOCTYPE html><html><head><title>人机验证</title></head><body>…</body></html>"
MODELS = [
    {"id": "gpt-3.5-turbo", "name": "GPT-3.5 Turbo", "maxLength": 12000, "tokenLimit": 4000},
    {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000},
    {
        "id": "stand-in",
        "name": "Built-in stand-in",
        "maxLength": 48000,
        "tokenLimit": 16000,
        "provider": "Liaobots chat",
        "context": "16K",
    },
]

# What OpenAI's API says with a status: the type of an error, and its code.
KINDS = {
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}

Answer = Callable[[str], Iterator[str]]


class DemoServer:
    """The service on a port of its own; `port` 0 takes a free one.

    `pace` is in pieces a second, None for as fast as it goes. `answer` gives
    the pieces of the answer to a question. `refused` are codes that get 401.
    `moved_to` is an address to which every request is redirected. `broken`
    are models that fail with status 500.
    With `keeps_record`, `asked` holds what came: path, headers and body; it is
    for tests, and off elsewhere so that nothing of anybody's is kept.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        pace: float | None = 30,
        answer: Answer | None = None,
        refused: frozenset[str] = frozenset({"wrong"}),
        keeps_record: bool = False,
    ) -> None:
        self.pace = pace
        self.answer = answer or tour
        self.refused = refused
        self.asked: deque[dict[str, Any]] = deque(maxlen=1000 if keeps_record else 0)
        self.hung_up: deque[float] = deque(maxlen=100)
        self.flaky_left = 2
        self.moved_to = ""
        self.broken: set[str] = set()
        self.balance = 12.5
        # What an answer costs, and how long the service thinks before it tells the balance.
        self.price = 0.0
        self.balance_pause = 0.0
        self.models: list[dict[str, Any]] = [dict(each) for each in MODELS]
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> "DemoServer":
        """Begins to serve in a thread of its own and gives itself."""
        threading.Thread(target=self.serve, name="stand-in", daemon=True).start()
        return self

    def serve(self) -> None:
        """Serves in this thread until `close`."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stops to serve, and ends the answers under way."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> "DemoServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def tour(question: str) -> Iterator[str]:
    """Gives a short tour of the app that quotes the question, in pieces of a word.

    In Russian or Chinese where the question is, or asks for it.
    """
    text = (REPLIES / f"{_language(question)}.md").read_text(encoding="utf-8")
    quoted = question.strip()
    quoted = quoted if len(quoted) <= 300 else quoted[:300] + "…"
    text = text.replace("{question}", quoted.replace("\n", "\n> "))
    at = 0
    for word in WORD.finditer(text):
        yield word.group()
        at = word.end()
    yield text[at:]


def continuation(messages: list[dict[str, str]], answer: Answer) -> Iterator[str]:
    """Gives the rest of an answer that broke off, with its last line once more, as models do."""
    before = messages[-2]["content"]
    whole = "".join(answer(messages[-3]["content"]))
    rest = whole[len(before) :] if whole.startswith(before) else "\n\nThat was all.\n"
    for word in WORD.finditer(before.rpartition("\n")[2] + rest + " "):
        yield word.group()


def _text_of(content: Any) -> str:
    """Gives a message's text; in OpenAI's form it may come in parts."""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)


def _is_continuation(messages: list[dict[str, str]]) -> bool:
    roles = [message["role"] for message in messages[-3:]]
    wish = re.search(r"\bgo on\b|^continue\b", _text_of(messages[-1]["content"]), re.I)
    return roles == ["user", "assistant", "user"] and wish is not None


def _language(question: str) -> str:
    if re.search(r"[\u4e00-\u9fff]|\bin chinese\b", question, re.I):
        return "zh"
    return "ru" if re.search(r"[\u0400-\u04ff]|\bin russian\b", question, re.I) else "en"


class _HungUp(Exception):
    """The client has gone, or the service closes."""


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads a request, then answers it in the shape that was asked for."""

    service: DemoServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: what people ask is theirs."""

    def do_GET(self) -> None:
        self._serve({"/v1/models": self._list})

    def do_POST(self) -> None:
        self._serve(
            {
                "/api/chat": self._chat,
                "/api/user": self._user,
                "/api/models": self._models,
                "/v1/chat/completions": self._complete,
            }
        )

    def _serve(self, ways: dict[str, Callable[[dict[str, Any]], None]]) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.service.asked.append({"path": self.path, "headers": headers, "body": body})
        try:
            if self.service.moved_to:
                return self._send(307, "text/plain", b"", {"Location": self.service.moved_to})
            ways.get(self.path, self._unknown)(body)
        except (_HungUp, ConnectionError):
            self.service.hung_up.append(time.monotonic())
            self.close_connection = True

    def _unknown(self, body: dict[str, Any]) -> None:
        self._send_json(404, {"message": "404 Not Found"})

    def _models(self, body: dict[str, Any]) -> None:
        self._send_json(200, self.service.models)

    def _list(self, body: dict[str, Any]) -> None:
        """Gives the models as OpenAI's API lists them, with what vLLM adds."""
        if self.headers.get("authorization", "").removeprefix("Bearer ") in self.service.refused:
            return self._send_json(401, _Completions(set(), "").error(401, "Incorrect API key"))
        listed = [
            {
                "id": model["id"],
                "object": "model",
                "created": 1700000000,
                "owned_by": model.get("provider", "openai"),
                "max_model_len": model["tokenLimit"],
            }
            for model in self.service.models
        ]
        self._send_json(200, {"object": "list", "data": listed})

    def _user(self, body: dict[str, Any]) -> None:
        code = body.get("authcode", "")
        if not code or code in self.service.refused:
            return self._send_json(401, {"message": "401 Unauthorized"})
        self._wait(self.service.balance_pause)
        balance = self.service.balance
        account = {"authCode": code, "amount": 20, "balance": balance, "gpt4FreeRemain": 3}
        self._send_json(200, account)

    def _chat(self, body: dict[str, Any]) -> None:
        chosen = body.get("model") or (body.get("models") or [{}])[0]
        model = chosen.get("id") or chosen.get("modelId", "")
        code = self.headers.get("x-auth-code", "")
        faults = set() if code else {"refused"}
        self._converse(body, model, code, _Raw if "model" in body else _Events, faults)

    def _complete(self, body: dict[str, Any]) -> None:
        model = str(body.get("model", ""))
        code = self.headers.get("authorization", "").removeprefix("Bearer ")
        if model not in {each["id"] for each in self.service.models}:
            error = _Completions(set(), model).error(404, f"The model `{model}` does not exist")
            return self._send_json(404, error)
        self._converse(body, model, code, _Completions, set())

    def _converse(
        self,
        body: dict[str, Any],
        model: str,
        code: str,
        kind: "type[_Raw | _Events]",
        faults: set[str],
    ) -> None:
        """Answers a question in a form, or refuses to."""
        messages = body.get("messages") or [{"role": "user", "content": ""}]
        question = _text_of(messages[-1]["content"])
        faults |= set(re.findall(r"\bfault:\s*([\w-]+)", question)) & FAULTS.keys()
        shapes = set(re.findall(r"\bshape:\s*([\w-]+)", question)) & SHAPES.keys()
        if code in self.service.refused:
            faults.add("refused")
        if model in self.service.broken:
            faults.add("broken")
        if kind is _Completions and not body.get("stream"):
            shapes.add("whole")
        if kind is _Raw and "in-band" in faults:
            kind = _Events
        form = kind(shapes | faults, model)
        if not self._refuse(faults, form):
            pieces = self.service.answer(question)
            if _is_continuation(messages):
                pieces = continuation(messages, self.service.answer)
            self._answer(pieces, form, faults, shapes)

    def _refuse(self, faults: set[str], form: "_Raw | _Events") -> bool:
        """Answers with a refusal where one was asked for, and says whether it did."""

        def say(status: int, words: str, headers: dict[str, str] | None = None) -> None:
            self._send_json(status, form.error(status, words), headers)

        soon = formatdate(time.time() + 90, usegmt=True)
        elsewhere = {"Location": f"http://elsewhere.invalid{self.path}"}
        in_band = form.refusal(402, "Payment Required")
        refusals: dict[str, Callable[[], None]] = {
            "refused": lambda: say(401, "401 Unauthorized"),
            "forbidden": lambda: say(403, "403 Forbidden"),
            "credit": lambda: say(402, "402 Payment Required"),
            "fast": lambda: say(429, "Slow down", {"Retry-After": "7"}),
            "fast-date": lambda: say(429, "Slow down", {"Retry-After": soon}),
            "human": lambda: self._send(200, "text/html; charset=utf-8", HUMAN_CHECK.encode()),
            "human-403": lambda: self._send(403, "text/html", HUMAN_CHECK.encode()),
            "broken": lambda: say(500, "<b>The model</b> fell over"),
            "away": lambda: say(503, "away"),
            "flaky": self._be_flaky,
            "error": lambda: self._send(200, "text/plain", b"Error"),
            "empty": lambda: self._send(200, "text/event-stream", b""),
            "drop": self._reset,
            "silent": lambda: self._wait(3600),
            "redirect": lambda: self._send(307, "text/plain", b"", elsewhere),
            "credit-in-band": lambda: self._send(200, "text/event-stream", in_band),
        }
        for name in refusals.keys() & faults:
            if name == "flaky" and not self.service.flaky_left:
                self.service.flaky_left = 2
                continue
            refusals[name]()
            return True
        return False

    def _be_flaky(self) -> None:
        self.service.flaky_left -= 1
        self._send_json(503, {"message": "away for a moment"})

    def _answer(
        self, pieces: Iterator[str], form: "_Raw | _Events", faults: set[str], shapes: set[str]
    ) -> None:
        """Writes the answer at the service's pace, or the half of it before a break."""
        # What it costs is known before its end is, as whoever reads that may ask at once.
        self.service.balance -= self.service.price
        self._begin(form.content_type, shapes)
        breaks = faults & {"stall", "cut", "in-band"}
        if breaks:
            whole = list(pieces)
            pieces = iter(whole[: len(whole) // 2])
        for piece in pieces:
            self._write(form.encode(piece))
            if self.service.pace:
                self._wait(1 / self.service.pace)
        self._break(breaks, form)
        self._write(form.end())
        self._end()

    def _break(self, breaks: set[str], form: "_Raw | _Events") -> None:
        if "stall" in breaks:
            self._wait(3600)
        if "cut" in breaks:
            self._reset()
        if "in-band" in breaks:
            self._write(form.refusal(500, "The model fell over"))

    def _begin(self, content_type: str, shapes: set[str]) -> None:
        self.send_response(200)
        if "unlabelled" not in shapes or content_type != _Raw.content_type:
            self.send_header("Content-Type", content_type)
        self._packer = None
        if "gzip" in shapes:
            self._packer = zlib.compressobj(wbits=31)
            self.send_header("Content-Encoding", "gzip")
        self._chunked = "unchunked" not in shapes
        if self._chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self._bytewise = "bytewise" in shapes

    def _write(self, data: bytes) -> None:
        for start in range(0, len(data), 1 if self._bytewise else len(data) or 1):
            part = data[start : start + 1] if self._bytewise else data
            if self._packer:
                part = self._packer.compress(part) + self._packer.flush(zlib.Z_SYNC_FLUSH)
            self._write_part(part)

    def _write_part(self, part: bytes) -> None:
        if self._chunked and part:
            part = b"%x\r\n%s\r\n" % (len(part), part)
        self.wfile.write(part)

    def _end(self) -> None:
        if self._packer:
            self._write_part(self._packer.flush())
        if self._chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> None:
        """Waits, and raises _HungUp as soon as the client is gone or the service closes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.1))
            gone = readable and not self.connection.recv(1, socket.MSG_PEEK)
            if gone or self.service.closing.is_set():
                raise _HungUp

    def _reset(self) -> None:
        """Breaks the connection without a word: RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise _HungUp

    def _send_json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(value).encode(), headers)

    def _send(
        self, status: int, content_type: str, data: bytes, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": content_type} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Raw:
    """The answer of 2023: raw UTF-8 text."""

    content_type = "text/plain"

    def __init__(self, wishes: set[str], model: str) -> None:
        del wishes, model

    def encode(self, piece: str) -> bytes:
        return piece.encode()

    def end(self) -> bytes:
        return b""

    def error(self, status: int, words: str) -> dict[str, Any]:
        """Gives the body of an answer with this status."""
        return {"message": words}

    def refusal(self, status: int, words: str) -> bytes:
        """Gives what says in band that the answer ends here; the form of 2023 has no such way."""
        event = {"error": True, "res_status": status, "message": words}
        return b"data: %s\n\n" % json.dumps(event).encode()


class _Events(_Raw):
    """The answer of 2025: an event stream of JSON objects."""

    content_type = "text/event-stream"
    NOISE: tuple[bytes, ...] = (b'data: {"content": null}', b"", b"data: no JSON", b"")

    def __init__(self, wishes: set[str], model: str) -> None:
        self._line_end = b"\r\n" if "crlf" in wishes else b"\r" if "cr" in wishes else b"\n"
        self._field = b"data:" if "tight" in wishes else b"data: "
        self._indent = 1 if "split" in wishes else None
        self._is_noisy = "noisy" in wishes
        self._ends_by_word = "done" in wishes

    def encode(self, piece: str) -> bytes:
        noise = [b": a comment", b"id: 7", *self.NOISE] if self._is_noisy else []
        return self._lines([*noise, *self._event({"role": "assistant", "content": piece})])

    def end(self) -> bytes:
        return self._lines([self._field + b"[DONE]", b""]) if self._ends_by_word else b""

    def _event(self, event: dict[str, Any]) -> list[bytes]:
        data = json.dumps(event, ensure_ascii=False, indent=self._indent).encode()
        return [*(self._field + line for line in data.split(b"\n")), b""]

    def _lines(self, lines: list[bytes]) -> bytes:
        return self._line_end.join([*lines, b""])


class _Completions(_Events):
    """The answer of OpenAI's chat completions API, streamed or whole."""

    NOISE = (
        b'data: {"choices": []}',
        b"",
        b'data: {"choices": [{"delta": {"content": null}}]}',
        b"",
    )

    def __init__(self, wishes: set[str], model: str) -> None:
        super().__init__(wishes, model)
        self.is_whole = "whole" in wishes
        if self.is_whole:
            self.content_type = "application/json"
        self._model = model
        self._reason = "length" if "length" in wishes else "stop"
        self._reason = "content_filter" if "filter" in wishes else self._reason
        self._ends_by_word = "unmarked" not in wishes
        self._tells_usage = "noisy" in wishes
        thoughts = {"thoughtful": "reasoning_content", "thoughtful-too": "reasoning"}
        self._thoughts = next((thoughts[name] for name in thoughts if name in wishes), "")
        self._said: list[str] = []

    def encode(self, piece: str) -> bytes:
        before = [] if self._said else self._beginning()
        self._said.append(piece)
        if self.is_whole:
            return b""
        noise = [b": a comment", *self.NOISE] if self._is_noisy else []
        return self._lines([*before, *noise, *self._chunk({"content": piece})])

    def end(self) -> bytes:
        if self.is_whole:
            return json.dumps(self._document()).encode()
        events = self._chunk({}, self._reason)
        if self._tells_usage:
            events += self._event(self._object([]) | {"usage": USAGE})
        return self._lines(events) + super().end()

    def error(self, status: int, words: str) -> dict[str, Any]:
        kind, code = KINDS.get(status, ("server_error", None))
        return {"error": {"message": words, "type": kind, "param": None, "code": code}}

    def refusal(self, status: int, words: str) -> bytes:
        return b"data: %s\n\n" % json.dumps(self.error(status, words)).encode()

    def _beginning(self) -> list[bytes]:
        lines = self._chunk({"role": "assistant", "content": ""})
        for thought in ["Let me ", "think."] if self._thoughts else []:
            lines += self._chunk({self._thoughts: thought})
        return lines

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> list[bytes]:
        return self._event(self._object([{"index": 0, "delta": delta, "finish_reason": reason}]))

    def _object(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000}
        return head | {"model": self._model, "choices": choices}

    def _document(self) -> dict[str, Any]:
        said = {"role": "assistant", "content": "".join(self._said)}
        said |= {self._thoughts: "Let me think."} if self._thoughts else {}
        choice = {"index": 0, "message": said, "finish_reason": self._reason}
        return self._object([choice]) | {"object": "chat.completion", "usage": USAGE}


def main() -> None:
    """Serves until interrupted."""
    parser = argparse.ArgumentParser(description="A local service that speaks Liaobots' wire.")
    parser.add_argument("--port", type=int, default=8601)
    parser.add_argument("--pace", type=float, default=30, help="pieces a second (default: 30)")
    options = parser.parse_args()
    service = DemoServer(options.port, pace=options.pace)
    print(f"The stand-in answers at {service.url}. Use it with LIAOBOTS_URL={service.url}")
    try:
        service.serve()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
