"""Lint, format and types, with the words a developer types."""

import subprocess
import sys

import pytest

from tests.support.app import ROOT


@pytest.mark.parametrize("words", ["ruff check", "ruff format --check", "mypy"])
def test_is_clean(words: str) -> None:
    """Each checker passes over the whole tree."""
    done = subprocess.run(
        [sys.executable, "-m", *words.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
