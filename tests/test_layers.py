"""The rooms of the house: who may import whom, read from the imports themselves."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.app import ROOT

HOUSE = ROOT / "liaobots"
MAY_IMPORT = {
    "errors": set(),
    "backoff": set(),
    "limits": {"errors"},
    "service": {"errors", "backoff", "service"},
    "sandbox": {"errors", "limits", "sandbox"},
    "documents": {"errors", "limits", "documents"},
    "chat": {"errors", "limits", "sandbox", "chat"},
    "ui": {
        *("errors", "backoff", "limits", "service"),
        *("sandbox", "documents", "chat", "ui"),
    },
    "__init__": {"errors", "service"},
    "__main__": {"errors", "service", "chat"},
}
FILES = sorted(HOUSE.rglob("*.py"))


def modules_of(file: Path) -> set[str]:
    """Gives the dotted names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the whole way"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_imports_run_one_way(file: Path) -> None:
    """A room imports only the rooms that it may."""
    ours = {name.split(".")[1] for name in modules_of(file) if name.startswith("liaobots.")}
    assert ours <= MAY_IMPORT[room_of(file)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_only_ui_knows_streamlit(file: Path) -> None:
    """Everything else runs in a REPL, a thread or a test."""
    packages = {name.split(".")[0] for name in modules_of(file)}
    assert room_of(file) == "ui" or not packages & {"streamlit", "starlette", "uvicorn"}


def test_standin_imports_nothing_of_ours() -> None:
    """Client and server cannot share a mistake."""
    modules = modules_of(HOUSE / "service" / "standin.py")
    assert not [name for name in modules if name.startswith("liaobots")]


def test_import_is_light() -> None:
    """`import liaobots` loads neither Streamlit nor SQLAlchemy."""
    code = "import sys, liaobots; print(sys.modules.keys() & {'streamlit', 'sqlalchemy'})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
