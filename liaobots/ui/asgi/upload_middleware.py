"""Receive uploads in place of Streamlit's own endpoint, within the limits.

A file is written to the disk as it comes, and its bytes are counted; Streamlit gets a stub of
some bytes instead. An upload for a page that is not open is refused before it is read, and one
that is too slow is ended.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from typing import BinaryIO

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime

from liaobots import locale
from liaobots.limits import limits
from liaobots.locale import Sentence
from liaobots.ui import identity_cookie
from liaobots.ui.client_address import client_address
from liaobots.ui.state import stores
from liaobots.ui.state.signing_keys import signing_keys
from liaobots.ui.uploads import Upload, UploadRefused, uploads

PATH = re.compile(r"/_stcore/upload_file/([^/]*)/([^/]*)")
NAME = re.compile(r"[\w-]{1,64}", re.ASCII)
COOKIES = (identity_cookie.SECURE_COOKIE, identity_cookie.COOKIE)
# What a body may contain besides the file: names, and the boundaries between parts.
MAX_FRAME_BYTES = 16_384
# How much is collected until it is written to the disk.
WRITE_BYTES = 250_000
# A browser shows the text of a refusal only if it could send its file to the end.
DRAIN_SECONDS = 3.0


MAX_HEADER_CHARACTERS = 1_000
NOT_OPEN = Sentence("This page is no longer open. Reload it, then choose the file again.")
NOT_READABLE = Sentence(
    "The file arrived in a form that cannot be read. Reload the page, then add it again."
)


class UploadMiddleware:
    """Receive uploads, and pass everything else on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive or delete an upload, or pass the request on."""
        is_ours = scope["type"] == "http" and "/_stcore/upload_file" in scope["path"]
        if not is_ours or scope["method"] not in ("PUT", "DELETE"):
            return await self._app(scope, receive, send)
        found = PATH.search(scope["path"])
        session, file = found.groups() if found else ("", "")
        if not NAME.fullmatch(session) or not NAME.fullmatch(file):
            return await _refuse(UploadRefused(NOT_OPEN, 400), scope, receive, send)
        if scope["method"] == "DELETE":
            return await self._delete(session, file, scope, receive, send)
        await self._put(session, file, scope, receive, send)

    async def _delete(
        self, session: str, file: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def send_and_drop(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 204:
                uploads().drop_file(session, file)
            await send(message)

        await self._app(scope, receive, send_and_drop)

    async def _put(
        self, session: str, file: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not _is_open(session):
            return await _refuse(UploadRefused(NOT_OPEN, 400), scope, receive, send)
        upload = None
        try:
            expected = _expected_bytes(Headers(scope=scope))
            upload = uploads().begin(session, file, visitor_of(scope), expected)
            part = await _BodyReceiver(upload, scope, receive).receive_all()
            if not _is_open(session):
                raise UploadRefused(NOT_OPEN, 400)
            await self._hand_on(upload, part, scope, receive, send)
        except UploadRefused as refusal:
            if upload:
                uploads().drop(upload)
            await _drain(receive)
            await _refuse(refusal, scope, receive, send)
        except ClientDisconnect:
            return
        finally:
            if upload and not upload.is_whole:
                uploads().drop(upload)

    async def _hand_on(
        self, upload: Upload, part: Mapping[str, bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass the stub on to Streamlit; unless it accepts that, the caller drops the file."""
        boundary = secrets.token_hex(16)
        body = _form(boundary, part, upload.stub)
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["content-type"] = f"multipart/form-data; boundary={boundary}"
        headers["content-length"] = str(len(body))
        del headers["transfer-encoding"]
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive_stub() -> Message:
            return next(messages, None) or await receive()

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 204:
                uploads().finish(upload)
            await send(message)

        await self._app({**scope, "headers": headers.raw}, receive_stub, send_and_note)


