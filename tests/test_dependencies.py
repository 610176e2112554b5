"""Known weaknesses of what is installed: found where the index can be reached, else told."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

import pytest

from tests.support.audit import Verdict, audit, judged

NOBODY = "http://127.0.0.1:9"


def test_nothing_that_is_installed_is_known_to_be_weak(remark: Callable[[str], None]) -> None:
    """Whatever has a remedy is to be raised; where nobody can be asked, everybody is told."""
    verdict = audit()
    remark(verdict.line)
    assert not verdict.to_raise, f"raise these in requirements.txt: {verdict.to_raise}"


def test_the_advisories_cannot_be_reached() -> None:
    """On a machine without a way out, which a closed port in place of a proxy is like."""
    verdict = audit(HTTPS_PROXY=NOBODY, https_proxy=NOBODY, ALL_PROXY=NOBODY, NO_PROXY="")
    assert verdict.line.startswith(
        "Dependencies were not checked: the advisories cannot be reached"
    )
    assert not verdict.to_raise
    assert "\n" not in verdict.line


def test_nobody_waits_for_ever() -> None:
    """An audit that takes too long is given up."""
    verdict = audit(limit=0.01)
    assert verdict == Verdict("Dependencies were not checked: there was no answer in 0 s.")


class Advisories(BaseHTTPRequestHandler):
    """Answers as OSV does by its schema: one weakness of requests, with a remedy or without."""

    remedy = ""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = asked["package"]["name"]
        body = json.dumps({"vulns": [self.weakness(name)]} if name == "requests" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def weakness(self, name: str) -> dict[str, Any]:
        events = [{"introduced": "0"}, *([{"fixed": self.remedy}] if self.remedy else [])]
        ranges = [{"type": "ECOSYSTEM", "events": events}]
        affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
        head = {"schema_version": "1.6.0", "id": "PYSEC-0000-1", "summary": "It is weak."}
        return head | {"aliases": ["CVE-0000-1"], "affected": affected}

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library names it so
        """Stays silent."""


@pytest.fixture
def advisories() -> Iterator[ThreadingHTTPServer]:
    """Start a server of advisories on this machine, for the real pip-audit to ask."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("remedy", ["999.0", ""])
def test_a_weakness_is_found(
    advisories: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, remedy: str
) -> None:
    """By the real pip-audit; with a remedy it is to be raised, without one it is told."""
    monkeypatch.setattr(Advisories, "remedy", remedy)
    address = f"http://127.0.0.1:{advisories.server_address[1]}/"
    verdict = audit("--local", "--vulnerability-service", "osv", "--osv-url", address)
    found = f"requests {version('requests')} (PYSEC-0000-1"
    if remedy:
        assert verdict.to_raise == (f"{found}, mended in 999.0)",)
        assert f"to be raised: {found}" in verdict.line
    else:
        assert not verdict.to_raise
        assert f"without a remedy here: {found})" in verdict.line


def package(name: str, *remedies: str, weak: bool = True) -> dict[str, Any]:
    """Return a package as pip-audit's JSON describes it."""
    weakness = {"id": "GHSA-1", "fix_versions": list(remedies), "aliases": []}
    return {"name": name, "version": "1.0", "vulns": [weakness] if weak else []}


SKIPPED = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    ("packages", "line", "to_raise"),
    [
        ([package("a", weak=False)], "Dependencies were checked: 1 packages.", []),
        (
            [package("a", weak=False), SKIPPED],
            "Dependencies were checked: 1 packages, 1 unknown to the index.",
            [],
        ),
        (
            [package("a", "1.1", "2.0"), package("b")],
            "Dependencies were checked: 2 packages; to be raised: a 1.0 (GHSA-1, mended in 1.1 or "
            "2.0); without a remedy here: b 1.0 (GHSA-1).",
            ["a 1.0 (GHSA-1, mended in 1.1 or 2.0)"],
        ),
        (
            [package("pip", "26.0")],
            "Dependencies were checked: 1 packages; without a remedy here: pip 1.0 (GHSA-1, mended "
            "in 26.0).",
            [],
        ),
        (
            [SKIPPED],
            "Dependencies were not checked: the index that answers knows none of the packages.",
            [],
        ),
        (
            [],
            "Dependencies were not checked: the index that answers knows none of the packages.",
            [],
        ),
    ],
)
def test_judged(packages: list[dict[str, Any]], line: str, to_raise: list[str]) -> None:
    """What can be raised here fails the tests; all else is only told."""
    assert judged(json.dumps({"dependencies": packages, "fixes": []})) == Verdict(
        line, tuple(to_raise)
    )


@pytest.mark.parametrize("said", ["", "x", "[]", "7", "{}", '{"dependencies": '])
def test_judged_without_an_answer(said: str) -> None:
    """The last line of what pip-audit complained of is the reason."""
    assert judged(said, "Traceback\n  deep\nConnectionError: nobody there\n") == Verdict(
        "Dependencies were not checked: the advisories cannot be reached (ConnectionError: nobody "
        "there)."
    )
    assert "(nothing was said)" in judged(said).line
