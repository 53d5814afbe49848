"""Frames that no well-behaved client sends: malformed, oversized, nested, unknown, semantically wrong.

Each comes from a right frame by one or two random changes, or is written from scratch. What comes out may by chance
be right: that harms nobody either.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, NamedTuple

from chat_protocol import limits
from chat_protocol.events import KINDS
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Ref, dm_log, new_cid


class How(StrEnum):
    TEXT = "text"
    """A text message."""
    BINARY = "binary"
    RAW = "raw"
    """Bytes on the wire below WebSocket."""


class Hostile(NamedTuple):
    what: str
    how: How
    data: bytes


@dataclass(frozen=True)
class Known:
    """What somebody inside knows and may aim at."""

    me: MemberId
    other: MemberId
    room: LogId
    message: Ref
    """Of somebody else."""

    @property
    def logs(self) -> list[str]:
        return [self.room, PEOPLE, STAFF, dm_log(self.me, self.other), dm_log(self.other, self.other), "A" * 22]


class Generator:
    """The same seed gives the same frames."""

    def __init__(self, random: Random, known: Known) -> None:
        self._random = random
        self._known = known
        self._id = 1_000_000
        self._makers: list[tuple[Callable[[], Hostile], int]] = [
            (self._changed, 40),
            (self._wrong_event, 25),
            (self._wrong_request, 10),
            (self._broken_text, 10),
            (self._deep, 5),
            (self._odd_frame, 5),
            (self._not_utf8, 1),
            (self._oversized, 1),
            (self._below, 3),
        ]

    def next(self) -> Hostile:
        makers, weights = zip(*self._makers, strict=True)
        make: Callable[[], Hostile] = self._random.choices(makers, weights)[0]
        return make()

    # --- from right frames ------------------------------------------------------------------------------------

    def _changed(self) -> Hostile:
        """A right frame with one or two values replaced, removed or added."""
        frame = self._right()
        for _ in range(self._random.choice((1, 1, 2))):
            self._change(frame)
        return Hostile("changed", How.TEXT, _dump(frame))

    def _broken_text(self) -> Hostile:
        """A right frame cut short, with a byte changed, or with something behind it."""
        data = bytearray(_dump(self._right()))
        match self._random.randrange(4):
            case 0:
                del data[self._random.randrange(len(data)) :]
            case 1:  # no digit: an id would become another's
                place = self._random.choice([place for place, byte in enumerate(data) if byte not in b"0123456789"])
                data[place] = self._random.randrange(0x3A, 0x7F)
            case 2:
                data += self._random.choice((b"{}", b"x", b"\n\n[", b","))
            case _:
                place = self._random.randrange(len(data))
                data[place:place] = self._random.choice((b"\t", b"\\u0000", b'"', b"\\", b"\x01", b"\xef\xbb\xbf"))
        return Hostile("broken", How.TEXT, bytes(data))

    def _not_utf8(self) -> Hostile:
        data = bytearray(_dump(self._right()))
        data[self._random.randrange(len(data))] = self._random.randrange(0x80, 0x100)
        return Hostile("not UTF-8", How.TEXT, bytes(data))

    def _right(self) -> dict[str, Any]:
        makers = (self._send, self._send, self._follow, self._page, self._search, self._mark)
        make: Callable[[], dict[str, Any]] = self._random.choice(makers)
        return make()

    def _change(self, frame: dict[str, Any]) -> None:
        holder: Any = frame
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                return
            key = self._random.choice(keys)
            inner = holder[key]
            if not isinstance(inner, (dict, list)) or not inner or self._random.random() < 0.2:
                break
            holder = inner
        choice = self._random.randrange(10)
        if choice == 0 and isinstance(holder, dict):
            del holder[key]
        elif choice == 1 and isinstance(holder, dict):
            holder[self._random.choice(("", "op", "id", "from", "body", "\x00", "x" * 300))] = self._nasty()
        else:
            holder[key] = self._nasty()

    def _nasty(self) -> Any:
        return self._random.choice(_NASTY)()

    def _send(self) -> dict[str, Any]:
        batch = [self._entry() for _ in range(self._random.choice((1, 1, 1, 3)))]
        return {"op": "send", "id": self._next_id(), "batch": batch}

    def _entry(self) -> dict[str, Any]:
        known = self._known
        entries: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            ("text", {"text": "hello"}, {}),
            ("text", {"text": "reply", "reply": list(known.message), "mentions": [known.other]}, {}),
            ("edit", {"text": "changed"}, {"target": list(known.message)}),
            ("delete", {}, {"target": list(known.message)}),
            ("react", {"emoji": "👍", "on": True}, {"target": list(known.message)}),
            ("pin", {"on": True}, {"target": list(known.message)}),
            ("topic", {"topic": "mine now"}, {"key": "topic"}),
            ("kick", {"reason": "because"}, {"key": f"in:{known.other}"}),
            ("moderate", {"on": True}, {"key": f"mod:{known.me}"}),
            ("rename", {"name": "admin"}, {"log": PEOPLE, "key": f"name:{known.other}"}),
            ("role", {"role": "host"}, {"log": PEOPLE, "key": f"role:{known.me}"}),
            ("ban", {}, {"log": PEOPLE, "key": f"ban:{known.other}"}),
            ("stop", {}, {"log": STAFF, "key": "stop"}),
            ("fault", {"log": known.room, "seq": 1, "code": "gap"}, {"log": STAFF}),
        ]
        kind, body, more = self._random.choice(entries)
        return {"log": known.room, "cid": self._cid(), "kind": kind, "body": body} | more

    def _follow(self) -> dict[str, Any]:
        since: dict[str, Any] = dict.fromkeys(self._random.sample(self._known.logs, 2))
        since[self._known.room] = [self._random.randrange(100), "AAAAAAAAAAA"]
        return {"op": "follow", "id": self._next_id(), "since": since}

    def _page(self) -> dict[str, Any]:
        limit = self._random.randrange(1, 50)
        frame: dict[str, Any] = {"op": "page", "id": self._next_id(), "log": self._known.room, "limit": limit}
        about: dict[str, Any] = self._random.choice(
            ({}, {"before": 5}, {"around_row": 3}, {"around": list(self._known.message)})
        )
        frame.update(about)
        return frame

    def _search(self) -> dict[str, Any]:
        return {"op": "search", "id": self._next_id(), "query": "hello", "log": self._known.room, "limit": 5}

    def _mark(self) -> dict[str, Any]:
        return {"op": "mark", "id": self._next_id(), "log": self._known.room, "seq": 1}

    # --- from scratch -----------------------------------------------------------------------------------------

    def _wrong_event(self) -> Hostile:
        """An event that can be read and must not be believed."""
        entry = self._entry()
        random = self._random
        match random.randrange(9):
            case 0:
                entry["log"] = random.choice(self._known.logs)
            case 1:
                entry["kind"] = random.choice([*KINDS, "made_up", "text "])
            case 2:
                entry["cid"] = self._known.message.cid
            case 3:
                entry["cid"] = random.choice(("", "A" * 21, "A" * 21 + "B", "A" * 22 + "=", "+/" * 11, "é" * 22))
            case 4:
                entry["body"] = {"text": random.choice(_TEXTS)()}
            case 5:
                entry["target"] = random.choice(([self._known.me, self._cid()], ["", ""], list(self._known.message)))
            case 6:
                key = random.choice(("in:", "in:x", "name", "topic", f"role:{self._known.me}", "x:" * 40, "invite:abc"))
                entry["key"] = key
            case 7:
                entry["body"]["mentions"] = [self._known.other] * random.choice((51, 500)) + ["nobody"]
            case _:
                entry["body"]["from"] = entry["body"]["seq"] = entry["by"] = self._known.other
        batch = [entry] * random.choice((1, 1, 1, 2, 33))
        return Hostile("wrong event", How.TEXT, _dump({"op": "send", "id": self._next_id(), "batch": batch}))

    def _wrong_request(self) -> Hostile:
        """A request that can be read and makes no sense here."""
        id_ = self._next_id()
        requests: list[dict[str, Any]] = [
            {"op": "login", "id": id_, "identity": "A" * 43, "device": "A" * 22, "sig": "A" * 86},
            {"op": "peek", "id": id_, "invite": "A" * 43},
            {"op": "welcome", "re": id_, "member": self._known.me, "limits": {}, "logs": []},
            {"op": "ok", "re": id_, "res": []},
            {"op": "events", "log": self._known.room, "list": []},
            {"op": "bye", "code": "restart", "text": "", "retry": "later"},
            {"op": "shutdown", "id": id_},
            {"op": "page", "id": id_, "log": self._known.room, "limit": 5, "before": 3, "around_row": 3},
            {"op": "page", "id": id_, "log": self._known.room, "limit": 1_000, "before": limits.MAX_INT},
            {"op": "page", "id": id_, "log": STAFF, "limit": 1_000},
            {"op": "follow", "id": id_, "since": {f"{number:022}": None for number in range(limits.FOLLOW_LOGS)}},
            {"op": "follow", "id": id_, "since": {self._known.room: [limits.MAX_INT, "AAAAAAAAAAA"]}},
            {"op": "search", "id": id_, "query": self._random.choice(('"', "*", "a OR", "NEAR(", "\u0301", " ", "-"))},
            {"op": "mark", "id": id_, "log": STAFF, "seq": limits.MAX_INT},
            {"op": "signal", "log": self._known.room, "kind": "\u202e", "seq": 0},
            {"op": "signal", "log": STAFF, "kind": "typing"},
            {"op": "send", "id": id_, "batch": []},
        ]
        return Hostile("wrong request", How.TEXT, _dump(self._random.choice(requests)))

    def _deep(self) -> Hostile:
        depth = self._random.choice((9, 10, 100, 5_000, 30_000))
        opening, closing = self._random.choice(((b"[", b"]"), (b'{"a":', b"}")))
        nested = (opening * depth + b"1" + closing * depth)[: limits.CLIENT_FRAME - 200]
        start, end = self._random.choice(
            (
                (b"", b""),
                (b'{"op":"send","id":%d,"batch":[{"body":' % self._next_id(), b"}]}"),
                (b'{"op":"mark","x":', b"}"),
            )
        )
        return Hostile("nested", How.TEXT, start + nested + end)

    def _odd_frame(self) -> Hostile:
        """No JSON object at all, or a binary message."""
        if self._random.random() < 0.3:
            return Hostile("binary", How.BINARY, self._random.randbytes(self._random.randrange(300)))
        data = self._random.choice((b"", b" ", b"null", b"[]", b"0", b'"op"', b"{}", b"NaN", b"{" * 7, b'{"op":1}'))
        return Hostile("no object", How.TEXT, data)

    def _oversized(self) -> Hostile:
        """A message larger than a frame may be: the connection may be cut."""
        size = limits.CLIENT_FRAME + self._random.choice((1, 100, limits.CLIENT_FRAME, 1_000_000))
        frame = {"op": "search", "id": self._next_id(), "query": ""}
        frame["query"] = "x" * (size - len(_dump(frame)))
        return Hostile("oversized", How.TEXT, _dump(frame))

    def _below(self) -> Hostile:
        """What isn't WebSocket (RFC 6455 section 5): the connection may be cut."""
        mask = b"\0\0\0\0"
        text = _dump(self._mark())
        assert len(text) < 126
        frames = {
            "unmasked": bytes([0x81, len(text)]) + text,
            "reserved bit": bytes([0xC1, 0x80 | len(text)]) + mask + text,
            "unknown opcode": bytes([0x83, 0x80]) + mask,
            "endless": bytes([0x81, 0xFF]) + struct.pack("!Q", 2**63 - 1) + mask + text,
            "long ping": bytes([0x89, 0xFE]) + struct.pack("!H", 300) + mask + bytes(300),
            "continued nothing": bytes([0x80, 0x80 | len(text)]) + mask + text,
            "fragments": bytes([0x01, 0x80 | 3]) + mask + text[:3] + bytes([0x80, 0x80 | 3]) + mask + text[3:6],
            "close of no code": bytes([0x88, 0x81]) + mask + b"x",
            "noise": self._noise(),
        }
        what = self._random.choice(list(frames))
        return Hostile(what, How.RAW, frames[what])

    def _noise(self) -> bytes:
        """A whole frame: of one that waits for more, whatever is sent next would be the rest."""
        noise = bytes([0xF0 | self._random.randrange(16)]) + self._random.randbytes(self._random.randrange(13, 200))
        length = noise[1] & 0x7F
        announced = int.from_bytes(noise[2:4]) if length == 126 else length if length < 126 else 0
        return noise.ljust(announced + 14, b"\0")

    def _next_id(self) -> int:
        self._id += 1
        return self._id

    def _cid(self) -> str:
        return new_cid(self._random.randrange(1 << 48), self._random.randbytes(10))


