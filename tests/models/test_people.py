"""Who is in a conversation, and everybody whom one knows."""

from __future__ import annotations

import pytest

from chat_protocol import frames
from chat_protocol.events import Identity, Join, Kick, Leave, Moderate, Name, Role, SetRole
from chat_protocol.ids import PEOPLE, b64, dm_log
from desktop_chat.models.contacts import Contact, Contacts
from desktop_chat.models.kept import YES, Kept, contact_key, draft_key
from desktop_chat.models.people import VALUE, People, Person
from desktop_chat.store.contract import ServerId, Store
from tests.core.desk import ME, OTHER, ROOM, FakeLog
from tests.models import counter as shop
from tests.models.counter import KEYS, THIRD, Counter, FakeClient, a_room
from tests.models.test_conversations import a_dm

pytestmark = pytest.mark.usefixtures("qapp")


class Place:
    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.people = shop.People(Me=ME, bob=OTHER, Ann=THIRD)
        self.room, self.dm = a_room("Lobby", ROOM, OTHER, THIRD), a_dm()
        counter.connect(self.people, self.room, self.dm)
        counter.batch()
        self.client = FakeClient(counter.store, counter)
        self.kept = Kept(self.client.as_client)
        self.model = People(counter.as_server, ROOM, self.kept)
        self.resets = 0
        self.model.modelReset.connect(self._on_reset)

    def _on_reset(self) -> None:
        self.resets += 1

    def come(self, log: FakeLog) -> None:
        self.counter.extend(log)
        self.model.apply(self.counter.batch())

    def names(self) -> list[str]:
        return [self.model.data(self.model.index(row)) for row in range(self.model.rowCount())]


@pytest.fixture
def place(counter: Counter) -> Place:
    return Place(counter)


def test_people_of_a_room_by_role_and_name(place: Place, qtmodeltester: object) -> None:
    qtmodeltester.check(place.model)  # type: ignore[attr-defined]
    assert place.names() == ["Ann", "bob", "Me"]
    assert place.model.data(place.model.index(1), VALUE) == Person(
        OTHER, "bob", Role.MEMBER, KEYS[OTHER], is_me=False, public_name="bob"
    )
    place.room.append("moderate", Moderate(), key=f"mod:{ME}")
    place.come(place.room)
    place.people.append("role", SetRole(Role.HOST), key=f"role:{OTHER}")
    place.come(place.people)
    assert place.names() == ["bob", "Me", "Ann"]
    assert [person.role for person in place.model.all()] == [Role.HOST, Role.MODERATOR, Role.MEMBER]
    assert [person.is_me for person in place.model.all()] == [False, True, False]


def test_who_comes_and_goes(place: Place) -> None:
    place.room.append("leave", Leave(), key=f"in:{OTHER}")
    place.room.append("kick", Kick(), key=f"in:{THIRD}")
    place.come(place.room)
    assert place.names() == ["Me"]
    assert place.model.find(OTHER) is None
    place.room.append("add", Join(1), key=f"in:{OTHER}")
    place.people.append("rename", Name("Bobby"), key=f"name:{OTHER}")
    place.come(place.room)
    place.come(place.people)
    found = place.model.find(OTHER)
    assert found is not None
    assert found.name == "Bobby"


def test_only_news_of_people_is_told(place: Place) -> None:
    place.room.say("hello")
    place.come(place.room)
    place.dm.say("hi")
    place.come(place.dm)
    place.people.append("rename", Name("Me"), key=f"name:{ME}")
    place.come(place.people)
    assert place.resets == 0
    place.client.put(draft_key(place.counter.id, ROOM), "x")
    assert place.resets == 0
    place.client.put(contact_key(OTHER, "name"), "Bro")
    place.client.put(contact_key(OTHER, "blocked"), YES)
    assert place.resets == 2
    found = place.model.find(OTHER)
    assert found is not None
    assert (found.name, found.public_name, found.is_blocked) == ("Bro", "bob", True)


def test_who_is_shut_out_still_sees_who_was_there(place: Place) -> None:
    place.counter.receive(frames.Lost(PEOPLE))
    place.model.apply(place.counter.batch())
    assert place.names() == ["Ann", "bob", "Me"]


