"""What a member sends: each entry checked, completed, appended, and followed by what it entails."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct, UnsetType

from chat_protocol.codec import decode_entry, error_info
from chat_protocol.errors import Code, Refused, Retry, retry_of
from chat_protocol.events import Body, Entry, Event, Fault, Role, encode_body
from chat_protocol.frames import Sent
from chat_protocol.ids import STAFF, Cid, LogId, Ref, is_id
from chat_protocol.unreadable import UNREADABLE
from chat_server.hub.kinds import ENTAIL, TIDY, WRITTEN_BY_HUB, Context, complete
from chat_server.hub.rates import Buckets
from chat_server.hub.requests import SendRequest
from chat_server.hub.round import Round


class _Cid(Struct):
    cid: str = ""


_decode_cid = msgspec.json.Decoder(_Cid).decode


def decide_send(current: Round, request: SendRequest) -> list[Sent]:
    """What becomes of each entry, in order. A permanent refusal concerns its entry alone; the first temporary one
    ends the list, so that what was written later can't overtake it."""
    results: list[Sent] = []
    for raw in request.batch:
        try:
            entry, body = decode_entry(raw)
            if isinstance(body, Fault):
                results.append(_report(current, request, entry, body))
            else:
                results.append(_decide(current, request, entry, body))
        except Refused as refused:
            results.append(Sent(_cid_of(raw), err=error_info(refused)))
            if retry_of(refused.code) is Retry.LATER:
                break
    return results


def _decide(current: Round, request: SendRequest, entry: Entry, body: Body) -> Sent:
    if (tidy := TIDY.get(entry.kind)) is not None:
        body = tidy(body)
    ref = Ref(request.member, entry.cid)
    if (known := current.find(ref)) is not None:
        return _again(entry, body, known.log, known.event)
    _within(current.allowed.device, f"{request.member}{request.device}", current)
    context = Context(current, request.member, entry)
    context.check()
    context.check_fit(body)
    body = complete(context, body)
    _within(current.allowed.room, entry.log, current)
    event = current.append(entry.log, request.member, entry.cid, entry.kind, body, target=context.target, key=entry.key)
    if (follow_up := ENTAIL.get(entry.kind)) is not None:
        follow_up(context, event, body)
    return Sent(entry.cid, event.seq, event.ts)


def _report(current: Round, request: SendRequest, entry: Entry, body: Fault) -> Sent:
    """What a client found wrong is kept once a minute and device, and always answered with what to do about it."""
    if entry.log != STAFF or current.draft.role(request.member) is Role.NONE:
        raise Refused(Code.FORBIDDEN, "Faults are reported to the staff log.", field="log")
    do = _REMEDIES.get(body.code, "nothing")
    if (known := current.find(Ref(request.member, entry.cid))) is not None:
        return msgspec.structs.replace(_again(entry, body, known.log, known.event), do=do)
    if current.allowed.fault.take(f"{request.member}{request.device}", current.now.mono_s) is not None:
        return Sent(entry.cid, do=do)
    event = current.append(STAFF, request.member, entry.cid, entry.kind, body)
    return Sent(entry.cid, event.seq, event.ts, do=do)


_REMEDIES = {"gap": "resync", "bad_h": "resync", "bad_body": "upgrade", "unknown_type": "upgrade"}
"""What a client does about the fault it found."""


def _again(entry: Entry, body: Body, log: LogId, event: Event) -> Sent:
    """A retry gets the answer of the first time; another event under a known cid is an error."""
    same = (log, event.kind, event.target, event.key) == (entry.log, entry.kind, entry.target, entry.key)
    if same and not isinstance(event.body, UnsetType) and entry.kind not in WRITTEN_BY_HUB:
        same = bytes(event.body) == bytes(encode_body(body))
    if not same:
        raise Refused(Code.CID_REUSED, "Another event has that cid.", field="cid")
    return Sent(entry.cid, event.seq, event.ts, dup=True)


def _within(buckets: Buckets, key: str, current: Round) -> None:
    after_ms = buckets.take(key, current.now.mono_s)
    if after_ms is not None:
        raise Refused(Code.RATE_LIMITED, "That was too much in too short a time.", after_ms=after_ms)


def _cid_of(raw: Raw) -> Cid:
    """The cid of an entry that was refused; empty if it has none."""
    try:
        cid = _decode_cid(raw).cid
    except UNREADABLE:
        return Cid("")
    return Cid(cid) if is_id(cid) else Cid("")
