"""Checks of citations: what is wrong with notes, sources and what a text says on their word.

Each finding tells which note and source it is about, and how it may be mended with one press.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from outreach.core.clock import now
from outreach.mail.markdown import marker_labels
from outreach.petitions import citations
from outreach.petitions.library import look, queries
from outreach.petitions.library.evidence import of_claims
from outreach.petitions.library.findings import LOOK, OK, STOP, Finding, Repair, cut
from outreach.petitions.library.quotes import holds, read
from outreach.petitions.models import Citation, Petition, Source
from outreach.petitions.queries import current_version

_LEVELS = (STOP, LOOK, OK)
_NEEDED = {"title": "title", "published_on": "date"}
LOOK_NOW = Repair("look", "Look now")


@dataclass(frozen=True)
class Cited:
    """A source with the labels of the notes that lead to it from the texts that are checked."""

    source: Source
    labels: tuple[str, ...]
    in_company: bool = False  # one of these notes names other sources too

    @property
    def name(self) -> str:
        """How findings call it: “Note [^2]”, with the source where the note names several."""
        if not self.labels:
            return "This source"
        marks = ", ".join(f"[^{label}]" for label in self.labels)
        which = f" (“{cut(queries.shown(self.source))}”)" if self.in_company else ""
        return f"Note{'s' if len(self.labels) > 1 else ''} {marks}{which}"


def of_petition(session: Session, petition: Petition) -> list[Finding]:
    """Everything about a petition's citations, the worst first; ends with what is well."""
    text = current_version(session, petition).text
    cited = cited_in(session, petition, [text])
    found = [
        *_markers(session, petition, text),
        *(finding for one in cited for finding in of_source(session, one)),
        *_unchecked(cited),
        *of_claims(session, [text], cited),
    ]
    if not any(finding.level == STOP for finding in found):
        leaned = f"{len(cited)} {'source' if len(cited) == 1 else 'sources'}"
        found.append(Finding("well", OK, f"Markers lead to their notes; cited: {leaned}"))
    return in_order(found)


def stops(session: Session, petition: Petition) -> list[Finding]:
    """What keeps a petition from being published without a named override."""
    return [finding for finding in of_petition(session, petition) if finding.level == STOP]


def of_letter(session: Session, petition: Petition, texts: Sequence[str]) -> list[Finding]:
    """What is wrong with the sources that a letter cites, and with what it says on their word."""
    cited = cited_in(session, petition, texts)
    found = [finding for one in cited for finding in of_source(session, one)]
    return in_order([*found, *of_claims(session, texts, cited)])


def in_order(found: Sequence[Finding]) -> list[Finding]:
    """Findings with the worst first."""
    return sorted(found, key=lambda finding: _LEVELS.index(finding.level))


def cited_in(session: Session, petition: Petition, texts: Sequence[str]) -> list[Cited]:
    """The sources that the markers of these texts lead to, in order of first use."""
    wanted = dict.fromkeys(label for text in texts for label in marker_labels(text))
    query = (
        select(Citation)
        .where(Citation.petition_id == petition.id)
        .options(selectinload(Citation.sources))
    )
    known = {one.label: one.sources for one in session.scalars(query)}
    labels: dict[int, list[str]] = defaultdict(list)
    sources: dict[int, Source] = {}
    shared: set[int] = set()
    for label in wanted:
        for source in known.get(label, ()):
            sources[source.id] = source
            labels[source.id].append(label)
            if len(known[label]) > 1:
                shared.add(source.id)
    return [Cited(one, tuple(labels[one.id]), one.id in shared) for one in sources.values()]


def of_source(session: Session, cited: Cited) -> Iterator[Finding]:
    """What is wrong with one source, whatever is said on its word."""
    source, name = cited.source, cited.name
    yield from _parts(source, name)
    yield from _place(source, name)
    yield from _title(source, name)
    for words in source.lost:
        yield Finding(
            f"changed:{source.id}",
            STOP,
            f"{name}: the source no longer says “{cut(words)}”",
            "An earlier copy of its text holds these words, the newest does not.",
            source.id,
            repairs=(LOOK_NOW, Repair("vouch", "I read it: it is still right")),
        )
    for twin in queries.twins(session, source):
        yield Finding(
            f"duplicate:{source.id}",
            LOOK,
            f"{name}: the same source is in the library twice",
            queries.shown(twin),
            source.id,
            repairs=(Repair("merge", "Make them one", twin.id),),
        )


