"""Temporary folders that disappear with their process."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from liaobots.ui.private_folder import PrivateFolder
from tests.support.app import ROOT

PREFIX = "liaobots-test-"
KILLED_PROCESS = f"""
import os, signal
from pathlib import Path
from liaobots.ui.private_folder import PrivateFolder
folder = PrivateFolder("{PREFIX}")
subfolder = folder.subfolder()
Path(subfolder.name, "source").write_text("x")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let all temporary folders of a test be made in a folder of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_folder_of_killed_process_is_removed(temporary: Path) -> None:
    """The next process removes it, and leaves the folder of a process that still runs."""
    environment = os.environ | {"TMPDIR": str(temporary)}
    command = [sys.executable, "-c", KILLED_PROCESS]
    running = PrivateFolder(PREFIX)
    subprocess.run(command, cwd=ROOT, env=environment, check=False)
    assert len(list(temporary.iterdir())) == 2
    PrivateFolder(PREFIX).remove()
    assert list(temporary.iterdir()) == [running.path]
    with running.subfolder() as made:
        assert Path(made).parent == running.path
    running.remove()
    assert not list(temporary.iterdir())


def test_folder_without_lock_is_left_alone(temporary: Path) -> None:
    """A folder without a lock file was not made here, and one of another prefix is not ours."""
    (temporary / f"{PREFIX}x").mkdir()
    (temporary / "other").mkdir()
    (temporary / "other" / "lock").touch()
    folder = PrivateFolder(PREFIX)
    assert folder.path.name.startswith(PREFIX)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.remove()
    assert {each.name for each in temporary.iterdir()} == {f"{PREFIX}x", "other"}
