"""Uploads to the app as it runs: bounded in bytes, in number and in time, and gone when unused."""

import asyncio
import secrets
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from liaobots.ui.identity_cookie import COOKIE
from tests.support.app import App
from tests.support.memory import Peak
from tests.support.protocol_client import Visitor, finished, opened_page

MEGABYTE = 1_000_000
# Small enough that a test reaches them at once.
SMALL = (
    "uploaded_bytes_per_session=5_000_000, uploaded_bytes_per_visitor=8_000_000, "
    "uploaded_bytes=12_000_000, unused_upload_seconds=2, uploads_at_once_per_visitor=3, "
    "upload_start_seconds=2, upload_bytes_per_second=100_000"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Run the app with small limits and its own folder for temporary files."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "tmp").mkdir()
    with App(folder, LIAOBOTS_LIMITS=SMALL, TMPDIR=str(folder / "tmp")) as running:
        yield running
    assert not list((folder / "tmp").glob("liaobots-uploads-*")), "files outlived the server"


def files_of(app: App) -> list[int]:
    """Return the sizes of the uploads on the disk."""
    sizes = []
    for each in (app.log.parent / "tmp").glob("liaobots-uploads-*/*"):
        # The server may delete a file at any moment.
        with suppress(FileNotFoundError):
            sizes += [each.stat().st_size] if each.name != "lock" else []
    return sorted(sizes)


class UploadClient:
    """Whoever uploads files for a visitor's session."""

    def __init__(self, app: App, visitor: Visitor, session: str = "") -> None:
        self._web = requests.Session()
        self._web.get(f"{app.url}/_stcore/health", timeout=20)
        self._web.headers["X-Xsrftoken"] = self._web.cookies.get("_streamlit_xsrf") or ""
        self._web.cookies.set(COOKIE, visitor.identity)
        self._url = f"{app.url}/_stcore/upload_file/{session or visitor.session}"

    async def put(
        self, size: int, name: str = "", *, is_chunked: bool = False
    ) -> requests.Response:
        return await asyncio.to_thread(self._put, b"x" * size, name, is_chunked)

    async def put_data(self, data: bytes, name: str) -> requests.Response:
        return await asyncio.to_thread(self._put, data, name, False)

    async def delete(self, name: str) -> requests.Response:
        return await asyncio.to_thread(self._web.delete, f"{self._url}/{name}", timeout=20)

    def _put(self, data: bytes, name: str, is_chunked: bool) -> requests.Response:
        url = f"{self._url}/{name or secrets.token_hex(16)}"
        if not is_chunked:
            return self._web.put(url, files={"a.txt": ("a.txt", data, "text/plain")}, timeout=60)
        head = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a.txt"\r\n\r\n'
        pieces = [
            head,
            *(data[at : at + 65_536] for at in range(0, len(data), 65_536)),
            b"\r\n--b--\r\n",
        ]
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        return self._web.put(url, data=iter(pieces), headers=kind, timeout=60)


async def until_empty(app: App, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while files_of(app):
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_session_has_a_budget(small: App, is_chunked: bool) -> None:
    """However the length is told; what is taken back makes room again, and files are private."""

    async def visit() -> None:
        async with Visitor(small.url) as visitor:
            await visitor.drawn()
            client = UploadClient(small, visitor)
            assert (await client.put(3 * MEGABYTE, "one", is_chunked=is_chunked)).status_code == 204
            refused = await client.put(3 * MEGABYTE, is_chunked=is_chunked)
            assert (refused.status_code, refused.text) == (
                413,
                (
                    "The files added to this page are larger than 5 MB in total. Remove "
                    "some, or send the question, then add the file again."
                ),
            )
            assert files_of(small) == [3 * MEGABYTE]
            (file,) = (small.log.parent / "tmp").glob("liaobots-uploads-*/[0-9a-f]*")
            assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (
                0o600,
                0o700,
            )
            assert (await client.delete("one")).status_code == 204
            assert files_of(small) == []
            assert (await client.put(3 * MEGABYTE, is_chunked=is_chunked)).status_code == 204
        await until_empty(small)

    finished(visit())


def test_a_visitor_and_all_have_a_budget(small: App) -> None:
    """Over all pages of one visitor, and of all visitors."""

    async def visit() -> None:
        async with (
            Visitor(small.url) as one,
            Visitor(small.url, identity=one.identity) as two,
            Visitor(small.url) as three,
            Visitor(small.url) as four,
        ):
            clients = []
            for each in (one, two, three, four):
                await each.drawn()
                clients.append(UploadClient(small, each))
            assert (await clients[0].put(4 * MEGABYTE)).status_code == 204
            refused = await clients[1].put(int(4.5 * MEGABYTE))
            assert (refused.status_code, refused.text) == (
                413,
                (
                    "Your files that are not used yet are larger than 8 MB in total. Remove "
                    "some on your other pages, or close those pages, then add the file again in "
                    "a minute."
                ),
            )
            assert (await clients[2].put(int(4.5 * MEGABYTE))).status_code == 204
            refused = await clients[3].put(int(4.5 * MEGABYTE))
            assert (refused.status_code, refused.text) == (
                413,
                (
                    "This server holds 12 MB of files that are not used yet, and accepts no "
                    "more. Wait a minute, then add the file again."
                ),
            )
            assert (await clients[3].put(MEGABYTE)).status_code == 204
        await until_empty(small)

    finished(visit())


def test_what_is_not_used_goes_after_its_visitor(small: App) -> None:
    """Within the limit, though Streamlit keeps the session for two minutes."""

    async def visit() -> None:
        async with Visitor(small.url) as stays:
            await stays.drawn()
            async with Visitor(small.url) as leaves:
                await leaves.drawn()
                await UploadClient(small, leaves).put(MEGABYTE)
                await UploadClient(small, stays).put(2 * MEGABYTE)
                assert files_of(small) == [MEGABYTE, 2 * MEGABYTE]
            async with asyncio.timeout(20):
                while len(files_of(small)) > 1:
                    await asyncio.sleep(0.1)
            assert files_of(small) == [2 * MEGABYTE]
        await until_empty(small)

    finished(visit())


@pytest.mark.parametrize("session", ["no-such-session", "..", "a" * 99, "%00"])
def test_no_open_page_no_upload(small: App, session: str) -> None:
    """It is refused before its body is read."""
    with closing(socket.create_connection(("localhost", small.port), 20)) as line:
        head = f"PUT /_stcore/upload_file/{session}/f HTTP/1.1\r\nHost: localhost:{small.port}\r\n"
        line.sendall(head.encode() + b"Content-Length: 90000000\r\n\r\n")
        assert b" 40" in line.recv(1000).split(b"\r\n")[0]
    assert files_of(small) == []


def test_a_dripping_upload_is_ended(small: App) -> None:
    """It has so long as its bytes deserve, and then leaves nothing behind."""

    async def visit() -> None:
        async with Visitor(small.url) as visitor:
            await visitor.drawn()
            drips = [asyncio.to_thread(dripped, small, visitor) for _ in range(4)]
            answers = sorted(await asyncio.gather(*drips))
            assert [each.split(b" ")[1] for each in answers] == [b"408"] * 3 + [b"429"]
            assert files_of(small) == []
            assert (await UploadClient(small, visitor).put(MEGABYTE)).status_code == 204
        await until_empty(small)

    finished(visit())


def dripped(app: App, visitor: Visitor) -> bytes:
    """Return the answer to an upload whose bytes come one by one."""
    with closing(socket.create_connection(("localhost", app.port), 20)) as line:
        head = (
            f"PUT /_stcore/upload_file/{visitor.session}/{secrets.token_hex(8)} HTTP/1.1\r\n"
            f"Host: localhost:{app.port}\r\nCookie: {COOKIE}={visitor.identity}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n--b\r\n"
        )
        line.sendall(head.encode())
        line.settimeout(0.2)
        for _ in range(100):
            try:
                return line.recv(1000).split(b"\r\n")[0]
            except TimeoutError:
                line.sendall(b"x")
    return b"none 0"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nnot closed',
        b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 2 + b"--b--\r\n",
        b"--b--\r\n",
    ],
)  # fmt: skip
def test_broken_forms(small: App, body: bytes) -> None:
    """Are refused, and leave nothing behind."""

    async def visit() -> None:
        async with Visitor(small.url) as visitor:
            await visitor.drawn()
            url = f"{small.url}/_stcore/upload_file/{visitor.session}/f"
            kind = {"Content-Type": "multipart/form-data; boundary=b"}
            answer = await asyncio.to_thread(requests.put, url, data=body, headers=kind, timeout=20)
            assert answer.status_code == 400
            assert files_of(small) == []

    finished(visit())


