"""A plan and its people as requests to SendGrid's v3 Mail Send.

The static text goes once with tags where something personal stands; each person brings the
substitutions. Facts and limits: SendGrid's documentation and OpenAPI description.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson

from outreach.core.tokens import Slot
from outreach.mail.headers import Unsendable, is_plain_mailbox, mailbox, one_line
from outreach.mail.mime import MAX_LETTER_BYTES, static_headers
from outreach.mail.plan import Form, Piece, Plan, Recipient

DELIVERY = "delivery"  # the custom argument that comes back with each event
MAX_PEOPLE = 1000
MAX_SUBSTITUTIONS = 10_000  # bytes of tags and values, for each person
# Places beside the plan's values, counted from the end of the columns that fill personalizations.
_PERSON, _ID = -2, -1
# An account may switch these on for all letters; its links would then replace ours.
_NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}

Json = dict[str, Any]
_Columns = Sequence[Iterable[str]]


class RequestMaker:
    """Writes the requests of one plan. Raises Unsendable for a letter above 25 MB."""

    def __init__(self, plan: Plan) -> None:
        self._merges = len(plan.merges)
        # Nobody can write this into a name or a letter to have it replaced.
        nonce = secrets.token_hex(4)
        pieces = [piece for form in plan.forms for piece in (*form.subject, *form.html, *form.text)]
        places = sorted({piece for piece in pieces if isinstance(piece, int)})
        self._tag_of = {place: f"-{nonce}s{place:04d}-" for place in places}
        self._places = tuple(self._tag_of)
        self._tags_size = sum(map(len, self._tag_of.values()))
        self._person, self._pick = self._compiled(plan)
        self._texts = [self._texts_of(form) for form in plan.forms]  # by outcome
        self._base: Json = {
            "from": _mailbox(plan.envelope.sender_name, plan.envelope.sender_address),
            "tracking_settings": _NO_TRACKING,
        }
        if plan.envelope.reply_to:
            self._base["reply_to"] = _mailbox("", plan.envelope.reply_to)

    def request(self, people: Sequence[bytes], more: Json, outcome: int = 0) -> bytes:
        """The JSON of one request for up to MAX_PEOPLE personalizations, each address once.

        `more`: what it says beside its letters; `outcome`: the one that all these people share.
        """
        shared = orjson.dumps({**self._base, **self._texts[outcome], **more})
        return b'%b,"personalizations":[%b]}' % (shared[:-1], b",".join(people))

    def personalizations(self, recipients: Sequence[Recipient]) -> list[bytes]:
        """The JSON of what is each person's own. Raises Unsendable where one of these people can't
        be written to.

        Written by joining, as the letters themselves: a tenth of the time of a dictionary; and
        column by column, as people come.
        """
        if not recipients:
            return []
        ids, addresses, names, values, _ = zip(*recipients, strict=True)
        own = list(zip(*values, strict=True))
        columns: _Columns = [
            *(list(map(_inside, column)) for column in own[: self._merges]),
            *own[self._merges :],  # tokens need no escaping
            list(map(_person, names, addresses)),
            list(map(str, ids)),
        ]
        written = []
        for row in zip(*self._pick(columns), strict=True):
            pieces = self._person.copy()
            pieces[1::2] = row
            written.append("".join(pieces).encode())
        if max(map(len, written)) > MAX_SUBSTITUTIONS and any(map(self._too_large, values)):
            raise Unsendable(
                f"The personal parts of this letter have more than {MAX_SUBSTITUTIONS:,} bytes, "
                "which is what SendGrid takes."
            )
        return written

    def _compiled(self, plan: Plan) -> tuple[list[str], Callable[[_Columns], _Columns]]:
        """A personalization as static JSON at even places, to be filled at odd ones, and what
        picks for them from columns: values, person, delivery's id.

        All headers stand here: SendGrid says that those of a personalization override those of
        the message, not whether header by header. The delivery's id is the only thing that we
        give away to be kept.
        """
        hole = secrets.token_hex(8)
        person: Json = {"to": [[hole]], "custom_args": {DELIVERY: hole}}
        picked = [_PERSON, _ID, *self._places]
        if self._places:
            person["substitutions"] = dict.fromkeys(self._tag_of.values(), hole)
        headers = static_headers(plan.envelope)
        if plan.envelope.can_unsubscribe:
            name, *token = plan.token(Slot.UNSUBSCRIBE)
            picked += token
            headers = {
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                **headers,
                # The last one, as in what is picked to fill it.
                "List-Unsubscribe": f"<{plan.envelope.base_url}/u/{name}{hole}{hole}>",
            }
        if headers:
            person["headers"] = headers
        # What is put in brings its own quotes only where it is a person.
        statics = orjson.dumps(person).decode().replace(f'["{hole}"]', hole).split(hole)
        return [piece for static in statics for piece in (static, "")][:-1], itemgetter(*picked)

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
        size = sum(len(values[place].encode()) for place in self._places)
        return self._tags_size + size > MAX_SUBSTITUTIONS


def _person(name: str, address: str) -> str:
    """A person as JSON; raises Unsendable for what can't be an address."""
    if is_plain_mailbox(name, address):  # without quotes or backslashes
        return f'{{"email":"{address}","name":"{name}"}}'
    return orjson.dumps(_mailbox(name, address)).decode()


def _mailbox(name: str, address: str) -> dict[str, str]:
    mailbox(name, address)  # raises Unsendable
    return {"email": address, "name": one_line(name)} if name else {"email": address}


def _inside(text: str) -> str:
    """What stands between the quotes of a JSON text."""
    return text if text.isalnum() else _escaped(text)


@lru_cache(4096)
def _escaped(text: str) -> str:
    """Lists of people repeat, and so does the sentence on why somebody gets a letter."""
    return orjson.dumps(text).decode()[1:-1]
