"""The client's end of TLS: the server's key is checked inside the handshake, before one byte of ours is sent.

Checking after `connect()` would be too late: the request, and with an eager caller the invite token, is on the wire
by then. Inside `do_handshake` a wrong key ends the handshake itself, before the client's own Finished message.
Host name, validity and issuer of the certificate are ignored: the pin says more than they do, and a wrong clock
must not lock anybody out.

Both errors are `ssl.SSLCertVerificationError`s, because asyncio hands exactly the SSL errors of a handshake on to
whoever connects: `await websockets.connect(uri, ssl=context)` and `loop.create_connection` raise the very object.
They are `OSError`s (and `ValueError`s) too: catch them before the `OSError` that means "try again later".
(`async for … in connect()` retries on any `OSError`: don't use it with a pin.)
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Never

from chat_protocol.invite_link import server_name
from chat_protocol.server_key import FIRST_USE_NAME, fingerprint_of_certificate, same_key


class WrongServerKey(ssl.SSLCertVerificationError):
    """Whoever answered doesn't hold the pinned key; it got nothing from us.

    A hard stop: there is no "continue anyway". Either the address now leads to another server, or somebody sits
    in between.
    """

    def __init__(self, text: str) -> None:
        super().__init__(ssl.SSL_ERROR_SSL, text)


class UnknownServerKey(ssl.SSLCertVerificationError):
    """The end of every handshake with an `unpinned_context`: what is to be shown to the person who decides."""

    def __init__(self, fingerprint: bytes) -> None:
        super().__init__(ssl.SSL_ERROR_SSL, "the server's key is not known yet")
        self.fingerprint = fingerprint
        """The key that the server proved to hold: `chat_protocol.server_key.fingerprint_of_certificate`."""


def pinned_context(fingerprint: bytes) -> ssl.SSLContext:
    """A context that connects to the server whose key has this 32-byte fingerprint, and to no other.

    TLS 1.3 only. It asks for the server by `server_name(fingerprint)`, whatever host name the caller connects to.
    A handshake with anybody else raises `WrongServerKey`. Raises `ValueError` for another length.
    """

    def check(certificate: bytes | None) -> None:
        if not same_key(certificate, fingerprint):
            raise WrongServerKey("the server's key is not the one that the invite names")

    return _KeyContext(check, server_name(fingerprint))


def unpinned_context() -> ssl.SSLContext:
    """A context for a typed address or a find in the local network, where no invite names the key.

    It never connects: every handshake that comes so far ends with `UnknownServerKey`, so no token and no login can
    be sent to a server that nobody has agreed to. Show its fingerprint, ask, store the answer, and connect with
    `pinned_context`. Raises `WrongServerKey` when the server shows no readable key.
    """

    def capture(certificate: bytes | None) -> Never:
        try:
            fingerprint = fingerprint_of_certificate(certificate or b"")
        except ValueError as error:
            raise WrongServerKey("the server shows no key that can be read") from error
        raise UnknownServerKey(fingerprint)

    return _KeyContext(capture, FIRST_USE_NAME)


class _KeyContext(ssl.SSLContext):
    """A client context that hands the peer's certificate to `check` as the last step of each handshake."""

    def __new__(cls, check: Callable[[bytes | None], None], name: str) -> _KeyContext:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, check: Callable[[bytes | None], None], name: str) -> None:
        self._name = name
        self.minimum_version = ssl.TLSVersion.TLSv1_3
        # The order matters: with the host name checked, CERT_NONE is refused.
        self.check_hostname = False
        self.verify_mode = ssl.CERT_NONE

        class CheckedObject(ssl.SSLObject):
            def do_handshake(self) -> None:
                super().do_handshake()  # raises SSLWantReadError until the handshake is complete
                check(self.getpeercert(binary_form=True))

        self.sslobject_class = CheckedObject

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, self._name, session)

    def wrap_socket(self, *args: object, **kwargs: object) -> Never:
        raise NotImplementedError("blocking sockets would go past the check of the key: connect by asyncio")
