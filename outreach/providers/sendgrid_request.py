"""A plan and its people as requests to SendGrid's v3 Mail Send.

The static text goes once with tags where something personal stands; each person brings the
substitutions. Facts and limits: SendGrid's documentation and OpenAPI description.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from outreach.core.tokens import Slot
from outreach.mail.headers import Unsendable, mailbox, one_line
from outreach.mail.mime import MAX_LETTER_BYTES, static_headers
from outreach.mail.plan import Form, Piece, Plan, Recipient

DELIVERY = "delivery"  # the custom argument that comes back with each event
MAX_PEOPLE = 1000
MAX_SUBSTITUTIONS = 10_000  # bytes of tags and values, for each person
_LONGEST_CHARACTER = 4  # bytes
# An account may switch these on for all letters; its links would then replace ours.
_NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}

Json = dict[str, Any]


class RequestMaker:
    """Writes the requests of one plan. Raises Unsendable for a letter above 25 MB."""

    def __init__(self, plan: Plan) -> None:
        self._can_unsubscribe = plan.envelope.can_unsubscribe
        name, head, tag = plan.token(Slot.UNSUBSCRIBE)
        self._way_out = f"<{plan.envelope.base_url}/u/{name}", head, tag
        # Nobody can write this into a name or a letter to have it replaced.
        nonce = secrets.token_hex(4)
        pieces = [piece for form in plan.forms for piece in (*form.subject, *form.html, *form.text)]
        places = sorted({piece for piece in pieces if isinstance(piece, int)})
        self._tag_of = {place: f"-{nonce}s{place:04d}-" for place in places}
        self._places = tuple(self._tag_of)
        self._tags_size = sum(map(len, self._tag_of.values()))
        self._person = self._compiled(static_headers(plan.envelope))
        self._texts = [self._texts_of(form) for form in plan.forms]  # by outcome
        self._base: Json = {
            "from": _person(plan.envelope.sender_name, plan.envelope.sender_address),
            "tracking_settings": _NO_TRACKING,
        }
        if plan.envelope.reply_to:
            self._base["reply_to"] = _person("", plan.envelope.reply_to)

    def request(self, people: Sequence[bytes], more: Json, outcome: int = 0) -> bytes:
        """The JSON of one request for up to MAX_PEOPLE personalizations, each address once.

        `more`: what it says beside its letters; `outcome`: the one that all these people share.
        """
        shared = orjson.dumps({**self._base, **self._texts[outcome], **more})
        return b'%b,"personalizations":[%b]}' % (shared[:-1], b",".join(people))

    def personalization(self, recipient: Recipient) -> bytes:
        """The JSON of what is one person's own; raises Unsendable.

        Written by joining, as the letters themselves: a quarter of the time of a dictionary.
        """
        values = recipient.values
        personal = [values[place] for place in self._places]
        if self._too_large(personal):
            raise Unsendable(
                f"The personal parts of this letter have more than {MAX_SUBSTITUTIONS:,} bytes, "
                "which is what SendGrid takes."
            )
        row = [_person(recipient.name, recipient.address), str(recipient.delivery_id), *personal]
        if self._can_unsubscribe:
            start, head, tag = self._way_out
            row.append(f"{start}{values[head]}{values[tag]}>")
        pieces = self._person.copy()
        pieces[1::2] = map(orjson.dumps, row)
        return b"".join(pieces)

    def _compiled(self, headers: dict[str, str]) -> list[bytes]:
        """A personalization as static JSON at even places, to be filled at odd ones: with the
        person, the delivery's id, a value for each tag, and the way out.

        All headers stand here: SendGrid says that those of a personalization override those of
        the message, not whether header by header. The delivery's id is the only thing that we
        give away to be kept.
        """
        hole = secrets.token_hex(8)
        person: Json = {"to": [hole], "custom_args": {DELIVERY: hole}}
        if self._tag_of:
            person["substitutions"] = dict.fromkeys(self._tag_of.values(), hole)
        if self._can_unsubscribe:
            headers = {
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                **headers,
                "List-Unsubscribe": hole,  # the last one, as in the row that fills it
            }
        if headers:
            person["headers"] = headers
        statics = orjson.dumps(person).split(f'"{hole}"'.encode())
        return [piece for static in statics for piece in (static, b"")][:-1]

    def _texts_of(self, form: Form) -> Json:
        text, html = self._tagged(form.text), self._tagged(form.html)
        size = len(text.encode()) + len(html.encode())
        if size > MAX_LETTER_BYTES:
            raise Unsendable(
                f"The letter has {size:,} bytes; mail servers take {MAX_LETTER_BYTES:,}."
            )
        parts = (("text/plain", text), ("text/html", html))  # SendGrid insists on this order
        return {
            "subject": self._tagged(form.subject),
            "content": [{"type": kind, "value": value} for kind, value in parts if value],
        }

    def _tagged(self, pieces: Sequence[Piece]) -> str:
        return "".join(self._tag_of[p] if isinstance(p, int) else p for p in pieces)

    def _too_large(self, values: Sequence[str]) -> bool:
        characters = self._tags_size + sum(map(len, values))
        if characters * _LONGEST_CHARACTER <= MAX_SUBSTITUTIONS:
            return False
        return self._tags_size + sum(len(v.encode()) for v in values) > MAX_SUBSTITUTIONS


def _person(name: str, address: str) -> dict[str, str]:
    mailbox(name, address)  # raises Unsendable for what can't be an address
    return {"email": address, "name": one_line(name)} if name else {"email": address}
