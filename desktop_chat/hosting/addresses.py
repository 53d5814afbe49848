"""Where this computer can be reached from its networks, now."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

LINK_ADDRESSES = 6
"""At most so many go into an invite, so that it stays a link that can be pasted."""


_PORTS = (*range(47_000, 47_032), 0)
"""Those of which a server takes the first free one when it starts for the first time (docs/server.md), then any."""


def own_hosts() -> list[str]:
    """The IP addresses of this computer by which others may find it, IPv4 first."""
    import ifaddr  # not before somebody hosts

    return reachable(
        address.ip if isinstance(address.ip, str) else address.ip[0]
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
    )


def reachable(hosts: Iterable[str]) -> list[str]:
    """Those of use to others: neither loopback nor link-local, which mean something else on each computer."""
    found = [ipaddress.ip_address(host.partition("%")[0]) for host in hosts]
    usable = [one for one in found if not (one.is_loopback or one.is_link_local)]
    return list(dict.fromkeys(map(str, sorted(usable, key=lambda one: one.version))))


def with_port(hosts: Iterable[str], port: int) -> tuple[str, ...]:
    """`host:port` of each, an IPv6 address in brackets; as many as an invite takes."""
    return tuple(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in hosts)[:LINK_ADDRESSES]


def for_others(addresses: Iterable[str]) -> list[str]:
    """Those `host:port` that lead here from another computer too."""
    return [one for one in addresses if not _is_loopback(one.rpartition(":")[0].strip("[]"))]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def free_port() -> int:
    """One at which nobody listens just now. Raises `OSError` if there is none."""
    error = OSError()
    for port in _PORTS:
        try:
            with socket.create_server(("", port)) as found:
                return int(found.getsockname()[1])
        except OSError as taken:
            error = taken
    raise error
