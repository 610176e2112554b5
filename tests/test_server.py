"""What a server holds for all."""

import importlib
import sys

from liaobots.ui import server


def test_made_once() -> None:
    """The second who asks gets what the first made."""
    first = server.held("x", object)
    assert server.held("x", object) is first
    server.let_go_of_all()
    assert server.held("x", object) is not first


def test_outlives_a_reload_of_the_code() -> None:
    """An edited file is imported anew; what is held stays."""
    first = server.held("x", object)
    del sys.modules["liaobots.ui.server"]
    again = importlib.import_module("liaobots.ui.server")
    assert again is not server
    assert again.held("x", object) is first
    sys.modules["liaobots.ui.server"] = server
