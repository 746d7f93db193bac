"""Bounce mail and complaints: whose letter a message is about, proven, and what follows from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError

from outreach.consent import suppression
from outreach.core import log
from outreach.core.db import Database
from outreach.core.tokens import TOKEN_CHARS, BadToken, Slot, Tokens
from outreach.mail import dsn
from outreach.mail.dsn import Kind, Report
from outreach.mail.feedback import Feedback, Word
from outreach.mail.models import Delivery, SingleLetter
from outreach.mail.reasons import reason
from outreach.mail.verp import ReturnPaths
from outreach.supporters.models import Supporter
from outreach.tracking import feedback

_log = log.get(__name__)
TAKEN = "bounces.taken"
SET_ASIDE = "bounces.set_aside"

SOURCE = "bounce mail"
_way_out_in = re.compile(rf"/u/([A-Za-z0-9_-]{{{TOKEN_CHARS}}})(?![A-Za-z0-9_-])").findall
_WORDS = {
    Kind.BOUNCED: Word.BOUNCED,
    Kind.DELAYED: Word.DEFERRED,
    Kind.DELIVERED: Word.DELIVERED,
    Kind.COMPLAINED: Word.COMPLAINED,
}


class Verdict(StrEnum):
    """What was done with a message."""

    STORED = "stored"
    REPEATED = "known already"
    AUTOMATIC = "an automatic reply, of no consequence"
    LETTER_GONE = "about a letter that is no longer kept"
    FOREIGN = "about no letter of ours: its return path is missing or was made up"
    UNCLEAR = "about a letter of ours, but what it says can’t be understood"

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to look at the message any more."""
        return self not in (Verdict.FOREIGN, Verdict.UNCLEAR)


Take = Callable[[bytes], Verdict]


@dataclass(frozen=True)
class Bounces:
    """Takes messages one by one. `paths` made the return paths of our letters, `tokens` their
    links: who complains may prove it by the way out that the letter brought."""

    db: Database
    tokens: Tokens
    paths: ReturnPaths

    def take(self, source: bytes) -> Verdict:
        """Understand a message and commit what follows from it; a second time changes nothing.

        Errors of a database that is away go through: the message must stay where it is.
        """
        report = dsn.read(source)
        delivery_id = self._letter(report, source)
        if delivery_id is None:
            verdict = Verdict.FOREIGN
        elif report.kind is Kind.AUTOMATIC:
            verdict = Verdict.AUTOMATIC
        elif report.kind is Kind.UNCLEAR:
            verdict = Verdict.UNCLEAR
        else:
            verdict = self._stored(report, delivery_id)
        said = _log.info if verdict.is_settled else _log.warning
        said(
            TAKEN if verdict.is_settled else SET_ASIDE,
            delivery_id=delivery_id,
            verdict=verdict.name.lower(),
            kind=report.kind.value,
            status=report.status,
        )
        return verdict

    def _letter(self, report: Report, source: bytes) -> int | None:
        """The letter that a message is provably about."""
        text = source[: dsn.MAX_BYTES].decode("latin-1")
        delivery_id = self.paths.read(report.addressed) or self.paths.read(text)
        if delivery_id is None and report.kind is Kind.COMPLAINED:
            # Feedback loops leave the return path out. Complaining is a way of leaving, so what
            # lets a person leave is proof enough, of this and nothing else.
            found = set(self._ways_out(text))
            delivery_id = found.pop() if len(found) == 1 else None
        return delivery_id

    def _ways_out(self, text: str) -> Iterator[int]:
        for token in _way_out_in(text):
            try:
                read = self.tokens.read_letter(token)
            except BadToken:
                continue
            if read.slot == Slot.UNSUBSCRIBE:
                yield read.delivery_id

    def _stored(self, report: Report, delivery_id: int) -> Verdict:
        try:
            with self.db.transaction() as session:
                address = session.execute(_ADDRESS.where(Delivery.id == delivery_id)).one_or_none()
                if address is None:
                    return Verdict.LETTER_GONE
                told = _feedback(report, delivery_id, address[0] or "")
                return Verdict.STORED if feedback.take(session, [told]) else Verdict.REPEATED
        except (IntegrityError, DataError):
            _log.exception(SET_ASIDE, delivery_id=delivery_id, kind=report.kind.value)
            return Verdict.UNCLEAR


# To whom we wrote, never to whom the report says that we did: that could be anybody's address.
_ADDRESS = (
    select(func.coalesce(Supporter.address, func.lower(SingleLetter.to_address)))
    .select_from(Delivery)
    .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
    .outerjoin(SingleLetter, SingleLetter.delivery_id == Delivery.id)
)


def _feedback(report: Report, delivery_id: int, address: str) -> Feedback:
    word, suppress = _WORDS[report.kind], ""
    if word is Word.COMPLAINED:
        suppress = suppression.COMPLAINED
    elif report.is_hard:
        word, suppress = Word.GONE, suppression.BOUNCED
    named = f"{delivery_id}\n{report.id}".encode("utf-8", "replace")
    return Feedback(
        key=hashlib.blake2b(named, digest_size=32).hexdigest(),
        word=word,
        at=report.at,
        source=SOURCE,
        delivery_id=delivery_id,
        address=address,
        reason=reason(report.text, address),
        suppress=suppress if address else "",
        detail={"status": report.status} if report.status else {},
    )
