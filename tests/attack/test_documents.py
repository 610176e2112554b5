"""PDF that are small to send and endless to read."""

import asyncio
import time
import zlib
from itertools import accumulate

import pytest

from liaobots.limits import Limits
from tests.attack.attacker import visited
from tests.attack.place import Place
from tests.attack.resources import processor_seconds, spent
from tests.attack.watch import assert_hardly_felt, assert_hardly_left
from tests.support.uploading_visitor import UploadingVisitor

# What bystanders feel is measured.
pytestmark = pytest.mark.alone

LIMITS = Limits()
BOMBS = 8
PAGES, BLANKS = 500, 70_000_000
STAY_SECONDS = 6.0
# So many processes read files at once, each with so much memory of its own at most.
WORKERS_MEGABYTES = LIMITS.documents_at_once * LIMITS.document_memory_bytes // 1_048_576
# The bystanders alone take a fifth of a core; a bomb takes all of one.
LITTLE, LOOK_SECONDS = 0.7, 3.0


def bomb(pages: int = PAGES, size: int = BLANKS) -> bytes:
    """Return a PDF whose pages all share one stream of blanks."""
    stream = zlib.compress(b" " * size, 9)
    kids = " ".join(f"{number + 5} 0 R" for number in range(pages))
    fonts = b"/Resources<</Font<</F 4 0 R>>>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 3 0 R" + fonts + b">>"
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        # Without a font a reader knows that there is no text, and leaves the stream alone.
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *[page] * pages,
    ]
    objects = [b"%d 0 obj%s\nendobj\n" % each for each in enumerate(bodies, 1)]
    starts = list(accumulate(map(len, objects), initial=9))
    table = b"".join(b"%010d 00000 n \n" % start for start in starts[:-1])
    end = (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    )
    return (
        b"%PDF-1.4\n"
        + b"".join(objects)
        + end
        % (
            len(starts),
            table,
            len(starts),
            starts[-1],
        )
    )


async def _hand_in(url: str, data: bytes) -> None:
    async with UploadingVisitor(url) as visitor:
        await visitor.drawn()
        status, file = await visitor.upload("bomb.pdf", data)
        assert status == 204
        await visitor.ask_with("Read this", [file])
        await asyncio.sleep(STAY_SECONDS)


async def _hand_in_all(url: str, count: int) -> None:
    data = bomb()
    await asyncio.gather(*(_hand_in(url, data) for _ in range(count)))


def test_bombs(place: Place) -> None:
    """Eight at once are felt by nobody, and end with the visitors who sent them."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        visited(_hand_in_all, place.app.url, BOMBS)
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost, in_children=WORKERS_MEGABYTES)
    before = processor_seconds(place.app)
    time.sleep(LOOK_SECONDS)
    assert (processor_seconds(place.app) - before) / LOOK_SECONDS <= LITTLE
