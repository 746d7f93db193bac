"""From a variant's texts to its compiled letter, and previews of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.conditions import holding_of
from outreach.blasts.each import UNKNOWN, Contexts, people_by_id, render_each, rendering
from outreach.blasts.links import LinkBook
from outreach.blasts.models import Blast, Variant
from outreach.blasts.recipients import known_of
from outreach.blasts.source import Source, read_source
from outreach.core.address import domain
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.core.tokens import Slot, Tokens
from outreach.mail import markdown
from outreach.mail.blocks import chosen
from outreach.mail.draft import Draft
from outreach.mail.fields import Field, Same
from outreach.mail.mime import mime_letter, rfc2822_date
from outreach.mail.plan import Context, Envelope, Plan, Recipient
from outreach.mail.render import Rendered, button, render_parts, sources_for_each_person
from outreach.petitions import citations, note_lines
from outreach.petitions.models import Petition
from outreach.petitions.queries import current_version
from outreach.supporters.models import Supporter
from outreach.tracking.links import NewLink

GMAIL_CLIPS_AT = 102_000
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#&!|~])")  # what may mean something in it


class Unreadable(BadInput):
    """A letter with faults in its text: every one of them, each with its line."""

    def __init__(self, faults: Sequence[BadInput]) -> None:
        hints = dict.fromkeys(fault.hint for fault in faults)
        super().__init__(" ".join(fault.message for fault in faults), hint=" ".join(hints))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Composed:
    """A compiled letter with its links, and what its markers found."""

    plan: Plan
    links: tuple[NewLink, ...]
    cited: tuple[str, ...]  # labels of the notes that the letter shows
    unresolved: tuple[str, ...]  # labels that no note of the petition has
    source: Source
    organisation: Organisation


@dataclass(frozen=True)
class Preview:
    """A letter as one person would get it. `source` is the whole MIME letter."""

    subject: str
    preheader: str
    html: str
    text: str
    source: str
    size_bytes: int  # of the HTML part, which Gmail clips at GMAIL_CLIPS_AT


def compose(
    session: Session,
    blast: Blast,
    variant: Variant,
    base_url: str,
    *,
    tracked: bool = True,
    known: Sequence[NewLink] = (),
) -> Composed:
    """Compile a variant. Untracked letters (previews, tests) lead straight to their links.

    `known`: the links of the blast's variants before it, whose slots it shares.
    Raises Unreadable, which names field and line of whatever can't be understood.
    """
    petition = session.get_one(Petition, blast.petition_id)
    organisation = session.get_one(Organisation, blast.organisation_id)
    notes = citations.notes_of(session, petition, current_version(session, petition).text)
    book = LinkBook(
        draft=Draft(),
        base_url=base_url,
        petition_url=f"{base_url}/petitions/{petition.slug}",
        notes=citations.by_label(notes),
        tracked=tracked,
        written=variant.says("body"),
        known=known,
    )
    source = read_source(
        session, organisation, petition, variant, petition_url=book.petition_url, mark=book.mark
    )
    contexts = [_contexts(source, answers, organisation, book) for answers in source.outcomes]
    letters = [
        render_parts(blast.template, html=html | UNKNOWN, text=text | UNKNOWN)
        for html, text in contexts
    ]
    faults = {fault.message: fault for fault in (*source.faults, *book.faults)}
    if faults:
        raise Unreadable(list(faults.values()))
    envelope = _envelope(blast, variant, organisation, base_url)
    return Composed(
        _compiled(blast, envelope, source, book, contexts, letters),
        tuple(book.links),
        tuple(book.cited),
        tuple(dict.fromkeys(book.unresolved)),
        source,
        organisation,
    )


def _compiled(
    blast: Blast,
    envelope: Envelope,
    source: Source,
    book: LinkBook,
    contexts: Sequence[Contexts],
    letters: Sequence[Rendered],
) -> Plan:
    """The plan of a variant from its texts for each outcome of its conditions; with what they were
    rendered from, where the template asks for each person."""
    each = sources_for_each_person(blast.template)
    usual, *others = letters
    texts = [(one.subject, one.html, one.text) for one in others]
    plan = book.draft.compile(
        envelope,
        subject=usual.subject,
        html=usual.html,
        text=usual.text,
        blast_id=blast.id,
        conditions=source.conditions,
        others=list(zip(texts, source.outcomes[1:], strict=True)),
        links=book.slots if each else (),
    )
    if not each:
        return plan
    return replace(plan, rendering=rendering(book.draft, blast.template, each, contexts))


def compose_all(session: Session, blast: Blast, base_url: str) -> list[Composed]:
    """Every variant of a blast, in order; links that they share have one slot."""
    made: list[Composed] = []
    for variant in blast.variants:
        made.append(compose(session, blast, variant, base_url, known=links_of(made)))
    return made


def links_of(letters: Sequence[Composed]) -> list[NewLink]:
    """The links of these variants of a blast, each once."""
    return list({link.slot: link for letter in letters for link in letter.links}.values())


def preview(
    session: Session,
    blast: Blast,
    variant: Variant,
    supporter: Supporter | None,
    base_url: str,
) -> Preview:
    """The letter as this supporter would get it; None: as somebody of whom nothing is known."""
    return shown_to(session, compose(session, blast, variant, base_url, tracked=False), supporter)


def shown_to(session: Session, composed: Composed, supporter: Supporter | None) -> Preview:
    """A composed letter as this supporter would get it; its own links lead nowhere."""
    plan, source = composed.plan, composed.source
    known = known_of(session, plan.fields, supporter)
    answers = dict(enumerate(source.usual))
    if supporter:
        holding = holding_of(session, composed.organisation, plan.conditions, supporter)
        answers = {number: bool(holding >> number & 1) for number in answers}
    preheader = "".join(
        piece.value(known[plan.fields.index(piece.name)]) if isinstance(piece, Field) else piece
        for piece in chosen(source.parts["preheader"], answers)
    )
    recipient = Recipient(
        delivery_id=0,
        address=supporter.address if supporter else "supporter@example.org",
        name=f"{supporter.first_name} {supporter.last_name}".strip() if supporter else "",
        values=plan.values_of(known),
        outcome=plan.outcome(sum(1 << number for number, holds in answers.items() if holds)),
    )
    if plan.rendering and supporter:
        people = people_by_id(session, [supporter.id])
        plan, (recipient,) = render_each(plan, [recipient], lambda _: people[supporter.id])
    subject, html, text = plan.letter(recipient)
    return Preview(
        subject=subject,
        preheader=preheader,
        html=html,
        text=text,
        source=mime_letter(plan, recipient, rfc2822_date(now())).decode("ascii"),
        size_bytes=len(html.encode()),
    )


def as_sent(plan: Plan, tokens: Tokens, delivery_id: int) -> str:
    """The HTML of a sent letter for “read in a browser”: nobody's name in it, links that count.

    The link to it may have been forwarded, so personal values are left to their fallbacks.
    """
    made = tokens.letter_maker(plan.blast_id, plan.links)(delivery_id)
    return plan.filled(plan.html, plan.values_of([""] * len(plan.fields), made))


def _contexts(
    source: Source, answers: Mapping[int, bool], organisation: Organisation, book: LinkBook
) -> Contexts:
    """What the template's HTML and text are rendered with for these answers, with markers where
    something personal stands."""

    def woven(part: str, context: Context) -> str:
        return "".join(
            book.draft.merge(piece, context)
            if isinstance(piece, Field)
            else _MARKDOWN.sub(r"\\\1", piece)
            if isinstance(piece, Same) and part == "body"
            else piece
            for piece in chosen(source.parts[part], answers)
        )

    book.begin()
    body = {Context.HTML: Markup(markdown.to_html(woven("body", Context.HTML), book, button))}
    html_notes = _notes(book)
    book.begin()
    body[Context.PLAIN] = Markup(markdown.to_text(woven("body", Context.PLAIN), book))
    text_notes = _notes(book)
    joined = Field("joined", f"are known to {organisation.name}")

    def context(kind: Context, notes: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "organisation": {
                "name": organisation.name,
                "postal_address": ", ".join(organisation.postal_address.splitlines()),
            },
            "language": organisation.language,
            "subject": woven("subject", Context.HEADER),
            "preheader": woven("preheader", kind),
            "body": body[kind],
            "notes": notes,
            "joined": book.draft.merge(joined, kind),
            "unsubscribe_url": book.address("u", Slot.UNSUBSCRIBE),
            "view_url": book.address("v", Slot.VIEW),
            "trap_url": book.trap(),
            "pixel_url": book.address("o", Slot.OPEN) + ".gif" if book.tracked else "",
        }

    return context(Context.HTML, html_notes), context(Context.PLAIN, text_notes)


def _notes(book: LinkBook) -> list[dict[str, Any]]:
    """The notes that this outcome cites, by number: the parts of each line, of which titles lead
    to their sources, and the sources' addresses."""
    shown = {note.number: note for note in book.shown.values()}
    listed = []
    for _, note in sorted(shown.items()):
        repeats_unseen = note.same_as is not None and note.same_as not in shown
        whole = note_lines.in_full(note) if repeats_unseen else note
        urls = {one.url: book.source(note, one.url) for one in note.sources if one.url}
        parts = note_lines.linked_parts(whole)
        listed.append(
            {
                "number": note.number,
                "parts": [
                    {"words": part.words, "url": urls.get(part.url or "", "")} for part in parts
                ],
                "urls": list(dict.fromkeys(urls.values())),
            }
        )
    return listed


def _envelope(
    blast: Blast, variant: Variant, organisation: Organisation, base_url: str
) -> Envelope:
    sender_domain = domain(blast.sender_address)
    return Envelope(
        sender_name=variant.says("sender_name"),
        sender_address=blast.sender_address,
        base_url=base_url,
        list_id=f"organisation-{organisation.id}.{sender_domain}",
        feedback_id=f"{blast.id}:{organisation.id}:blast:{sender_domain}",
        reply_to=organisation.reply_to or "",
    )
