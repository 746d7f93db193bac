"""Whether sources say what a text says on their word: its quotations and its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from outreach.petitions.library import copies, numbers, quotes
from outreach.petitions.library.claims import Claim, claims
from outreach.petitions.library.findings import LOOK, STOP, Finding, Repair, cut
from outreach.petitions.models import Source, SourceText

_FEW = 2  # quoted words that may be a name or a tone, and no quotation


class Cited(Protocol):
    """A source and the labels that lead to it (checks.Cited)."""

    @property
    def source(self) -> Source: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def name(self) -> str: ...


def of_claims(session: Session, texts: Sequence[str], cited: Sequence[Cited]) -> Iterator[Finding]:
    """Quotations and numbers of these texts that their sources do not hold, and the sources of
    quotations of which no text is known."""
    said = [claim for text in texts for claim in claims(text)]
    known = _Known(session)
    done: set[object] = set()
    for claim in said:
        sources = _leaned_on(claim, cited)
        if sources:
            yield from _once(_of_claim(known, claim, sources), done)
    for one in cited:
        for words in one.source.quoted.splitlines():
            if words.strip():
                yield from _once(_quotation(known, words.strip(), [one]), done)


def quotations(source: Source, texts: Iterable[tuple[str, set[str]]]) -> list[str]:
    """What is quoted from a source: its own quoted words, and those of texts, each with the labels
    by which it leads to the source."""
    found = [words.strip() for words in source.quoted.splitlines() if words.strip()]
    for text, labels in texts:
        for claim in claims(text):
            if labels.intersection(claim.labels):
                found += claim.quotations
    return list(dict.fromkeys(found))


class _Known:
    """The newest texts of sources, each read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._texts: dict[int, list[SourceText]] = {}

    def of(self, source: Source) -> list[SourceText]:
        if source.id not in self._texts:
            self._texts[source.id] = copies.newest(self._session, source.id)
        return self._texts[source.id]


def _of_claim(known: _Known, claim: Claim, sources: Sequence[Cited]) -> Iterator[Finding]:
    for words in claim.quotations:
        yield from _quotation(known, words, sources)
    texts = [copy for one in sources for copy in known.of(one.source)]
    if not texts or not claim.words:
        return
    beside = " ".join(one.source.published_on or "" for one in sources)
    gone: set[str] | None = None
    for copy in texts:
        here = set(numbers.missing(claim.words, copies.numbers_of(copy.text), known=beside))
        gone = here if gone is None else gone & here
    for number in sorted(gone or ()):
        yield Finding(
            f"number:{sources[0].source.id}",
            LOOK,
            f"{_names(sources)}: its text does not hold {number}",
            f"In “{claim.sentence}”",
            sources[0].source.id,
        )


def _quotation(known: _Known, words: str, sources: Sequence[Cited]) -> Iterator[Finding]:
    quoted = quotes.read(words)
    if any(_is_title(quoted, one.source) for one in sources):
        return
    texts = [copy for one in sources for copy in known.of(one.source)]
    first, few = sources[0].source, len(quoted.words) <= _FEW
    if not texts:
        if not few:
            yield Finding(
                f"untold:{first.id}",
                LOOK,
                f"{_names(sources)}: no text is kept to hold “{cut(words)}” against",
                "Look at its address, or paste its text or upload its file.",
                first.id,
                repairs=(Repair("look", "Look now"),) if first.url else (),
            )
        return
    ready = [copies.words_of(copy.text) for copy in texts]
    if any(quotes.holds(one, words) for one in ready):
        return
    near = max(
        filter(None, (quotes.nearest(one, words) for one in ready)),
        key=lambda found: found.likeness,
        default=None,
    )
    part = "" if all(copy.is_whole for copy in texts) else " Only its beginning is kept."
    detail = f"The nearest passage: “{near.passage}”" if near else "Nothing in it is like this."
    yield Finding(
        f"quote:{first.id}",
        LOOK if few else STOP,
        f"{_names(sources)}: its text does not say “{cut(words)}”",
        detail + part,
        first.id,
        near.differs if near else (),
        (*_requote(words, near), *((Repair("look", "Look again"),) if first.url else ())),
    )


def passage_for(session: Session, texts: Sequence[str], cited: Sequence[Cited], words: str) -> str:
    """The passage that comes nearest to a quotation of these texts, with the quotation's own last
    sign; empty where there is none."""
    for claim in (claim for text in texts for claim in claims(text)):
        if words not in claim.quotations:
            continue
        sources = _leaned_on(claim, cited)
        kept = [copy for one in sources for copy in copies.newest(session, one.source.id)]
        found = [quotes.nearest(copies.words_of(copy.text), words) for copy in kept]
        near = max(filter(None, found), key=lambda one: one.likeness, default=None)
        if near is not None:
            return near.passage + (words[-1] if words[-1] in ".,!?;:" else "")
    return ""


def _requote(words: str, near: quotes.Nearest | None) -> tuple[Repair, ...]:
    return (Repair("requote", "Say it as the source does", label=words),) if near else ()


def _is_title(quoted: quotes.Words, source: Source) -> bool:
    """Whether the quotation marks hold the name of the source itself."""
    names = (source.title, source.publisher, str(source.says.get("title", "")))
    return any(
        name and quoted.joined and quoted.joined in quotes.read(name).joined for name in names
    )


def _once(found: Iterator[Finding], done: set[object]) -> Iterator[Finding]:
    for finding in found:
        if (finding.key, finding.title) not in done:
            done.add((finding.key, finding.title))
            yield finding


def _leaned_on(claim: Claim, cited: Sequence[Cited]) -> list[Cited]:
    """The sources of a claim, in the order of its markers."""
    found = [one for label in claim.labels for one in cited if label in one.labels]
    return list(dict.fromkeys(found))


def _names(sources: Sequence[Cited]) -> str:
    return " and ".join(one.name for one in sources)
