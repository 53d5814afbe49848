"""Getting in over the wire: A6, A8, D3, D4, D6 (joins), P12."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from dataclasses import replace

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Retry
from chat_protocol.events import Ban, History, SetHistory
from chat_protocol.ids import PEOPLE, STAFF, LogId, Position, b64, unb64
from chat_server.config import Patience
from chat_server.hub.rates import Rate
from chat_server.storage.contract import Batch
from chat_server.transport import admission, handshake
from chat_server.transport.handshake import Attempts
from tests.conftest import AllowLog
from tests.memory_storage import MemoryStorage, Moment
from tests.server.transport.conftest import UNLIMITED, Start, eventually
from tests.wire import GUARD_S, Key, Wire, entry


async def refused(wire: Wire, frame: frames.Login | frames.Peek) -> frames.Err:
    """The refusal of the first frame; the connection ends with it."""
    await wire.write(frame)
    answer = await wire.answer(frame.id)
    assert isinstance(answer, frames.Err), answer
    await wire.ended()
    return answer


async def test_a_member_gets_in_and_hears_of_every_log(start: Start) -> None:
    async with start() as running:
        wire = await running.connect()
        assert unb64(wire.challenge.server) == running.listening.fingerprint
        welcome = await wire.login(running.host)
        assert welcome.member == running.host.member
        hub = running.server.committer.hub
        assert {log.log: (log.head, log.row) for log in welcome.logs} == {
            one.log: (hub.position(one.log).seq, hub.position(one.log).row) for one in hub.readable(running.host.member)
        }


async def test_a_mark_that_moves_during_a_login_is_in_the_welcome(start: Start) -> None:
    entered, go_on = threading.Event(), threading.Event()
    go_on.set()

    class Slow(MemoryStorage):
        def position(self, log: LogId, seq: int) -> Position | None:
            entered.set()
            assert go_on.wait(GUARD_S)
            return super().position(log, seq)

    async with start(open_storage=Slow) as running:
        host = await running.log_in(running.host)
        await host.append(running.room, "history", SetHistory(History.JOINED), key="history")
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        entered.clear()
        go_on.clear()
        other = await running.connect()
        frame = other.login_frame(key.on_another_device())
        await other.write(frame)
        await asyncio.to_thread(entered.wait, GUARD_S)
        head = running.server.committer.hub.position(running.room).seq
        await ann.request(lambda re: frames.Mark(re, running.room, head))
        go_on.set()
        welcome = await other.answer(frame.id)
        assert isinstance(welcome, frames.Welcome)
        assert {log.log: log.mark for log in welcome.logs}[running.room] == head


async def test_whoever_reads_more_logs_than_a_welcome_holds_gets_the_others_unasked(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "LOGS_IN_WELCOME", 2)
    async with start() as running:
        wire = await running.connect()
        welcome = await wire.login(running.host)
        assert {log.log for log in welcome.logs} == {PEOPLE, STAFF}
        assert (await wire.expect(frames.Snapshot)).log == running.room


async def test_follow_may_come_right_behind_the_login(start: Start) -> None:
    async with start() as running:
        wire = await running.connect()
        await wire.write(wire.login_frame(running.host))
        await wire.write(frames.Follow(77, {running.room: None}))
        ok = await wire.answer(77)
        assert isinstance(ok, frames.Ok)
        assert ok.logs == {running.room: "behind"}
        assert [type(frame) for frame in wire.seen] == [frames.Welcome]
        await wire.expect(frames.Snapshot)


@pytest.mark.parametrize("spoilt", ["nonce", "key", "device", "sig"])
async def test_a6_a_signature_fits_one_login_only(start: Start, spoilt: str) -> None:
    async with start() as running:
        other = await running.connect()
        wire = await running.connect()
        frame = wire.login_frame(running.host)
        spoil = {
            "nonce": lambda: other.login_frame(running.host),  # of another connection: a replay
            "key": lambda: msgspec.structs.replace(frame, identity=b64(Key.fresh().public)),
            "device": lambda: msgspec.structs.replace(frame, device=b64(os.urandom(16))),
            "sig": lambda: msgspec.structs.replace(frame, sig=b64(os.urandom(64))),
        }
        answer = await refused(wire, spoil[spoilt]())
        assert (answer.code, answer.retry) == (Code.BAD_SIGNATURE, Retry.NEVER)


async def test_a6_random_logins_never_get_in(start: Start) -> None:
    async with start() as running:
        for size in (0, 1, 32, 63, 64):
            wire = await running.connect()
            frame = frames.Login(1, b64(running.host.public), b64(os.urandom(16)), b64(os.urandom(size)))
            assert (await refused(wire, frame)).code is Code.BAD_SIGNATURE


async def test_a_stranger_without_an_invite_is_refused(start: Start) -> None:
    async with start() as running:
        wire = await running.connect()
        assert (await refused(wire, wire.login_frame(Key.fresh(), name="Ann"))).code is Code.NOT_A_MEMBER


async def test_a_name_that_is_taken_may_be_followed_by_another_at_once(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        await running.join(host, "Ann")
        token, key = await running.invite(host), Key.fresh()
        wire = await running.connect()
        answer = await refused(wire, wire.login_frame(key, invite=token, name="ann"))
        assert answer.code is Code.NAME_TAKEN
        assert answer.suggestion is not None
        again = await running.connect()
        await again.login(key, invite=token, name=answer.suggestion)


async def test_a8_a_failed_login_delays_that_device_only(start: Start) -> None:
    async with start() as running:
        key = running.host
        wire = await running.connect()
        assert (
            await refused(wire, msgspec.structs.replace(wire.login_frame(key), sig=b64(bytes(64))))
        ).code is Code.BAD_SIGNATURE
        wire = await running.connect()
        answer = await refused(wire, wire.login_frame(key))
        assert (answer.code, answer.retry) == (Code.TOO_MANY_ATTEMPTS, Retry.LATER)
        assert answer.after_ms is not None
        assert 0 < answer.after_ms <= 1_000
        wire = await running.connect()
        await wire.login(key.on_another_device())
        wire = await running.connect(source="127.0.0.2")
        await wire.login(key)


def test_a8_the_delays_double_up_to_a_minute() -> None:
    attempts, pair, now_s = Attempts(), (b"address", "device"), 1_000.0
    waits = []
    for _ in range(8):
        attempts.failed(pair, now_s)
        wait_ms = attempts.wait_ms(pair, now_s)
        assert wait_ms is not None
        waits.append(round(wait_ms / 1_000))
        now_s += wait_ms / 1_000
        assert attempts.wait_ms(pair, now_s) is None
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert attempts.wait_ms((b"address", "another"), now_s - 1) is None
    attempts.failed(pair, now_s)
    attempts.succeeded(pair)
    assert attempts.wait_ms(pair, now_s) is None


def test_a8_what_is_remembered_of_failures_is_bounded() -> None:
    attempts = Attempts()
    for number in range(10_001):
        attempts.failed((b"address", str(number)), 0.0)
    assert attempts.wait_ms((b"address", "0"), 0.0) is None
    assert attempts.wait_ms((b"address", "1"), 0.0) is not None


async def test_d3_a_login_that_takes_too_long_is_cut(start: Start) -> None:
    async with start(patience=Patience(login_s=0.01)) as running:
        wire = await running.connect()
        bye = await wire.ended()
        assert isinstance(bye, frames.Bye)
        assert (bye.code, bye.retry) == (Code.LOGIN_TIMEOUT, Retry.REAUTH)


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (b"", Code.BAD_FRAME),
        (b"\x00", Code.BAD_FRAME),
        (b'{"op":"login"}', Code.BAD_VALUE),
        (b'{"op":"hello","id":1}', Code.UNKNOWN_TYPE),
        (b'{"op":"mark","id":1,"log":"people","seq":1}', Code.LOGIN_REQUIRED),
        (b'{"op":"signal","log":"people","kind":"typing"}', Code.LOGIN_REQUIRED),
        (b'{"op":"peek","id":1,"invite":"?"}', Code.BAD_VALUE),
        (b'{"op":"login","id":1,"identity":"","device":"","sig":""}', Code.BAD_VALUE),
        (b" " * 65_537, Code.FRAME_TOO_BIG),
    ],
)
async def test_d4_before_the_login_one_wrong_frame_is_the_last(start: Start, first: bytes, code: Code) -> None:
    async with start() as running:
        wire = await running.connect()
        await wire.write_bytes(first)
        err = await wire.ended()
        assert isinstance(err, frames.Err)
        assert err.code is code
        assert err.re == (1 if b'"id":1' in first else None)


async def test_d4_a_binary_frame_is_no_login(start: Start) -> None:
    async with start() as running:
        wire = await running.connect()
        await wire.socket.send(codec.encode(wire.login_frame(running.host)))
        err = await wire.ended()
        assert isinstance(err, frames.Err)
        assert err.code is Code.BAD_FRAME


async def test_d4_nothing_is_read_between_the_login_and_its_answer(start: Start) -> None:
    """What comes behind a refused login is never looked at."""
    async with start() as running:
        wire = await running.connect()
        await wire.write(wire.login_frame(Key.fresh()))
        for number in range(2, 12):
            with contextlib.suppress(ConnectionClosed):
                await wire.write(frames.Mark(number, PEOPLE, 1))
        await wire.ended()
        assert [frame.re for frame in wire.seen if isinstance(frame, frames.Err)] == [1]


async def test_peek_tells_what_an_invite_leads_to_and_uses_nothing_up(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        await running.join(host, "Ann")
        token = await running.invite(host, uses=1)
        for _ in range(2):
            wire = await running.connect()
            ok = await wire.request(lambda re: frames.Peek(re, b64(token)))
            assert isinstance(ok, frames.Ok)
            assert ok.peek is not None
            assert (ok.peek.room, ok.peek.members, ok.peek.present) == ("Lobby", 2, 2)
            await wire.ended()
        wire = await running.connect()
        assert (await refused(wire, frames.Peek(5, b64(os.urandom(16))))).code is Code.INVITE_UNKNOWN


async def test_a1_parallel_joins_on_a_one_use_invite_let_exactly_one_in(start: Start) -> None:
    async with start() as running:
        token = await running.invite(await running.log_in(running.host), uses=1)

        async def join(number: int) -> frames.Frame:
            wire = await running.connect(source=f"127.0.1.{number}")
            frame = wire.login_frame(Key.fresh(), invite=token, name=f"Ann{number}")
            await wire.write(frame)
            return await wire.answer(frame.id)

        answers = await asyncio.gather(*(join(number) for number in range(1, 31)))
        assert sum(isinstance(answer, frames.Welcome) for answer in answers) == 1
        assert {answer.code for answer in answers if isinstance(answer, frames.Err)} == {Code.INVITE_USED_UP}


async def test_d6_joins_are_limited_by_address(start: Start) -> None:
    async with start(limits=UNLIMITED._replace(joins=Rate(0.001, 2))) as running:
        token = await running.invite(await running.log_in(running.host), uses=9)
        for name in ("Ann", "Bob"):
            await (await running.connect()).login(Key.fresh(), invite=token, name=name)
        wire = await running.connect()
        answer = await refused(wire, wire.login_frame(Key.fresh(), invite=token, name="Cid"))
        assert (answer.code, answer.retry) == (Code.RATE_LIMITED, Retry.LATER)
        assert answer.after_ms
        await (await running.connect(source="127.0.0.2")).login(Key.fresh(), invite=token, name="Cid")


async def test_of_two_connections_of_a_device_the_newer_wins(start: Start) -> None:
    async with start() as running:
        older = await running.log_in(running.host)
        other_device = await running.log_in(running.host.on_another_device())
        newer = await running.log_in(running.host)
        bye = await older.ended()
        assert isinstance(bye, frames.Bye)
        assert bye.code is Code.REPLACED
        sent = await newer.say(running.room, "here I am")
        assert sent.seq is not None
        await other_device.until(running.room, sent.seq)


async def test_a10_a_ban_ends_the_connection_and_the_next_login(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        (sent,) = await host.send(entry(PEOPLE, "ban", Ban(), key=f"ban:{key.member}"))
        assert sent.err is None
        bye = await ann.ended()
        assert isinstance(bye, frames.Bye)
        assert bye.code is Code.BANNED
        wire = await running.connect()
        assert (await refused(wire, wire.login_frame(key))).code is Code.BANNED


async def test_d1_whoever_logged_in_is_no_stranger_any_more(start: Start) -> None:
    caps = replace(UNLIMITED.caps, strangers_per_address=2)
    async with start(limits=UNLIMITED._replace(caps=caps)) as running:
        for _ in range(4):
            await (await running.connect()).login(running.host.on_another_device())


async def test_d1_whoever_is_cut_while_the_login_is_decided_holds_no_place(
    start: Start, monkeypatch: pytest.MonkeyPatch, allow_log: AllowLog
) -> None:
    """Whatever the patience with those who close: else a storm of logins keeps everybody out for so long."""
    allow_log("chat_server.transport.listener", "at a limit of connections")
    monkeypatch.setattr(admission, "CUT_AT_ONCE", 1)
    entered, go_on = threading.Event(), threading.Event()

    def slow(_moment: Moment, _batch: Batch) -> None:
        entered.set()
        assert go_on.wait(GUARD_S)

    storage = MemoryStorage()
    limits = UNLIMITED._replace(caps=replace(UNLIMITED.caps, strangers=1))
    async with start(open_storage=lambda: storage, limits=limits, patience=Patience(stop_s=1_000)) as running:
        host = await running.log_in(running.host)
        storage.hook = slow
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(host.say(running.room, "a commit that takes long"))
            await asyncio.to_thread(entered.wait, GUARD_S)
            stranger = await running.connect(source="127.0.0.2")
            await stranger.write(stranger.login_frame(running.host.on_another_device()))
            await eventually(lambda: running.server.committer._waiting)
            await running.connect(source="127.0.0.3")
            go_on.set()
        await stranger.ended()
        async with asyncio.timeout(GUARD_S):
            while True:
                with contextlib.suppress(OSError, InvalidMessage):
                    await running.connect(source="127.0.0.4")
                    break
