"""A small local service that speaks every form of the service's protocol over real HTTP.

    python -m liaobots.demo.server --port 8601

It answers visitors without an account, is the peer of the tests, and serves
developers for experiments. It imports nothing of ours outside this package, so
that client and server cannot share a mistake.

A question may ask for a broken or an unusual answer with the words `fault: NAME`
and `shape: NAME`, several at once. `FAULTS` and `SHAPES` list the names.

Liaobots' forms of 2023 and 2025 live at `/api`, OpenAI's chat completions API
at `/v1`, as https://platform.openai.com/docs/api-reference/chat describes it.
"""

import argparse
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

from liaobots.demo.answers import Answer, continuation, is_continuation, text_of, tour
from liaobots.demo.faults import BREAKS, FAULTS, FLAKY_FAILURES, ClientGone, FaultHandler
from liaobots.demo.shapes import (
    SHAPES,
    BodyWriter,
    ChatCompletionEncoder,
    EventEncoder,
    RawEncoder,
)

__all__ = ["FAULTS", "SHAPES", "DemoServer", "tour"]

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


class DemoServer:
    """The demo service on a port of its own; `port` 0 takes a free one.

    `pace` is in pieces per second, None for as fast as possible. `answer` returns
    the pieces of the answer to a question. Codes in `refused` get status 401.
    `moved_to` is an address to which every request is redirected. Models in
    `broken` fail with status 500. With `keeps_record`, `asked` holds the path,
    headers and body of the last requests: for tests only, so that nothing
    that people ask is kept elsewhere.
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
        self.flaky_left = FLAKY_FAILURES
        self.moved_to = ""
        self.broken: set[str] = set()
        self.balance = 12.5
        # The cost of an answer, and the seconds before the service sends the balance.
        self.price = 0.0
        self.balance_pause = 0.0
        self.models: list[dict[str, Any]] = [dict(each) for each in MODELS]
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Return the address at which the service listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> "DemoServer":
        """Serve in a new thread. Return the server itself."""
        threading.Thread(target=self.serve, name="stand-in", daemon=True).start()
        return self

    def serve(self) -> None:
        """Serve in this thread until `close`."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop serving and end the running answers."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> "DemoServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Handler(FaultHandler):
    """Read the requests of one connection and answer each in the shape that it asks for."""

    service: DemoServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: what people ask is private."""

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

    def _serve(self, routes: dict[str, Callable[[dict[str, Any]], None]]) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.service.asked.append({"path": self.path, "headers": headers, "body": body})
        try:
            if self.service.moved_to:
                return self.send(307, "text/plain", b"", {"Location": self.service.moved_to})
            routes.get(self.path, self._unknown)(body)
        except (ClientGone, ConnectionError):
            self.service.hung_up.append(time.monotonic())
            self.close_connection = True

    def _unknown(self, body: dict[str, Any]) -> None:
        self.send_json(404, {"message": "404 Not Found"})

    def _models(self, body: dict[str, Any]) -> None:
        self.send_json(200, self.service.models)

    def _list(self, body: dict[str, Any]) -> None:
        """Send the models as OpenAI's API lists them, with the field that vLLM adds."""
        if self.headers.get("authorization", "").removeprefix("Bearer ") in self.service.refused:
            return self.send_json(
                401, ChatCompletionEncoder(set(), "").error(401, "Incorrect API key")
            )
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
        self.send_json(200, {"object": "list", "data": listed})

    def _user(self, body: dict[str, Any]) -> None:
        code = body.get("authcode", "")
        if not code or code in self.service.refused:
            return self.send_json(401, {"message": "401 Unauthorized"})
        self.wait(self.service.balance_pause)
        balance = self.service.balance
        account = {"authCode": code, "amount": 20, "balance": balance, "gpt4FreeRemain": 3}
        self.send_json(200, account)

    def _chat(self, body: dict[str, Any]) -> None:
        chosen = body.get("model") or (body.get("models") or [{}])[0]
        model = chosen.get("id") or chosen.get("modelId", "")
        code = self.headers.get("x-auth-code", "")
        faults = set() if code else {"refused"}
        encoder_class = RawEncoder if "model" in body else EventEncoder
        self._answer(body, model, code, encoder_class, faults)

    def _complete(self, body: dict[str, Any]) -> None:
        model = str(body.get("model", ""))
        code = self.headers.get("authorization", "").removeprefix("Bearer ")
        if model not in {each["id"] for each in self.service.models}:
            error = ChatCompletionEncoder(set(), model).error(
                404, f"The model `{model}` does not exist"
            )
            return self.send_json(404, error)
        self._answer(body, model, code, ChatCompletionEncoder, set())

    def _answer(
        self,
        body: dict[str, Any],
        model: str,
        code: str,
        encoder_class: type[RawEncoder],
        faults: set[str],
    ) -> None:
        """Send an answer in the form of the encoder, or the fault that the question asks for."""
        messages = body.get("messages") or [{"role": "user", "content": ""}]
        question = text_of(messages[-1]["content"])
        faults |= set(re.findall(r"\bfault:\s*([\w-]+)", question)) & FAULTS.keys()
        shapes = set(re.findall(r"\bshape:\s*([\w-]+)", question)) & SHAPES.keys()
        if code in self.service.refused:
            faults.add("refused")
        if model in self.service.broken:
            faults.add("broken")
        if encoder_class is ChatCompletionEncoder and not body.get("stream"):
            shapes.add("whole")
        if encoder_class is RawEncoder and "in-band" in faults:
            encoder_class = EventEncoder
        encoder = encoder_class(shapes | faults, model)
        if not self.send_refusal(faults, encoder):
            pieces = self.service.answer(question)
            if is_continuation(messages):
                pieces = continuation(messages, self.service.answer)
            self._stream(pieces, encoder, faults, shapes)

    def _stream(
        self, pieces: Iterator[str], encoder: RawEncoder, faults: set[str], shapes: set[str]
    ) -> None:
        """Send the answer at the service's pace, or half of it if it is to break off."""
        # The balance changes first: a client may ask for it as soon as it has the answer.
        self.service.balance -= self.service.price
        body = self._begin(encoder.content_type, shapes)
        breaks = faults & BREAKS
        if breaks:
            whole = list(pieces)
            pieces = iter(whole[: len(whole) // 2])
        for piece in pieces:
            body.write(encoder.encode(piece))
            if self.service.pace:
                self.wait(1 / self.service.pace)
        self.break_off(breaks, body, encoder)
        body.write(encoder.end())
        body.end()

    def _begin(self, content_type: str, shapes: set[str]) -> BodyWriter:
        """Send the headers of an answer. Return what writes its body."""
        body = BodyWriter(self.wfile, shapes)
        self.send_response(200)
        if "unlabelled" not in shapes or content_type != RawEncoder.content_type:
            self.send_header("Content-Type", content_type)
        for name, value in body.headers.items():
            self.send_header(name, value)
        self.end_headers()
        return body


def main() -> None:
    """Serve until interrupted."""
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
