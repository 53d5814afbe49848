"""Histories of faults, chosen by Hypothesis: real hub, committer and sessions, joined by lists (P1-P10)."""

from __future__ import annotations

import os
import random
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chat_protocol.events import Join, Kick, React, Text, Topic
from chat_protocol.ids import LogId, Ref
from desktop_chat.core.copying import Extent
from desktop_chat.core.session import Session
from tests.conftest import AllowLog
from tests.memory_storage import Moment
from tests.simulation import SERVER, Device, World

STEPS = int(os.environ.get("DESKTOP_CHAT_SIMULATION_STEPS", "60"))
EXAMPLES = int(os.environ.get("DESKTOP_CHAT_SIMULATION_EXAMPLES", "40"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    # The same histories each time, so that a run can be repeated; with a number of them asked for, others each time.
    derandomize="DESKTOP_CHAT_SIMULATION_EXAMPLES" not in os.environ,
)

CHANGES = ("edit", "delete", "react", "unreact")
numbers = st.integers(0, 5)


class Histories(RuleBasedStateMachine):
    """Three people on four devices. `make_world` is replaced by mutants."""

    @staticmethod
    def make_world() -> World:
        return World(("hugo", "ann", "bob", "ann"))

    def __init__(self) -> None:
        super().__init__()
        self.world = self.make_world()
        self.world.heal()
        self.said = 0
        self.server_lies = False

    def device(self, number: int) -> Device:
        return self.world.devices[number % len(self.world.devices)]

    def a_room(self, device: Device, number: int) -> LogId | None:
        rooms = device.rooms()
        return rooms[number % len(rooms)] if rooms else None

    def a_message(self, device: Device, room: LogId, number: int) -> Ref | None:
        shown = [one for one in device.store.messages(SERVER, room, before_row=1 << 50, limit=6) if not one.deleted]
        own = [
            Ref(device.member, row.cid)
            for row in device.session.outbox.rows()
            if row.kind == "text" and row.log == room
        ]
        refs = [one.ref for one in shown] + own
        return refs[number % len(refs)] if refs else None

    # --- what people do -------------------------------------------------------------------------------------------

    @rule(who=numbers, where=numbers, times=st.sampled_from([1, 2, 3, 35]))
    def say(self, who: int, where: int, times: int) -> None:
        device = self.device(who)
        room = self.a_room(device, where)
        for _ in range(times if room is not None else 0):
            self.write_text(device, room or LogId(""), None)

    @rule(who=numbers, where=numbers, which=numbers)
    def reply(self, who: int, where: int, which: int) -> None:
        device = self.device(who)
        room = self.a_room(device, where)
        if room is not None:
            self.write_text(device, room, self.a_message(device, room, which))

    def write_text(self, device: Device, room: LogId, about: Ref | None) -> None:
        self.said += 1
        text = Text(f"text {self.said}", about)
        device.press(lambda: device.session.write(room, "text", text, device.now()))

    @rule(changes=st.lists(st.tuples(numbers, numbers, numbers, st.sampled_from(CHANGES)), min_size=1, max_size=8))
    def change(self, changes: list[tuple[int, int, int, str]]) -> None:
        for change in changes:
            self.change_one(*change)

    def change_one(self, who: int, where: int, which: int, what: str) -> None:
        device = self.device(who)
        room = self.a_room(device, where)
        ref = None if room is None else self.a_message(device, room, which)
        if room is None or ref is None:
            return
        session, now = device.session, device.now()
        if what == "edit":
            device.press(lambda: session.edit(room, ref, f"edit {self.said}", now))
        elif what == "delete":
            device.press(lambda: session.delete(room, ref, now))
        else:
            react = React("🙂", on=what == "react")
            device.press(lambda: session.write(room, "react", react, now, target=ref))

    @rule(who=numbers, where=numbers)
    def set_topic(self, who: int, where: int) -> None:
        device = self.device(who)
        room = self.a_room(device, where)
        if room is not None:
            topic = Topic(f"topic {self.said}")
            device.press(lambda: device.session.write(room, "topic", topic, device.now(), key="topic"))

    @rule(who=numbers, other=numbers)
    def write_privately(self, who: int, other: int) -> None:
        device, to = self.device(who), self.device(other)
        if device.member == to.member:
            return
        self.said += 1
        dm = device.session.open_dm(to.member)
        device.press(lambda: device.session.write(dm, "text", Text(f"psst {self.said}"), device.now()))

    @rule(who=st.integers(1, 3))
    def kick(self, who: int) -> None:
        host, member = self.world.devices[0], self.device(who).member
        if self.world.lobby in host.rooms():
            key = f"in:{member}"
            host.press(lambda: host.session.write(self.world.lobby, "kick", Kick(), host.now(), key=key))

    @rule(who=st.integers(1, 3))
    def enter(self, who: int) -> None:
        device = self.device(who)
        key = f"in:{device.member}"
        device.press(lambda: device.session.write(self.world.lobby, "join", Join(), device.now(), key=key))

    @rule(who=numbers, where=numbers, around=st.none() | numbers)
    def look(self, who: int, where: int, around: int | None) -> None:
        device = self.device(who)
        room = self.a_room(device, where)
        if room is None:
            return
        if len(device.session.windows.open) > 2:
            device.session.windows.close(min(device.session.windows.open))
        device.session.window(room, device.now(), None if around is None else self.a_message(device, room, around))
        device.act()

    @rule(who=numbers, where=numbers)
    def read(self, who: int, where: int) -> None:
        device = self.device(who)
        room = self.a_room(device, where)
        if room is not None:
            device.session.mark(room, device.session.sync.held[room].at.seq, device.now())
            device.act()

    # --- what wires do --------------------------------------------------------------------------------------------

    @rule(who=numbers, up=st.integers(0, 4), down=st.integers(0, 4))
    def deliver(self, who: int, up: int, down: int) -> None:
        device = self.device(who)
        for _ in range(up):
            device.send_up()
        for _ in range(down):
            device.take_down()

    @rule(seed=st.integers(0, 1 << 16), steps=st.integers(1, 60))
    def frames_arrive_in_some_order(self, seed: int, steps: int) -> None:
        """Whoever is not connected does so sooner or later."""
        order = random.Random(seed)
        for _ in range(steps):
            device = order.choice(self.world.devices)
            order.choice((device.send_up, device.take_down, device.connect))()

    @rule(others=st.booleans())
    def everything_arrives(self, others: bool) -> None:
        """At `others` too, who connect for it."""
        for _ in range(2):
            for device in self.world.devices:
                if others:
                    device.connect()
                while device.send_up() or device.take_down():
                    pass

    @rule(who=numbers, arrives=st.integers(0, 3))
    def cut(self, who: int, arrives: int) -> None:
        self.device(who).cut(arrives=arrives)

    @rule(who=numbers)
    def connect(self, who: int) -> None:
        self.device(who).connect()

    @rule(who=numbers)
    def send_twice(self, who: int) -> None:
        line = self.device(who).line
        if line is not None and line.up and b'"op":"send"' in line.up[0]:
            line.up.appendleft(line.up[0])

    @rule(who=numbers)
    def lose_a_frame(self, who: int) -> None:
        for device in self.world.devices:
            while device.send_up():
                pass
        line = self.device(who).line
        events = [] if line is None else [frame for frame in line.down if b'"op":"events"' in frame]
        if line is not None and events:
            line.down.remove(events[0])
            self.server_lies = True

    # --- what machines do -----------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_s(seconds)

    @rule(who=st.none() | numbers, hours=st.sampled_from([-24 * 3650, -1, 1, 24 * 3650]))
    def a_clock_jumps(self, who: int | None, hours: int) -> None:
        if who is None:
            self.world.server.wall_ms = max(0, self.world.server.wall_ms + hours * 3_600_000)
        else:
            self.device(who).skew_ms = hours * 3_600_000

    @rule(who=numbers)
    def kill_a_client(self, who: int) -> None:
        self.device(who).kill()

    @rule(who=numbers)
    def a_client_s_disk_fills_up(self, who: int) -> None:
        self.device(who).store.full = True

    @rule()
    def the_server_s_disk_fills_up(self) -> None:
        self.world.server.disk.is_full = True

    @rule()
    def there_is_room_on_all_disks(self) -> None:
        self.world.server.disk.is_full = False
        for device in self.world.devices:
            device.store.full = False

    @rule(moment=st.sampled_from(Moment), kill=st.booleans())
    def the_next_commit_fails(self, moment: Moment, kill: bool) -> None:
        disk = self.world.server.disk
        if kill:
            disk.kills_at = moment
        else:
            disk.fails_at = moment

    @rule()
    def restart_the_server(self) -> None:
        self.world.server.kill()
        self.world.server.start()

    # --- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def at_any_moment(self) -> None:
        self.world.check()
        if not self.server_lies:
            assert not any(device.faults for device in self.world.devices), "a right server was called wrong"

    @precondition(lambda self: self.said > 3)
    @rule()
    def come_to_rest(self) -> None:
        if self.server_lies:  # what was lost last shows only when something follows, or at the next login
            for device in self.world.devices:
                device.cut()
        self.world.heal()
        self.world.check_quiet()

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            self.world.close()


class SetBack(Histories):
    """The same with a server whose folder is set back to an older copy, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.backup = self.world.server.folder()

    @rule()
    def back_up(self) -> None:
        self.backup = self.world.server.folder()

    @rule(others=st.none() | st.booleans())
    def set_back(self, others: bool | None) -> None:
        if others is not None:
            self.everything_arrives(others)
        self.world.set_back(self.backup)
        self.backup = self.world.server.folder()
        self.come_to_rest()


def test_whatever_happens_nothing_is_lost_doubled_or_out_of_order(allow_log: AllowLog) -> None:
    """P1-P10 over random histories of faults."""
    allow_log("chat_server.commit", "the disk (failed|is full)")
    run_state_machine_as_test(Histories, settings=SETTINGS)


def test_p10_a_folder_set_back_is_healed_from_what_members_hold(allow_log: AllowLog) -> None:
    allow_log("chat_server.commit", "the disk (failed|is full)")
    run_state_machine_as_test(SetBack, settings=SETTINGS)


def say(device: Device, text: str) -> Ref:
    device.press(lambda: device.session.write(device.rooms()[0], "text", Text(text), device.now()))
    return Ref(device.member, device.pressed[-1].cid)


def texts(device: Device) -> list[str]:
    return [one.text for one in device.store.messages(SERVER, device.rooms()[0], before_row=1 << 50, limit=9)]


def a_deletion_that_one_device_missed(world: World, first: Device) -> list[str]:
    """Ann is away with one of her two devices when Hugo deletes what she wrote there; then the server is set back to
    before all that, and her `first` device is back before anybody else. What the room shows in the end."""
    hugo, _ann, _bob, away = world.devices
    folder = world.server.folder()
    say(away, "one")
    deleted = say(away, "two")
    away.press(lambda: away.session.write(world.lobby, "react", React("🙂"), away.now(), target=deleted))
    say(away, "three")
    world.settle()
    away.cut()
    hugo.press(lambda: hugo.session.delete(world.lobby, deleted, hugo.now()))
    world.settle()
    say(away, "four")
    world.set_back(folder)
    first.connect()
    world.settle()
    world.heal()
    world.check_quiet()
    return texts(hugo)


@pytest.mark.parametrize(("first", "shown"), [(1, ["one", "three", "two", "four"]), (3, ["one", "", "three", "four"])])
def test_p10_what_one_device_knows_as_deleted_comes_back_from_another(first: int, shown: list[str]) -> None:
    """In its place if that device is the first to be back, and then its deletion has a place too. Else behind what the
    other brings, which knows of the deletion: a log only grows. All others keep their order (P4)."""
    world = Histories.make_world()
    try:
        world.heal()
        assert a_deletion_that_one_device_missed(world, world.devices[first]) == shown
    finally:
        world.close()


def test_p10_what_is_older_than_the_copy_of_one_device_comes_back_from_another() -> None:
    """Ann's new device holds what was said since it came, and is the first to be back."""
    world = World(("hugo", "ann", "ann"), session=partial(Session, extent=Extent.AS_READ))
    hugo, old, new = world.devices
    try:
        for device in (hugo, old):
            device.connect()
        world.settle()
        folder = world.server.folder()
        say(old, "one")
        world.settle()
        world.heal()
        say(old, "two")
        world.settle()
        assert (texts(old), texts(new)) == (["one", "two"], ["two"])
        world.set_back(folder)
        new.connect()
        world.settle()
        world.heal()
        world.check()
        assert texts(hugo) == ["two", "one"]
    finally:
        world.close()
