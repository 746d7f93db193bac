"""Checks that read the letter of a blast: subject, fields, asks, notes, size, the way out."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.blasts.audience import members
from outreach.blasts.checks import Case, Check, Finding
from outreach.blasts.checks_of_citations import OVERRIDABLE as OF_CITATIONS
from outreach.blasts.checks_of_citations import of_citations
from outreach.blasts.compose import GMAIL_CLIPS_AT
from outreach.blasts.each import Person, render_each
from outreach.blasts.recipients import column_of
from outreach.core.errors import BadInput, NotFound
from outreach.core.tokens import TRIAL, Slot, slot_name
from outreach.mail.blocks import fields
from outreach.mail.fields import CUSTOM, DATE, NUMBER, Field
from outreach.mail.plan import Recipient
from outreach.mail.render import PERSON
from outreach.mail.wording import is_date, is_number
from outreach.supporters.models import Supporter

PREHEADER_LENGTH = range(40, 91)
SUBJECT_LIMIT = 70
TRIED = 5  # letters rendered to know how fast it goes
# How a filter knows its values, what they are called, and one of them.
_READ_AS = {
    DATE: (is_date, "dates", "2026-01-31"),
    NUMBER: (is_number, "numbers", "1234.5"),
}


def _subject(case: Case) -> Iterator[Finding]:
    subject = case.variant.says("subject").strip()
    if not subject:
        yield Finding("subject", "stop", "The subject is empty")
    elif len(case.preview.subject) > SUBJECT_LIMIT:
        yield Finding(
            "subject",
            "look",
            f"The subject has {len(case.preview.subject)} characters",
            f"Phones show about {SUBJECT_LIMIT} at most.",
        )
    length = len(case.preview.preheader)
    if length not in PREHEADER_LENGTH:
        which = "long" if length > PREHEADER_LENGTH[-1] else "short" if length else "empty"
        yield Finding(
            "preheader",
            "look",
            f"The preheader is {which}",
            f"40 to 90 characters fill the line behind the subject; here: {length}.",
        )


def _fields(case: Case) -> Iterator[Finding]:
    parts = case.composed.source.parts.values()
    bare = [field.name for part in parts for field in fields(part) if not field.fallback]
    if bare:
        yield Finding(
            "fields",
            "look",
            f"Without a fallback: {', '.join(dict.fromkeys(bare))}",
            "People of whom it is not known will read a gap.",
        )
    else:
        yield Finding("fields", "ok", "Fields: every one has a fallback")
    gone = [name for name in _always_printed(case) if not _is_known_of_somebody(case, name)]
    if gone:
        yield Finding(
            "fields.unknown",
            "stop",
            f"Known of nobody in the audience: {', '.join(gone)}",
            "Everybody would read a gap. Check how it is spelt, import it, or give it a fallback.",
            can_override=True,
        )


def _always_printed(case: Case) -> list[str]:
    """Custom fields without a fallback that stand in no block."""
    found = {
        node.name
        for nodes in case.composed.source.parts.values()
        for node in nodes
        if isinstance(node, Field) and node.name.startswith(CUSTOM) and not node.fallback
    }
    return sorted(found)


def _is_known_of_somebody(case: Case, name: str) -> bool:
    try:
        chosen = members(case.session, case.blast).subquery()
    except (BadInput, NotFound):
        return True  # the check of the audience says so
    getting = select(chosen.c.id).where(chosen.c.reason.is_(None))
    if case.session.scalar(getting.limit(1)) is None:
        return True  # of nobody nothing is known
    known = getting.join(Supporter, Supporter.id == chosen.c.id).where(column_of(name) != "")
    return case.session.scalar(known.limit(1)) is not None


def _written(case: Case) -> Iterator[Finding]:
    """Dates and numbers that the audience's fields hold, as far as the letter writes them out."""
    parts = case.composed.source.parts.values()
    written = {
        (field.name, kind)
        for part in parts
        for field in fields(part)
        for kind in field.filters
        if kind in _READ_AS and not field.name.startswith("joined")
    }
    if case.brief or not written:
        return
    try:
        chosen = members(case.session, case.blast).subquery()
    except (BadInput, NotFound):
        return  # the check of the audience says so
    for name, kind in sorted(written):
        column = column_of(name)
        values = (
            select(column)
            .select_from(chosen)
            .join(Supporter, Supporter.id == chosen.c.id)
            .where(chosen.c.reason.is_(None), column != "")
        )
        reads, noun, example = _READ_AS[kind]
        others = sum(not reads(value) for value in case.session.scalars(values.distinct()))
        if others:
            yield Finding(
                f"{kind}s",
                "look",
                f"Values of {name} that are no {noun}: {others:,}",
                f"They are printed as they are. Write {example} to have them in your language.",
            )


