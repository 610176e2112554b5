"""README's two commands, and that CI runs the words a developer types."""

import re
import subprocess

import pytest

from tests.support.app import ROOT

README = (ROOT / "README.md").read_text()


def command_of(heading: str) -> str:
    section = re.split(r"^## ", README, flags=re.M)
    text = next(part for part in section if part.startswith(heading + "\n"))
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.M | re.S)
    assert len(blocks) == 1
    command: str = blocks[0].strip()
    return command


@pytest.mark.parametrize("heading", ["Run", "Test"])
def test_one_line_each(heading: str) -> None:
    """Each section has one block with one line, which makes its own environment."""
    command = command_of(heading)
    assert "\n" not in command
    assert command.startswith("python3 -m venv .venv && ")


def test_ci_runs_readmes_words() -> None:
    """`.ci/run` takes its command from README."""
    script = (ROOT / ".ci" / "run").read_text()
    awk = re.search(r"\$\((awk .*)\)", script)
    assert awk
    done = subprocess.run(
        ["bash", "-c", awk.group(1)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == command_of("Test")


def test_every_setting_is_in_the_table() -> None:
    """A setting that code reads is one that README explains."""
    code = "".join(path.read_text() for path in (ROOT / "liaobots").rglob("*.py"))
    for name in sorted(set(re.findall(r'"(LIAOBOTS_[A-Z_]+)"', code))):
        assert f"| `{name}` |" in README


def test_the_picture_is_there() -> None:
    """README shows the page."""
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_the_top_level_is_quiet() -> None:
    """Nothing visible is added beside the house."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    top = {line.split("/")[0] for line in done.stdout.splitlines()}
    visible = {name for name in top if not name.startswith(".")}
    assert visible == {"README.md", "app.py", "liaobots", "requirements.txt", "tests"}
