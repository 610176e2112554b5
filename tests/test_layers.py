"""Who may import whom: `.importlinter` says it, with the words that a developer types."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.support.app import ROOT


def test_imports_run_down_only() -> None:
    """No package imports one above it, there are no circles, and only `ui` knows Streamlit."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 kept, 0 broken" in done.stdout


def imported_modules(file: Path) -> set[str]:
    """Return the names of the modules that a file imports from, and of what it imports."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    sources = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    members = {f"{node.module}.{name.name}" for node in sources for name in node.names}
    return plain | members | {str(node.module) for node in sources}


def test_no_module_of_tests_is_imported() -> None:
    """What tests share is in modules of its own, so that each test module can be moved alone."""
    files = sorted((ROOT / "tests").rglob("*.py"))
    modules = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files}
    tests = {name for name in modules if name.rpartition(".")[2].startswith(("test_", "conftest"))}
    assert len(tests) > 50
    imported = {str(file): imported_modules(file) & tests for file in files}
    assert not {file: found for file, found in imported.items() if found}


def test_import_is_light() -> None:
    """`import liaobots` loads neither Streamlit nor SQLAlchemy."""
    assert find_spec("streamlit")
    code = "import sys, liaobots; print(sys.modules.keys() & {'streamlit', 'sqlalchemy'})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
