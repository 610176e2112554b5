"""The auth codes that visitors typed."""

import time

from liaobots.ui.auth_codes import AuthCodes


def test_remembers_and_forgets() -> None:
    """Each owner has one code, and can have it forgotten."""
    codes = AuthCodes()
    codes.remember("me", "one")
    codes.remember("me", "two")
    codes.remember("you", "three")
    assert (codes.recall("me"), codes.recall("you"), codes.recall("they")) == ("two", "three", "")
    codes.forget("me")
    codes.forget("me")
    assert codes.recall("me") == ""


def test_least_recently_used_code_is_dropped_first() -> None:
    """Only a limited number of codes is kept."""
    codes = AuthCodes(limit=2)
    codes.remember("a", "1")
    codes.remember("b", "2")
    codes.recall("a")
    codes.remember("c", "3")
    assert [codes.recall(owner) for owner in "abc"] == ["1", "", "3"]


def test_unused_code_is_forgotten() -> None:
    """A code that was not used for some time is gone; each use keeps it longer."""
    codes = AuthCodes(unused_seconds=0.2)
    codes.remember("a", "1")
    codes.remember("b", "2")
    for _ in range(3):
        time.sleep(0.1)
        assert codes.recall("a") == "1"
    assert codes.recall("b") == ""


def test_repr_hides_codes() -> None:
    """A repr may end up in a log."""
    codes = AuthCodes()
    codes.remember("me", "secret")
    assert "secret" not in repr(codes)
