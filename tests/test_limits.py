"""The limits of the server, and their setting."""

import pytest

from liaobots.errors import InvalidInput
from liaobots.limits import Limits, read


def test_default_limits() -> None:
    """Without a setting, the limits are the defaults."""
    assert read("") == Limits()
    assert read(" , ") == Limits()


def test_set_limits() -> None:
    """The setting changes some limits and leaves the others."""
    assert read("answers = 8, uploaded_bytes=1_000_000") == Limits(
        answers=8, uploaded_bytes=1_000_000
    )


@pytest.mark.parametrize(
    ("setting", "message"),
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
def test_wrong_limits(setting: str, message: str) -> None:
    """A wrong setting raises an error that says what is wrong."""
    with pytest.raises(InvalidInput, match=message):
        read(setting)
