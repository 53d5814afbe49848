"""Who this person is, and on which device: an Ed25519 key and 16 random bytes, made once for a profile.

Both lie in `identity.key`, a JSON file that only its owner may read. The private key lies in the keyring of the
system where one works, else in the file itself. A file that can't be read, or a key that is not there any more, is
an error that says so: never the reason for a new identity, which would be a stranger everywhere.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import msgspec

from chat_protocol.ids import b64, unb64

FILE = "identity.key"
KEYRING_SERVICE = "desktop-chat"
KEYRING_TIMEOUT_S = 3.0
_T = TypeVar("_T")
_IN_FILE = "Whoever has this file can speak in your name. Keep a copy of it in a safe place."
_IN_KEYRING = "The private key is in the keyring of this system, under desktop-chat and the public key."


class IdentityDamaged(Exception):
    """The identity of a profile is lost or contradicts itself; the text names the file to put back from a copy."""


class KeyringUnavailable(Exception):
    """There is no keyring, it is locked, or it doesn't answer."""


class KeyringLike(Protocol):
    """Where a private key can be kept. Both raise `KeyringUnavailable` and nothing else."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...


@dataclass
class Identity:
    """Signs once it is unlocked; everything else is known before."""

    public: bytes
    """The raw Ed25519 public key, 32 bytes."""
    device: bytes
    """16 random bytes of this installation."""
    in_keyring: bool
    """Else the private key lies in the file: worth telling the person."""
    _check: str = field(repr=False)
    _private: bytes | None = field(repr=False)
    """None: still in the keyring."""

    def unlock(self, keyring: KeyringLike | None) -> None:
        """Fetches the private key if it lies in the keyring. Blocks as long as that does, may be called in a thread.

        Raises `KeyringUnavailable`, and `IdentityDamaged` when the key is gone or another one.
        """
        if self._private is None:
            text = _from_keyring(keyring, b64(self.public))
            if text is None:
                raise IdentityDamaged(f"The keyring no longer has the private key that {FILE} speaks of.")
            self._private = self._checked(text)

    def _checked(self, text: str) -> bytes:
        try:
            private = unb64(text)
        except ValueError as error:
            raise IdentityDamaged(f"The private key that belongs to {FILE} can't be read.") from error
        if self._check != _check(self.public, self.device, private):
            raise IdentityDamaged(f"The private key does not belong to {FILE}, or contradicts it.")
        return private

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature of `data` (RFC 8032), 64 bytes. Raises `KeyringUnavailable` before `unlock`."""
        if self._private is None:
            raise KeyringUnavailable("The private key was not asked for yet.")
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # no business of a start

        return Ed25519PrivateKey.from_private_bytes(self._private).sign(data)


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    note: str
    version: Literal[1]
    public: str
    device: str
    check: str
    """Of public, device and private key: what no longer fits was damaged."""
    private: str | None = None
    """None: in the keyring."""


def load_identity(folder: Path) -> Identity | None:
    """The identity kept in `folder`, or None if none was made there yet; to be unlocked if its key is in the keyring.

    Raises `IdentityDamaged`.
    """
    file = folder / FILE
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        stored = msgspec.json.decode(data, type=_Stored)
        public, device = unb64(stored.public), unb64(stored.device)
    except (msgspec.DecodeError, ValueError) as error:
        raise IdentityDamaged(f"The identity in {file} can't be read.") from error
    identity = Identity(public, device, stored.private is None, stored.check, None)
    if stored.private is not None:
        identity._private = identity._checked(stored.private)
    return identity


def make_identity(folder: Path, keyring: KeyringLike | None) -> Identity:
    """A new identity, kept durably in `folder` before this returns: all of it or nothing."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    public, private, device = key.public_key().public_bytes_raw(), key.private_bytes_raw(), os.urandom(16)
    in_keyring = keyring is not None and _kept(keyring, b64(public), b64(private))
    check = _check(public, device, private)
    stored = _Stored(
        _IN_KEYRING if in_keyring else _IN_FILE,
        1,
        b64(public),
        b64(device),
        check,
        None if in_keyring else b64(private),
    )
    _write(folder, msgspec.json.format(msgspec.json.encode(stored)) + b"\n")
    return Identity(public, device, in_keyring, check, private)


class SystemKeyring:
    """The keyring of this system, where it works without asking anybody. Costs nothing until it is asked.

    Each question runs in a thread of its own for at most `timeout_s`: the services behind a keyring may hang.
    """

    def __init__(self, backend: Callable[[], KeyringLike] | None = None, timeout_s: float = KEYRING_TIMEOUT_S) -> None:
        """`backend` returns what is asked, or raises whatever says that there is none."""
        self._backend = _system_backend if backend is None else backend
        self._timeout_s = timeout_s

    def get_password(self, service: str, username: str) -> str | None:
        return self._ask(lambda: self._backend().get_password(service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._ask(lambda: self._backend().set_password(service, username, password))

    def _ask(self, question: Callable[[], _T]) -> _T:
        answer: Future[_T] = Future()

        def ask() -> None:
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001 - backends raise whatever their service does; told below
                answer.set_exception(error)

        # A daemon: one that hangs must not keep the program from ending.
        threading.Thread(target=ask, name="keyring", daemon=True).start()
        try:
            error = answer.exception(self._timeout_s)
        except TimeoutError:
            raise KeyringUnavailable("The keyring of this system does not answer.") from None
        if error is not None:
            raise KeyringUnavailable("The keyring of this system can't be used.") from error
        return answer.result()


def _system_backend() -> KeyringLike:
    if sys.platform == "win32":
        from keyring.backends.Windows import WinVaultKeyring

        return WinVaultKeyring()
    if sys.platform == "darwin":
        from keyring.backends.macOS import Keyring as Keychain

        return Keychain()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise KeyringUnavailable("There is no screen, so nobody unlocked a keyring.")
    import secretstorage
    from keyring.backends.SecretService import Keyring as SecretService

    # The backend would make or unlock the default collection by a dialog. This only looks.
    with closing(secretstorage.dbus_init()) as bus:
        if secretstorage.Collection(bus, "/org/freedesktop/secrets/aliases/default").is_locked():
            raise KeyringUnavailable("The keyring is locked.")
    return SecretService()  # type: ignore[no-untyped-call]


def _kept(keyring: KeyringLike, username: str, password: str) -> bool:
    try:
        keyring.set_password(KEYRING_SERVICE, username, password)
        return keyring.get_password(KEYRING_SERVICE, username) == password
    except KeyringUnavailable:
        return False


def _from_keyring(keyring: KeyringLike | None, username: str) -> str | None:
    if keyring is None:
        raise KeyringUnavailable("The private key of this profile is in a keyring, and there is none here.")
    return keyring.get_password(KEYRING_SERVICE, username)


def _check(public: bytes, device: bytes, private: bytes) -> str:
    return b64(hashlib.sha256(b"desktop-chat identity" + public + device + private).digest()[:8])


def _write(folder: Path, data: bytes) -> None:
    """The file, whole and on the disk, or no file: also when the power goes."""
    new = folder / f"{FILE}.new"
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE)
    if sys.platform != "win32":  # where a folder can't be opened
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
