"""Who runs an import: one runner at a time, by a lease that a dead one lets run out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from outreach.core.clock import now
from outreach.core.errors import Conflict, NotFound
from outreach.supporters.models import IMPORT_STATES, Import

LEASE_S = 60  # a slice takes well under a second; a runner silent for this long is dead


class TakenOver(Conflict):
    """Another runner has taken this import; it goes on there and nothing is lost."""

    def __init__(self) -> None:
        super().__init__(
            "Another process has taken this import over and goes on with it.",
            hint="See how far it is: outreach supporters imports",
        )


def locked(session: Session, import_id: int) -> Import:
    """An import, held against other runners until the transaction ends. Raises NotFound."""
    task = session.scalar(_row(import_id))
    if task is None:
        raise NotFound(
            f"There is no import {import_id}.", hint="See all of them: outreach supporters imports"
        )
    return task


def waiting(session: Session) -> Sequence[int]:
    """Ids of the imports that nobody runs, in their order."""
    return session.scalars(select(Import.id).where(_abandoned()).order_by(Import.id)).all()


def take_waiting(session: Session, import_id: int, owner: str) -> Import | None:
    """Take one of `waiting`; None where somebody else was faster."""
    task = session.scalar(_row(import_id).where(_abandoned()))
    if task is not None:
        take(task, owner)
    return task


def take(task: Import, owner: str) -> None:
    """Make it this runner's, whoever had it before."""
    task.state = IMPORT_STATES.after(task.state, "run")
    task.lease_owner = owner
    extend(task)


def extend(task: Import) -> None:
    """Say that its runner lives."""
    task.lease_until = now() + timedelta(seconds=LEASE_S)


def let_go(task: Import, owner: str) -> None:
    """Let whoever looks next take it at once, where it still is this runner's."""
    if task.state == "running" and task.lease_owner == owner:
        task.lease_until = now()


def may_go_on(task: Import, owner: str) -> bool:
    """False where somebody stopped it. Raises TakenOver where another runner has it."""
    if task.state == "running" and task.lease_owner != owner:
        raise TakenOver
    return task.state == "running"


def _row(import_id: int) -> Select[Import]:
    return (
        select(Import)
        .where(Import.id == import_id)
        .options(joinedload(Import.supporter_list, innerjoin=True))
        .with_for_update(of=Import)
    )


def _abandoned() -> ColumnElement[bool]:
    silent = and_(Import.state == "running", Import.lease_until < now())
    return or_(Import.state == "waiting", silent)
