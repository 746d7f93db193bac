"""Paces as people set and read them: letters a second or hour, warm-up plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.queries import the_organisation
from outreach.blasts.models import Blast
from outreach.core.address import canonical, domain
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.mail import again, pace, pace_scopes
from outreach.mail.models import BATCHES, DELIVERIES, Pace
from outreach.mail.provider import Provider, ways_of

LONGEST_PLAN, MOST_A_DAY = 90, 1_000_000_000
FURTHEST = timedelta(days=3652)
EXAMPLE = "Write the letters of each day with spaces between: 200 500 1000 2000."


def named(session: Session, kind: str, name: str, provider: Provider) -> str:
    """The scope that a person names: a domain of recipients, a sender’s address, or a relay of
    this provider, or one that has a pace from before. Raises BadInput."""
    name = name.strip()
    if kind == "domain":
        try:
            return pace_scopes.of_domain(domain(canonical(f"anybody@{name.lstrip('@')}")))
        except BadInput:
            raise BadInput("Enter a domain such as gmail.com.", field="name") from None
    if kind == "sender":
        try:
            return pace_scopes.of_sender(canonical(name))
        except BadInput as error:
            raise BadInput(error.message, hint=error.hint, field="name") from None
    scope, known = pace_scopes.of_relay(name), relays(provider)
    if name not in known and session.get(Pace, scope) is None:
        there = " and ".join(f"“{one}”" for one in known)
        said = f"No relay is called “{name}”. Nothing was changed."
        raise BadInput(said, hint=f"There is {there}.", field="name")
    return scope


def relays(provider: Provider) -> list[str]:
    """The names of the relays that letters may leave by."""
    return [way.name for way in ways_of(provider, "")]


def plan(text: str) -> list[int]:
    """The numbers of a warm-up plan, `200 500 1000`; none for an empty text. Raises BadInput."""
    words = [word.rstrip(",;") for word in text.split()]
    wrong = next((word for word in words if not word.isdecimal() or len(word) > 10), None)
    if wrong is not None:
        raise BadInput(f"“{wrong[:20]}” is no number of letters.", hint=EXAMPLE, field="daily")
    return [int(word) for word in words]


def first_day(session: Session, text: str) -> date:
    """The day on which a warm-up plan begins, `2027-03-21`; empty: today. Raises BadInput."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else _today(session)
    except ValueError:
        raise BadInput(
            f"“{text}” is no day.", hint="Write it as 2027-03-21.", field="starts_on"
        ) from None


def set_pace(session: Session, scope: str, per_s: float | None, *, actor: str) -> None:
    """Let letters of this scope (mail.pace_scopes) leave at this pace; None: as fast as they can.
    Felt within a second, also by those that wait."""
    _wait_no_longer(session, scope)
    row = _row(session, scope)
    row.per_s, row.free_at, row.queued_until = per_s, None, None
    _settle(session, row)
    _note(session, actor, "pace.set", scope, pace=pace_scopes.in_words(per_s) if per_s else "none")


def set_warm_up(
    session: Session, scope: str, daily: Sequence[int], starts_on: date | None, *, actor: str
) -> None:
    """Let no more than so many letters of a relay or sender leave on the first day, the second, and
    so on; afterwards any number. Without numbers the plan ends. Raises BadInput."""
    if daily and scope.partition(":")[0] not in ("relay", "sender"):
        raise BadInput("Only a relay or a sender has a warm-up plan.", field="daily")
    if any(not 1 <= number <= MOST_A_DAY for number in daily) or len(daily) > LONGEST_PLAN:
        raise BadInput(
            "A warm-up plan is up to 90 numbers of letters, one for each day. Nothing was changed.",
            hint="For example: 200 500 1000 2000 5000",
            field="daily",
        )
    if starts_on and daily and starts_on > _today(session) + FURTHEST:
        raise BadInput(
            "The first day of a warm-up plan is within ten years. Nothing was changed.",
            field="starts_on",
        )
    if starts_on and daily and starts_on + timedelta(days=len(daily)) <= _today(session):
        raise BadInput(
            "By this day the plan would be over already. Nothing was changed.",
            hint="Enter a later first day, or more numbers.",
            field="starts_on",
        )
    _wait_no_longer(session, scope)
    row = _row(session, scope)
    row.daily, row.starts_on = list(daily), starts_on if daily else None
    _settle(session, row)
    _note(session, actor, "pace.warm_up", scope, plan=" ".join(map(str, daily)) or "none")


def set_limits(
    session: Session,
    scope: str,
    per_s: float | None,
    daily: Sequence[int],
    starts_on: date | None,
    *,
    actor: str,
) -> bool:
    """Set both, as far as they are not so already; whether anything was changed. Raises BadInput
    as set_warm_up does."""
    known = session.get(Pace, scope) or Pace(scope=scope, daily=[])
    plan_before = (known.daily, known.starts_on)
    another_pace = pace_scopes.typed(known.per_s) != pace_scopes.typed(per_s)
    if another_pace:
        set_pace(session, scope, per_s, actor=actor)
    another_plan = plan_before != (list(daily), starts_on if daily else None)
    if another_plan:
        set_warm_up(session, scope, daily, starts_on, actor=actor)
    return another_pace or another_plan


