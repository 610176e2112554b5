"""Who may import whom: `.importlinter` says it, with the words that a developer types."""

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


def test_import_is_light() -> None:
    """`import liaobots` loads neither Streamlit nor SQLAlchemy."""
    assert find_spec("streamlit")
    code = "import sys, liaobots; print(sys.modules.keys() & {'streamlit', 'sqlalchemy'})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
