"""Every bound of the protocol. Sizes are bytes of UTF-8 unless the name says otherwise."""

from __future__ import annotations

PROTOCOL = "desktop-chat.1"
"""The WebSocket subprotocol (RFC 6455 section 1.9); another one is refused at the upgrade."""
VERSION = 1

MAX_INT = 2**53 - 1
MAX_DEPTH = 8

CLIENT_FRAME = 64 * 1024
SERVER_FRAME = 256 * 1024
SEND_EVENTS = 32
SEND_BYTES = 48 * 1024
BODY = 16 * 1024
TEXT = 16_000
"""Of one message: with its reply and its JSON escapes the body must still fit `BODY`."""
MENTIONS = 50
REASON = 500
TOPIC = 1_000
ROOM_NAME = 80
"""In characters."""
EMOJI = 64
REACTIONS = 20
"""Different emoji on one message as shown."""
CHANGES = 2_000
"""Of one message; its author may make as many again, lest others use them up. So it fits a frame as shown."""
KIND = 32
KEY = 64
PAGE_MESSAGES = 1_000
FOLLOW_LOGS = 500
SEARCH_QUERY = 256
SEARCH_HITS = 100

IN_FLIGHT = 8
"""Requests of one connection that wait for their answer; further frames are not read meanwhile."""
FEED_BYTES = 256 * 1024
FEED_LOW_WATER = 64 * 1024
FEED_HIGH_WATER = 1024 * 1024

LOGIN_S = 15
DRAIN_S = 30
PING_EVERY_S = 20
CLIENT_SILENCE_S = 25

INVITE_DAYS = 7
INVITE_USES = 100
