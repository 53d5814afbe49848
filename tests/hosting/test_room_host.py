"""The steps of a hosted room, as lists of what happened and what is then to be done."""

from __future__ import annotations

import pytest

from chat_protocol.ids import b64
from desktop_chat.core.sentences import Trouble
from desktop_chat.hosting.room_host import LEAVE_S, PAUSES_S, STOP_S, Do, Listening, RoomHost, State, parse_listening

AT = Listening(b"k" * 32, 47_000, ("192.0.2.7:47000",))
KILLED = None


def live(now_s: float = 0.0) -> RoomHost:
    host = RoomHost()
    assert host.start(now_s) == [Do.LAUNCH]
    assert host.listening(AT, now_s) == []
    return host


def attached(at: Listening = AT) -> RoomHost:
    host = RoomHost()
    host.start(0)
    assert host.ended(4, ["in use"], 0.1) == [Do.ATTACH]
    assert host.listening(at, 0.2) == []
    return host


def state_of(host: RoomHost) -> State:
    return host.state


def test_a_start_becomes_a_room_and_a_stop_ends_it() -> None:
    host = RoomHost()
    assert host.start(0.0) == [Do.LAUNCH]
    assert host.state is State.STARTING
    assert host.listening(AT, 0.8) == []
    assert (host.state, host.listening_at, host.live_since_s, host.attached) == (State.LIVE, AT, 0.8, False)
    assert host.stop(10.0) == [Do.SAY_STOP]
    assert (host.state, host.deadline) == (State.STOPPING, 10.0 + STOP_S)
    assert host.ended(0, [], 11.0) == []
    assert (host.state, host.deadline) == (State.OFF, None)


def test_what_is_asked_twice_is_done_once() -> None:
    host = live()
    assert host.start(1.0) == []
    assert host.stop(2.0) == [Do.SAY_STOP]
    assert host.stop(2.1) == []
    assert host.start(2.2) == []
    host.ended(0, [], 3.0)
    assert host.stop(3.1) == []
    assert host.start(4.0) == [Do.LAUNCH]


def test_a_server_that_does_not_stop_is_killed() -> None:
    host = live()
    host.stop(10.0)
    assert host.timer(10.0 + STOP_S - 0.01) == []
    assert host.timer(10.0 + STOP_S) == [Do.KILL]
    assert host.ended(KILLED, [], 26.0) == []
    assert host.state is State.OFF


def test_a_death_is_followed_by_a_start_after_each_pause_and_the_third_within_a_minute_by_none() -> None:
    host = live(100.0)
    now_s = 110.0
    for pause_s in PAUSES_S[:2]:
        assert host.ended(KILLED, ["Traceback", "boom"], now_s) == []
        assert (host.state, host.deadline) == (State.RESTARTING, now_s + pause_s)
        assert host.last_lines == ("Traceback", "boom")
        assert host.timer(now_s + pause_s - 0.01) == []
        assert host.timer(now_s + pause_s) == [Do.LAUNCH]
        assert state_of(host) is State.RESTARTING  # until it listens
        host.listening(AT, now_s + pause_s + 0.4)
        assert state_of(host) is State.LIVE
        now_s += 10
    assert host.ended(KILLED, ["the last line"], now_s) == []
    assert (host.state, host.deadline, host.last_lines) == (State.FAILED, None, ("the last line",))
    assert host.start(now_s + 100) == [Do.LAUNCH]  # when the person asks
    assert (host.state, host.last_lines) == (State.STARTING, ())


def test_deaths_that_lie_apart_go_on_being_mended_with_longer_pauses_and_after_calm_with_short_ones() -> None:
    host = live()
    pauses = []
    for now_s in (0.0, 35.0, 70.0, 105.0, 500.0):
        host.ended(KILLED, [], now_s)
        assert host.state is State.RESTARTING
        assert host.deadline is not None
        pauses.append(host.deadline - now_s)
        host.timer(host.deadline)
        host.listening(AT, now_s + 9)
    assert pauses == [0.5, 2.0, 8.0, 8.0, 0.5]


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (2, Trouble.HOSTING_FAILED),
        (3, Trouble.PORT_TAKEN),
        (5, Trouble.ROOM_NEWER),
        (6, Trouble.ROOM_NOT_WRITABLE),
        (7, Trouble.ROOM_DAMAGED),
        (8, Trouble.DISK_FULL_HERE),
    ],
)
def test_what_the_next_start_would_meet_too_fails_at_once(code: int, trouble: Trouble) -> None:
    host = RoomHost()
    host.start(0)
    assert host.ended(code, ["port 47000 is taken by nginx"], 0.5) == []
    assert (host.state, host.deadline) == (State.FAILED, None)
    assert host.last_lines == ("port 47000 is taken by nginx",)
    assert host.trouble is trouble


def test_a_server_that_was_stopped_elsewhere_is_not_started_again() -> None:
    host = live()
    assert host.ended(0, [], 5.0) == []
    assert (host.state, host.deadline) == (State.OFF, None)


def test_a_room_that_pauses_before_its_restart_can_be_stopped() -> None:
    host = live()
    host.ended(KILLED, [], 1.0)
    assert host.stop(1.2) == []
    assert (host.state, host.deadline) == (State.OFF, None)
    assert host.timer(99.0) == []


