"""One server as its client sees it: everything is decided here, nothing is done here.

Inputs are what the person does, what the connection brings and the time; after each the driver takes the `Effects`
and carries them out in their order (`effects.py`). When the store can't apply them, the session is thrown away, a
new one is built from the store, and the connection is made again: nothing was sent or shown that is not stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from chat_protocol import codec, frames, limits
from chat_protocol.errors import Code, Refused, Retry
from chat_protocol.events import Access, Body, Delete, Dm, Edit, Entry, Event, Fault, History, Make, Text, encode_body
from chat_protocol.ids import (
    STAFF,
    LogId,
    MemberId,
    Ref,
    b64,
    dm_log,
    member_id,
    new_cid,
    unb64,
)
from chat_protocol.server_key import login_payload
from desktop_chat.core.chain import Broken
from desktop_chat.core.copying import DEFAULT_SHARE, Copying, Extent
from desktop_chat.core.effects import Answer, Disconnected, Effects, Ending, Faulted, LoggedIn, Now, Signalled
from desktop_chat.core.marks import Marks
from desktop_chat.core.outbox import Outbox
from desktop_chat.core.requests import Requests, Then
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.sync import Sync
from desktop_chat.core.windows import Windows
from desktop_chat.store.contract import Delivery, HeldLog, KnownServer, OutboxRow, PutServer, Store

INVITE_CODES = (Code.INVITE_UNKNOWN, Code.INVITE_EXPIRED, Code.INVITE_REVOKED, Code.INVITE_USED_UP)
_WINDOW = 100


class Signer(Protocol):
    """The person's identity key."""

    @property
    def public(self) -> bytes:
        """Raw Ed25519 public key, 32 bytes."""

    def sign(self, data: bytes) -> bytes: ...


