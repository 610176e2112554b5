"""Where to talk to, as whom, and for how long."""

import pytest

from liaobots.errors import InputRefused
from liaobots.service import setting


def test_defaults() -> None:
    """With no setting, the known home, a minute and the newer form."""
    assert setting.base_url() == "https://liaobots.work"
    assert setting.timeout() == 60
    assert setting.wire() == "2025"


def test_environment_then_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given counts more than the environment, which counts more than the default."""
    monkeypatch.setenv("LIAOBOTS_URL", "https://example.org/")
    monkeypatch.setenv("LIAOBOTS_AUTH", " abc ")
    monkeypatch.setenv("LIAOBOTS_TIMEOUT", "2.5")
    monkeypatch.setenv("LIAOBOTS_WIRE", "2023")
    assert setting.base_url() == "https://example.org"
    assert setting.base_url("http://[::1]:8601") == "http://[::1]:8601"
    assert setting.auth() == "abc"
    assert setting.auth("def") == "def"
    assert setting.timeout() == 2.5
    assert setting.timeout(3) == 3
    assert setting.wire() == "2023"


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf"])
def test_timeout_must_be_a_time(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Nonsense is named, not guessed at."""
    monkeypatch.setenv("LIAOBOTS_TIMEOUT", value)
    with pytest.raises(InputRefused, match="LIAOBOTS_TIMEOUT"):
        setting.timeout()


def test_wire_must_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown form is refused."""
    monkeypatch.setenv("LIAOBOTS_WIRE", "1999")
    with pytest.raises(InputRefused, match="2025, 2023, openai"):
        setting.wire()


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
    """Anything but http and https to a host is refused, without repeating it."""
    with pytest.raises(InputRefused) as caught:
        setting.base_url(address)
    assert address not in str(caught.value)
