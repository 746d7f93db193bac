"""SendGrid's events in our words: what its Event Webhook posts becomes feedback about letters.

Facts of SendGrid's documentation: events come more than once and in any order, `sg_event_id` names
one for ever; `sg_message_id` starts with the X-Message-Id and is missing on some late bounces;
kinds are added without notice. Custom arguments stand beside the event's own fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from outreach.consent.suppression import ASKED, BOUNCED, COMPLAINED
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.mail.feedback import Feedback, Word
from outreach.mail.headers import one_line
from outreach.mail.reasons import reason
from outreach.providers.sendgrid_request import DELIVERY

SOURCE = "sendgrid"
_WORDS = {
    "processed": Word.ACCEPTED,
    "deferred": Word.DEFERRED,
    "delivered": Word.DELIVERED,
    "dropped": Word.DROPPED,
    "bounce": Word.BOUNCED,
    "spamreport": Word.COMPLAINED,
    "unsubscribe": Word.UNSUBSCRIBED,
    "group_unsubscribe": Word.UNSUBSCRIBED,
    "open": Word.PROVIDER_OPENED,
    "click": Word.PROVIDER_CLICKED,
}
# Members of an enumeration are slow to reach by its name, and nearly all events are of these.
_OTHER, _DELIVERED = Word.OTHER, Word.DELIVERED
_SPARING = frozenset(("bounce", "dropped", "spamreport"))
_HARD = "bounce"  # the type of a bounce after which SendGrid suppresses; others are "blocked"
# A letter that is dropped for this was not sent because SendGrid's own list names the address.
_DROPPED_FOR = {
    "bounced address": BOUNCED,
    "invalid": BOUNCED,
    "spam reporting address": COMPLAINED,
    "unsubscribed address": ASKED,
}
_DETAILS = (
    ("type", "type"),
    ("status", "status"),
    ("bounce_classification", "classification"),
    ("attempt", "attempt"),
    ("sg_machine_open", "machine"),
)
# What lies outside is no time of an event: SendGrid began in 2009.
_SINCE, _UNTIL = 1_230_768_000, 4_102_444_800
_LONGEST, _MOST_FIELDS = 300, 20
# Of events that we don't know, everything is kept but what is about the person.
_PERSONAL = {"email", "ip", "useragent", "url", "smtp-id", "reason", "response"}


def feedback(body: bytes, signed_at: str = "") -> list[Feedback]:
    """The reports in one request of the webhook.

    `signed_at`: the time, in seconds, that was signed with the body; events that don't say when
    they happened have it. What stands in the list and is no event is kept as `other`. Raises
    BadInput, with the place, for what is no list of events: then there is no report at all.
    """
    otherwise = _instant(signed_at) or now()
    number = 0
    reports = []
    try:
        for number, event in enumerate(_listed(body), start=1):  # noqa: B007  it names the place
            told = event if isinstance(event, dict) else {"value": event}
            reports.append(_one(told, otherwise))
    except RecursionError:
        raise BadInput(f"Event {number} is nested too deeply. Nothing was stored.") from None
    return reports


def _listed(body: bytes) -> list[Any]:
    try:
        events = orjson.loads(body)
    except orjson.JSONDecodeError as strict:
        events = _read_tolerantly(body, strict)
    if not isinstance(events, list):
        raise BadInput("This is no list of events: line 1, column 1. Nothing was stored.")
    return events


def _read_tolerantly(body: bytes, strict: orjson.JSONDecodeError) -> Any:
    """Half characters and NaN, which some programs write, are no reason to lose the others."""
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1} is not UTF-8"
    except (ValueError, RecursionError):
        place = f"line {strict.lineno}, column {strict.colno}"
    raise BadInput(f"This is no JSON: {place}. Nothing was stored.")


def _one(event: Mapping[str, Any], otherwise: datetime) -> Feedback:
    said, address = _text(event.get("event")), _text(event.get("email"))
    word, suppress = _WORDS.get(said, _OTHER), ""
    if said in _SPARING:
        word, suppress = _spared(event, word)
    delivery = _text(event.get(DELIVERY))
    why = "" if word is _DELIVERED else event.get("reason") or event.get("response")
    return Feedback(
        key=_key(event),
        word=word,
        at=_instant(event.get("timestamp")) or otherwise,
        source=SOURCE,
        delivery_id=int(delivery) if delivery.isdecimal() and len(delivery) < 19 else None,
        ref=_text(event.get("sg_message_id")),
        address=address,
        reason=reason(_text(why), address) if why else "",
        suppress=suppress,
        detail=_unknown(event, said, address) if word is _OTHER else _detail(event),
    )


def _spared(event: Mapping[str, Any], word: Word) -> tuple[Word, str]:
    """The word, and why the address must not be written to again."""
    if word is Word.BOUNCED and event.get("type") == _HARD:
        return Word.GONE, BOUNCED
    if word is Word.DROPPED:
        return word, _DROPPED_FOR.get(_text(event.get("reason")).lower(), "")
    return word, COMPLAINED if word is Word.COMPLAINED else ""


def _detail(event: Mapping[str, Any]) -> dict[str, str | int | float]:
    detail = {}
    for its, ours in _DETAILS:
        if its in event:
            detail[ours] = _value(event[its])
    return detail


def _unknown(event: Mapping[str, Any], said: str, address: str) -> dict[str, str | int | float]:
    kept = {
        one_line(_clean(name))[:80]: _value(value, address)
        for name, value in list(event.items())[:_MOST_FIELDS]
        if name not in _PERSONAL and name != "event"
    }
    return {"said": said, **kept}


def _key(event: Mapping[str, Any]) -> str:
    """What names an event for ever; one without an id is named by all that it says."""
    named = event.get("sg_event_id")
    text = named if isinstance(named, str) and named else json.dumps(event, sort_keys=True)
    return "sendgrid:" + blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _instant(timestamp: object) -> datetime | None:
    """When it happened; None where that can't be read."""
    if type(timestamp) is int:
        return _second(timestamp)
    try:
        return _second(float(timestamp))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)  # many events are of the same second
def _second(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if _SINCE < seconds < _UNTIL else None


def _text(value: object) -> str:
    if type(value) is str and value.isprintable():  # nearly all: no half of a character in it
        return value[:_LONGEST]
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return one_line(_clean(str(value)))[:_LONGEST]


def _value(value: object, address: str = "") -> str | int | float:
    if isinstance(value, bool) or value is None:
        return bool(value)
    if isinstance(value, str):
        return reason(_text(value), address)
    if isinstance(value, int | float) and abs(value) < 2**53:
        return value
    return reason(_text(json.dumps(value)), address)


def _clean(text: str) -> str:
    """Without halves of characters, which JSON can name and no database takes."""
    return text.encode("utf-8", "replace").decode()
