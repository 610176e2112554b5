"""The `fault:` modes of the demo service: refusals and broken answers."""

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from liaobots.demo.shapes import BodyWriter, RawEncoder

FAULTS = {
    "refused": "401, the code is not accepted",
    "forbidden": "403, the same",
    "credit": "402, no credit left",
    "credit-in-band": "no credit left, inside an event stream with status 200",
    "fast": "429 with Retry-After in seconds",
    "fast-date": "429 with Retry-After as a date",
    "human": "a captcha: an HTML page with status 200",
    "human-403": "the same with status 403",
    "broken": "500",
    "away": "503, each time",
    "flaky": "503 twice, then an answer",
    "in-band": "an error inside an event stream, after half of the text",
    "error": "only the word Error",
    "empty": "an empty answer",
    "drop": "resets the connection before it answers",
    "silent": "accepts the question and sends nothing",
    "stall": "sends nothing more from the middle of the answer on",
    "cut": "resets the connection in the middle of the answer",
    "redirect": "redirects to another host",
    "length": "ends because the model's context window is full (OpenAI's form; else as usual)",
    "filter": "ends because a content filter stopped it (OpenAI's form; else as usual)",
}
# The faults that come in the middle of an answer.
BREAKS = frozenset({"stall", "cut", "in-band"})
CAPTCHA_PAGE = "<!DOCTYPE html><html><head><title>人机验证</title></head><body>…</body></html>"
# Longer than any timeout of a client.
SILENCE_SECONDS = 3600
# The `flaky` fault fails so many times in a row, then answers.
FLAKY_FAILURES = 2


class ClientGone(Exception):
    """The client has closed the connection, or the service closes."""


class ServiceState(Protocol):
    """What the faults need to know of the service."""

    flaky_left: int
    closing: threading.Event


class FaultHandler(BaseHTTPRequestHandler):
    """An HTTP request handler that can refuse a question and break an answer off."""

    service: ServiceState

    def send_refusal(self, faults: set[str], encoder: RawEncoder) -> bool:
        """Send the refusal that `faults` asks for. Return whether there was one."""

        def refuse(status: int, words: str, headers: dict[str, str] | None = None) -> None:
            self.send_json(status, encoder.error(status, words), headers)

        date = formatdate(time.time() + 90, usegmt=True)
        redirect = {"Location": f"http://elsewhere.invalid{self.path}"}
        error_event = encoder.error_event(402, "Payment Required")
        refusals: dict[str, Callable[[], None]] = {
            "refused": lambda: refuse(401, "401 Unauthorized"),
            "forbidden": lambda: refuse(403, "403 Forbidden"),
            "credit": lambda: refuse(402, "402 Payment Required"),
            "fast": lambda: refuse(429, "Slow down", {"Retry-After": "7"}),
            "fast-date": lambda: refuse(429, "Slow down", {"Retry-After": date}),
            "human": lambda: self.send(200, "text/html; charset=utf-8", CAPTCHA_PAGE.encode()),
            "human-403": lambda: self.send(403, "text/html", CAPTCHA_PAGE.encode()),
            "broken": lambda: refuse(500, "<b>The model</b> fell over"),
            "away": lambda: refuse(503, "away"),
            "flaky": self._send_flaky_failure,
            "error": lambda: self.send(200, "text/plain", b"Error"),
            "empty": lambda: self.send(200, "text/event-stream", b""),
            "drop": self.reset,
            "silent": lambda: self.wait(SILENCE_SECONDS),
            "redirect": lambda: self.send(307, "text/plain", b"", redirect),
            "credit-in-band": lambda: self.send(200, "text/event-stream", error_event),
        }
        for name in refusals.keys() & faults:
            if name == "flaky" and not self.service.flaky_left:
                self.service.flaky_left = FLAKY_FAILURES
                continue
            refusals[name]()
            return True
        return False

    def _send_flaky_failure(self) -> None:
        self.service.flaky_left -= 1
        self.send_json(503, {"message": "away for a moment"})

    def break_off(self, breaks: set[str], body: BodyWriter, encoder: RawEncoder) -> None:
        """Break the answer off in the middle in the way that `breaks` names, if any."""
        if "stall" in breaks:
            self.wait(SILENCE_SECONDS)
        if "cut" in breaks:
            self.reset()
        if "in-band" in breaks:
            body.write(encoder.error_event(500, "The model fell over"))

    def wait(self, seconds: float) -> None:
        """Wait. Raise `ClientGone` as soon as the client has gone or the service closes."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(remaining, 0.1))
            gone = readable and not self.connection.recv(1, socket.MSG_PEEK)
            if gone or self.service.closing.is_set():
                raise ClientGone

    def reset(self) -> None:
        """Reset the connection: send RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise ClientGone

    def send_json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        """Send a response whose body is `value` as JSON."""
        self.send(status, "application/json", json.dumps(value).encode(), headers)

    def send(
        self, status: int, content_type: str, data: bytes, headers: dict[str, str] | None = None
    ) -> None:
        """Send a whole response."""
        self.send_response(status)
        for name, value in ({"Content-Type": content_type} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