class Session:
    def __init__(
        self,
        known: KnownServer,
        signer: Signer,
        device: bytes,
        store: Store,
        random: Callable[[int], bytes],
        *,
        extent: Extent = Extent.EVERYTHING,
        share: float = DEFAULT_SHARE,
    ) -> None:
        """Goes on where `store` stands. `random(n)` gives n random bytes; `share` of the link is for the copy."""
        self.known = known
        self.member = member_id(signer.public)
        self._signer = signer
        self._device = device
        self._random = random
        self._out = Effects()
        self._requests = Requests(self._out)
        self.sync = Sync(known.server, self.member, store, self._requests, self, self._out)
        rows = store.outbox(known.server)
        self.outbox = Outbox(known.server, self.member, rows, self._requests, self.sync.head, self._out)
        self.windows = Windows(self._requests, self._out)
        self._copying = Copying(self.sync, self._requests, extent, share)
        self._marks = Marks(known.server, self.sync, self._requests, self._out, store)
        self._dms: dict[LogId, MemberId] = {}
        self._login_by: float | None = None

    def take_over(self, old: Session, now: Now) -> None:
        """In place of `old`, which is thrown away: whoever waits there for an answer gets none."""
        self._dms = {log: other for log, other in old._dms.items() if not self._knows(log)}
        old._requests.disconnected(now)

    @property
    def logged_in(self) -> bool:
        return self._requests.logged_in

    def take(self, now: Now) -> Effects:
        """What is to be done after the inputs since the last call."""
        candidates = (
            self._login_by,
            self._requests.deadline(),
            self.outbox.deadline(),
            self.sync.deadline(),
            self._copying.deadline(now),
            self._marks.deadline(),
        )
        return self._out.take(min((at for at in candidates if at is not None), default=None))

    # --- the connection ---------------------------------------------------------------------------------------

    def connected(self, now: Now) -> None:
        """A connection with the pinned key stands. The server speaks first."""
        self._login_by = now.mono_s + limits.LOGIN_S

    def received(self, data: bytes, now: Now) -> None:
        """One frame. What can't be read is reported and the connection stays."""
        try:
            frame = codec.decode_server(data)
        except codec.BadFrame as bad:
            self.fault(STAFF, 0, "unknown_type" if bad.code is Code.UNKNOWN_TYPE else "bad_frame", now)
            return
        match frame:
            case frames.Events():
                self.sync.events(frame, now)
                self._copying.go_on(now)
            case frames.Snapshot():
                self.sync.snapshot(frame, now)
                self._copying.go_on(now)
            case frames.Lost():
                self.sync.close(frame.log)
            case frames.Ok():
                self._requests.answered(frame.re, frame, now)
            case frames.Err():
                self._requests.answered(frame.re, frame, now)
            case frames.Signal():
                self._signalled(frame)
            case frames.Challenge():
                self._login(frame, now)
            case frames.Welcome():
                self._welcomed(frame, now)
            case frames.Bye():
                self._close(Ending(frame.code, frame.text, frame.retry, (frame.after_ms or 0) / 1000))
        # Not before: what a restored server lost goes again ahead of what was written since.
        if self.logged_in and self.sync.is_settled:
            self.outbox.online(now)

    def disconnected(self, ending: Ending, now: Now) -> None:
        """The connection is gone. What was under way goes again over the next one."""
        self._login_by = None
        self.outbox.offline()
        self.sync.disconnected()
        self._copying.disconnected()
        self._requests.disconnected(now)
        self._out.frames.clear()
        self._out.close = None
        self._out.notices.append(Disconnected(ending))

    def timer(self, now: Now) -> None:
        """The time of `Effects.deadline` has come, or any other time."""
        waited = self._requests.deadline()
        if self._login_by is not None and self._login_by <= now.mono_s:
            self._close(Ending(Trouble.NOT_A_CHAT_SERVER, "no challenge came"))
        elif waited is not None and waited <= now.mono_s:
            self._close(Ending(Trouble.NO_ANSWER))
        self.sync.timer(now)
        self.outbox.pump(now)
        self._marks.go_on(now)
        self._copying.go_on(now)

    def _login(self, challenge: frames.Challenge, now: Now) -> None:
        try:
            nonce = unb64(challenge.nonce)
        except ValueError:
            self._close(Ending(Trouble.NOT_A_CHAT_SERVER, "an unreadable challenge"))
            return
        if self._login_by is None:
            return  # one login for each connection
        self._login_by = None
        # The pinned key is signed, not the one that the challenge names: a relayed login fits nowhere else.
        signature = self._signer.sign(login_payload(nonce, unb64(self.known.server), limits.VERSION, self._device))
        invite = None if self.known.token is None else b64(self.known.token)
        name = self.known.first_name or None
        identity, device, sig = b64(self._signer.public), b64(self._device), b64(signature)
        self._requests.ask(lambda re: frames.Login(re, identity, device, sig, invite, name), self._login_answered, now)
        self.sync.connected(now)

    def _login_answered(self, answer: Answer, _now: Now) -> None:
        """Only a refusal comes here: a right login is answered with `welcome`."""
        if not isinstance(answer, frames.Err):
            return
        retry = answer.retry
        if answer.code in INVITE_CODES and self.known.token is not None:
            self.know(replace(self.known, token=None))
            if self.known.member is not None:
                retry = Retry.REAUTH  # a member stays one; only the further room is out of reach
        self._close(Ending(answer.code, answer.text, retry, (answer.after_ms or 0) / 1000, answer.suggestion))

    def _welcomed(self, welcome: frames.Welcome, now: Now) -> None:
        if not self._requests.answered(welcome.re, None, now) or welcome.member != self.member:
            self._close(Ending(Trouble.NOT_A_CHAT_SERVER, "a welcome for somebody else"))
            return
        try:
            self.sync.welcomed(welcome.logs, now)
        except Broken:
            self._close(Ending(Trouble.NOT_A_CHAT_SERVER, "an unreadable welcome"))
            return
        self._requests.logged_in = True
        if self.known.member is None or self.known.token is not None:
            self.know(replace(self.known, member=welcome.member, token=None, first_name=""))
        self._out.notices.append(LoggedIn(welcome.member, welcome.room))
        self._marks.online(now)
        self.windows.online(now)

    def know(self, known: KnownServer) -> None:
        """What is known of the server changes; a new token or name counts from the next login on."""
        self.known = known
        self._out.ops.append(PutServer(known))

    def _close(self, ending: Ending) -> None:
        if self._out.close is None:
            self._out.close = ending

    def _signalled(self, signal: frames.Signal) -> None:
        if signal.kind == "mark" and signal.by == self.member:
            self._marks.heard(signal.log, signal.seq or 0)
        else:
            if signal.kind == "read" and signal.by != self.member:
                self._marks.others_read(signal.log, signal.by, signal.seq or 0)
            self._out.notices.append(Signalled(signal.log, signal.kind, signal.by, signal.seq, signal.on))

    # --- what the person does ---------------------------------------------------------------------------------

    def write(
        self, log: LogId, kind: str, body: Body, now: Now, *, target: Ref | None = None, key: str | None = None
    ) -> OutboxRow:
        """An event to be sent as soon as it can be. Raises `ChatError` for what the server would refuse whatever
        happens: a text too long, a value that can't be, a log that is not there."""
        knows = self._knows(log)
        begins = log in self._dms and not knows
        if not (knows or begins or kind in ("make", "join")):
            raise ChatError(Code.UNKNOWN_LOG)
        entry = self._entry(log, kind, body, now, target, key)
        if begins:  # not before it is known that there is something to say
            one, other = sorted((self.member, self._dms[log]))
            self.outbox.add(self._entry(log, "dm", Dm((one, other)), now, None, "dm"), now)
        return self.outbox.add(entry, now)

    def edit(self, log: LogId, ref: Ref, text: str, now: Now, mentions: Sequence[MemberId] = ()) -> OutboxRow | None:
        """Changes the row itself while the message never left this device, else queues an edit behind it."""
        row = self.outbox.own(ref)
        if row is None or row.kind != "text" or row.delivery not in (Delivery.WAITING, Delivery.REFUSED):
            return self.write(log, "edit", Edit(text, list(mentions)), now, target=ref)
        said = msgspec.json.decode(row.body, type=Text)
        entry = self._entry(log, "text", Text(text, said.reply, list(mentions)), now, None, None)
        self.outbox.reword(row, entry.body, now)
        return self.outbox.own(ref)

    def delete(self, log: LogId, ref: Ref, now: Now) -> None:
        """Takes back what never left this device, else queues a deletion."""
        row = self.outbox.own(ref)
        if row is not None and row.delivery in (Delivery.WAITING, Delivery.REFUSED):
            self.outbox.discard(row)
        else:
            self.write(log, "delete", Delete(), now, target=ref)

    def open_dm(self, other: MemberId) -> LogId:
        """The log of the direct messages with `other`; made by the first text that is written to it, offline too."""
        log = dm_log(self.member, other)
        if not self._knows(log):
            self._dms[log] = other
        return log

    def make_room(self, name: str, access: Access, history: History, now: Now) -> LogId:
        log = LogId(b64(self._random(16)))
        self.write(log, "make", Make(name, access, history), now, key="make")
        return log

    def mark(self, log: LogId, seq: int, now: Now) -> None:
        self._marks.read(log, seq, now)

    def readers(self, log: LogId) -> Mapping[MemberId, int]:
        """Up to which seq others have read, of those who let others know."""
        return self._marks.others.get(log, {})

    def signal(self, log: LogId, kind: str, now: Now, seq: int | None = None) -> None:
        self._marks.signal(log, kind, seq, now)

    def page(self, log: LogId, down_to_row: int, now: Now) -> None:
        """Extends what is held downwards at least to that row, before the background copy gets there."""
        self._copying.want(log, down_to_row, now)

    def window(self, log: LogId, now: Now, around: Ref | int | None = None, limit: int = _WINDOW) -> int:
        """Shows the newest messages, or those around one (a ref or a row), without holding them; its number."""
        return self.windows.show(log, around, limit, now)

    def search(self, query: str, log: LogId | None, then: Then, now: Now) -> None:
        """Asks the server; `then` gets the answer. Raises `ChatError` if there is no connection."""
        if not self.logged_in:
            raise ChatError(Trouble.NOT_CONNECTED)
        self._requests.ask(lambda re: frames.Search(re, query, log), then, now)

    def _knows(self, log: LogId) -> bool:
        held = self.sync.held.get(log)
        if held is not None:
            return not held.closed
        return log == STAFF or any(row.log == log and row.kind in ("make", "dm") for row in self.outbox.rows())

    def _entry(self, log: LogId, kind: str, body: Body, now: Now, target: Ref | None, key: str | None) -> Entry:
        entry = Entry(log, new_cid(now.wall_ms, self._random(10)), kind, encode_body(body), target, key)
        try:
            entry, checked = codec.decode_entry(msgspec.json.encode(entry))
        except Refused as refused:
            raise ChatError.of(refused) from None
        return msgspec.structs.replace(entry, body=encode_body(checked))

    # --- what the sync tells in the same step (sync.Watcher) --------------------------------------------------

    def log_extended(self, log: LogId, events: Sequence[Event]) -> None:
        self.outbox.extended(log, events)
        self.windows.log_extended(log, events)

    def log_held(self, held: HeldLog, now: Now) -> None:
        self._dms.pop(held.log, None)
        self.outbox.overtaken(held.log, held.at.seq)
        self.windows.log_held(held.log, now)

    def log_closed(self, log: LogId) -> None:
        self.outbox.overtaken(log, None)
        self.windows.log_closed(log)

    def log_restored(self, log: LogId, own: Sequence[Event]) -> None:
        self.outbox.history_changed(log, own)
        self._marks.others.pop(log, None)  # the numbers mean other events now
        self._copying.restore(log, self.sync.held[log].before.seq)

    def fault(self, log: LogId, seq: int, code: str, now: Now) -> None:
        """Tells the server what can't be, outside the order of the outbox: it is about this connection only."""
        self._out.notices.append(Faulted(log, seq, code))
        if not self.logged_in:
            return
        named = LogId("".join(filter(str.isprintable, log))[: limits.KEY])  # it may be what can't be
        entry = self._entry(STAFF, "fault", Fault(named, seq, code), now, None, None)
        raw = msgspec.Raw(msgspec.json.encode(entry))
        self._requests.ask(lambda re: frames.Send(re, [raw]), _told, now)


def _told(_answer: Answer, _now: Now) -> None:
    """The log is followed again whatever the server says to do."""
