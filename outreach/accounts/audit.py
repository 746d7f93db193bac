"""The audit log: who did what to which thing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry


def record(session: Session, *, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Add an entry in the transaction of the deed, so that neither stands without the other.

    `action` is noun and verb ("import.start"), `subject` the thing ("import:12"), `detail` JSON
    values. Actors are account addresses, or "command line".
    """
    session.add(AuditEntry(actor=actor, action=action, subject=subject, detail=detail))
    session.flush()
