"""A pasted petition text read as a whole: the door of the intake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from outreach.core.errors import BadInput
from outreach.petitions.intake.blocks import Block, gather_blocks, with_setext_headings
from outreach.petitions.intake.cited import cite
from outreach.petitions.intake.extras import take_consent, take_partners, take_thanks
from outreach.petitions.intake.findings import Finding, Sure
from outreach.petitions.intake.formats import as_text, read_text_file
from outreach.petitions.intake.headline import Head, find_head
from outreach.petitions.intake.lines import Line, numbered_lines
from outreach.petitions.intake.markers import Marked, MarkerReading, read_markers
from outreach.petitions.intake.notes import NotesList, find_notes
from outreach.petitions.intake.page import Page
from outreach.petitions.intake.phrases import Kind, Phrase
from outreach.petitions.intake.rewritten import is_ours, read_markdown
from outreach.petitions.intake.runs import unmarked
from outreach.petitions.intake.signed import Statement
from outreach.petitions.intake.statement import find_statement
from outreach.petitions.intake.understanding import Citation, Marker, Paragraph, Understanding

_NOT_BODY = {
    Kind.RULE, Kind.NOTES, Kind.RECOGNITION, Kind.BUTTON, Kind.FROM, Kind.CONSENT,
}  # fmt: skip
_NOTHING = Block(Phrase(Kind.TEXT), "", ((0, 1),))
PARTS = (
    "organisation", "headline", "targets", "statement", "paragraphs", "consent_line", "thanks",
    "partners",
)  # fmt: skip
_NOTE_SURE = {
    Sure.CERTAIN: "every part was recognised",
    Sure.LIKELY: "some parts are not in it",
    Sure.GUESS: "its parts are uncertain",
    Sure.MISSING: "its parts were not recognised",
}
_QUOTES = {"“": "”", '"': '"', "«": "»", "„": "“"}


def read_petition_file(path: str | Path) -> Understanding:
    """What a file with a petition text says; see `read_petition`.

    Raises BadInput too where the file is missing, unreadable, empty, above 2 MB or not a text.
    """
    return read_petition(read_text_file(path))


def read_petition(text: str) -> Understanding:
    """What a pasted petition text (plain, Markdown or HTML) says, with a warning for each doubt.

    Raises BadInput where it is empty or no text, or has no headline or no statement; the message
    names the lines that were searched, the hint what to write.
    """
    understanding, missing = read_whatever(text)
    if missing:
        raise missing
    return understanding


def read_whatever(text: str) -> tuple[Understanding, BadInput | None]:
    """The same for a text that lacks a headline or statement: they are "", and why is the second.

    Raises BadInput only where it is empty or no text.
    """
    text = as_text(text)
    if is_ours(text):
        return _of_ours(text)
    lines = with_setext_headings(numbered_lines(text))
    notes = find_notes(lines)
    page = Page(gather_blocks(lines, notes.consumed))
    statement = find_statement(page)
    partners = take_partners(page)
    head = find_head(page, statement.targets if statement else ())
    missing = None if head and statement else _missing(lines, page, head, statement)
    statement = statement or Statement(_NOTHING, (), ())
    head = head or Head(-1, _NOTHING, None, statement.targets)
    if not head.targets and statement.guessed:
        head = replace(head, targets=statement.guessed)
        why = "is whom the statement asks"
        page.found("targets", [statement.block], Sure.GUESS, why)
        page.doubt(statement.block.line, f"{'; '.join(head.targets)} was read as the addressee")
    consent_line, thanks = take_consent(page), take_thanks(page)
    body = [b for i, b in enumerate(page.blocks) if i not in page.used and _is_body(b)]
    page.found("paragraphs", body, Sure.LIKELY, "is what no other part took")
    citations, doubts = cite(notes.notes)
    reading, places = _marked(head.block, statement.block, body, notes)
    doubts += page.doubts + notes.doubts + reading.doubts
    doubts += _uncalled(notes, reading) + ([] if missing else _about_parts(head))
    markers = _markers(places)
    understanding = Understanding(
        organisation=unmarked(head.organisation) if head.organisation else None,
        headline=places["headline", None].text,
        targets=tuple(map(unmarked, head.targets)),
        statement=places["statement", None].text,
        paragraphs=tuple(
            Paragraph(places["body", i].text, block.line) for i, block in enumerate(body)
        ),
        citations=citations,
        markers=markers,
        consent_line=unmarked(consent_line) if consent_line else None,
        thanks=unmarked(thanks) if thanks else None,
        partners=tuple(map(unmarked, partners)),
        warnings=tuple(f"line {line}: {words}" for line, words in sorted(set(doubts))),
        findings=_findings(page, citations, markers),
    )
    return understanding, missing


def _findings(
    page: Page, citations: Sequence[Citation], markers: Sequence[Marker]
) -> tuple[Finding, ...]:
    """Every part, every note and every marker with its place; those not found as missing."""
    parts = [
        page.findings.get(name) or Finding(name, Sure.MISSING, "was not found") for name in PARTS
    ]
    notes = [
        Finding(f"citation {c.number}", c.sure, _NOTE_SURE[c.sure], c.line, c.line)
        for c in citations
    ]
    places = [
        Finding(f"marker {m.citation}", m.sure, f"stands after “{m.after}”", m.line, m.line)
        for m in markers
    ]
    return (*parts, *notes, *places)


def _of_ours(text: str) -> tuple[Understanding, BadInput | None]:
    read = read_markdown(text)
    lacks = [part for part in ("headline", "statement") if not getattr(read, part)]
    if not lacks:
        return read, None
    what = " and ".join(f"no {part} was found" for part in lacks)
    return read, BadInput(f"line 1: {what}.", hint="Write it below its heading.", field=None)


Place = tuple[str, int | None]


def _is_body(block: Block) -> bool:
    if block.kind is Kind.CALL:
        return bool(block.phrase.rest)
    return block.kind not in _NOT_BODY and bool(block.text)


def _marked(
    headline: Block, statement: Block, body: list[Block], notes: NotesList
) -> tuple[MarkerReading, dict[Place, Marked]]:
    """The markers of headline, statement and body, read in the order of the page."""
    texts: list[tuple[Block, Place]] = [(headline, ("headline", None))]
    texts += [(statement, ("statement", None))]
    texts += [(block, ("body", i)) for i, block in enumerate(body)]
    texts.sort(key=lambda pair: pair[0].line)
    reading = read_markers([block for block, _ in texts], notes)
    places = {place: marked for (_, place), marked in zip(texts, reading.texts, strict=True)}
    places["statement", None] = _unquoted(places["statement", None])
    return reading, places


def _markers(places: dict[Place, Marked]) -> tuple[Marker, ...]:
    found = [
        Marker(hit.number, paragraph, hit.after, hit.offset, hit.line, place, hit.sure)
        for (place, paragraph), marked in places.items()
        for hit in marked.hits
    ]
    return tuple(sorted(found, key=lambda m: (m.line, m.place, m.paragraph or 0, m.offset)))


def _uncalled(notes: NotesList, reading: MarkerReading) -> list[tuple[int, str]]:
    return [
        (note.line, f"note {note.number} is marked nowhere in the text")
        for note in notes.notes
        if note.number not in reading.called
    ]


def _unquoted(marked: Marked) -> Marked:
    """A text that stands in quotes as a whole, without them."""
    text = marked.text.strip()
    close = _QUOTES.get(text[:1])
    if not close or text[-1] != close or close in text[1:-1] or text[0] in text[1:-1]:
        return marked
    hits = tuple(replace(h, offset=max(0, min(h.offset - 1, len(text) - 2))) for h in marked.hits)
    return Marked(text[1:-1].strip(), hits)


def _about_parts(head: Head) -> list[tuple[int, str]]:
    doubts = []
    if head.organisation is None:
        doubts.append((head.block.line, "no organisation was found above the headline"))
    if not head.targets:
        doubts.append((head.block.line, "nobody was found to whom the petition is addressed"))
    return doubts


def _missing(
    lines: list[Line], page: Page, head: Head | None, statement: Statement | None
) -> BadInput:
    """What to tell where the headline, the statement or both are not in the text."""
    written = [line.number for line in lines if line.text]
    first, last = written[0], written[-1]
    what, hints = [], []
    if head is None:
        body = (b.line for b in page.blocks if len(b.text) > 180 or b.kind in {Kind.LABEL, Kind.TO})
        end = max(first, next(body, last + 1) - 1)
        what.append(f"no headline was found (lines {first} to {end} were searched)")
        hints.append("Write the headline on a line of its own at the top, as “# Headline”.")
    if statement is None:
        what.append(f"no statement was found (lines {first} to {last} were searched)")
        hints.append("Write “Petition to NAME:” above the words that are signed.")
    return BadInput(f"line {first}: {' and '.join(what)}.", hint=" ".join(hints), field=None)