def _today(session: Session) -> date:
    return now().astimezone(ZoneInfo(the_organisation(session).timezone)).date()


def _row(session: Session, scope: str) -> Pace:
    pace.make_rows(session, [scope])
    return session.get_one(Pace, scope, with_for_update=True, populate_existing=True)


def _settle(session: Session, row: Pace) -> None:
    if row.per_s is None and not row.daily:
        session.delete(row)
    session.flush()


def _wait_no_longer(session: Session, scope: str) -> None:
    """What waited under the pace before is looked at now. Before the pace's row is locked: senders
    lock their batch first, too."""
    if pace_scopes.domain_of(scope):
        wait_no_longer(session)
    held = update(Blast).where(Blast.state == "sending")
    session.execute(held.values(held_until=None, held_because=None))


def wait_no_longer(session: Session) -> None:
    """Let letters be looked at now that wait for their domain's sake: they queue anew."""
    open_ = select(Blast.id).where(Blast.state.in_(("sending", "paused")))
    # Letters that a provider put off (attempts) keep their time.
    letters = DELIVERIES.c.blast_id.in_(open_) & (DELIVERIES.c.attempts == 0)
    again.look_now(session, BATCHES.c.blast_id.is_not(None), letters)


@dataclass(frozen=True)
class Limit:
    """A scope's limits as they are shown. `today`: the warm-up's limit of today, `taken` of it."""

    scope: str
    pace: str  # in words; "" for none
    daily: Sequence[int] = ()
    starts_on: date | None = None
    today: int | None = None
    taken: int = 0
    day: int = 0  # of the plan: 1 is its first; below, it has not begun; above its length: over
    waits_until: datetime | None = None  # its letters that are due now
    typed: str = ""  # the pace as pace_scopes.parsed reads it
    from_settings: bool = False  # the pace, as long as no other one is set

    @property
    def kind(self) -> str:
        """blast, domain, relay or sender."""
        return self.scope.partition(":")[0]

    @property
    def name(self) -> str:
        """What it is called among its kind; of a blast the id."""
        return self.scope.partition(":")[2]


def limits(
    session: Session,
    scopes: Sequence[str] | None = None,
    configured: Mapping[str, float] | None = None,
) -> list[Limit]:
    """The limits that there are, of these scopes or of all. `configured`: letters a second by scope
    of relays whose pace stands in the settings."""
    query = select(Pace).order_by(Pace.scope)
    if scopes is not None:
        query = query.where(Pace.scope.in_(scopes))
    configured = configured or {}
    rows = {row.scope: row for row in session.scalars(query)}
    if not rows and not configured:
        return []
    zone = ZoneInfo(the_organisation(session).timezone)
    none = {scope: Pace(scope=scope, daily=[], taken=0) for scope in configured}
    found = (
        _limit(row, zone, configured.get(scope)) for scope, row in sorted({**none, **rows}.items())
    )
    # A relay’s row stays when its pace was taken out of the settings, a blast’s when it is over.
    over = _of_blasts_that_are_over(session) if scopes is None else set[str]()
    return [one for one in found if (one.pace or one.daily) and one.scope not in over]


def _of_blasts_that_are_over(session: Session) -> set[str]:
    over = select(Blast.id).where(Blast.state.in_(("finished", "cancelled")))
    return set(map(pace_scopes.of_blast, session.scalars(over)))


def _limit(row: Pace, zone: ZoneInfo, configured: float | None) -> Limit:
    day = now().astimezone(zone).date()
    today = pace.limit_of(row.daily, row.starts_on, day)
    taken = row.taken if row.day == day else 0
    until = [row.queued_until] if row.queued_until and row.queued_until > now() else []
    if today is not None and taken >= today:
        until.append(datetime.combine(day + timedelta(days=1), time(), zone))
    per_s = row.per_s or configured
    return Limit(
        scope=row.scope,
        pace=pace_scopes.in_words(per_s) if per_s else "",
        daily=row.daily,
        starts_on=row.starts_on,
        today=today,
        taken=taken,
        day=(day - row.starts_on).days + 1 if row.starts_on else 0,
        waits_until=max(until, default=None),
        typed=pace_scopes.typed(row.per_s),
        from_settings=not row.per_s and bool(configured),
    )


def of_blast(session: Session, blast: Blast) -> str:
    """A blast's own pace in words; "" for none."""
    found = limits(session, [pace_scopes.of_blast(blast.id)])
    return found[0].pace if found else ""


def typed(session: Session, blast: Blast) -> str:
    """A blast's own pace as pace_scopes.parsed reads it; "" for none."""
    row = session.get(Pace, pace_scopes.of_blast(blast.id))
    return pace_scopes.typed(row.per_s) if row else ""


def _note(session: Session, actor: str, action: str, scope: str, **detail: str) -> None:
    audit.record(session, actor=actor, action=action, subject=scope, **detail)
