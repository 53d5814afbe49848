"""A server whose folder is replaced by an older copy, with real clients over TLS (P10)."""

from __future__ import annotations

import shutil
from pathlib import Path

from chat_protocol.ids import LogId
from desktop_chat.core.server import Server
from tests.core.people import Person, Place, room_of


async def until_shown(person: Person, server: Server, room: LogId, expected: list[tuple[str, list[str]]]) -> None:
    """Each message in its place, with the reactions to it."""

    def is_shown() -> bool:
        shown = person.store.messages(server.id, room, before_row=1 << 50, limit=100)
        return [(one.text, list(one.reactions)) for one in shown] == expected

    await person.until(is_shown)


async def test_p10_what_was_said_about_a_lost_message_waits_for_it(tmp_path: Path) -> None:
    """Ann is back before Bob is, whose message she answered: nobody is asked anything, and all hold the same."""
    folder, copy = tmp_path / "data", tmp_path / "copy"
    folder.mkdir(mode=0o700)
    async with Person() as hugo, Person() as ann:
        place = Place(folder, hugo)
        bob = Person()
        async with place.open():
            host = await place.enter()
            hers, room = await ann.joined(await host.invite(room_of(host)), "Ann")
            async with bob:
                await bob.joined(await host.invite(room), "Bob")
        shutil.copytree(folder, copy)
        async with place.open(), Person(bob.store, bob.key) as bob_again:
            hers.driver.wake()
            (his,) = bob_again.client.servers.values()
            await his.stored(question := await his.send_text(room, "Who comes along?"))
            await ann.until(lambda: "Who comes along?" in ann.messages)
            await hers.react(room, question, "🙋")
            await hers.stored(await hers.send_text(room, "I do", reply=question))
            await bob_again.until(lambda: len(bob_again.messages) == 2)
        shutil.rmtree(folder)
        shutil.copytree(copy, folder)
        async with place.open():
            for server in (host, hers):
                server.driver.wake()
            await ann.until(lambda: hers.is_connected and hers.session.outbox.deadline() is not None)  # it waits
            async with Person(bob.store, bob.key) as bob_again:
                (his,) = bob_again.client.servers.values()
                everybody = [(hugo, host), (ann, hers), (bob_again, his)]
                expected = [("Who comes along?", ["🙋"]), ("I do", [])]
                for person, server in everybody:
                    await until_shown(person, server, room, expected)
                    assert person.errors == []
                    assert server.session.outbox.rows() == []