def _markers(session: Session, petition: Petition, text: str) -> Iterator[Finding]:
    for label in citations.unresolved(session, petition, text):
        yield Finding(
            "unresolved",
            STOP,
            f"The marker [^{label}] leads nowhere",
            "The petition has no such note. Add it, or take the marker out of the text.",
            repairs=(Repair("unmark", "Take the marker out", label=label),),
        )
    for citation in citations.unused(session, petition, text):
        yield Finding(
            "unused",
            LOOK,
            f"No marker leads to the note [^{citation.label}]",
            citation.raw,
            citation.source.id,
            repairs=(Repair("drop", "Take the note out", label=citation.label),),
        )


def _unchecked(cited: Sequence[Cited]) -> Iterator[Finding]:
    for one in cited:
        if one.source.checked_at is None:
            yield Finding(
                "unchecked",
                LOOK,
                f"{one.name}: nobody has checked it",
                "A person reads the source and vouches that it says what the text claims.",
                one.source.id,
                repairs=(Repair("vouch", "I read it: the text is right"),),
            )


def _parts(source: Source, name: str) -> Iterator[Finding]:
    gaps = [word for part, word in _NEEDED.items() if not getattr(source, part)]
    if not source.publisher and not source.author:
        gaps.append("author or publisher")
    if not source.url and not source.archived_url:
        gaps.append("address")
    if gaps:
        fill = queries.fillings(source)
        said = "; ".join(f"{part.replace('_', ' ')}: {value}" for part, value in fill.items())
        yield Finding(
            f"missing:{source.id}",
            LOOK,
            f"{name}: {', '.join(gaps)} missing",
            f"Its page says {said}." if fill else queries.shown(source),
            source.id,
            repairs=(Repair("fill", "Take it from its page"),) if fill else (),
        )
    today, page = f"{now():%Y-%m-%d}", str(source.says.get("published_on", ""))
    if source.published_on and source.published_on > today[: len(source.published_on)]:
        better = bool(page) and page <= today
        yield Finding(
            f"future:{source.id}",
            LOOK,
            f"{name}: its date, {source.published_on}, is in the future",
            f"Its page says {page}." if better else "Look at the source once more.",
            source.id,
            repairs=(Repair("date", f"Take {page}"),) if better else (),
        )


def _place(source: Source, name: str) -> Iterator[Finding]:
    if not source.url:
        return
    archived = Repair("archived", "Lead to the archived copy")
    again = (LOOK_NOW, *((archived,) if source.archived_url else ()))
    title = f"{name}: its address {look.LOOKS.get(source.look, source.look)}"
    if source.look in look.BAD:
        yield Finding(f"dead:{source.id}", STOP, title, source.look_detail, source.id, (), again)
    elif source.look == "moved":
        repairs = (Repair("move", "Take the new address"), LOOK_NOW)
        yield Finding(f"moved:{source.id}", LOOK, title, source.look_detail, source.id, (), repairs)
    elif source.look in ("wall", "unread", "trouble"):
        detail = f"{source.look_detail} What it says can be pasted or uploaded."
        yield Finding(f"wall:{source.id}", LOOK, title, detail, source.id, (), again)
    elif not source.look:
        yield Finding(
            f"unseen:{source.id}",
            LOOK,
            f"{name}: nobody has looked at its address yet",
            source.url,
            source.id,
            repairs=(LOOK_NOW,),
        )


def _title(source: Source, name: str) -> Iterator[Finding]:
    titles = [str(title) for title in source.says.get("titles", ())]
    if source.look not in ("ok", "moved") or not source.title or not titles:
        return
    if any(_alike(source.title, title) for title in titles):
        return
    yield Finding(
        f"title:{source.id}",
        LOOK,
        f"{name}: its page has another title",
        f"Cited: “{source.title}”. The page: “{titles[0]}”.",
        source.id,
        repairs=(Repair("title", "Take the page’s title"),),
    )


def _alike(cited: str, title: str) -> bool:
    """Pages add their own name to a title, and search engines' titles shorten it."""
    if holds(read(title), cited) or holds(read(cited), title):
        return True
    ours, theirs = Counter(read(cited).words), Counter(read(title).words)
    common = sum((ours & theirs).values())
    return common >= 0.75 * min(sum(ours.values()), sum(theirs.values())) and common >= 3
