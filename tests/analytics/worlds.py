"""Builds a blast with everything that a report counts: letters, events, judgements, signatures."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from outreach.blasts.models import Blast, FrozenSegment, Origin, Variant
from outreach.mail.models import Delivery
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.supporters.models import Supporter
from outreach.tracking import classify
from outreach.tracking.models import Event, Judgement, Link

START = datetime(2026, 4, 14, 9, tzinfo=UTC)
_numbers = itertools.count(1)


class World:
    """One blast of one petition in the making; every method stores one thing and returns it."""

    def __init__(self, session: Session, organisation_id: int, *, state: str = "finished") -> None:
        self.session = session
        number = next(_numbers)
        self.petition = self._stored(
            Petition(
                organisation_id=organisation_id,
                slug=f"night-buses-{number}",
                headline="Tell Westhaven: keep the night buses",
                state="published",
            )
        )
        self.version = self._stored(
            PetitionVersion(
                petition_id=self.petition.id, number=1, statement="Keep them.", body="They matter."
            )
        )
        ran = state not in ("draft", "scheduled")
        self.blast = self._stored(
            Blast(
                organisation_id=organisation_id,
                petition_id=self.petition.id,
                name=f"Night buses, ask {number}",
                state=state,
                sender_name="Mara",
                sender_address="mara@harbourlights.example",
                scheduled_for=START,
                frozen_at=START if ran else None,
                started_at=START if ran else None,
                finished_at=START + timedelta(minutes=4) if state == "finished" else None,
            )
        )
        self._stored(Variant(blast_id=self.blast.id, subject="The last bus", body="Sign."))
        kinds = ("ask", "link", "citation", "trap")
        self.links = {
            kind: self._stored(
                Link(blast_id=self.blast.id, slot=8 + i, kind=kind, url=f"https://x.example/{kind}")
            )
            for i, kind in enumerate(kinds)
        }

        origins = [
            self._stored(Origin(dimension=dimension, key=f"{value} {number}", value=value))
            for dimension in ("mailbox", "place")
            for value in (f"{dimension} of many", "")
        ]
        self.mailboxes, self.places = origins[:2], origins[2:]
        for bit in (1, 2):
            self._stored(FrozenSegment(blast_id=self.blast.id, bit=bit, name=f"Segment {bit}"))

    def _stored(self, thing):  # type: ignore[no-untyped-def]
        self.session.add(thing)
        self.session.flush()
        return thing

    def supporter(self) -> Supporter:
        """A new person."""
        address = f"person{next(_numbers)}@people.example"
        return self._stored(Supporter(address=address, email=address))

    def letter(
        self,
        state: str = "accepted",
        *,
        reason: str | None = None,
        kind: str = "blast",
        variant: Variant | None = None,
    ) -> Delivery:
        """A letter of the blast to a new person; each knows something else of them."""
        person = next(_numbers)
        known = {
            "mailbox_id": self.mailboxes[person % 2].id,
            "place_id": self.places[person % 3 // 2].id,
            "segments": person % 4,
        }
        return self._stored(
            Delivery(
                blast_id=self.blast.id,
                supporter_id=self.supporter().id,
                variant_id=variant.id if variant else None,
                kind=kind,
                state=state,
                reason=reason,
                **(known if person % 5 else {}),
            )
        )

    def second_variant(self) -> tuple[Variant, Variant]:
        """The first variant and another one, of an equal share."""
        first = self.blast.variants[0]
        return first, self._stored(
            Variant(blast_id=self.blast.id, letter="B", subject="No bus home", body="Sign.")
        )

    def answers(self, variant: Variant, delivered: int, signed: int) -> None:
        """So many letters of a variant, and signatures of so many of them, each with a click."""
        for place in range(delivered):
            letter = self.letter(variant=variant)
            if place < signed:
                self.opened(letter)
                self.clicked(letter)
                self.signature(letter, new=place == 0)

    def event(
        self,
        letter: Delivery,
        kind: str,
        verdict: str | None = "human",
        *,
        link: str | None = None,
        minutes: float = 0,
        evidence: str = "",
    ) -> Event:
        """One observed thing; `verdict` None leaves it without a judgement."""
        event = self._stored(
            Event(
                key=f"key-{next(_numbers)}",
                kind=kind,
                at=START + timedelta(minutes=minutes),
                delivery_id=letter.id,
                blast_id=self.blast.id,
                supporter_id=letter.supporter_id,
                link_id=self.links[link].id if link else None,
            )
        )
        if verdict:
            pieces = [{"name": n, "weight": classify.WEIGHTS[n]} for n in evidence.split()]
            self._stored(Judgement(event_id=event.id, verdict=verdict, evidence=pieces))
        return event

    def opened(self, letter: Delivery, verdict: str | None = "human") -> Event:
        """An open."""
        return self.event(letter, "opened", verdict)

    def clicked(self, letter: Delivery, verdict: str | None = "human", **about: object) -> Event:
        """A click, on the ask unless told otherwise."""
        about.setdefault("link", "ask")
        return self.event(letter, "clicked", verdict, **about)  # type: ignore[arg-type]

    def a_small_blast(self) -> None:
        """Of 11 in the audience 8 opened, 1 clicked and signed, 1 click is a machine's."""
        for _ in range(8):
            self.opened(self.letter())
        letter = self.letter()
        self.clicked(letter)
        self.clicked(letter, "machine", evidence="hidden_link")
        self.signature(letter, new=True)
        self.letter("bounced")
        self.letter("skipped", reason="no_consent")

    def signature(
        self,
        letter: Delivery | None = None,
        *,
        shared_by: Signature | None = None,
        state: str = "verified",
        new: bool = False,
        minutes: float = 0,
        supporter_id: int | None = None,
    ) -> Signature:
        """A signature credited to a letter, or to a share of another signature."""
        at = START + timedelta(minutes=minutes)
        return self._stored(
            Signature(
                petition_id=self.petition.id,
                version_id=self.version.id,
                supporter_id=supporter_id or self.supporter().id,
                state=state,
                grade="recognised",
                name="A person",
                is_new=new,
                verified_at=None if state == "pending" else at,
                invalidated_at=at if state == "invalidated" else None,
                last_delivery_id=letter.id if letter else None,
                shared_by_id=shared_by.id if shared_by else None,
            )
        )
