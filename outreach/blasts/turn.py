"""A batch in a sender's hands: how much of its next part may leave, and how the batch goes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from outreach.accounts import quiet
from outreach.accounts.models import Organisation
from outreach.blasts.models import Blast
from outreach.blasts.parts import Part
from outreach.blasts.watch import Watch
from outreach.core.address import domain
from outreach.core.clock import now
from outreach.mail import outbox, pace, pace_scopes
from outreach.mail.models import SingleLetter
from outreach.mail.outbox import Claim
from outreach.mail.pace import Hold
from outreach.mail.provider import Fate, Outcome, Provider, Way, ways_of

# A batch that takes longer goes back between two parts: single letters, and blasts whose turn it
# is, don't wait for the end of somebody else's thousand letters.
TURN_S = 2.0
# A held blast is looked at again after so long: quiet hours or a plan may have been changed.
LOOK_AGAIN_S = 60.0
SHOWN_S = 5.0  # shorter holds are the pace itself, and no news

_FACTS = (
    select(Blast.state, Organisation.timezone, Organisation.quiet_hours)
    .join(Organisation, Organisation.id == Blast.organisation_id)
    .where(Blast.id == bindparam("blast"))
)
_ZONE_OF_SINGLE = (
    select(Organisation.timezone)
    .join(SingleLetter, SingleLetter.organisation_id == Organisation.id)
    .where(SingleLetter.delivery_id.between(bindparam("first"), bindparam("last")))
    .limit(1)
)
_SENDING = update(Blast).where(Blast.id == bindparam("blast"), Blast.state == "sending")
_HOLD = _SENDING.values(held_until=bindparam("until"), held_because=bindparam("because"))
_SAY = _SENDING.values(reason=bindparam("because"))


class Turn:
    """One batch from its claim until it ends or goes back."""

    def __init__(self, claim: Claim, sender_address: str, provider: Provider, watch: Watch) -> None:
        self.claim = claim
        self._why = ""  # some of it waits: for its domain, or because the provider put it off
        self._provider = provider
        self._sender = sender_address
        self.watch = watch
        self._zone = ZoneInfo("UTC")
        self._quiet_hours: str | None = None
        self._ends_at = monotonic() + TURN_S
        self._general = {pace_scopes.of_sender(sender_address)}
        if claim.blast_id is not None:
            self._general.add(pace_scopes.of_blast(claim.blast_id))

    @property
    def size(self) -> int:
        """How many letters to read for the next part."""
        return self.watch.most(self._general, self._provider.part_size)

    def may_leave(self, session: Session) -> bool:
        """Whether the blast is still sending; what else of it matters is read on the way."""
        blast_id = self.claim.blast_id
        if blast_id is None:
            return True
        row = session.connection().execute(_FACTS, {"blast": blast_id}).one()
        self._quiet_hours = row.quiet_hours
        if row.timezone != self._zone.key:
            self._zone = ZoneInfo(row.timezone)
        return bool(row.state == "sending")

    def cut(self, session: Session, part: Part) -> Hold | None:
        """Leave in the part what may leave now, and choose its way; or why nothing may.

        To be called last before the mark: it takes what the paces have room for.
        """
        ways = ways_of(self._provider, self._sender)
        part.flight.way = ways[0].name
        if self.claim.blast_id is None:
            self._count_single(session, part, ways[0])
            return None
        end = quiet.end_of(self._quiet_hours, self._zone, now())
        if end is not None:
            return Hold(end, f"Quiet hours, {self._quiet_hours}; it goes on at {end:%H:%M}.")
        if not self.watch.paces and len(ways) == 1:
            return None
        return self._cut(session, part, ways)

    def _cut(self, session: Session, part: Part, ways: Sequence[Way]) -> Hold | None:
        recipients = part.recipients
        domains = [domain(recipient.address) for recipient in recipients]
        holds = []
        for way in ways:
            cut = pace.cut(
                session,
                self._known(way),
                domains,
                self.watch.domains,
                at=now(),
                zone=self._zone,
                most=way.part_size,
                configured=self.watch.configured,
            )
            if cut.hold is None:
                break
            holds.append(cut.hold)
        else:
            return min(holds, key=lambda hold: hold.until)
        part.flight.way, part.used = way.name, dict(cut.used)
        if len(cut.go) < len(recipients):
            part.recipients = [recipients[i] for i in cut.go]
            for wait, positions in cut.waits.items():
                part.left_out += [recipients[i].delivery_id for i in positions]
                outbox.wait(session, [recipients[i].delivery_id for i in positions], wait.until)
                self._why = wait.why
            if cut.through < len(recipients):
                part.last_id, part.is_last = recipients[cut.through - 1].delivery_id, False
        return None

    def _count_single(self, session: Session, part: Part, way: Way) -> None:
        """They wait for nobody, but a warm-up counts them and blasts go the slower for them."""
        scopes = self._known(way)
        if scopes and part.recipients:
            found = {"first": self.claim.first_id, "last": self.claim.last_id}
            letters = len(part.recipients)
            self._zone = ZoneInfo(session.execute(_ZONE_OF_SINGLE, found).scalar_one())
            configured = self.watch.configured
            pace.count_single(
                session, scopes, letters, at=now(), zone=self._zone, configured=configured
            )
            part.used = dict.fromkeys(scopes, letters)

    def _known(self, way: Way) -> set[str]:
        return (self._general | {pace_scopes.of_relay(way.name)}) & self.watch.paces.keys()

    @property
    def is_over(self) -> bool:
        """Others are to have theirs."""
        return monotonic() > self._ends_at and self.claim.blast_id is not None

    def hold(self, session: Session, hold: Hold) -> None:
        """Give the batch back, and let the blast's others be until then."""
        outbox.give_back(session, self.claim)
        wait = hold.until - now()
        values = {
            "blast": self.claim.blast_id,
            "until": min(hold.until, now() + timedelta(seconds=LOOK_AGAIN_S)),
            "because": hold.why if wait.total_seconds() > SHOWN_S else None,
        }
        session.connection().execute(_HOLD, values)

    def put_off(self, outcomes: Sequence[Outcome]) -> None:
        """The provider asked for patience with some of these: what it said last."""
        reasons = (one.reason for one in reversed(outcomes) if one.fate is Fate.LATER)
        self._why = next(filter(None, reasons), self._why)

    def finish(self, session: Session) -> None:
        """End the batch; or let it come back for those who are to wait, and say why."""
        if not outbox.finish(session, self.claim) and self._why:
            said = {"blast": self.claim.blast_id, "because": self._why}
            session.connection().execute(_SAY, said)

    def not_sent(self, session: Session, part: Part) -> None:
        """Nothing of this part left: it does not count for today."""
        pace.give_back(session, part.used, at=now(), zone=self._zone)
