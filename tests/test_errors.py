"""The tree of errors, as its module draws it."""

import inspect

from liaobots import errors


def test_one_base() -> None:
    """Every error is a LiaobotsError and is drawn in the docstring."""
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert len(kinds) > 5
    for kind in kinds:
        assert issubclass(kind, errors.LiaobotsError)
        assert kind.__name__ in (errors.__doc__ or "")


def test_bad_input_is_a_value_error() -> None:
    """Plain Python catches bad input as it always does."""
    assert issubclass(errors.InputRefused, ValueError)
