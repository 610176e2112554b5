"""What an attacker does, in a process of its own, so that the load of it distorts no clock."""

import os
import socket
import struct
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.support.protocol_client import finished

P = ParamSpec("P")
T = TypeVar("T")
PROTOCOL = "streamlit"


def apart(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function of a module returns in a new process."""
    start = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=start, initializer=_be_elsewhere) as pool:
        return pool.submit(act, *args, **kwargs).result()


def _be_elsewhere() -> None:
    """Leave the processor to the server, as an attacker does who has a machine of their own."""
    os.nice(10)


def visited(visit: Callable[..., Coroutine[Any, Any, T]], *args: object) -> T:
    """Return what a visit comes to that is made in a new process."""
    return apart(_visited, visit, *args)


def _visited(visit: Callable[..., Coroutine[Any, Any, T]], *args: object) -> T:
    return finished(visit(*args))


# Sockets

# So long a flood may wait for its end on a busy machine.
CLOSE_SECONDS = 20.0


def dial(url: str, *protocols: str, cookie: str = "") -> socket.socket:
    """Return a socket on which the WebSocket to a page is open."""
    parts = urlsplit(url)
    line = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)
    heads = {
        "Host": parts.netloc,
        "Origin": url,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
        "Sec-WebSocket-Protocol": ", ".join([PROTOCOL, *protocols]),
    } | ({"Cookie": cookie} if cookie else {})
    lines = [f"{name}: {value}" for name, value in heads.items()]
    line.sendall("\r\n".join(["GET /_stcore/stream HTTP/1.1", *lines, "", ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = line.recv(1)
        if not more:
            raise ConnectionError(f"The server hung up: {answer!r}")
        answer += more
    if b" 101 " not in answer.split(b"\r\n")[0]:
        line.close()
        raise ConnectionError(answer.split(b"\r\n")[0].decode())
    return line


def frame(data: bytes) -> bytes:
    """Return a message as it goes over a WebSocket, under a mask of zeros."""
    size = len(data)
    if size < 126:
        head = struct.pack("!BB", 0x82, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", 0x82, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x82, 0x80 | 127, size)
    return head + bytes(4) + data


def _rerun(widgets: Sequence[WidgetState] = ()) -> BackMsg:
    message = BackMsg()
    message.rerun_script.widget_states.widgets.extend(widgets)
    message.rerun_script.SetInParent()
    return message


def _states() -> BackMsg:
    """Return a message with the states of many widgets that no page has."""
    return _rerun([WidgetState(id=f"$$ID-{n:032}-x", string_value="x") for n in range(200)])


def _files() -> BackMsg:
    """Return a wish for the addresses of many files."""
    message = BackMsg()
    message.file_urls_request.request_id = "1"
    message.file_urls_request.file_names.extend(["x.txt"] * 100)
    return message


# Every kind of message that a visitor can send.
MESSAGES: Mapping[str, Callable[[], BackMsg]] = {
    "reruns": _rerun,
    "heartbeats": lambda: BackMsg(app_heartbeat=True),
    "widget states": _states,
    "file addresses": _files,
    "stops": lambda: BackMsg(stop_script=True),
    "caches": lambda: BackMsg(clear_cache=True),
}


def flood(url: str, kind: str) -> bool:
    """Send one message as fast as it goes over one socket, until it is closed.

    Return False if it still is not after `CLOSE_SECONDS`.
    """
    line = dial(url)
    line.settimeout(1)
    batch = frame(MESSAGES[kind]().SerializeToString()) * 200
    until = time.monotonic() + CLOSE_SECONDS
    with line:
        while time.monotonic() < until:
            try:
                line.sendall(batch)
            except TimeoutError:
                # The server does not take it in time, and must not be asked to.
                continue
            except OSError:
                return True
    return False


def never_read(url: str, count: int, wishes: int, seconds: float) -> int:
    """Let so many sockets ask for the page again and again and read nothing; return how many were
    let in.
    """
    lines = []
    for _ in range(count):
        with suppress(OSError):
            lines.append(dial(url))
    until = time.monotonic() + seconds
    wish = frame(_rerun().SerializeToString())
    for _ in range(wishes):
        for line in lines:
            with suppress(OSError):
                line.sendall(wish)
        time.sleep(seconds / wishes)
    time.sleep(max(0.0, until - time.monotonic()))
    for line in lines:
        line.close()
    return len(lines)
