"""The profile: the folder that holds one person's identity and local store on this computer.

Open in one program at a time, which an OS lock on a file in it sees to: the lock goes with the program, however
that ends.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import platformdirs

from desktop_chat.core.identity import FILE, Identity, IdentityDamaged, KeyringLike, load_identity, make_identity
from desktop_chat.store.contract import ProfileOpen

DEFAULT = "default"
_NAME = re.compile(r"\w[\w .-]{0,63}")
_LOCK = "lock"
_STORE = "store.db"


def profile_folder(name_or_path: str | Path) -> Path:
    """Where a profile lies: a plain name among this user's profiles, whatever else is a path."""
    if isinstance(name_or_path, str) and _NAME.fullmatch(name_or_path):
        return Path(platformdirs.user_data_dir("desktop-chat", appauthor=False)) / "profiles" / name_or_path
    return Path(name_or_path).expanduser().absolute()


class Profile:
    """An open profile. Close it last: after the store that lies in it."""

    def __init__(self, folder: Path, identity: Identity, lock: IO[str]) -> None:
        self.folder = folder
        self.identity = identity
        self._lock = lock

    @classmethod
    def open(cls, path_or_name: str | Path = DEFAULT, *, keyring: KeyringLike | None, unlock: bool = True) -> Profile:
        """Opens a profile; the first time it makes the folder, the identity and the device.

        The private key goes to `keyring` if that works, else to a file. Blocks as long as the keyring does; with
        `unlock=False` it is only asked the first time, and `identity.unlock` is left to the caller.

        Raises `ProfileOpen`, `IdentityDamaged`, `KeyringUnavailable` if the key lies in a keyring that can't be asked
        now, and `OSError` if the folder can't be made or written.
        """
        folder = profile_folder(path_or_name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)  # also one that was there before
        with ExitStack() as undo:
            lock = undo.enter_context(_locked(folder))
            identity = load_identity(folder)
            if identity is None:
                if (folder / _STORE).exists():
                    raise IdentityDamaged(f"{folder / FILE} is missing: the messages here belong to an identity.")
                identity = make_identity(folder, keyring)
            if unlock:
                identity.unlock(keyring)
            undo.pop_all()
        return cls(folder, identity, lock)

    @property
    def device(self) -> bytes:
        """16 random bytes: which of this person's installations this is."""
        return self.identity.device

    @property
    def store_path(self) -> Path:
        return self.folder / _STORE

    def close(self) -> None:
        """Lets another program open it."""
        self._lock.close()


def _locked(folder: Path) -> IO[str]:
    """The lock file of `folder`, locked until it is closed, with the id of this process in it."""
    path = folder / _LOCK
    file = open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii", errors="replace")  # noqa: SIM115 - stays open
    try:
        _lock(file.fileno())
    except (BlockingIOError, PermissionError):  # as POSIX and as Windows says it
        holder = file.read(20).strip() or "another one"
        file.close()
        raise ProfileOpen(f"The profile in {folder} is open in another program (process {holder}).") from None
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _lock(descriptor: int) -> None:
    """Raises `BlockingIOError` or `PermissionError` if somebody else has it."""
    if sys.platform == "win32":
        import msvcrt

        # Windows keeps others from reading what is locked: lock a byte far behind the process id.
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
