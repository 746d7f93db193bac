"""What a week brought: its blasts with their rates, and how many people joined and left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.intervals import Rate
from outreach.analytics.report.counting import counted_until, figures_of
from outreach.analytics.report.figures import Figures
from outreach.blasts.models import Blast
from outreach.consent.models import (
    EMAIL,
    GRANTED,
    WITHDRAWN,
    ConsentEntry,
    ConsentStanding,
    Suppression,
)

WEEK = timedelta(days=7)
BLASTS = 12  # at most in a letter
WEEKS = 8  # of growth, this one the last


@dataclass(frozen=True)
class BlastLine:
    """One blast that began in the week; `rates` are pairs of what people did and its rate."""

    blast_id: int
    name: str
    sent: int
    delivered: int
    small: bool
    rates: Sequence[tuple[str, Rate]]


@dataclass(frozen=True)
class Growth:
    """People in one week who agreed to letters for the first time, and who took it back."""

    monday: date
    joined: int
    left: int


@dataclass(frozen=True)
class Week:
    """A week, Monday to Sunday of the organisation's zone; `more` blasts began beside those."""

    monday: date
    zone: str
    as_of: datetime
    blasts: Sequence[BlastLine]
    more: int
    growth: Sequence[Growth]
    agreed: int  # people who agree to letters as of now
    suppressed: Sequence[tuple[str, int]]  # addresses in the week, by reason

    @property
    def title(self) -> str:
        """6 to 12 April 2026, or 30 March to 5 April 2026."""
        sunday = self.monday + WEEK - timedelta(days=1)
        begin = f"{self.monday.day}"
        if self.monday.month != sunday.month:
            begin += f" {self.monday:%B}"
        if self.monday.year != sunday.year:
            begin += f" {self.monday.year}"
        return f"{begin} to {sunday.day} {sunday:%B %Y}"


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins there."""
    return datetime.combine(day, time(), zone)


def week_of(session: Session, organisation: Organisation, monday: date) -> Week:
    """The figures of the week that began on this Monday, as of the last count."""
    zone = ZoneInfo(organisation.timezone)
    begin, end = begin_of(monday, zone), begin_of(monday + WEEK, zone)
    blasts = session.scalars(
        select(Blast)
        .where(
            Blast.organisation_id == organisation.id,
            Blast.started_at >= begin,
            Blast.started_at < end,
        )
        .order_by(Blast.started_at, Blast.id)
    ).all()
    return Week(
        monday=monday,
        zone=organisation.timezone,
        as_of=counted_until(session),
        blasts=[_line(blast, figures_of(session, blast.id)) for blast in blasts[:BLASTS]],
        more=len(blasts[BLASTS:]),
        growth=_growth(session, [monday - WEEK * n for n in reversed(range(WEEKS))], zone),
        agreed=_agreed(session),
        suppressed=_suppressed(session, begin, end),
    )


def _line(blast: Blast, figures: Figures) -> BlastLine:
    rates = figures.rates
    return BlastLine(
        blast_id=blast.id,
        name=blast.name,
        sent=figures.letters.sent,
        delivered=figures.letters.reached,
        small=figures.small,
        rates=(
            ("Opened by people", rates["open"]),
            ("Clicked", rates["click"]),
            ("Signed", rates["sign"]),
            ("Unsubscribed", rates["unsubscribe"]),
            ("Complained", rates["complaint"]),
        ),
    )


def _growth(session: Session, mondays: Sequence[date], zone: ZoneInfo) -> list[Growth]:
    bounds = [(begin_of(day, zone), begin_of(day + WEEK, zone)) for day in mondays]
    entries = select(ConsentEntry.supporter_id.label("person")).where(ConsentEntry.purpose == EMAIL)
    first = func.min(ConsentEntry.at)
    joined = (
        entries.add_columns(first.label("at"))
        .where(ConsentEntry.status == GRANTED)
        .group_by(ConsentEntry.supporter_id)
        .having(first >= bounds[0][0])
        .subquery()
    )
    # Who came back and left again in another week left twice; in one week, once.
    gone = (
        entries.add_columns(ConsentEntry.at.label("at"))
        .where(ConsentEntry.status == WITHDRAWN, ConsentEntry.at >= bounds[0][0])
        .subquery()
    )
    came = session.execute(
        select(*(func.count(case((_within(joined.c.at, *bound), 1))) for bound in bounds))
    ).one()
    went = session.execute(
        select(
            *(
                func.count(case((_within(gone.c.at, *bound), gone.c.person)).distinct())
                for bound in bounds
            )
        )
    ).one()
    return [Growth(*one) for one in zip(mondays, came, went, strict=True)]


def _within(at: ColumnElement[datetime], begin: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(at >= begin, at < end)


def _agreed(session: Session) -> int:
    standing = select(func.count()).where(
        ConsentStanding.purpose == EMAIL, ConsentStanding.status == GRANTED
    )
    return session.scalar(standing) or 0


def _suppressed(session: Session, begin: datetime, end: datetime) -> list[tuple[str, int]]:
    number = func.count()
    rows = session.execute(
        select(Suppression.reason, number)
        .where(Suppression.at >= begin, Suppression.at < end)
        .group_by(Suppression.reason)
        .order_by(number.desc(), Suppression.reason)
    )
    return [(reason, count) for reason, count in rows]
