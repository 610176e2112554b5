"""Files that are sent to be imported, or for nothing."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.attack.attacker import visited
from tests.attack.place import Place, opened
from tests.attack.resources import spent
from tests.attack.watch import assert_hardly_felt, assert_hardly_left
from tests.support.uploading_visitor import UploadingVisitor

# What bystanders feel is measured.
pytestmark = pytest.mark.alone

MEGABYTE = 1_000_000
UNUSED_SECONDS = 3
# What one session sends and never uses: more than it may have.
UPLOADS, UPLOAD_BYTES = 4, 60 * MEGABYTE
STAY_SECONDS = 5.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Start an app that keeps lost sessions for three seconds."""
    limits = f"unused_upload_seconds={UNUSED_SECONDS}"
    with opened(tmp_path_factory.mktemp("attack"), LIAOBOTS_LIMITS=limits) as found:
        yield found


def braces(size: int) -> bytes:
    """Return JSON of so many bytes whose only element holds nothing but empty objects."""
    return b"[[" + b"{}," * (size // 3) + b"{}]]"


SHAPES: dict[str, Callable[[int], bytes]] = {
    "braces": braces,
    "brackets": lambda size: b"[" + b"[]," * (size // 3) + b"[]]",
    "numbers": lambda size: b"[[" + b"1," * (size // 2) + b"1]]",
    "one text": lambda size: b'[{"a": "' + b"x" * size + b'"}]',
}


async def _bring_in(url: str, shape: str, size: int) -> None:
    """Hand a file in and wait until it is refused."""
    async with UploadingVisitor(url, path="transfer") as visitor:
        await visitor.drawn()
        status, file = await visitor.upload("chats.json", SHAPES[shape](size))
        if status != 204:
            return
        await visitor.import_chats(file)
        await visitor.until(lambda: visitor.has_error and not visitor.is_running, 60)


async def _bring_all_in(url: str, shape: str, size: int, times: int) -> None:
    await asyncio.gather(*(_bring_in(url, shape, size) for _ in range(times)))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_nothing(place: Place, shape: str) -> None:
    """99 MB of it cost little and freeze nobody."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        visited(_bring_in, place.app.url, shape, 99 * MEGABYTE)
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)


def test_many_files_of_nothing(place: Place) -> None:
    """Nor do ten at once."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        visited(_bring_all_in, place.app.url, "braces", 20 * MEGABYTE, 10)
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)


async def _hoard(url: str) -> list[int]:
    """Upload files, use none, and return the statuses."""
    async with UploadingVisitor(url) as visitor:
        await visitor.drawn()
        data = bytes(UPLOAD_BYTES)
        statuses = [(await visitor.upload("x.txt", data))[0] for _ in range(UPLOADS)]
        await asyncio.sleep(STAY_SECONDS)
        return statuses


def test_uploads_that_are_never_used(place: Place) -> None:
    """A session has a budget; what it holds is not memory, and goes with it."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        statuses = visited(_hoard, place.app.url)
    assert any(status >= 400 for status in statuses)
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)


async def _hoard_by_many(url: str, count: int) -> list[int]:
    found = await asyncio.gather(*(_hoard_some(url) for _ in range(count)))
    return [status for statuses in found for status in statuses]


async def _hoard_some(url: str) -> list[int]:
    async with UploadingVisitor(url) as visitor:
        await visitor.drawn()
        data = bytes(15 * MEGABYTE)
        return [(await visitor.upload("x.txt", data))[0] for _ in range(5)]


def test_many_who_upload(place: Place) -> None:
    """Eight sessions together cost no more memory, and leave nothing."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        assert visited(_hoard_by_many, place.app.url, 8)
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)
