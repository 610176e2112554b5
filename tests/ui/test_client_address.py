"""By which address a visitor is counted, and who is believed to say so."""

import pytest
from starlette.datastructures import Headers
from starlette.types import Scope

from liaobots.errors import InvalidInput
from liaobots.ui.client_address import client_address, is_believed, peer_address, read

PUBLIC, OTHER, PRIVATE, LOCAL = "9.9.9.9", "8.8.8.8", "10.0.0.5", "127.0.0.1"


def scope_of(peer: str, hops: str | None = None, *, port: int = 5000, via: str = "") -> Scope:
    """Return a request from a peer, with the hops that a header names."""
    headers = [(b"x-forwarded-for", hops.encode())] if hops is not None else []
    headers += [(b"via", via.encode())] if via else []
    return {"type": "websocket", "client": (peer, port), "headers": headers}


@pytest.mark.parametrize(
    ("scope", "address"),
    [
        (scope_of(PUBLIC), PUBLIC),
        (scope_of(PUBLIC, OTHER), PUBLIC),
        (scope_of(PUBLIC, f"{OTHER}, {PUBLIC}"), PUBLIC),
        (scope_of(f"::ffff:{PUBLIC}"), PUBLIC),
        (scope_of("2001:db9:1:2:3:4:5:6"), "2001:db9:1:2::/64"),
        (scope_of("fe80::1%eth0"), "fe80::/64"),
        (scope_of(PRIVATE), PRIVATE),
        (scope_of(PRIVATE, OTHER), ""),
        (scope_of(PRIVATE, via="1.1 proxy"), ""),
        (scope_of(LOCAL), ""),
        (scope_of("::1"), ""),
        (scope_of(LOCAL, PUBLIC), ""),
        # So Uvicorn names the visitor of a proxy on this machine.
        (scope_of(PUBLIC, PUBLIC, port=0), ""),
        ({"type": "websocket", "client": None, "headers": []}, ""),
    ],
)
def test_no_proxy_named(scope: Scope, address: str) -> None:
    """The peer is counted, unless it may stand for many visitors."""
    assert client_address(scope, ()) == address


@pytest.mark.parametrize(
    ("scope", "address"),
    [
        (scope_of(PRIVATE, PUBLIC), PUBLIC),
        (scope_of(PRIVATE, f"{OTHER}, {PUBLIC}"), PUBLIC),
        (scope_of(PRIVATE, f"{OTHER}, {PUBLIC}, 10.9.9.9"), PUBLIC),
        (scope_of(PRIVATE, f"{OTHER},{PUBLIC} , 10.9.9.9 ,10.1.1.1"), PUBLIC),
        (scope_of(PRIVATE, "10.9.9.9, 10.1.1.1"), "10.9.9.9"),
        (scope_of(PRIVATE, f"{PUBLIC}:8080"), PUBLIC),
        (scope_of(PRIVATE, "[2001:db9::1]:8080"), "2001:db9::/64"),
        (scope_of(PRIVATE, "2001:db9::1"), "2001:db9::/64"),
        (scope_of(PRIVATE, f"{PUBLIC}, unknown"), ""),
        (scope_of(PRIVATE, ""), ""),
        (scope_of(PRIVATE), ""),
        (scope_of(PUBLIC, OTHER), PUBLIC),
        (scope_of("192.168.0.7", OTHER), "192.168.0.7"),
        (scope_of(LOCAL, OTHER), ""),
        (scope_of(OTHER, OTHER, port=0), ""),
    ],
)
def test_a_network_of_proxies_is_named(scope: Scope, address: str) -> None:
    """From a named proxy, the last hop that is none counts; from others, the peer."""
    assert client_address(scope, read("10.0.0.0/8")) == address


@pytest.mark.parametrize("named", ["127.0.0.1", "::1", "127.0.0.0/8"])
def test_this_machine_is_named(named: str) -> None:
    """By any of its names, also where Uvicorn has put the visitor in place of the peer."""
    for scope in (
        scope_of(LOCAL, PUBLIC),
        scope_of(PUBLIC, PUBLIC, port=0),
        scope_of(OTHER, f"{OTHER}, {PUBLIC}", port=0),
    ):
        assert client_address(scope, read(named)) == PUBLIC


def test_several_headers() -> None:
    """They are one list, as proxies may add headers of their own."""
    scope = scope_of(PRIVATE, OTHER)
    scope["headers"].append((b"x-forwarded-for", PUBLIC.encode()))
    assert client_address(scope, read(PRIVATE)) == PUBLIC


def test_peer_address() -> None:
    """The other end of the connection, whatever headers say."""
    assert peer_address(scope_of(PUBLIC, OTHER)) == PUBLIC
    assert peer_address(scope_of(OTHER, OTHER, port=0)) == LOCAL
    assert peer_address(scope_of(f"::ffff:{LOCAL}")) == LOCAL


@pytest.mark.parametrize(
    ("named", "peer", "believed"),
    [
        ("", LOCAL, True),
        ("", PRIVATE, True),
        ("127.0.0.1", LOCAL, True),
        ("127.0.0.1", "::1", True),
        ("10.0.0.0/8", PRIVATE, True),
        ("10.0.0.0/8", LOCAL, False),
        ("10.0.0.0/8", PUBLIC, False),
        ("10.0.0.0/8", "", False),
    ],
)
def test_who_is_believed(named: str, peer: str, believed: bool) -> None:
    """Where proxies are named, nobody else is taken for one; a request without headers never."""
    headers = Headers({"x-forwarded-for": PUBLIC})
    assert is_believed(headers, peer, read(named)) is believed
    assert not is_believed(Headers(), peer, read(named))


@pytest.mark.parametrize("setting", ["", " , ", "127.0.0.1,::1", "10.0.0.0/8 , 2001:db8::/32"])
def test_right_settings(setting: str) -> None:
    """Addresses and networks of both families, or none."""
    assert len(read(setting)) == len([each for each in setting.split(",") if each.strip()])


@pytest.mark.parametrize("name", ["proxy", "10.0.0", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.1:80"])
def test_wrong_settings(name: str) -> None:
    """What is no address and no network is named, with what to write."""
    with pytest.raises(InvalidInput, match="LIAOBOTS_PROXIES names “") as caught:
        read(f"127.0.0.1, {name}")
    assert f"“{name}”" in str(caught.value)
