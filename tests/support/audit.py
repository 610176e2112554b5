"""Runs pip-audit on the installed packages, and judges its result."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Seconds for all packages together: so long may a network that swallows everything hold the tests.
LIMIT = 120
SILENCE = 10
# Python's own venv brings them, and no requirement of ours raises them; nothing of them is served.
OF_VENV = {"pip", "setuptools"}


@dataclass(frozen=True)
class Verdict:
    """What is to be raised, in words that a developer can act on, and a line for everybody."""

    line: str
    to_raise: tuple[str, ...] = ()


def audit(*options: str, limit: float = LIMIT, **environment: str) -> Verdict:
    """Audit the running environment; `options` are pip-audit's own."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--desc", "off", "--timeout", str(SILENCE), *(options or ["--local"])]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return unchecked(f"there was no answer in {limit:.0f} s")
    return judged(done.stdout, done.stderr)


def judged(said: str, trouble: str = "") -> Verdict:
    """Judge what pip-audit wrote to its output, or to its error output."""
    try:
        packages: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (trouble.strip() or "nothing was said").splitlines()[-1]
        return unchecked(f"the advisories cannot be reached ({reason[:200]})")
    known = [package for package in packages if "version" in package]
    if not known:
        return unchecked("the index that answers knows none of the packages")
    weak = [(package, each) for package in known for each in package["vulns"]]
    to_raise = [_words(*pair) for pair in weak if _can_be_raised(*pair)]
    others = [_words(*pair) for pair in weak if not _can_be_raised(*pair)]
    line = f"Dependencies were checked: {len(known)} packages"
    line += f", {len(packages) - len(known)} unknown to the index" * (len(known) < len(packages))
    line += f"; to be raised: {', '.join(to_raise)}" if to_raise else ""
    line += f"; without a remedy here: {', '.join(others)}" if others else ""
    return Verdict(f"{line}.", tuple(to_raise))


def unchecked(reason: str) -> Verdict:
    return Verdict(f"Dependencies were not checked: {reason}.")


def _can_be_raised(package: Mapping[str, Any], weakness: Mapping[str, Any]) -> bool:
    return bool(weakness["fix_versions"]) and package["name"] not in OF_VENV


def _words(package: Mapping[str, Any], weakness: Mapping[str, Any]) -> str:
    fixed = " or ".join(weakness["fix_versions"])
    ways = f", mended in {fixed}" if fixed else ""
    return f"{package['name']} {package['version']} ({weakness['id']}{ways})"
