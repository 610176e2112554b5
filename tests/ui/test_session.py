"""The session, the visitor and the actions: each is reached in one way only."""

import ast
import inspect
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.testing.v1 import AppTest

from liaobots.ui import actions
from liaobots.ui.actions import callback
from liaobots.ui.state.session import Session
from tests.support.app import ROOT
from tests.support.app_test import SCRIPT, session_of

UI = ROOT / "liaobots" / "ui"
# What tells who the visitor is, or what the server's secrets are.
ASKS = {
    "st.user",
    "st.secrets",
    "st.context.cookies",
    "st.context.headers",
    "st.context.ip_address",
}


def attributes(file: Path) -> Iterator[str]:
    """Yield each attribute that a file reads, such as `st.user`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def files_with(wanted: set[str]) -> set[str]:
    """Return the files of the page that read one of these attributes."""
    return {
        str(file.relative_to(UI))
        for file in UI.rglob("*.py")
        if any(each in wanted for each in attributes(file))
    }


def test_only_the_state_layer_reads_streamlits_session() -> None:
    """The other layers get the typed session, or ask for a widget's value by its key."""
    found = files_with({"st.session_state"})
    assert found == {"state/session.py", "state/visitor.py", "state/widgets.py"}


def test_keys_of_the_session_are_constants() -> None:
    """No key is written out where the session is read."""
    for file in (UI / "state").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "st.session_state":
                assert isinstance(node.slice, ast.Name), ast.unparse(node)


def test_who_the_visitor_is_is_asked_in_one_place() -> None:
    """Cookies, sign-in and secrets are read by `identity` and `server_settings` alone."""
    assert files_with(ASKS) == {"identity.py", "server_settings.py"}


MODULES: list[ModuleType] = [getattr(actions, name) for name in actions.__all__]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_actions_return_nothing(module: ModuleType) -> None:
    """A callback gets the session first, and returns nothing: success is no word."""
    callbacks = [
        each for _, each in inspect.getmembers(module, inspect.isfunction)
        if hasattr(each, "__wrapped__") and each.__module__ == module.__name__
    ]  # fmt: skip
    assert callbacks or module is actions.question
    for each in callbacks:
        signature = inspect.signature(each.__wrapped__)
        assert next(iter(signature.parameters.values())).annotation is Session
        assert signature.return_annotation is None


def actions_of_widgets() -> Iterator[tuple[str, str]]:
    """Yield each action that is given to a widget, with the name of its module."""
    for layer in ("components", "views"):
        for file in (UI / layer).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.keyword) and node.arg in {
                    "on_click", "on_change", "on_submit",
                }:  # fmt: skip
                    words = ast.unparse(node.value)
                    if words.startswith("actions."):
                        module, name = words.removeprefix("actions.").split(".")
                        yield module, name


def test_widgets_call_callbacks() -> None:
    """Whatever fails after a click is caught in one place."""
    found = list(actions_of_widgets())
    assert len(found) > 30
    for module, name in found:
        assert hasattr(getattr(getattr(actions, module), name), "__wrapped__"), f"{module}.{name}"


def test_nothing_ends_an_action(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit would drop a click whose callback it ends for another click."""
    looked_in_action: list[bool] = []
    look = ScriptRunner._maybe_handle_execution_control_request

    def recorded(runner: ScriptRunner) -> None:
        callers = {frame.filename for frame in traceback.extract_stack()}
        looked_in_action.append(callback.__file__ in callers)
        look(runner)

    monkeypatch.setattr(ScriptRunner, "_maybe_handle_execution_control_request", recorded)
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    page.button[0].click().run()
    assert not page.exception
    assert session_of(page).questions == 1
    assert looked_in_action.count(False) > 100
    assert looked_in_action.count(True) == 0


def test_a_choice_is_written_only_when_it_was_forgotten() -> None:
    """The browser shows what is written, even if the visitor has chosen otherwise meanwhile."""
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    page.run()
    assert not any(each.proto.set_value for each in [*page.selectbox, *page.multiselect])
    session_of(page).kept_labels.clear()
    page.run()
    assert any(each.proto.set_value for each in page.selectbox)