def _ask(case: Case) -> Iterator[Finding]:
    plan = case.composed.plan
    slots = {link.slot for link in case.composed.links if link.kind == "ask"}
    asks = [len(slots & plan.slots(form)) for form in plan.forms]
    if not any(asks):
        yield Finding(
            "ask",
            "stop",
            "Nothing leads to the petition",
            "Put [[Sign the petition]] on a line of its own.",
        )
    elif not all(asks):
        yield Finding(
            "ask",
            "look",
            f"Nothing leads to the petition in {asks.count(0)} of {len(asks)} letters",
            "The blocks leave it out for some people. Preview as one of them.",
        )
    else:
        times = "once" if max(asks) == 1 else f"{max(asks)} times"
        yield Finding("ask", "ok", f"The letter leads to the petition {times}")


def _outcomes(case: Case) -> Iterator[Finding]:
    number = len(case.composed.plan.forms)
    if number > 1:
        yield Finding(
            "outcomes",
            "ok",
            f"The blocks make {number} different letters",
            "Preview as several people to see them.",
        )


def _speed(case: Case) -> Iterator[Finding]:
    """A template that asks for its reader can't be compiled; how fast its letters are made here."""
    plan = case.composed.plan
    if case.brief or plan.rendering is None:
        return
    somebody = Recipient(0, "supporter@example.org", "", plan.values_of([""] * len(plan.fields)))
    started = perf_counter()
    render_each(plan, [somebody] * TRIED, lambda _: Person())
    rate = TRIED / (perf_counter() - started)
    yield Finding(
        "speed",
        "look",
        f"This letter is rendered for each person: about {rate:,.0f} letters a second",
        f"Its template asks for “{PERSON}”. Blocks in the text do the same as fast as any letter.",
    )


def _size(case: Case) -> Iterator[Finding]:
    plan = case.composed.plan
    values = plan.values_of([""] * len(plan.fields))
    size = max(len(plan.filled(form.html, values).encode()) for form in plan.forms)
    if size > GMAIL_CLIPS_AT:
        yield Finding(
            "size",
            "stop",
            f"{size / 1000:.0f} kB: Gmail would cut the letter off",
            f"Stay under {GMAIL_CLIPS_AT // 1000} kB.",
            can_override=True,
        )
    else:
        yield Finding("size", "ok", f"Size: {size / 1000:.0f} kB of 102 kB, not clipped")


def _way_out(case: Case) -> Iterator[Finding]:
    """The law wants an address and a way out; a changed template may have lost them."""
    organisation = case.session.get_one(Organisation, case.blast.organisation_id)
    missing = []
    for name, part in (("HTML", case.preview.html), ("text", case.preview.text)):
        words = " ".join(part.split())
        if f"/u/{slot_name(Slot.UNSUBSCRIBE)}{TRIAL}" not in words:
            missing.append(f"unsubscribe link ({name})")
        if organisation.postal_address.split("\n")[0].strip() not in words:
            missing.append(f"postal address ({name})")
    if missing:
        yield Finding("way_out", "stop", f"Missing: {', '.join(missing)}")
    else:
        yield Finding("way_out", "ok", "Unsubscribe and postal address, both parts")


# They have nothing to say of a letter that can't be read.
CHECKS_OF_LETTER: tuple[Check, ...] = (
    _subject,
    _fields,
    _written,
    _ask,
    _outcomes,
    _speed,
    of_citations,
    _size,
    _way_out,
)
OVERRIDABLE = OF_CITATIONS | {"fields.unknown", "size"}
