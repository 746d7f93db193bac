"""Letters that many people get alone, such as thanks: one text with blanks, kept once, and beside
each letter only what is its person's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson
from sqlalchemy.orm import Session

from outreach.core.blanks import Blanks
from outreach.core.bulk import insert_into
from outreach.core.tokens import Slot
from outreach.mail.fields import Field
from outreach.mail.models import LetterText
from outreach.mail.plan import Context, Envelope, MergeSlot, Piece, Plan
from outreach.mail.render import Rendered


@dataclass(frozen=True)
class SharedText:
    """The texts as static pieces and the places of values; `names` says what the values are. Those
    of the HTML come first, and then the same ones for the text part."""

    names: tuple[str, ...]
    subject: str
    html: tuple[Piece, ...]
    text: tuple[Piece, ...]

    @classmethod
    def of(cls, rendered: Rendered, names: Sequence[str]) -> SharedText:
        """A letter that was written with blanks of these names (core.blanks); its subject has
        none."""
        html, text = Blanks(rendered.html), Blanks(rendered.text)
        behind = len(names)
        return cls(
            tuple(names),
            rendered.subject,
            html.pieces({name: i for i, name in enumerate(names)}),
            text.pieces({name: behind + i for i, name in enumerate(names)}),
        )

    @cached_property
    def key(self) -> str:
        """32 hex digits, the same for the same text in every process."""
        return hashlib.blake2b(orjson.dumps(self._parts), digest_size=16).hexdigest()

    @property
    def _parts(self) -> dict[str, Any]:
        names = ("names", "subject", "html", "text")
        return {name: getattr(self, name) for name in names}

    def keep(self, session: Session) -> None:
        """Store the text, if it is not there yet. It holds nothing of a person, and stays."""
        statement = insert_into(session, LetterText).values(key=self.key, **self._parts)
        session.execute(statement.on_conflict_do_nothing(index_elements=[LetterText.key]))


_KNOWN: dict[str, SharedText] = {}
_MOST_KNOWN = 64


def kept(session: Session, key: str) -> SharedText:
    """The text of this key; each process reads it once, because no text of a key ever changes."""
    found = _KNOWN.get(key)
    if found is None:
        row = session.get_one(LetterText, key)
        found = SharedText(tuple(row.names), row.subject, tuple(row.html), tuple(row.text))
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = found
    return found


def plan_of(text: SharedText, envelope: Envelope) -> Plan:
    """The compiled letter. Its fields are the names of the text."""
    return Plan(
        envelope,
        merges=tuple(
            MergeSlot(Field(name), context)
            for context in (Context.HTML, Context.PLAIN)
            for name in text.names
        ),
        links=(Slot.UNSUBSCRIBE,),
        subject=(text.subject,),
        html=text.html,
        text=text.text,
    )


# Compiled once for all batches of a text; a letter to one person is not kept in memory.
shared_plan_of = lru_cache(maxsize=_MOST_KNOWN)(plan_of)
