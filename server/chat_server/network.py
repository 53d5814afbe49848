"""Where a server listens and under which addresses others reach it."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterable
from pathlib import Path

import ifaddr

from chat_protocol.invite_link import Address
from chat_server.config import EVERYWHERE, FIRST_PORTS, THIS_COMPUTER, BadConfiguration
from chat_server.storage.data_folder import files_of, write_private
from chat_server.transport.listener import Gate, Listener

PORT_FILE = "port"
"""In the data folder: the port of the first start, kept for ever, since every invite link names it."""

_LOOPBACK = "127.0.0.1"
_COMM = 15
"""Characters of a process's name that Linux keeps."""
_LINK_ADDRESSES = 6
"""In a link, so that it stays one that can be pasted."""


class PortTaken(Exception):
    """The port is in use. The text says by whom, where the system tells, and what to do."""

    def __init__(self, port: int, owner: str | None, *, in_links: bool = False) -> None:
        """`in_links`: those who have a link look for the server there."""
        say = "say --port N once, and make new invites: the old ones name this port" if in_links else "say --port N"
        super().__init__(f"port {port} is taken by {owner or 'another program'}: stop that, or {say}")
        self.port = port


def listen(folder: Path, bind: str, port: int | None, gate: Gate) -> Listener:
    """Listens on the port kept in `folder`, which the first call chooses (see `Config.port`).

    Raises `PortTaken`, `BadConfiguration`, and as `files_of`.
    """
    kept = _kept_port(folder)
    wanted = [port] if port else [kept] if kept is not None else [0] if port == 0 else list(FIRST_PORTS)
    listener = _first_free(_bind_addresses(bind), wanted, gate, kept)
    taken: int = listener.getsockname()[1]
    if taken != kept:
        write_private(folder / PORT_FILE, f"{taken}\n".encode())
    return listener


def parse_address(text: str, port: int) -> Address:
    """`HOST` or `HOST:PORT`, an IPv6 address before a port in brackets. Raises `BadConfiguration`."""
    host, colon, named = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")) or text.endswith("]"):
        host, named = text, str(port)
    try:
        return Address(host.removeprefix("[").removesuffix("]"), int(named))
    except ValueError:
        raise BadConfiguration(f"{text!r} is no address: give HOST or HOST:PORT") from None


def own_addresses(bind: str, names: Iterable[str], port: int) -> tuple[Address, ...]:
    """Where others find this server: the configured names, then what it is bound to. Raises `BadConfiguration`."""
    found = dict.fromkeys(
        (*(parse_address(name, port) for name in names), *(Address(host, port) for host in _bound_hosts(bind)))
    )
    return tuple(found)[:_LINK_ADDRESSES]


def is_only_here(addresses: Iterable[Address]) -> bool:
    """Whether all of them mean another computer to whoever reads them there."""
    return all(_is_loopback(address.host) for address in addresses)


def _kept_port(folder: Path) -> int | None:
    with files_of(folder):
        try:
            text = (folder / PORT_FILE).read_bytes().strip()
        except FileNotFoundError:
            return None
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise BadConfiguration(f"{folder / PORT_FILE} holds no port")
    return int(text)


def _bind_addresses(bind: str) -> list[str]:
    """The address to bind to, and one to take instead where the system has no IPv6."""
    if bind == THIS_COMPUTER:
        return [_LOOPBACK]
    if bind == EVERYWHERE:
        return ["::", "0.0.0.0"] if socket.has_ipv6 else ["0.0.0.0"]  # noqa: S104 - asked for
    try:
        return [str(ipaddress.ip_address(bind))]
    except ValueError:
        raise BadConfiguration(f"{bind!r} is neither {THIS_COMPUTER}, nor {EVERYWHERE}, nor an IP address") from None


def _first_free(hosts: list[str], ports: list[int], gate: Gate, kept: int | None) -> Listener:
    error = OSError()
    for host in hosts:
        for port in ports:
            try:
                return Listener.bound(host, port, gate)
            except PermissionError:
                raise BadConfiguration(f"this user may not listen on port {port}") from None
            except OSError as failed:
                error = failed
    if error.errno in (_errno("EADDRINUSE"), _errno("WSAEADDRINUSE")):
        raise PortTaken(ports[0], owner_of(ports[0]), in_links=ports[0] == kept)
    raise BadConfiguration(f"can't listen on {hosts[0]}: {error.strerror}")


def _errno(name: str) -> int | None:
    import errno

    return getattr(errno, name, None)


def _bound_hosts(bind: str) -> list[str]:
    if bind == THIS_COMPUTER:
        return [_LOOPBACK]
    if bind != EVERYWHERE:
        return [bind]
    found = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    usable = [text for text in found if not (_ip(text).is_loopback or _ip(text).is_link_local)]
    return sorted(usable, key=lambda text: _ip(text).version) or [_LOOPBACK]


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _is_loopback(host: str) -> bool:
    try:
        return _ip(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"


def owner_of(port: int) -> str | None:
    """Who listens on `port`, as far as Linux lets us see it: `/proc` names the sockets, and whose they are."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:  # 0A: listening
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            if any(os.readlink(file) in inodes for file in (process / "fd").iterdir()):
                return f"{_name_of(process)} (process {process.name})"
        except OSError:
            continue  # not ours to look into, or gone by now
    return None


def _name_of(process: Path) -> str:
    """The system cuts it to 15 characters; the command line has the whole of it, as a rule."""
    name = (process / "comm").read_text("utf-8", "replace").strip()
    if len(name) < _COMM:
        return name
    words = (process / "cmdline").read_text("utf-8", "replace").split("\0")
    return next((whole for word in words if (whole := Path(word).name).startswith(name)), name)
