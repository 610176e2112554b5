"""What a server holds for all."""

import importlib
import sys

from liaobots.ui import server_state


def test_made_once() -> None:
    """The second who asks gets what the first made."""
    first = server_state.held("x", object)
    assert server_state.held("x", object) is first
    server_state.let_go_of_all()
    assert server_state.held("x", object) is not first


def test_outlives_a_reload_of_the_code() -> None:
    """An edited file is imported anew; what is held stays."""
    first = server_state.held("x", object)
    del sys.modules["liaobots.ui.server_state"]
    again = importlib.import_module("liaobots.ui.server_state")
    assert again is not server_state
    assert again.held("x", object) is first
    sys.modules["liaobots.ui.server_state"] = server_state
