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
    """A setting that code reads is one that the documents explain."""
    code = "".join(path.read_text() for path in (ROOT / "liaobots").rglob("*.py"))
    table = (ROOT / ".github" / "docs" / "settings.md").read_text()
    for name in sorted(set(re.findall(r'"(LIAOBOTS_[A-Z_]+)"', code))):
        assert f"| `{name}` |" in table


def test_it_is_a_front_door() -> None:
    """README stays short, and what it links to is there."""
    assert len(README.split()) <= 1200
    documents = [ROOT / "README.md", *(ROOT / ".github").rglob("*.md")]
    for document in documents:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_every_file_that_is_named_is_there() -> None:
    """The table of where things are names real files."""
    table = (ROOT / ".github" / "CONTRIBUTING.md").read_text()
    names = re.findall(r"`((?:liaobots|tests)/[\w/.]+)`", table)
    assert len(names) > 30
    assert not [name for name in names if not (ROOT / name).exists() and "NAME" not in name]


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
    # A licence is the owner's to choose.
    assert visible - {"LICENSE"} == {
        "README.md", "app.py", "liaobots", "requirements.txt", "tests"
    }  # fmt: skip
