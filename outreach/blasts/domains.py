"""Stopping a domain: its letters are held, of one blast or of all, until it is started again.

Nothing is written when a domain is stopped: senders ask with each part (`recipients.part_query`)
and hold whom they come upon. When it is started, `let_go` puts the held ones back into their
batches; a batch of which only held letters are left is done meanwhile, and nobody looks at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, delete, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from outreach.accounts import audit
from outreach.blasts import queries
from outreach.blasts.models import Blast, StoppedDomain
from outreach.core import log
from outreach.core.address import canonical, domain
from outreach.core.bulk import insert_into
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.mail.again import LET_GO, put_back
from outreach.mail.models import DELIVERIES, Delivery

_log = log.get(__name__)
ALL = "all blasts"


class domain_of(GenericFunction[str]):
    """The part of a canonical address behind its @."""

    type = String()
    inherit_cache = True


@compiles(domain_of)
def _on_sqlite(element: domain_of, compiler: SQLCompiler, **options: Any) -> str:
    address = compiler.process(element.clauses, **options)
    return f"substr({address}, instr({address}, '@') + 1)"


@compiles(domain_of, "postgresql")
def _on_postgresql(element: domain_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"split_part({compiler.process(element.clauses, **options)}, '@', 2)"


@dataclass(frozen=True)
class Stopped:
    """A domain that is stopped for a blast; `held`: how many of its letters senders came upon."""

    domain: str
    for_all: bool
    actor: str
    at: datetime
    held: int


def is_stopped(address: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether letters to this address are held; the parameter `blast` says of which blast.

    The domains are read once for each statement, not for each row.
    """
    stopped = select(StoppedDomain.domain).where(
        or_(StoppedDomain.blast_id.is_(None), StoppedDomain.blast_id == bindparam("blast"))
    )
    return domain_of(address).in_(stopped)


def stop(session: Session, blast: Blast | None, typed: str, *, actor: str) -> str:
    """Hold what has not left to a domain, of a blast or (None) of all; the domain as it is kept.

    A repeat changes nothing. Raises BadInput for what is no domain, Conflict for a blast of which
    nothing can leave any more.
    """
    name = _domain(typed)
    if blast is not None and blast.state in ("cancelled", "failed"):
        raise Conflict(f"This blast is {blast.state}: nothing of it leaves any more.")
    blast_id = blast.id if blast else None
    row = insert_into(session, StoppedDomain).values(blast_id=blast_id, domain=name, actor=actor)
    if session.scalar(row.on_conflict_do_nothing().returning(StoppedDomain.id)):
        _note(session, blast_id, "stop_domain", name, actor)
    return name


def start(session: Session, blast: Blast | None, typed: str, *, actor: str) -> str:
    """Let letters to a domain go again, of a blast or (None) of all; within seconds they wait.

    Raises NotFound where it was not stopped so.
    """
    name = _domain(typed)
    blast_id = blast.id if blast else None
    gone = delete(StoppedDomain).where(
        StoppedDomain.domain == name, StoppedDomain.blast_id.is_not_distinct_from(blast_id)
    )
    if not session.connection().execute(gone).rowcount:
        for_all = blast and session.scalar(
            select(StoppedDomain.id).where(
                StoppedDomain.domain == name, StoppedDomain.blast_id.is_(None)
            )
        )
        raise NotFound(
            f"{name} is stopped for all blasts, not for this one."
            if for_all
            else f"{name} is not stopped for {'this blast' if blast else ALL}.",
            hint="Start it for all." if for_all else "Nothing was changed.",
        )
    _note(session, blast_id, "start_domain", name, actor)
    return name


def stopped(session: Session, blast: Blast) -> list[Stopped]:
    """The domains that are stopped for a blast, those for all among them."""
    held = dict(
        session.execute(
            select(Delivery.held, func.count())
            .where(Delivery.blast_id == blast.id, Delivery.state == "pending")
            .where(Delivery.held.is_not(None))
            .group_by(Delivery.held)
        ).all()
    )
    rows = session.scalars(
        select(StoppedDomain)
        .where(or_(StoppedDomain.blast_id.is_(None), StoppedDomain.blast_id == blast.id))
        .order_by(StoppedDomain.domain, StoppedDomain.id)
    )
    return [
        Stopped(row.domain, row.blast_id is None, row.actor, row.at, held.get(row.domain, 0))
        for row in rows
    ]


def with_letters_to_let_go(session: Session) -> list[int]:
    """Ids of the blasts of which letters are held whose domain is stopped no longer."""
    found = session.scalars(select(Delivery.blast_id).where(_HELD, _IS_FREE).distinct())
    return sorted(blast_id for blast_id in found if blast_id is not None)


def let_go(session: Session, blast_id: int) -> int:
    """Let held letters of a blast wait again whose domain is stopped no longer; how many.

    Those of a batch that a sender has in hand follow when it lets go.
    """
    blast = queries.by_id(session, blast_id, lock=True)
    if blast.state == "cancelled":
        return 0
    moved = put_back(session, blast_id, LET_GO, _IS_FREE).waiting
    _log.info("domains.let_go", blast=blast_id, letters=moved)
    return moved


_HELD = (DELIVERIES.c.state == "pending") & DELIVERIES.c.held.is_not(None)
_IS_FREE = ~(
    select(StoppedDomain.id)
    .where(
        StoppedDomain.domain == DELIVERIES.c.held,
        or_(StoppedDomain.blast_id.is_(None), StoppedDomain.blast_id == DELIVERIES.c.blast_id),
    )
    .correlate(DELIVERIES)
    .exists()
)


def _domain(typed: str) -> str:
    name = typed.strip().removeprefix("@").lower()
    try:
        return domain(canonical(f"somebody@{name}"))
    except BadInput as error:
        raise BadInput(
            f"“{typed.strip()}” is no domain.",
            hint="Write what stands behind the @ of an address, such as example.org.",
            field="domain",
        ) from error


def _note(session: Session, blast_id: int | None, action: str, name: str, actor: str) -> None:
    subject = f"blast:{blast_id}" if blast_id else "blasts"
    audit.record(session, actor=actor, action=f"blast.{action}", subject=subject, domain=name)
