"""The tree of errors and their codes."""

import inspect
from collections import Counter

from liaobots import errors
from liaobots.errors import CODE_OF_FORMER_NAME, LiaobotsError

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, LiaobotsError)
]
# Databases and exports store them, so they must never change.
CODES = {
    "error", "invalid_input", "auth_code_missing", "limit_reached", "file_unreadable",
    "job_cancelled", "auth_code_rejected", "out_of_credit", "rate_limited", "captcha_required",
    "service_error", "connection_failed", "answer_interrupted", "server_busy", "storage_error",
}  # fmt: skip


def test_one_base() -> None:
    """Every class of the module is a `LiaobotsError` and is in the tree of the docstring."""
    ours = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if kind.__module__ == errors.__name__
    ]
    assert set(ours) == set(KINDS)
    for kind in KINDS:
        assert kind.__name__ in (errors.__doc__ or "")


def test_invalid_input_is_a_value_error() -> None:
    """`InvalidInput` can be caught as a `ValueError`."""
    assert issubclass(errors.InvalidInput, ValueError)


def test_codes_are_stable() -> None:
    """Each error has its own code, which never changes."""
    codes = Counter(kind.code for kind in KINDS)
    assert set(codes) == CODES
    assert set(codes.values()) == {1}


def test_former_names_have_codes() -> None:
    """The class names that older versions stored have codes."""
    assert set(CODE_OF_FORMER_NAME.values()) <= CODES | {errors.INTERNAL_ERROR}
    assert CODE_OF_FORMER_NAME["TooFast"] == "rate_limited"


def test_values() -> None:
    """The values of an error are available by name."""
    error = errors.RateLimited("Wait 7 s, then try again.", 7.0)
    assert (error.code, dict(error.values), str(error)) == (
        "rate_limited", {"retry_after": 7.0}, "Wait 7 s, then try again."
    )  # fmt: skip
    assert errors.CaptchaRequired("Open it.", "https://a.example").values == {
        "link": "https://a.example"
    }
    assert LiaobotsError("It failed.").values == {}
