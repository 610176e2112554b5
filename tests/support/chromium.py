"""A Chromium for the tests: an installed one, else Playwright's own, else the system's package."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowserError(RuntimeError):
    """No browser was found or could be installed; the message says what was tried."""


def executable(playwright: Playwright) -> str:
    """Return the path of a Chromium that starts, and install one if there is none.

    One process at a time does so, because two cannot install at once.
    """
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _found(playwright)


def _found(playwright: Playwright) -> str:
    tried: list[str] = []
    for find in (_on_path, _playwrights_own, _installed_by_playwright, _installed_by_system):
        path = find(playwright, tried)
        if path and _starts(path, tried):
            return path
    raise NoBrowserError(
        "The tests need Chromium, and none could be had. Tried:\n- " + "\n- ".join(tried)
    )


def _on_path(playwright: Playwright, tried: list[str]) -> str | None:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        tried.append(f"none of {', '.join(NAMES)} is on the PATH")
    return found


def _playwrights_own(playwright: Playwright, tried: list[str]) -> str | None:
    path = playwright.chromium.executable_path
    return path if path and Path(path).exists() else None


def _installed_by_playwright(playwright: Playwright, tried: list[str]) -> str | None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return _playwrights_own(playwright, tried) if _worked(command, tried) else None


def _installed_by_system(playwright: Playwright, tried: list[str]) -> str | None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    if _worked([*apt, "update"], tried) and _worked([*apt, "install", "-y", "chromium"], tried):
        return _on_path(playwright, tried)
    return None


def _starts(path: str, tried: list[str]) -> bool:
    return _worked([path, "--version"], tried)


def _worked(command: list[str], tried: list[str]) -> bool:
    """Run a command, and note why it failed if it did."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        tried.append(f"{' '.join(command)}: {error}")
        return False
    if done.returncode:
        tried.append(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.returncode == 0