def test_uploads_cost_no_memory(tmp_path: Path) -> None:
    """Eight files of 99 MB in one session: one is kept, on the disk, until its visitor leaves."""
    (tmp_path / "tmp").mkdir()
    limits = "unused_upload_seconds=2"

    async def visit(app: App) -> None:
        async with Visitor(app.url) as visitor:
            await visitor.drawn()
            client = UploadClient(app, visitor)
            answers = [(await client.put(99 * MEGABYTE)).status_code for _ in range(8)]
            assert answers == [204] + [413] * 7
            assert files_of(app) == [99 * MEGABYTE]
        await until_empty(app)

    with App(tmp_path, LIAOBOTS_LIMITS=limits, TMPDIR=str(tmp_path / "tmp")) as app:
        finished(opened_page(app.url))
        with Peak(app.process.pid) as peak:
            finished(visit(app))
        assert peak.growth < 50 * MEGABYTE


def test_a_server_that_was_killed_leaves_nothing_for_long(tmp_path: Path) -> None:
    """The next one removes what it left, and nothing of one that runs."""
    (tmp_path / "tmp").mkdir()

    async def visit(app: App) -> None:
        async with Visitor(app.url) as visitor:
            await visitor.drawn()
            assert (await UploadClient(app, visitor).put(MEGABYTE)).status_code == 204

    apps = [App(tmp_path, TMPDIR=str(tmp_path / "tmp")) for _ in range(3)]
    with apps[0]:
        finished(visit(apps[0]))
        with apps[1]:
            finished(visit(apps[1]))
            assert files_of(apps[0]) == [MEGABYTE, MEGABYTE]
            apps[1].kill()
        with apps[2]:
            finished(visit(apps[2]))
            assert files_of(apps[0]) == [MEGABYTE, MEGABYTE]
