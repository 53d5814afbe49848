"""The profile folder: one identity for ever, one program at a time, nothing that a keyring can hang."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import platformdirs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from desktop_chat.core.identity import FILE, IdentityDamaged, KeyringUnavailable, SystemKeyring
from desktop_chat.core.profile import Profile, profile_folder
from desktop_chat.store.contract import ProfileOpen


class FakeKeyring:
    """Keeps passwords in a dict; while `locked`, it is unavailable; `forgets` what it is given."""

    def __init__(self, *, locked: bool = False, forgets: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked
        self.forgets = forgets

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringUnavailable("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringUnavailable("locked")
        if not self.forgets:
            self.kept[service, username] = password


def opened_and_closed(folder: Path, keyring: FakeKeyring | None = None) -> Profile:
    profile = Profile.open(folder, keyring=keyring)
    profile.close()
    return profile


def test_identity_and_device_are_made_once(tmp_path: Path) -> None:
    first, second = opened_and_closed(tmp_path / "p"), opened_and_closed(tmp_path / "p")
    assert first.identity == second.identity
    assert (len(first.identity.public), len(first.device)) == (32, 16)
    other = opened_and_closed(tmp_path / "q")
    assert first.identity.public != other.identity.public
    assert first.device != other.device


def test_signs_by_the_identity(tmp_path: Path) -> None:
    identity = opened_and_closed(tmp_path).identity
    Ed25519PublicKey.from_public_bytes(identity.public).verify(identity.sign(b"login"), b"login")


def test_private_key_is_in_no_repr(tmp_path: Path) -> None:
    assert "private" not in repr(opened_and_closed(tmp_path).identity)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        opened_and_closed(tmp_path / "p")
        opened_and_closed(tmp_path / "q")
    finally:
        os.umask(before)
    for folder in ("p", "q"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
        assert (tmp_path / folder / FILE).stat().st_mode & 0o777 == 0o600


def test_private_key_goes_to_the_keyring_and_not_to_the_file(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    made = opened_and_closed(tmp_path, keyring).identity
    (private,) = keyring.kept.values()
    assert made.in_keyring
    assert private not in (tmp_path / FILE).read_text()
    assert opened_and_closed(tmp_path, keyring).identity == made


@pytest.mark.parametrize("keyring", [None, FakeKeyring(locked=True), FakeKeyring(forgets=True)])
def test_without_a_working_keyring_the_file_holds_the_key_and_says_so(
    tmp_path: Path, keyring: FakeKeyring | None
) -> None:
    assert not opened_and_closed(tmp_path, keyring).identity.in_keyring
    assert "Whoever has this file can speak in your name" in (tmp_path / FILE).read_text()


def test_locked_or_absent_keyring_is_said_and_no_new_identity(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    made = opened_and_closed(tmp_path, keyring).identity
    keyring.locked = True
    for unavailable in (keyring, None):
        with pytest.raises(KeyringUnavailable):
            Profile.open(tmp_path, keyring=unavailable)
    keyring.locked = False
    assert opened_and_closed(tmp_path, keyring).identity == made


def test_a_keyring_may_be_asked_after_the_profile_is_open(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    made = opened_and_closed(tmp_path, keyring).identity
    keyring.locked = True
    with closing(Profile.open(tmp_path, keyring=keyring, unlock=False)) as profile:
        identity = profile.identity
        assert (identity.public, identity.device) == (made.public, made.device)
        for question in (lambda: identity.sign(b"x"), lambda: identity.unlock(keyring)):
            with pytest.raises(KeyringUnavailable):
                question()
        keyring.locked = False
        identity.unlock(keyring)
        assert identity.sign(b"x") == made.sign(b"x")


def test_another_key_in_the_keyring_is_said(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    opened_and_closed(tmp_path / "other", keyring)
    (other,) = keyring.kept.values()
    opened_and_closed(tmp_path / "own", keyring)
    for wrong in (other, "no key"):
        keyring.kept = dict.fromkeys(keyring.kept, wrong)
        with pytest.raises(IdentityDamaged):
            Profile.open(tmp_path / "own", keyring=keyring)


def test_key_lost_from_the_keyring_is_said_and_no_new_identity(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    opened_and_closed(tmp_path, keyring)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(IdentityDamaged, match="keyring no longer has"):
        Profile.open(tmp_path, keyring=FakeKeyring())
    assert (tmp_path / FILE).read_bytes() == before


def test_any_damaged_byte_is_said_or_harmless(tmp_path: Path) -> None:
    made = opened_and_closed(tmp_path).identity
    good = (tmp_path / FILE).read_bytes()
    refused = 0
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 0x04
        (tmp_path / FILE).write_bytes(bad)
        try:
            assert opened_and_closed(tmp_path).identity == made  # in the note
        except IdentityDamaged:
            refused += 1
        assert (tmp_path / FILE).read_bytes() == bad
    assert refused > 200


@pytest.mark.parametrize("content", [b"", b"{}", b"\0" * 200, b"[" * 10_000])
def test_what_is_no_identity_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(IdentityDamaged, match=FILE):
        Profile.open(tmp_path, keyring=None)
    assert (tmp_path / FILE).read_bytes() == content


def test_store_without_identity_is_said_and_no_new_identity(tmp_path: Path) -> None:
    profile = opened_and_closed(tmp_path)
    profile.store_path.touch()
    (tmp_path / FILE).unlink()
    with pytest.raises(IdentityDamaged, match="is missing"):
        Profile.open(tmp_path, keyring=None)


def test_interrupted_making_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / f"{FILE}.new").write_bytes(b'{"note": "half')
    assert opened_and_closed(tmp_path).identity == opened_and_closed(tmp_path).identity
    assert sorted(file.name for file in tmp_path.iterdir()) == [FILE, "lock"]


def test_open_profile_names_the_process(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path, keyring=None)
    with pytest.raises(ProfileOpen, match=f"process {os.getpid()}"):
        Profile.open(tmp_path, keyring=None)
    profile.close()
    opened_and_closed(tmp_path)


def test_failed_open_does_not_keep_the_lock(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"damaged")
    for _ in range(2):
        with pytest.raises(IdentityDamaged):
            Profile.open(tmp_path, keyring=None)


HOLD = """
import sys
from pathlib import Path
from desktop_chat.core.profile import Profile
profile = Profile.open(Path(sys.argv[1]), keyring=None)
print(profile.identity.public.hex(), flush=True)
sys.stdin.read()
"""


def test_killed_program_leaves_the_profile_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        public = child.stdout.readline().strip()
        try:
            with pytest.raises(ProfileOpen, match=f"process {child.pid}"):
                Profile.open(tmp_path, keyring=None)
        finally:
            child.kill()
    assert opened_and_closed(tmp_path).identity.public.hex() == public


@pytest.mark.parametrize("name", ["default", "work 2", "測試"])
def test_name_lies_among_the_users_profiles(name: str) -> None:
    assert profile_folder(name) == Path(platformdirs.user_data_dir("desktop-chat", appauthor=False), "profiles", name)


@pytest.mark.parametrize("path", ["./work", "..", "a/b", Path("work")])
def test_path_is_taken_as_it_is(path: str | Path) -> None:
    assert profile_folder(path) == Path.cwd() / path


def test_keyring_that_hangs_is_unavailable() -> None:
    asked = threading.Event()

    def hangs() -> FakeKeyring:
        asked.wait()
        return FakeKeyring()

    try:
        with pytest.raises(KeyringUnavailable, match="does not answer"):
            SystemKeyring(hangs, timeout_s=0).get_password("service", "name")
    finally:
        asked.set()


def test_keyring_that_fails_in_any_way_is_unavailable() -> None:
    def fails() -> FakeKeyring:
        raise RuntimeError("no bus")

    with pytest.raises(KeyringUnavailable) as raised:
        SystemKeyring(fails).set_password("service", "name", "secret")
    assert isinstance(raised.value.__cause__, RuntimeError)
    assert "secret" not in str(raised.value)


def test_keyring_that_works_is_used(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    profile = Profile.open(tmp_path, keyring=SystemKeyring(lambda: keyring))
    profile.close()
    assert profile.identity.in_keyring


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="a keyring is always there")
def test_without_a_screen_no_keyring_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    profile = Profile.open(tmp_path, keyring=SystemKeyring())
    profile.close()
    assert not profile.identity.in_keyring
