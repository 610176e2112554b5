"""What a server holds for all."""

import importlib
import sys

from liaobots.ui import server_state


def test_made_once() -> None:
    """The second who asks gets what the first made."""
    first = server_state.get_or_create("x", object)
    assert server_state.get_or_create("x", object) is first
    server_state.reset()
    assert server_state.get_or_create("x", object) is not first


def test_outlives_a_reload_of_the_code() -> None:
    """An edited file is imported anew; what is held stays."""
    first = server_state.get_or_create("x", object)
    del sys.modules["liaobots.ui.server_state"]
    again = importlib.import_module("liaobots.ui.server_state")
    assert again is not server_state
    assert again.get_or_create("x", object) is first
    sys.modules["liaobots.ui.server_state"] = server_state
