"""Whom the page talks to, whatever stands in the secrets file."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from streamlit import config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from liaobots.errors import LiaobotsError
from liaobots.ui import identity, markdown, server_settings
from tests.support.app import ROOT
from tests.support.app_test import session_of
from tests.support.auth_code import CODE
from tests.support.strategies import mangled

SCRIPT = str(ROOT / "liaobots" / "ui" / "page.py")
SAMPLES = [
    (ROOT / ".streamlit" / "secrets.toml.example").read_bytes(),
    f'LIAOBOTS_AUTH = "{CODE}"\nLIAOBOTS_URL = "http://x:1"\n[auth]\nclient_id = "x"'.encode(),
    b'LIAOBOTS_AUTH = 1979-05-27\nLIAOBOTS_URL = [1, 2]\nauth = "no"\n',
    b"[LIAOBOTS_AUTH]\na = 1\n[LIAOBOTS_AUTH.b]\nc = inf\n[[auth]]\nx = true\n",
]
BROKEN = {
    "no TOML": b"LIAOBOTS_AUTH = ",
    "no UTF-8": b'LIAOBOTS_AUTH = "\xe9"',
    "UTF-16": 'LIAOBOTS_AUTH = "x"'.encode("utf-16"),
    "a nest without an end": b"a = " + b"[" * 5_000,
    "what no environment takes": b'LIAOBOTS_X = "a\\u0000b"',
    "a name that no environment takes": b'"a=b" = "x"',
    "a number without an end": b"LIAOBOTS_AUTH = " + b"9" * 5_000,
}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Write the secrets file, which Streamlit then reads again."""
    path, before = tmp_path / "secrets.toml", config.get_option("secrets.files")
    config.set_option("secrets.files", [str(path)])
    monkeypatch.setattr(streamlit, "secrets", made := Secrets())
    # Else a thread would watch the file, and outlive the test.
    made._file_watchers_installed = True
    environment = dict(os.environ)

    def rewrite(data: bytes) -> None:
        made._reset()
        path.write_bytes(data)

    yield rewrite
    made._reset()
    for name in os.environ.keys() - environment.keys():
        # Streamlit puts each secret into the environment as well.
        del os.environ[name]
    config.set_option("secrets.files", before)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(mangled(st.sampled_from(SAMPLES)) | st.binary(max_size=40))
@example(b"[auth]\n[auth.a]\n[auth.b]\nclient_id = 5\n")
@example(b"# " + b"x" * 5_000_000)
def test_any_secrets(write: Callable[[bytes], None], data: bytes) -> None:
    """There is a connection, or words of ours why there is none; nothing else is raised."""
    write(data)
    assert isinstance(server_settings.setting("LIAOBOTS_DATABASE_URL"), str)
    assert all(name is None or isinstance(name, str) for name in identity.providers())
    if server_settings.are_secrets_broken():
        return
    try:
        found = identity.service_of("nobody")
    except LiaobotsError as error:
        words = str(error)
        assert words.isprintable()
        assert CODE not in words
    else:
        assert found.base_url.startswith("http")
        assert found.code


@pytest.mark.parametrize("name", BROKEN)
def test_broken_secrets_are_told(write: Callable[[bytes], None], name: str) -> None:
    """Nobody shall believe that the server has no code, or that chats are kept elsewhere."""
    write(BROKEN[name])
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    assert not page.exception
    assert [each.value for each in page.error] == [
        markdown.escape_line(
            "The server's secrets.toml cannot be read, so nothing was sent and nothing "
            "is kept. The server's operator can fix it: it must be TOML in UTF-8, like "
            "secrets.toml.example."
        )
    ]
    assert not page.chat_input


def test_a_folder_in_place_of_the_file(write: Callable[[bytes], None], tmp_path: Path) -> None:
    """It is told too; no file at all is nothing to tell."""
    (tmp_path / "secrets.toml").mkdir()
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    assert [each.value for each in page.error] == [
        markdown.escape_line(
            "The server's secrets.toml cannot be read, so nothing was sent and nothing "
            "is kept. The server's operator can fix it: it must be TOML in UTF-8, like "
            "secrets.toml.example."
        )
    ]
    (tmp_path / "secrets.toml").rmdir()
    page.run()
    assert not page.error
    assert page.chat_input


def test_another_visitor_starts_anew() -> None:
    """What a session has of the one it began with is gone before anything is drawn."""
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    mine = session_of(page)
    mine.shown_messages["x"] = 5
    page.run()
    assert session_of(page) is mine
    known = mine.visitor
    mine.visitor = replace(known, owner="f" * 64)
    mine.redirect = "secret"
    page.run()
    assert not page.exception
    assert session_of(page) is not mine
    assert session_of(page).visitor.owner not in (known.owner, "f" * 64)
    assert not session_of(page).shown_messages
    assert session_of(page).redirect is None