def test_people_of_direct_messages_and_of_a_server(place: Place) -> None:
    dm = People(place.counter.as_server, dm_log(ME, OTHER), place.kept)
    assert [person.name for person in dm.all()] == ["bob", "Me"]
    everybody = People(place.counter.as_server, PEOPLE, place.kept)
    assert [person.name for person in everybody.all()] == ["Ann", "bob", "Me"]
    place.people.append("role", SetRole(Role.NONE), key=f"role:{OTHER}")
    place.counter.extend(place.people)
    everybody.apply(place.counter.batch())
    assert [person.name for person in everybody.all()] == ["Ann", "Me"]


# --- contacts -------------------------------------------------------------------------------------------------


def test_contacts_are_everybody_on_every_server_once(store: Store) -> None:
    one, other = Counter(store), Counter(store, ServerId(b64(b"e" * 32)))
    client = FakeClient(store, one, other)
    here, there = shop.People(Me=ME, Ann=OTHER), shop.People(Myself=ME, Anna=OTHER, Tom=THIRD)
    one.connect(here)
    contacts = Contacts(client.as_client, Kept(client.as_client))
    assert [contact.name for contact in contacts.all()] == ["Ann"]
    other.connect(there)
    contacts.apply([*one.batch(), *other.batch()])
    ann = contacts.find(OTHER)
    assert ann == Contact(OTHER, "Ann", "", ("Ann", "Anna"), (one.id, other.id), KEYS[OTHER])
    assert [contact.name for contact in contacts.all()] == ["Ann", "Tom"]
    other.receive(frames.Lost(PEOPLE))
    contacts.apply(other.batch())
    assert [contact.name for contact in contacts.all()] == ["Ann", "Tom"]  # known is known
    here.say("no news")
    one.extend(here)
    here.append("rename", Name("Anne"), key=f"name:{OTHER}")
    one.extend(here)
    contacts.apply(one.batch())
    assert [contact.name for contact in contacts.all()] == ["Anne", "Tom"]


async def test_what_one_notes_about_a_contact_is_kept(place: Place) -> None:
    contacts = Contacts(place.client.as_client, place.kept)
    assert [contact.name for contact in contacts.all()] == ["Ann", "bob"]
    await contacts.set_favourite(OTHER, on=True)
    assert [contact.name for contact in contacts.all()] == ["bob", "Ann"]
    await contacts.set_name(OTHER, "  Bro ")
    await contacts.set_note(OTHER, "has the key")
    bob = contacts.find(OTHER)
    assert bob is not None
    assert (bob.name, bob.own_name, bob.server_names, bob.note) == ("Bro", "Bro", ("bob",), "has the key")
    await contacts.set_blocked(OTHER, on=True)
    assert [contact.blocked for contact in contacts.all()] == [False, True]
    assert Contacts(place.client.as_client, place.kept).all() == contacts.all()
    await contacts.set_blocked(OTHER, on=False)
    await contacts.set_favourite(OTHER, on=False)
    await contacts.set_name(OTHER, " ")
    await contacts.set_note(OTHER, "")
    assert place.kept.under("contact:") == {}
    assert contacts.find(OTHER) == Contact(OTHER, "bob", "", ("bob",), (place.counter.id,), KEYS[OTHER])


def test_somebody_noted_who_is_nowhere_now_stays_a_contact(place: Place) -> None:
    place.client.put(contact_key(THIRD, "name"), "Old friend")
    place.people.append("role", SetRole(Role.NONE), key=f"role:{THIRD}")
    place.counter.extend(place.people)
    contacts = Contacts(place.client.as_client, place.kept)
    found = contacts.find(THIRD)
    assert found is not None
    assert (found.name, found.servers, found.server_names) == ("Old friend", (), ())


def test_a_key_that_is_none_gives_an_avatar_all_the_same(place: Place) -> None:
    place.people.append("identity", Identity("?"), key=f"identity:{OTHER}")
    place.come(place.people)
    found = place.model.find(OTHER)
    assert found is not None
    assert found.key == b"?"
