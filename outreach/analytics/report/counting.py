"""The figures of blasts, read from the rollups: as many rows whatever the number of events.

`recount.py` finds the same numbers from the rows themselves; a test and a command compare them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from outreach.analytics.intervals import Rate
from outreach.analytics.report import falls, signers
from outreach.analytics.report.contest import Contest, VariantFigures
from outreach.analytics.report.details import Details, LinkFigures, LinksOf, Returned
from outreach.analytics.report.figures import Figures, Hour, Letters, People, Signed, Traffic
from outreach.analytics.report.groups import Numbers, groups_of
from outreach.analytics.rollups.causes import RETURNED
from outreach.analytics.rollups.cells import (
    CLASSES,
    EVIDENCE,
    HOUR,
    LINK,
    MAILBOX,
    PLACE,
    REACHED_CLICKED,
    SEGMENT,
    SKIPPED,
    WHOLE,
)
from outreach.analytics.rollups.models import Change, Rollup
from outreach.blasts.models import REST, Blast, Variant
from outreach.blasts.variants import parts_of
from outreach.core.clock import now
from outreach.tracking.models import Link

_PEOPLE = tuple(People.__dataclass_fields__)
_STATES = tuple(name for name in Letters.__dataclass_fields__ if name != "skipped")
_SIGNED = ("signatures", "reached_signed", "new")


def figures_of(session: Session, blast_id: int) -> Figures:
    """All figures of a blast."""
    by_variant = _by_variant(session, blast_id)
    of: Counter[Any] = Counter()
    for numbers in by_variant.values():
        of.update(numbers)
    details = Details(
        links=_links(session, blast_id, of, _letters(of).reached),
        returned=_returned(of, _letters(of)),
        generations=signers.generations(session, blast_id) if of[WHOLE, "", "shared"] else (),
        contest=_contest(session, blast_id, by_variant),
        mailboxes=falls.with_warnings(session, blast_id, groups_of(of, MAILBOX)),
        places=groups_of(of, PLACE),
        segments=groups_of(of, SEGMENT),
    )
    return _figures(of, details)


def links_of_variant(session: Session, variant: Variant, slots: Collection[int]) -> LinksOf:
    """The links of one variant's letter, which has these slots. People who waited for the winner
    are in none of its figures."""
    of = _by_variant(session, variant.blast_id)[variant.id]
    reached = _letters(of).reached
    links = [link for link in _links(session, variant.blast_id, of, reached) if link.slot in slots]
    return LinksOf(links, reached, variant.letter)


def _figures(of: Numbers, details: Details) -> Figures:
    letters = _letters(of)
    return Figures(
        letters=letters,
        people=People(**{name: of[WHOLE, "", name] for name in _PEOPLE}),
        reached=People(**{name: of[WHOLE, "", f"reached_{name}"] for name in _PEOPLE}),
        signed=_signed(of),
        shared=of[WHOLE, "", "shared"],
        opens=_traffic(of, "opens"),
        clicks=_traffic(of, "clicks"),
        machine_events=of[WHOLE, "", "machine_events"],
        evidence=_evidence(of),
        timeline=_timeline(of),
        details=details,
    )


def letters_of(session: Session, blast_ids: Sequence[int]) -> dict[int, Letters]:
    """What became of the deliveries of each blast; blasts without any are left out."""
    found = _numbers(
        session,
        Rollup.blast_id.in_(blast_ids),
        Rollup.dimension.in_((WHOLE, SKIPPED)),
        Rollup.measure.in_((*_STATES, "letters")),
    )
    return {blast_id: _letters(of) for blast_id, of in found.items() if of.total()}


def signed_through(session: Session, blast_ids: Sequence[int]) -> dict[int, Signed]:
    """Verified signatures that the letters of each blast brought themselves, without shares."""
    found = _numbers(
        session,
        Rollup.blast_id.in_(blast_ids),
        Rollup.dimension == WHOLE,
        Rollup.measure.in_(_SIGNED),
    )
    return {blast_id: _signed(of) for blast_id, of in found.items()}


def timeline_of(session: Session, blast_id: int) -> list[Hour]:
    """Hours in which people clicked for the first time, or signed (by the letter itself)."""
    return _timeline(
        _numbers(session, Rollup.blast_id == blast_id, Rollup.dimension == HOUR)[blast_id]
    )


def counted_until(session: Session) -> datetime:
    """Everything up to this instant is in the rollups: now, or since when something waits."""
    return session.scalar(select(func.min(Change.at))) or now()


def _numbers(
    session: Session, *which: ColumnElement[bool]
) -> defaultdict[int, Counter[tuple[str, str, str]]]:
    """The numbers of each blast, all variants together."""
    by = (Rollup.blast_id, Rollup.dimension, Rollup.value, Rollup.measure)
    rows = session.execute(select(*by, func.sum(Rollup.number)).where(*which).group_by(*by))
    found: defaultdict[int, Counter[Any]] = defaultdict(Counter)
    for blast_id, dimension, value, measure, number in rows:
        found[blast_id][dimension, value, measure] = int(number)
    return found


def _by_variant(session: Session, blast_id: int) -> defaultdict[int, Counter[Any]]:
    """The numbers of a blast by the id of the variant."""
    by = (Rollup.variant_id, Rollup.dimension, Rollup.value, Rollup.measure, Rollup.number)
    found: defaultdict[int, Counter[Any]] = defaultdict(Counter)
    for variant_id, *at, number in session.execute(select(*by).where(Rollup.blast_id == blast_id)):
        found[variant_id][tuple(at)] = number
    return found


def _contest(session: Session, blast_id: int, by_variant: Mapping[int, Counter[Any]]) -> Contest:
    variants = session.scalars(
        select(Variant)
        .where(Variant.blast_id == blast_id, Variant.letter != REST)
        .order_by(Variant.letter)
    ).all()
    if len(variants) < 2:
        return Contest()
    blast = variants[0].blast
    parts = parts_of(blast)

    def figures(of: Variant) -> Figures:
        return _figures(by_variant.get(of.id, Counter()), Details())

    found = [_variant(one, parts[one.letter], figures(one)) for one in variants]
    return Contest(found, _rest(blast, figures(blast.rest)) if blast.rest else "")


def _rest(blast: Blast, figures: Figures) -> str:
    people = f"{figures.letters.audience - figures.letters.skipped_total:,} more people"
    if blast.winner is None:
        return f"{people} wait for the winner; they are in none of these figures."
    return (
        f"{people} waited for the winner, {blast.winner}: delivered to "
        f"{figures.letters.reached:,}, signed by {figures.signed.people:,}. They are left out "
        "here, where the variants are compared over the same time."
    )


def _variant(variant: Variant, part: float, figures: Figures) -> VariantFigures:
    letters, people, signed = figures.letters, figures.people, figures.signed
    return VariantFigures(
        letter=variant.letter,
        subject=variant.says("subject"),
        sender_name=variant.says("sender_name"),
        part=part,
        counts={
            "audience": letters.audience,
            "sent": letters.sent,
            "delivered": letters.reached,
            "opened": people.opened,
            "clicked": people.clicked,
            "signed": signed.people,
            "new": signed.new,
            "unsubscribed": people.unsubscribed,
            "complained": letters.complained,
        },
        rates=figures.rates,
    )


def _letters(of: Numbers) -> Letters:
    skipped = {value: n for (dimension, value, _), n in of.items() if dimension == SKIPPED and n}
    states = {name: of[WHOLE, "", name] for name in _STATES}
    return Letters(dict(sorted(skipped.items())), **states)


def _signed(of: Numbers) -> Signed:
    return Signed(*(of[WHOLE, "", name] for name in _SIGNED))


def _traffic(of: Numbers, kind: str) -> Traffic:
    return Traffic(**{shown: of[WHOLE, "", f"{kind}_{shown}"] for shown in CLASSES})


def _evidence(of: Numbers) -> list[tuple[str, int]]:
    counts = [
        (value, n)
        for (dimension, value, measure), n in of.items()
        if (dimension, measure) == (EVIDENCE, "events") and n
    ]
    return sorted(counts, key=lambda item: (-item[1], item[0]))


def _timeline(of: Numbers) -> list[Hour]:
    hours: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (dimension, value, measure), number in of.items():
        if dimension == HOUR and number:
            hours[value][measure] = number
    return [Hour(datetime.fromisoformat(at), **hours[at]) for at in sorted(hours)]


def _links(session: Session, blast_id: int, of: Numbers, delivered: int) -> list[LinkFigures]:
    links = session.scalars(select(Link).where(Link.blast_id == blast_id).order_by(Link.slot))
    found = [
        LinkFigures(
            slot=link.slot,
            kind=link.kind,
            url=link.url,
            label=link.label,
            clicked=of[LINK, str(link.id), "clicked"],
            raw=of[LINK, str(link.id), "raw_clicked"],
            rate=Rate(of[LINK, str(link.id), REACHED_CLICKED], delivered),
        )
        for link in links
    ]
    return sorted(found, key=lambda link: (link.kind == "trap", -link.clicked, link.slot))


def _returned(of: Numbers, letters: Letters) -> list[Returned]:
    answered = letters.sent + letters.refused
    found = [
        Returned(dimension, value, Rate(number, answered))
        for (dimension, value, _), number in of.items()
        if dimension in RETURNED and number
    ]
    return sorted(found, key=lambda one: (-one.rate.count, one.state, one.cause))
