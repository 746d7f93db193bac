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
        self._places, self._tags = tuple(self._tag_of), tuple(self._tag_of.values())
        self._tags_size = sum(map(len, self._tags))
        self._static_headers = static_headers(plan.envelope)
        if self._can_unsubscribe:
            self._static_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        self._texts = [self._texts_of(form) for form in plan.forms]  # by outcome
        self._base: Json = {
            "from": _person(plan.envelope.sender_name, plan.envelope.sender_address),
            "tracking_settings": _NO_TRACKING,
        }
        if plan.envelope.reply_to:
            self._base["reply_to"] = _person("", plan.envelope.reply_to)

    def request(self, people: Sequence[Json], more: Json, outcome: int = 0) -> bytes:
        """The JSON of one request for up to MAX_PEOPLE personalizations, each address once.

        `more`: what it says beside its letters; `outcome`: the one that all these people share.
        """
        texts = self._texts[outcome]
        return orjson.dumps({**self._base, **texts, **more, "personalizations": people})

    def personalization(self, recipient: Recipient) -> Json:
        """What is one person's own; raises Unsendable.

        All headers stand here: SendGrid says that those of a personalization override those of
        the message, not whether header by header. The delivery's id is the only thing that we
        give away to be kept.
        """
        values = recipient.values
        personal = [values[place] for place in self._places]
        if self._too_large(personal):
            raise Unsendable(
                f"The personal parts of this letter have more than {MAX_SUBSTITUTIONS:,} bytes, "
                "which is what SendGrid takes."
            )
        headers = self._static_headers
        if self._can_unsubscribe:
            start, head, tag = self._way_out
            way_out = f"{start}{values[head]}{values[tag]}>"
            headers = {**headers, "List-Unsubscribe": way_out}
        person: Json = {
            "to": [_person(recipient.name, recipient.address)],
            "custom_args": {DELIVERY: str(recipient.delivery_id)},
        }
        if personal:
            person["substitutions"] = dict(zip(self._tags, personal, strict=True))
        if headers:
            person["headers"] = headers
        return person

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
