"""The places that a blast's letters lead to: stored with the blast, and the only ones ever used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.errors import Conflict
from outreach.tracking.models import Link

ASK, LINK, CITATION, TRAP = "ask", "link", "citation", "trap"

_log = log.get(__name__)
LINKS_STORED = "tracking.links_stored"


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link as the letter was compiled with it. `kind`: ASK, LINK, CITATION or TRAP."""

    slot: int
    kind: str
    url: str
    label: str = ""


class Destination(NamedTuple):
    """Where a slot of a blast's letters leads: id, kind and address of the stored link."""

    id: int
    kind: str
    url: str

    def with_query(self, more: str) -> str:
        """The address with this added to its query."""
        address, mark, place = self.url.partition("#")
        between = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
        return f"{address}{between}{more}{mark}{place}"


def store(session: Session, blast_id: int, links: Sequence[NewLink]) -> None:
    """Keep the links of a blast's final letter; storing the same again changes nothing.

    Raises Conflict where a slot is taken by another destination: letters that carry it are out.
    """
    known = {link.slot: link for link in session.scalars(_of_blast(blast_id))}
    for new in links:
        link = known.get(new.slot)
        if link is None:
            session.add(
                Link(blast_id=blast_id, slot=new.slot, kind=new.kind, url=new.url, label=new.label)
            )
        elif (link.kind, link.url) != (new.kind, new.url):
            raise Conflict(
                f"Link {new.slot} of this blast is stored already and can’t lead elsewhere now.",
                hint="Make a new blast for another destination.",
            )
    session.flush()
    _log.info(LINKS_STORED, blast_id=blast_id, links=len(links))


def by_slot(session: Session, blast_id: int, slot: int) -> Link | None:
    """The link behind a slot of a blast's letters."""
    return session.scalar(_of_blast(blast_id).where(Link.slot == slot))


def of_blast(session: Session, blast_id: int) -> dict[int, Destination]:
    """Where each slot of a blast's letters leads."""
    links = session.scalars(_of_blast(blast_id))
    return {link.slot: Destination(link.id, link.kind, link.url) for link in links}


def _of_blast(blast_id: int) -> Select[Link]:
    return select(Link).where(Link.blast_id == blast_id)