_TEXTS: tuple[Callable[[], str], ...] = (
    lambda: "",
    lambda: "x" * (limits.TEXT + 1),
    lambda: "\x00",
    lambda: "a\x1b[2Jb",
    lambda: "\x85\x7f",
    lambda: "\ud800",
    lambda: "\udfff\ud800",
    lambda: "\\" * 12_000,
    lambda: '"' * 15_000,
    lambda: "Z" + "\u0301\u0316" * 4_000,
    lambda: "\u202e\u2066" * 100,
    lambda: "<img src=x onerror=alert(1)>' OR 1=1; --",
    lambda: "\U0010ffff" * 3_000,
)
_NASTY: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: True,
    lambda: -1,
    lambda: 0,
    lambda: limits.MAX_INT + 1,
    lambda: 2**64,
    lambda: 10**400,
    lambda: 1.5,
    lambda: float("nan"),
    lambda: float("-inf"),
    list,
    dict,
    lambda: [[]] * 100,
    lambda: {"": {"": {"": 1}}},
    lambda: [None] * 600,
    lambda: STAFF,
    lambda: "q83vASNFZ4mrze8BI0VniQ==",
    lambda: "q83vASNFZ4mrze8BI0VniR",
    *_TEXTS,
)


def _dump(value: Any) -> bytes:
    """JSON, with what JSON does not know too: NaN and escapes of half characters."""
    return json.dumps(value, ensure_ascii=True).encode()
