"""Questions and checks that the tests of the client share."""

import traceback

from tests.support.auth_code import CODE


def ask(words: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": words}]


def assert_fit_for_the_page(error: BaseException) -> None:
    """Check that the error is short, and that it and its causes hold no code and no markup."""
    assert len(str(error)) < 400
    assert str(error).endswith((".", "”"))
    assert "<" not in str(error)
    shown = "".join(traceback.format_exception(error))
    assert CODE not in shown
    while cause := error.__cause__:
        assert getattr(cause, "request", None) is None
        assert CODE not in repr(vars(cause))
        error = cause
