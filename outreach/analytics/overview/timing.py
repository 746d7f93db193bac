"""When blasts went out and under which subject, and what each brought. From the rollups alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.overview.overview import Line, Number, numbers_of_variants, rates_of
from outreach.blasts.models import Blast, Variant

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHADES = 5


@dataclass(frozen=True)
class Slot:
    """The letters of the blasts that began in one hour of the week. `shade` runs from 0 to
    SHADES - 1 by sign rate, between the lowest and the highest hour; None where too small."""

    blasts: int
    sent: int
    click: Rate
    sign: Rate
    shade: int | None = None

    @property
    def small(self) -> bool:
        """Too few delivered for a verdict."""
        return self.sign.of < SMALL


@dataclass(frozen=True)
class Subject:
    """One variant's subject and what its letters brought."""

    blast_id: int
    blast: str
    letter: str
    subject: str
    started_at: datetime | None
    sent: int
    delivered: int
    rates: Mapping[str, Rate]

    @property
    def small(self) -> bool:
        """Too few delivered for a verdict."""
        return self.delivered < SMALL


def send_times(lines: Iterable[Line], zone: ZoneInfo) -> dict[int, dict[int, Slot]]:
    """Hours of the zone's clock (0 to 23) in which blasts began, and in each the weekdays
    (0 is Monday) with their letters. Blasts that have sent nothing are left out."""
    groups: defaultdict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in lines:
        if line.started_at is not None and line.sent:
            local = line.started_at.astimezone(zone)
            groups[local.hour, local.weekday()].append(line)
    slots = {at: _slot(group) for at, group in groups.items()}
    large = [slot.sign.count / slot.sign.of for slot in slots.values() if not slot.small]
    hours: defaultdict[int, dict[int, Slot]] = defaultdict(dict)
    for (hour, weekday), slot in sorted(slots.items()):
        hours[hour][weekday] = _shaded(slot, large)
    return dict(hours)


def subjects(session: Session, known: Iterable[Number] | None = None) -> list[Subject]:
    """Every subject that went out; first those whose sign rate is high for certain: by the lower
    end of its interval, so that the luck of few letters does not win."""
    numbers: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for one in numbers_of_variants(session) if known is None else known:
        numbers[one.variant_id][one.measure] += one.number
    named = (Variant.id, Variant.blast_id, Variant.letter, Variant.subject)
    rows = session.execute(
        select(*named, Blast.name, Blast.started_at).join(Blast, Blast.id == Variant.blast_id)
    )
    found = [_subject(row, numbers[row.id]) for row in rows]
    return sorted((one for one in found if one.delivered), key=_certainly, reverse=True)


def _certainly(subject: Subject) -> tuple[float, int]:
    low, _ = subject.rates["sign"].interval or (0.0, 1.0)
    return low, subject.delivered


def _subject(variant: Any, of: Mapping[str, int]) -> Subject:
    sent, delivered, rates = rates_of(of)
    return Subject(
        blast_id=variant.blast_id,
        blast=variant.name,
        letter=variant.letter,
        subject=variant.subject,
        started_at=variant.started_at,
        sent=sent,
        delivered=delivered,
        rates=rates,
    )


def _slot(lines: Sequence[Line]) -> Slot:
    of = sum(line.delivered for line in lines)
    click, sign = (
        Rate(sum(line.rates[key].count for line in lines), of) for key in ("click", "sign")
    )
    return Slot(len(lines), sum(line.sent for line in lines), click, sign)


def _shaded(slot: Slot, large: Sequence[float]) -> Slot:
    if slot.small:
        return slot
    low, high = min(large), max(large)
    share = slot.sign.count / slot.sign.of
    place = (share - low) / (high - low) if high > low else 0.0
    shade = min(SHADES - 1, int(place * SHADES))
    return Slot(slot.blasts, slot.sent, slot.click, slot.sign, shade)
