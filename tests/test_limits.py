"""The limits of the server, and how a host sets them."""

import pytest

from liaobots.errors import InvalidInput
from liaobots.limits import Limits, read


def test_usual_limits() -> None:
    """Without a setting the limits are those of the module."""
    assert read("") == Limits()
    assert read(" , ") == Limits()


def test_set_limits() -> None:
    """A host sets some of them, and the others stay."""
    assert read("answers = 8, uploaded_bytes=1_000_000") == Limits(
        answers=8, uploaded_bytes=1_000_000
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("answer=8", "“answer”, which is no limit"),
        ("answers", "answers to “”"),
        ("answers=0", "answers to “0”"),
        ("answers=-1", "answers to “-1”"),
        ("answers=many", "answers to “many”"),
        ("answers=1.5", "answers to “1.5”"),
        ("answers=_", "answers to “_”"),
    ],
)
def test_wrong_limits(setting: str, words: str) -> None:
    """A wrong setting says what is wrong with it."""
    with pytest.raises(InvalidInput, match=words):
        read(setting)
