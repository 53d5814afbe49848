"""What becomes of the server on this computer. Pure: it takes the time and what happened, and says what to do."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from chat_protocol.ids import unb64
from chat_protocol.server_key import FINGERPRINT_BYTES
from desktop_chat.core.sentences import Trouble
from desktop_chat.hosting.server_command import FOLDER_IN_USE, STOPPED, is_hopeless, trouble_of

PAUSES_S = (0.5, 2.0, 8.0)
"""Before the server is started again: after its first, second and each further death in a row."""
MAX_DEATHS = 3
WITHIN_S = 60.0
"""So many deaths in this time, and it is not started again by itself."""
STOP_S = 15.0
"""How long a server may take to say goodbye to everybody."""
LEAVE_S = 1.5
"""How long when the program ends, which does not keep the person waiting: what was acknowledged is on the disk."""


class State(StrEnum):
    OFF = "off"
    STARTING = "starting"
    LIVE = "live"
    RESTARTING = "restarting"
    """It died, and is started again by itself."""
    STOPPING = "stopping"
    FAILED = "failed"
    """It is not tried again until the person asks; `RoomHost.trouble` and its `last_lines` say why."""


class Do(StrEnum):
    """What `RoomHost` asks its driver to do, in order."""

    LAUNCH = "launch"
    """Start a process; then call `listening` or `ended`."""
    ATTACH = "attach"
    """Another server has the folder. Read where it listens; then call `listening`, or `ended` as it did end."""
    SAY_STOP = "say stop"
    """To the own process; it ends within `STOP_S`."""
    SEND_STOP = "send stop"
    """To the server that was attached to, by the protocol. Then call `lost`, or `stop_refused`."""
    KILL = "kill"
    """The own process, which does not stop."""


class Listening(NamedTuple):
    """What a server says when it is ready."""

    key: bytes
    """SHA-256 of its public key, 32 bytes."""
    port: int
    addresses: tuple[str, ...]
    """`host:port`, where others find it."""
    parent_pipe: bool = False
    """Started by this program, be it an earlier run of it: it ends a while after its host has gone."""

    @property
    def here(self) -> tuple[str, ...]:
        """Where this computer finds it, the nearest first."""
        return tuple(dict.fromkeys((f"127.0.0.1:{self.port}", *self.addresses)))


class _Announced(msgspec.Struct):
    fingerprint: str
    port: int
    addresses: tuple[str, ...]
    parent_pipe: bool = False


def parse_listening(data: bytes) -> Listening:
    """Of the server's first line on stdout, or its file `listening.json`. Raises `ValueError`."""
    said = msgspec.json.decode(data, type=_Announced)
    key = unb64(said.fingerprint)
    if len(key) != FINGERPRINT_BYTES:
        raise ValueError("a fingerprint has 32 bytes")
    return Listening(key, said.port, said.addresses, said.parent_pipe)


