"""Folders for files that are worked on."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from liaobots.ui.scratch import Scratch
from tests.support.app import ROOT

KILLED = """
import os, signal
from pathlib import Path
from liaobots.ui.scratch import Scratch
scratch = Scratch()
folder = scratch.folder()
Path(folder.name, "source").write_text("x")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_server_left_is_removed(temporary: Path) -> None:
    """The next one removes it, but neither a young folder nor one of a server that lives."""
    environment = os.environ | {"TMPDIR": str(temporary)}
    words = [sys.executable, "-c", KILLED]
    living = Scratch()
    subprocess.run(words, cwd=ROOT, env=environment, check=False)
    folders = list(temporary.iterdir())
    assert len(folders) == 2
    Scratch().close()
    assert set(temporary.iterdir()) == set(folders)
    for folder in folders:
        os.utime(folder, (0, 0))
    Scratch().close()
    assert len(list(temporary.iterdir())) == 1
    with living.folder() as made:
        assert Path(made).is_relative_to(temporary)
    living.close()
    assert not list(temporary.iterdir())
