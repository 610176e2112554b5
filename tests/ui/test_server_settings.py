"""A wrong setting of the server is told, in the log and on the page."""

from pathlib import Path

import pytest
import requests

from tests.support.app import App
from tests.support.protocol_client import Visitor, finished


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LIAOBOTS_LIMITS", "answer=8", "“answer”, which is no limit"),
        ("LIAOBOTS_PROXIES", "10.0.0.0/33", "“10.0.0.0/33”, which is no address and no network"),
    ],
)
def test_wrong_setting(tmp_path: Path, name: str, value: str, words: str) -> None:
    """The server starts, says what is wrong, and lets nobody chat under limits of nobody's will."""

    async def look() -> None:
        async with Visitor(app.url) as visitor:
            await visitor.drawn()
            assert visitor.shows(words)
            assert not visitor.has("auth_token")

    with App(tmp_path, **{name: value}) as app:
        assert words in app.log.read_text()
        # The front door goes on as if nothing were set.
        assert requests.get(app.url, headers={"X-Forwarded-For": "9.9.9.9"}, timeout=5).ok
        finished(look())