class RoomHost:
    """Times are seconds of one monotonic clock. Each input returns what to do; afterwards `timer` is to be called
    at `deadline`, if there is one."""

    def __init__(self) -> None:
        self.state = State.OFF
        self.listening_at: Listening | None = None
        """Of the server that is live, or was last."""
        self.attached = False
        """Another program, or an earlier run of this one, started it."""
        self.live_since_s = 0.0
        self.last_lines: tuple[str, ...] = ()
        """What the server said last before it ended."""
        self.trouble = Trouble.HOSTING_FAILED
        """Why it ended."""
        self.deadline: float | None = None
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)
        self._in_a_row = 0
        self._has_process = False
        self._leaves = False

    # --- the person -------------------------------------------------------------------------------------------

    def start(self, _now_s: float) -> list[Do]:
        if self.state not in (State.OFF, State.FAILED):
            return []
        self._deaths.clear()
        self._in_a_row = 0
        self.last_lines = ()
        self._leaves = False
        return self._launch(State.STARTING)

    def stop(self, now_s: float) -> list[Do]:
        """Ends the server, whoever started it."""
        match self.state:
            case State.STARTING | State.LIVE | State.RESTARTING if self._has_process:
                self._enter(State.STOPPING, now_s + STOP_S)
                return [Do.SAY_STOP]
            case State.LIVE if self.attached:
                self._enter(State.STOPPING, now_s + STOP_S)
                return [Do.SEND_STOP]
            case State.STARTING | State.RESTARTING | State.FAILED:
                self._off()
        return []

    def leave(self, now_s: float, *, can_ask: bool = False) -> list[Do]:
        """The program ends: an own server is stopped, also one that an earlier run started if it `can_ask` it by the
        protocol. Another one that was attached to stays."""
        is_ours = self.listening_at is not None and self.listening_at.parent_pipe
        if self.attached and not (is_ours and can_ask):
            self._off()
            return []
        self._leaves = True
        doing = self.stop(now_s)
        if self.state is State.STOPPING:
            self.deadline = now_s + LEAVE_S
        return doing

    # --- what happened ----------------------------------------------------------------------------------------

    def listening(self, at: Listening, now_s: float) -> list[Do]:
        """The own process is ready, or the server to attach to was found."""
        if self.state not in (State.STARTING, State.RESTARTING):
            return []
        self.attached = not self._has_process
        self.listening_at = at
        self.live_since_s = now_s
        self._enter(State.LIVE)
        return []

    def ended(self, code: int | None, lines: Sequence[str], now_s: float) -> list[Do]:
        """The own process ended, or could not be started (None, as when it crashed). Or there was no server to attach
        to after all: once more `code` and `lines` of the process that found the folder in use."""
        looked, self._has_process = not self._has_process, False
        if self.state is State.STOPPING or code == STOPPED:
            self._off()
            return []
        if code == FOLDER_IN_USE and not looked:
            return [Do.ATTACH]
        if self.state in (State.OFF, State.FAILED):
            return []
        self.last_lines, self.trouble = tuple(lines), trouble_of(code)
        return self._died(now_s, hopeless=is_hopeless(code))

    def lost(self, now_s: float, *, stopped: bool) -> list[Do]:
        """The connection to the server ended; `stopped`: it said that the host stopped it."""
        if not self.attached:
            return []  # of an own process its end is told
        if stopped:
            self._off()
            return []
        return self._died(now_s, hopeless=False) if self.state is State.LIVE else []

    def stop_refused(self, _now_s: float) -> list[Do]:
        """The server that was attached to goes on."""
        if self.state is State.STOPPING and self._leaves:
            self._off()
        elif self.state is State.STOPPING:
            self._enter(State.LIVE)
        return []

    def timer(self, now_s: float) -> list[Do]:
        if self.deadline is None or now_s < self.deadline:
            return []
        self.deadline = None
        if self.state is State.STOPPING and self._has_process:
            return [Do.KILL]
        if self.state is State.STOPPING:
            return self.stop_refused(now_s)
        return self._launch(State.RESTARTING)

    # --- deciding ---------------------------------------------------------------------------------------------

    def _launch(self, state: State) -> list[Do]:
        self._enter(state)
        self.attached = False
        self._has_process = True
        return [Do.LAUNCH]

    def _died(self, now_s: float, *, hopeless: bool) -> list[Do]:
        is_calm = not self._deaths or now_s - self._deaths[-1] > WITHIN_S
        self._in_a_row = 1 if is_calm else self._in_a_row + 1
        self._deaths.append(now_s)
        self.attached = False
        if hopeless or (len(self._deaths) == MAX_DEATHS and now_s - self._deaths[0] <= WITHIN_S):
            self._enter(State.FAILED)
        else:
            self._enter(State.RESTARTING, now_s + PAUSES_S[min(self._in_a_row, len(PAUSES_S)) - 1])
        return []

    def _off(self) -> None:
        self.attached = False
        self._enter(State.OFF)

    def _enter(self, state: State, deadline: float | None = None) -> None:
        self.state = state
        self.deadline = deadline