class _BodyReceiver:
    """Receive a body, and write the one file in it to the disk."""

    def __init__(self, upload: Upload, scope: Scope, receive: Receive) -> None:
        self._upload, self._receive = upload, receive
        self._received = self._file_bytes = self._parts = 0
        self._began = time.monotonic()
        self._is_whole = False
        self._pending: list[bytes] = []
        self._names: list[bytes] = []
        self._values: list[bytes] = []
        self._parser = MultipartParser(
            _boundary(Headers(scope=scope)),
            {
                "on_part_begin": self._begin_part,
                "on_part_data": self._add_data,
                "on_header_begin": self._begin_header,
                "on_header_field": self._add_name,
                "on_header_value": self._add_value,
                "on_end": self._note_end,
            },
        )

    async def receive_all(self) -> Mapping[str, bytes]:
        """Write the file to its path, and return the headers of its part.

        Raise `UploadRefused` if it is too large, too slow, or malformed.
        """
        with await run_in_threadpool(_create_file, self._upload) as file:
            more = True
            while more:
                message = await self._next()
                more = message.get("more_body", False)
                self._parse(message.get("body", b""))
                if not more or sum(map(len, self._pending)) >= WRITE_BYTES:
                    written, self._pending = b"".join(self._pending), []
                    await run_in_threadpool(file.write, written)
        if not self._is_whole or self._parts != 1:
            raise UploadRefused(NOT_READABLE, 400)
        names = (name.decode("latin-1").lower() for name in self._names)
        return dict(zip(names, self._values, strict=False))

    async def _next(self) -> Message:
        """Return the next message. Raise `UploadRefused` if the sender is too slow."""
        bounds = limits()
        allowed = bounds.upload_start_seconds + self._received / bounds.upload_bytes_per_second
        try:
            left = self._began + allowed - time.monotonic()
            message = await asyncio.wait_for(self._receive(), max(0.0, left))
        except TimeoutError as error:
            raise UploadRefused(
                "The file arrived too slowly. Check the network, then add the file again.", 408
            ) from error
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        return message

    def _parse(self, data: bytes) -> None:
        """Parse and count data. Raise `UploadRefused` if it is malformed or too much."""
        self._received += len(data)
        before = self._file_bytes
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise UploadRefused(NOT_READABLE, 400) from error
        uploads().grow(self._upload, self._file_bytes - before)
        if self._parts > 1 or self._received - self._file_bytes > MAX_FRAME_BYTES:
            raise UploadRefused(NOT_READABLE, 400)

    def _begin_part(self) -> None:
        self._parts += 1

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._file_bytes += end - start
        self._pending.append(data[start:end])

    def _begin_header(self) -> None:
        self._names.append(b"")
        self._values.append(b"")

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._names[-1] += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._values[-1] += data[start:end]

    def _note_end(self) -> None:
        self._is_whole = True


def visitor_of(scope: Scope) -> str:
    """Return a key for the sender of a request: the browser's verified identity, or its address.

    Unsigned cookies do not count: a client could get a new budget with each made-up one.
    """
    header = Headers(scope=scope).get("cookie", "")
    keys = signing_keys(stores.database_if_open())
    values = [value for name in COOKIES for value in identity_cookie.values_of(header, name)]
    identity = next(filter(None, map(keys.identity_in, values)), "")
    return f"identity {identity}" if identity else f"address {client_address(scope)}"


def _is_open(session: str) -> bool:
    """Return whether a page with this session is open."""
    return Runtime.exists() and Runtime.instance().is_active_session(session)


def _expected_bytes(headers: Headers) -> int:
    """Return the least size of the file that the headers announce."""
    length = headers.get("content-length", "")
    return max(0, int(length) - MAX_FRAME_BYTES) if length.isdecimal() and len(length) < 20 else 0


def _boundary(headers: Headers) -> bytes:
    """Return the boundary of a multipart body. Raise `UploadRefused` if there is none."""
    kind, options = parse_options_header(headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise UploadRefused(NOT_READABLE, 400)
    return boundary


def _create_file(upload: Upload) -> BinaryIO:
    # Only this user may read the file, as well as the folder.
    upload.path.touch(mode=0o600, exist_ok=False)
    return upload.path.open("wb")


def _form(boundary: str, part: Mapping[str, bytes], content: bytes) -> bytes:
    """Return a multipart body with one part, which has the headers `part`."""
    mark = b"--" + boundary.encode()
    kept = {name: part[name] for name in ("content-disposition", "content-type") if name in part}
    head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in kept.items())
    return mark + b"\r\n" + head + b"\r\n" + content + b"\r\n" + mark + b"--\r\n"


async def _drain(receive: Receive) -> None:
    """Read the rest of the body for some seconds, and ignore it."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while (await receive()).get("more_body", False):
                continue
    except TimeoutError:
        return


async def _refuse(refusal: UploadRefused, scope: Scope, receive: Receive, send: Send) -> None:
    """Say why a file is refused, in a language that the browser accepts (RFC 9110, 12.5.4)."""
    accepted = Headers(scope=scope).get("accept-language", "")[:MAX_HEADER_CHARACTERS]
    locale.use(each.partition(";")[0].strip() for each in accepted.split(","))
    words = refusal.message.worded()
    await PlainTextResponse(words, refusal.status)(scope, receive, send)