def test_a_restart_under_way_can_be_stopped_and_leaves_no_process() -> None:
    host = live()
    host.ended(KILLED, [], 1.0)
    assert host.timer(1.5) == [Do.LAUNCH]
    assert host.stop(1.6) == [Do.SAY_STOP]
    assert host.listening(AT, 1.7) == []  # it came up just then
    assert state_of(host) is State.STOPPING
    assert host.ended(0, [], 2.0) == []
    assert state_of(host) is State.OFF


# --- a server that somebody else started ---------------------------------------------------------------------


def test_a_folder_in_use_is_attached_to() -> None:
    host = attached()
    assert (host.state, host.attached, host.listening_at) == (State.LIVE, True, AT)


def test_a_server_that_is_only_starting_or_ending_there_is_looked_for_again() -> None:
    host = RoomHost()
    host.start(0)
    assert host.ended(4, ["in use by process 7"], 1.0) == [Do.ATTACH]
    assert host.ended(4, ["in use by process 7"], 1.0) == []  # it says nowhere where it listens
    assert (host.state, host.deadline) == (State.RESTARTING, 1.5)
    assert host.timer(1.5) == [Do.LAUNCH]
    assert host.listening(AT, 2.0) == []
    assert (host.state, host.attached) == (State.LIVE, False)


def test_leaving_stops_an_own_server_and_no_other() -> None:
    own, other = live(), attached()
    assert own.leave(5.0) == [Do.SAY_STOP]
    assert own.timer(5.0 + LEAVE_S) == [Do.KILL], "the person is not kept waiting"
    assert other.leave(5.0) == []
    assert (own.state, other.state) == (State.STOPPING, State.OFF)


def test_leaving_stops_a_server_of_an_earlier_run_if_that_can_be_asked() -> None:
    ours = AT._replace(parent_pipe=True)
    host = attached(ours)
    assert host.leave(5.0, can_ask=True) == [Do.SEND_STOP]
    assert (host.state, host.deadline) == (State.STOPPING, 5.0 + LEAVE_S)
    assert host.lost(5.1, stopped=True) == []
    assert state_of(host) is State.OFF
    unasked, stranger = attached(ours), attached()
    assert unasked.leave(5.0) == stranger.leave(5.0, can_ask=True) == []
    assert (unasked.state, stranger.state) == (State.OFF, State.OFF)


@pytest.mark.parametrize("by_timer", [True, False])
def test_a_server_of_an_earlier_run_that_does_not_stop_keeps_nobody_from_leaving(by_timer: bool) -> None:
    host = attached(AT._replace(parent_pipe=True))
    host.leave(5.0, can_ask=True)
    assert (host.timer(5.0 + LEAVE_S) if by_timer else host.stop_refused(5.1)) == []
    assert (host.state, host.attached, host.deadline) == (State.OFF, False, None)


def test_stopping_an_attached_server_goes_by_the_protocol() -> None:
    host = attached()
    assert host.stop(5.0) == [Do.SEND_STOP]
    assert host.state is State.STOPPING
    assert host.lost(5.5, stopped=True) == []
    assert (host.state, host.attached, host.deadline) == (State.OFF, False, None)


@pytest.mark.parametrize("by_timer", [True, False])
def test_an_attached_server_that_does_not_stop_is_live_still(by_timer: bool) -> None:
    host = attached()
    host.stop(5.0)
    assert (host.timer(5.0 + STOP_S) if by_timer else host.stop_refused(5.1)) == []
    assert (host.state, host.attached, host.deadline) == (State.LIVE, True, None)


def test_an_attached_server_that_died_is_followed_by_an_own_one() -> None:
    host = attached()
    assert host.lost(5.0, stopped=False) == []
    assert (host.state, host.deadline) == (State.RESTARTING, 5.5)
    assert host.timer(5.5) == [Do.LAUNCH]
    host.listening(AT, 6.0)
    assert (host.state, host.attached) == (State.LIVE, False)


def test_a_lost_connection_to_an_own_server_changes_nothing_for_its_process_tells() -> None:
    host = live()
    assert host.lost(5.0, stopped=False) == []
    assert host.lost(5.0, stopped=True) == []
    assert host.state is State.LIVE


# --- what a server says --------------------------------------------------------------------------------------


def test_what_a_server_says_when_it_is_ready() -> None:
    line = f'{{"event":"listening","addresses":["192.0.2.7:9"],"port":9,"fingerprint":"{b64(b"f" * 32)}","pid":7}}'
    at = parse_listening(line.encode())
    assert at == Listening(b"f" * 32, 9, ("192.0.2.7:9",))
    assert at.here == ("127.0.0.1:9", "192.0.2.7:9")
    assert parse_listening(line.replace("{", '{"parent_pipe":true,', 1).encode()).parent_pipe


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"null",
        b"\xff",
        b'{"event":"stopped"}',
        b'{"addresses":[],"port":9,"fingerprint":"AAAA"}',
        b'{"addresses":[],"port":9,"fingerprint":"*"}',
        b'{"addresses":[],"port":"9","fingerprint":"AAAA"}',
    ],
)
def test_what_is_not_that_is_told_apart(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
        parse_listening(line)
