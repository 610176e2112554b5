"""The address by which a visitor is counted, and the proxies that are trusted to report it.

A proxy reports the visitor in `X-Forwarded-For`, and any client may forge that. The header is
trusted only from the proxies that the setting `LIAOBOTS_PROXIES` names, as addresses or
networks: `LIAOBOTS_PROXIES="10.0.0.0/8, 127.0.0.1"`.
"""

import os
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from starlette.datastructures import Headers
from starlette.types import Scope

from liaobots.errors import InvalidInput

SETTING = "LIAOBOTS_PROXIES"
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")
LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
# Providers give each customer at least a /64 of IPv6 (RFC 6177).
IPV6_PREFIX_BITS = 64

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@cache
def proxies() -> tuple[Network, ...]:
    """Return the proxies of this process. Raise `InvalidInput` if the setting is wrong."""
    return read(os.environ.get(SETTING, ""))


def usable_proxies() -> tuple[Network, ...]:
    """Return the proxies, or none if the setting is wrong, which the page then shows."""
    try:
        return proxies()
    except InvalidInput:
        return ()


def read(setting: str) -> tuple[Network, ...]:
    """Return the networks that `setting` names. Raise `InvalidInput` if one is not a network."""
    names = filter(None, (each.strip() for each in setting.split(",")))
    return tuple(_network(name) for name in names)


def _network(name: str) -> Network:
    try:
        return ip_network(name)
    except ValueError as error:
        raise InvalidInput(
            "{setting} names “{name}”, which is no address and no network. Write addresses "
            "like 10.0.0.5 or networks like 10.0.0.0/8, with commas between them.",
            setting=SETTING,
            name=name[:60],
        ) from error


def client_address(scope: Scope, named: tuple[Network, ...] | None = None) -> str:
    """Return the address by which the sender of a request is counted, or "" to count nothing.

    Behind a named proxy this is the last hop of `X-Forwarded-For` that is not itself a named
    proxy; otherwise it is the peer. An IPv6 address is replaced by its /64 network.

    Some peers may stand for many visitors, who must not be counted as one: a peer on this
    machine, which may be a proxy that sends no header, and a peer with a private address that
    sends such headers while no proxy is named.
    """
    named = usable_proxies() if named is None else named
    headers = Headers(scope=scope)
    peer = _peer(scope, headers)
    if peer is None:
        return ""
    if _is_within(peer, named):
        return _key(_last_unnamed(_hops(headers), named))
    is_relay = not named and not peer.is_global and is_forwarded(headers)
    return "" if peer.is_loopback or is_relay else _key(peer)


def peer_address(scope: Scope) -> str:
    """Return the address of the other end of the connection, or ""."""
    peer = _peer(scope, Headers(scope=scope))
    return str(peer) if peer else ""


def is_forwarded(headers: Headers) -> bool:
    """Return whether a request has a header that a proxy would add."""
    return any(name in headers for name in FORWARDED)


def is_believed(headers: Headers, peer: str, named: tuple[Network, ...] | None = None) -> bool:
    """Return whether a request from `peer` came through a trusted proxy.

    If proxies are named, only those are trusted. If none is named, any such header is
    trusted, so that a proxy on this machine works without a setting. A page of another site
    can forge these headers in a `fetch` to a name that it made point here, and then read only
    what is public: the empty page and its scripts. It cannot set them on a WebSocket, which
    carries everything else.
    """
    named = usable_proxies() if named is None else named
    if not named:
        return is_forwarded(headers)
    address = _parsed(peer)
    return address is not None and is_forwarded(headers) and _is_within(address, named)


def _peer(scope: Scope, headers: Headers) -> Address | None:
    """Return the peer's address, or None for a Unix socket.

    For a proxy on this machine, Uvicorn replaces the peer by what the proxy reports, with the
    port 0, which no real peer has. The peer is then this machine.
    """
    host, port = scope.get("client") or ("", 0)
    if port == 0 and "x-forwarded-for" in headers:
        return LOOPBACK[0]
    return _parsed(str(host))


def _hops(headers: Headers) -> list[str]:
    return [hop.strip() for hop in ",".join(headers.getlist("x-forwarded-for")).split(",")]


def _last_unnamed(hops: list[str], named: tuple[Network, ...]) -> Address | None:
    """Return the last hop that is not a named proxy, else the first; None if it is no address."""
    address = None
    for hop in reversed(hops):
        address = _parsed(hop)
        if address is None or not _is_within(address, named):
            return address
    return address


def _parsed(text: str) -> Address | None:
    """Return the address in `text`, which may have a port, or None."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_within(address: Address, named: tuple[Network, ...]) -> bool:
    """Return whether a named network contains an address. All loopback addresses count as one."""
    same = LOOPBACK if address in LOOPBACK else (address,)
    return any(each in network for network in named for each in same)


def _key(address: Address | None) -> str:
    """Return the name under which an address is counted, or ""."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_PREFIX_BITS), strict=False))
    return str(address or "")
