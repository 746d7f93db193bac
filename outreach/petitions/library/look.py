"""What is found at a source's address: looked at on demand and on a schedule.

The network is asked while no transaction is open: `look_at` knows no database, `store` no network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput
from outreach.petitions.library import copies, quotes
from outreach.petitions.library.addresses import is_front_page, normal
from outreach.petitions.library.fetch import Fetched, NotFetched, fetch
from outreach.petitions.library.reading import read_document
from outreach.petitions.models import CitationSource, Source

# Its states, with what a person reads.
LOOKS = {
    "": "not looked at yet",
    "ok": "opens",
    "moved": "has moved",
    "wall": "is behind a wall",
    "unread": "opens, but holds no text that can be read here",
    "trouble": "does not answer at the moment",
    "front": "leads to a front page",
    "dead": "is dead",
    "forbidden": "can’t be opened by the public",
}
BAD = ("dead", "front", "forbidden")
ALIVE = ("ok", "moved", "wall", "unread")
_WALLS = (401, 402, 403, 405, 406, 407, 429, 451, 999)
_GONE = (404, 410)
DEAD_AFTER = timedelta(days=2)  # without an answer, while others answer
_TROUBLE_AGAIN, _DEAD_AGAIN = timedelta(hours=1), timedelta(days=1)
_NETWORK_WORKED = timedelta(days=1)
AT_ONCE = 5  # sources of one turn of the job, each up to 20 s
BY_ITSELF = "the schedule"

Quotations = Callable[[Session, Source], Iterable[str]]
_log = log.get(__name__)


@dataclass(frozen=True)
class Look:
    """What was found. `kind` is the one of NotFetched where nothing answered."""

    state: str
    detail: str = ""
    url: str = ""  # where it ended
    leads_to: str | None = None
    says: dict[str, object] = field(default_factory=dict)
    text: str = ""
    is_whole: bool = True
    kind: str = ""


def look_at(url: str, *, loopback: bool = False) -> Look:
    """Open an address and understand what is there; never raises for what a server does."""
    try:
        found = fetch(url, loopback=loopback)
    except NotFetched as error:
        state = "forbidden" if error.kind == "forbidden" else "trouble"
        return Look(state, error.why, url, kind=error.kind)
    if found.status in _GONE:
        return Look("dead", f"The server says that it is gone ({found.status}).", found.url)
    if found.status in _WALLS:
        return Look("wall", f"The server lets no program in ({found.status}).", found.url)
    if not 200 <= found.status < 300:
        return Look("trouble", f"The server answers with a fault ({found.status}).", found.url)
    return _read(url, found)


def _read(url: str, found: Fetched) -> Look:
    try:
        read = read_document(found.body, found.content_type)
    except BadInput as error:
        return Look("unread", error.message, found.url, _moved(url, found))
    if read.is_wall:
        return Look("wall", "It shows a check or a banner in place of its text.", found.url)
    if found.hops and is_front_page(found.url) and not is_front_page(url):
        return Look("front", f"It leads to {found.url}.", found.url)
    leads_to = _moved(url, found)
    return Look(
        "moved" if leads_to else "ok",
        f"It leads to {leads_to}." if leads_to else "",
        found.url,
        leads_to,
        {**read.says, "titles": list(read.titles[:5])},
        read.text,
        found.is_whole,
    )


def _moved(url: str, found: Fetched) -> str | None:
    """The address that a source was moved to for good."""
    for_good = found.hops and all(status in (301, 308) for status, _ in found.hops)
    return found.url if for_good and normal(found.url) != normal(url) else None


def store(
    session: Session,
    source: Source,
    look: Look,
    *,
    by: str,
    days: int,
    lost: Sequence[str] = (),
) -> None:
    """Keep what was found: the state, the text as evidence, and the quoted words that are gone."""
    at = now()
    state = look.state
    if state == "trouble":
        source.failing_since = source.failing_since or at
        if _is_dead(session, source, look):
            state = "dead"
    else:
        source.failing_since = None
    if source.look != state:
        _log.info("source.looked", source_id=source.id, before=source.look, after=state)
    source.look, source.look_detail = state, look.detail[:400]
    source.looked_at, source.leads_to = at, look.leads_to
    again = {"trouble": _TROUBLE_AGAIN, "dead": _DEAD_AGAIN, "front": _DEAD_AGAIN}
    source.look_due = at + again.get(state, timedelta(days=days)) if days else None
    if look.text:
        source.says = look.says
        source.lost = list(lost)
        copies.keep(
            session,
            source,
            look.text,
            origin=copies.PAGE,
            by=by,
            name=look.url,
            is_whole=look.is_whole,
        )
    session.flush()


def look_now(
    db: Database,
    source_ids: Sequence[int],
    *,
    by: str,
    days: int,
    loopback: bool,
    quotations: Quotations,
    stop: threading.Event | None = None,
) -> int:
    """Look at these sources, each committed by itself; returns how many were looked at."""
    number = 0
    for source_id in source_ids:
        if stop is not None and stop.is_set():
            break
        with db.reading() as session:
            source = session.get(Source, source_id)
            url = source.url if source else None
        if not url:
            continue
        look = look_at(url, loopback=loopback)
        with db.reading() as session:
            source = session.get(Source, source_id)
            gone = lost(session, source, look, quotations(session, source)) if source else []
        with db.transaction() as session:
            source = session.get(Source, source_id, with_for_update=True)
            if source is not None and source.url == url:  # it may have been edited meanwhile
                store(session, source, look, by=by, days=days, lost=gone)
                number += 1
    return number


def ask(source: Source) -> None:
    """Have the job open this source's address next."""
    source.look_due = now()


def is_asked(source: Source) -> bool:
    """Whether the job is to open it now."""
    return bool(source.url) and source.look_due is not None and source.look_due <= now()


def due(session: Session, *, days: int, number: int = AT_ONCE) -> list[int]:
    """Sources that are to be looked at, those that wait longest first: cited ones that nobody has
    looked at, and all whose time has come. Without days only what a person asked for."""
    asked = Source.look_due <= now()
    cited = Source.look_due.is_(None) & exists().where(CitationSource.source_id == Source.id)
    query = (
        select(Source.id)
        .where(Source.url.is_not(None), or_(asked, cited) if days else asked)
        .order_by(Source.look_due.is_(None), Source.look_due, Source.id)
        .limit(number)
    )
    return list(session.scalars(query))


def _is_dead(session: Session, source: Source, look: Look) -> bool:
    """Whether it is the source that fails, and not our way into the network."""
    since = source.failing_since or now()
    if look.kind == "gone":
        return _others_answer(session, source, since - _NETWORK_WORKED)
    return now() - since >= DEAD_AFTER and _others_answer(session, source, since)


def _others_answer(session: Session, source: Source, since: object) -> bool:
    others = exists().where(
        Source.id != source.id, Source.look.in_(ALIVE), Source.looked_at >= since
    )
    return bool(session.scalar(select(others)))


def lost(session: Session, source: Source, look: Look, quotations: Iterable[str]) -> list[str]:
    """Quoted words that an earlier copy held (the vouched ones, if any) and this one does not."""
    if not look.text or not look.is_whole:
        return list(source.lost)
    fresh = copies.words_of(look.text)
    gone = [words for words in dict.fromkeys(quotations) if not quotes.holds(fresh, words)]
    if not gone:
        return []
    earlier = [copies.words_of(copy.text) for copy in copies.vouched(session, source)]
    return [words for words in gone if any(quotes.holds(one, words) for one in earlier)]
