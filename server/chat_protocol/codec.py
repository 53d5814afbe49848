"""Bytes to frames and back, with the checks that a type alone does not make.

`msgspec` bounds types; before it one scan bounds depth, after it one scan refuses control characters. Whatever is
wrong is a `Refused`, and names the request when it could be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from msgspec import Raw, Struct

from chat_protocol import frames, limits
from chat_protocol.decoders import Decoders
from chat_protocol.errors import Code, Refused, retry_of
from chat_protocol.events import KINDS, Body, Entry, class_of, decode_body, encode_body
from chat_protocol.ids import LogId, is_id, is_server_cid, unb64
from chat_protocol.unreadable import UNREADABLE, wrong

# Possessive, and content with a string that never ends: each byte is looked at once, whatever was sent.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
# How msgspec writes control characters: C0 as escapes (\n and \t are allowed), DEL and C1 as they are.
_CONTROLS = (b"\\u00", b"\\b", b"\\f", b"\\r", b"\x7f")
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


class _Head(Struct):
    op: str = ""
    id: int | None = None


_decode_head = msgspec.json.Decoder(_Head).decode
_encode = msgspec.json.Encoder().encode
_decode_entry = msgspec.json.Decoder(Entry).decode


def _decoders(union: object) -> Decoders:
    types: tuple[type[Struct], ...] = union.__args__  # type: ignore[attr-defined]
    return Decoders({str(kind.__struct_config__.tag): kind for kind in types})


_CLIENT = _decoders(frames.ClientFrame)
_SERVER = _decoders(frames.ServerFrame)


class BadFrame(Refused):
    """A frame that can't be read. `re` is the request's id when that much could be."""

    def __init__(self, code: Code, text: str, re: int | None = None, field: str | None = None) -> None:
        super().__init__(code, text, field=field)
        self.re = re


def decode_client(data: bytes) -> frames.ClientFrame:
    """A frame from a client. Raises `BadFrame`; the connection may stay."""
    return _decode(data, _CLIENT, limits.CLIENT_FRAME)  # type: ignore[return-value]


def decode_server(data: bytes) -> frames.ServerFrame:
    """A frame from a server. Raises `BadFrame`: a client reports it as a `fault` and goes on."""
    return _decode(data, _SERVER, limits.SERVER_FRAME)  # type: ignore[return-value]


def encode(frame: frames.Frame) -> bytes:
    return _encode(frame)


def decode_entry(raw: Raw | bytes) -> tuple[Entry, Body]:
    """One entry of a `send`, checked: ids have one spelling, the body fits its kind and its bounds.

    Raises `Refused`. What the server stores is its own encoding of the result, never the bytes given.
    """
    try:
        entry = _decode_entry(raw)
    except UNREADABLE as error:
        text, field = wrong(error)
        raise Refused(Code.BAD_VALUE, text, field=field) from None
    if not is_id(entry.cid) or is_server_cid(entry.cid):
        raise Refused(Code.BAD_VALUE, "A cid is 22 characters of base64url, and its first bit is 0.", field="cid")
    if entry.target is not None and not all(map(is_id, entry.target)):
        raise Refused(Code.BAD_VALUE, "An id is 22 characters of base64url.", field="target")
    kind = KINDS.get(entry.kind)
    if kind is None:
        raise Refused(Code.UNKNOWN_KIND, "This server does not know that kind of event.", field="kind")
    if (entry.target is not None and entry.key is not None) or class_of(entry.target, entry.key) is not kind.cls:
        raise Refused(Code.BAD_VALUE, f"An event of that kind is a {kind.cls}.", field="target")
    if kind.key is not None and not _names(entry.key or "", kind.key):
        raise Refused(Code.BAD_VALUE, f"An event of that kind has the key {kind.key}.", field="key")
    try:
        body: Body = decode_body(entry.kind, entry.body)
    except UNREADABLE as error:
        text, field = wrong(error)
        raise Refused(Code.BAD_VALUE, text, field=field or "body") from None
    if len(getattr(body, "text", "").encode()) > limits.TEXT:
        raise Refused(Code.TEXT_TOO_LONG, f"A message holds at most {limits.TEXT} bytes.", field="text")
    canonical = encode_body(body)
    if len(bytes(canonical)) > limits.BODY:
        raise Refused(Code.TEXT_TOO_LONG, f"A body holds at most {limits.BODY} bytes.", field="body")
    if has_controls(canonical):
        raise Refused(Code.BAD_VALUE, "A text holds a control character.", field="body")
    return entry, body


def has_controls(encoded: bytes | Raw) -> bool:
    """Whether a JSON text written by `encode` holds a control character other than newline and tab."""
    text = bytes(encoded).replace(rb"\\", b"")  # else the second backslash of a pair would look like an escape
    return any(control in text for control in _CONTROLS) or (b"\xc2" in text and _C1.search(text) is not None)


def events_frames(log: LogId, blobs: Iterable[bytes], limit: int = limits.SERVER_FRAME) -> list[bytes]:
    """`events` frames around events that are encoded already, each at most `limit` bytes."""
    head = b'{"op":"events","log":"%b","list":[' % log.encode()
    packed: list[bytes] = []
    size = 0
    out: list[bytes] = []
    for blob in blobs:
        if packed and size + len(blob) + 1 > limit - len(head) - 2:
            out.append(head + b",".join(packed) + b"]}")
            packed, size = [], 0
        packed.append(blob)
        size += len(blob) + 1
    if packed:
        out.append(head + b",".join(packed) + b"]}")
    return out


def error_info(refused: Refused) -> frames.ErrorInfo:
    return frames.ErrorInfo(
        refused.code,
        refused.text,
        retry_of(refused.code),
        refused.after_ms,
        refused.field,
        refused.suggestion,
    )


def err(refused: Refused, re: int | None) -> frames.Err:
    info = error_info(refused)
    return frames.Err(info.code, info.text, info.retry, re, info.after_ms, info.field, info.suggestion)


def bye(code: Code, text: str, after_ms: int | None = None) -> frames.Bye:
    return frames.Bye(code, text, retry_of(code), after_ms)


def _names(key: str, pattern: str) -> bool:
    """Whether `key` is what a `pattern` allows: itself, or its prefix and an id or a hash in its one spelling."""
    if not pattern.endswith(":"):
        return key == pattern
    try:
        return key.startswith(pattern) and bool(unb64(key.removeprefix(pattern)))
    except ValueError:
        return False


def _decode(data: bytes, decoders: Decoders, limit: int) -> Struct:
    if len(data) > limit:
        raise BadFrame(Code.FRAME_TOO_BIG, f"A frame holds at most {limit} bytes.")
    if not _is_utf8(data):
        raise BadFrame(Code.BAD_FRAME, "A frame is text in UTF-8.")
    if _too_deep(data):
        raise BadFrame(Code.BAD_FRAME, f"A frame nests at most {limits.MAX_DEPTH} deep.")
    try:
        head = _decode_head(data)
    except UNREADABLE:
        raise BadFrame(Code.BAD_FRAME, "The frame is not a JSON object with a text in op.") from None
    re = head.id if head.id is not None and 0 <= head.id <= limits.MAX_INT else None
    try:
        decode = decoders[head.op]
    except KeyError:
        raise BadFrame(Code.UNKNOWN_TYPE, "This program does not know that frame.", re, "op") from None
    try:
        return decode(data)  # type: ignore[no-any-return]
    except UNREADABLE as error:
        text, field = wrong(error)
        raise BadFrame(Code.BAD_VALUE, text, re, field) from None


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _too_deep(data: bytes) -> bool:
    if data.count(b"{") + data.count(b"[") <= limits.MAX_DEPTH:
        return False
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        if depth > limits.MAX_DEPTH:
            return True
    return False
