"""The client's settings."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liaobots.client import settings as client_settings
from liaobots.client.dialects import DIALECTS
from liaobots.errors import AuthCodeMissing, InvalidInput


def test_defaults() -> None:
    """Without settings, the defaults are Liaobots' address, a minute and the form of 2025."""
    assert client_settings.base_url() == "https://liaobots.work"
    assert client_settings.timeout() == 60
    assert client_settings.dialect().name == "2025"


def test_environment_and_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments override the environment, which overrides the defaults."""
    monkeypatch.setenv("LIAOBOTS_URL", "https://example.org/")
    monkeypatch.setenv("LIAOBOTS_AUTH", " abc ")
    monkeypatch.setenv("LIAOBOTS_TIMEOUT", "2.5")
    monkeypatch.setenv("LIAOBOTS_WIRE", "2023")
    assert client_settings.base_url() == "https://example.org"
    assert client_settings.base_url("http://[::1]:8601") == "http://[::1]:8601"
    assert client_settings.auth() == "abc"
    assert client_settings.auth("def") == "def"
    assert client_settings.timeout() == 2.5
    assert client_settings.timeout(3) == 3
    assert client_settings.dialect().name == "2023"


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "1e10", "9" * 5_000, "1e999"])
def test_timeout_must_be_a_time(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """An invalid timeout raises an error that names the setting."""
    monkeypatch.setenv("LIAOBOTS_TIMEOUT", value)
    with pytest.raises(InvalidInput, match="LIAOBOTS_TIMEOUT"):
        client_settings.timeout()


def test_wire_must_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown form raises an error that lists the known ones."""
    monkeypatch.setenv("LIAOBOTS_WIRE", "1999")
    with pytest.raises(InvalidInput, match="2025, 2023, openai"):
        client_settings.dialect()


@pytest.mark.parametrize(
    "address",
    [
        "liaobots.work",
        "http://",
        "https://a:b@c",
        "http://x:99999",
        "https://x?y",
        "file:///etc",
        "http://сайт.рф",
    ],
)
def test_address_must_be_a_web_address(address: str) -> None:
    """Any other address raises an error that does not repeat it."""
    with pytest.raises(InvalidInput) as caught:
        client_settings.base_url(address)
    assert address not in str(caught.value)


@pytest.mark.parametrize("home", [None, "of home"])
@pytest.mark.parametrize("here", [None, "of here"])
@pytest.mark.parametrize("environment", [None, "of the environment"])
def test_the_database_is_the_one_that_the_page_uses(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    home: str | None,
    here: str | None,
    environment: str | None,
) -> None:
    """Streamlit, in a separate process, reads the same address from secrets and environment."""
    for name, address in (("home", home), ("here", here)):
        folder = tmp_path / name / ".streamlit"
        folder.mkdir(parents=True)
        if address:
            (folder / "secrets.toml").write_text(f'LIAOBOTS_DATABASE_URL = "{address}"\n')
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    if environment:
        monkeypatch.setenv("LIAOBOTS_DATABASE_URL", environment)
    code = (
        "import os, streamlit; streamlit.secrets.load_if_toml_exists(); "
        "print(os.environ.get('LIAOBOTS_DATABASE_URL', ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert client_settings.database() == done.stdout.strip() == (here or home or environment or "")


def test_secrets_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error names the file of the secrets, and quotes nothing of it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_bytes(b"s3cret = \xff")
    with pytest.raises(InvalidInput, match="cannot be read") as caught:
        client_settings.database()
    assert "s3cret" not in str(caught.value)


PARTS = [
    "http://", "https://", "HTTP://", "//", "[", "]", "[::1]", "@", ":", ":80", ":0", ":-1",
    ":99999", "/", "/v1", "?", "#", "%", "%zz", "\\", " ", "\n", "\t", "localhost", "example.org",
    "é", "\0", "\udc80", "..", "\N{FULLWIDTH SOLIDUS}", "127.0.0.1",
]  # fmt: skip
VALUES = st.lists(st.sampled_from(PARTS), max_size=6).map("".join) | st.text(max_size=40)


@settings(max_examples=300, deadline=None)
@given(VALUES)
@example("http://@http://")
def test_any_address_is_a_web_address_or_refused(value: str) -> None:
    """An accepted address has a host, uses http or https and holds no credentials."""
    try:
        address = client_settings.base_url(value or "x")
    except InvalidInput as error:
        message = str(error)
        assert message.isprintable()
        return
    parts = urlsplit(address)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert "@" not in parts.netloc
    assert address.isascii()
    assert address.isprintable()


@given(VALUES)
def test_any_code_can_be_sent_or_is_refused(value: str) -> None:
    """An accepted code fits into one header."""
    try:
        code = client_settings.auth(value)
    except AuthCodeMissing as error:
        message = str(error)
        assert len(value.strip()) < 4 or value.strip() not in message
        return
    assert code.isascii()
    assert code.isprintable()
    assert " " not in code


@given(VALUES | st.floats().map(str) | st.integers().map(str))
def test_any_timeout_can_be_counted_or_is_refused(value: str) -> None:
    """An accepted timeout is one that a socket can wait."""
    try:
        seconds = client_settings.timeout(value)  # type: ignore[arg-type]
    except InvalidInput:
        return
    assert 0 < seconds <= 86_400


@given(VALUES)
def test_any_dialect_is_known_or_refused(value: str) -> None:
    """An accepted dialect is one of the three."""
    try:
        dialect = client_settings.dialect(value)
    except InvalidInput as error:
        message = str(error)
        assert message.isprintable()
        return
    assert dialect in DIALECTS.values()
