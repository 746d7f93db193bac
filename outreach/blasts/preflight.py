"""Before a blast is scheduled: run all checks, or pass over one under a person's name."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.blasts.checks import CHECKS, Case, Finding
from outreach.blasts.checks_of_letter import OVERRIDABLE
from outreach.blasts.checks_of_variants import of_letters, variants
from outreach.blasts.models import Blast, CheckOverride
from outreach.core.errors import BadInput, Conflict
from outreach.mail.provider import Provider


def run(
    session: Session, blast: Blast, base_url: str, *, provider: Provider | None = None
) -> list[Finding]:
    """All findings, the worst first; an overridden stop is shown as something to look at.

    `provider`: the one that letters leave by.
    """
    return _run(Case(session, blast, base_url, provider))


def stops(session: Session, blast: Blast, base_url: str) -> list[Finding]:
    """Only what stops the blast, without counting an audience that is there."""
    found = _run(Case(session, blast, base_url, brief=True))
    return [finding for finding in found if finding.level == "stop"]


def _run(case: Case) -> list[Finding]:
    session, blast = case.session, case.blast
    found = [finding for check in (*CHECKS, variants) for finding in check(case)]
    found += of_letters(case)
    overrides = {
        o.check: o
        for o in session.scalars(select(CheckOverride).where(CheckOverride.blast_id == blast.id))
    }
    order = ("stop", "look", "ok")
    return sorted(
        (_overridden(f, overrides.get(f.key)) for f in found), key=lambda f: order.index(f.level)
    )


def override(session: Session, blast: Blast, *, check: str, reason: str, actor: str) -> None:
    """Pass over a check that stops the blast, under a person's name.

    Raises BadInput without a reason, Conflict where the check can't be passed over.
    """
    if not reason.strip():
        raise BadInput("Say why this check is passed over.", field="reason")
    if check.partition(":")[0] not in OVERRIDABLE:
        raise Conflict(
            f"The check “{check}” can’t be passed over.",
            hint=f"These can: {', '.join(sorted(OVERRIDABLE))}.",
        )
    known = session.scalar(
        select(CheckOverride).where(
            CheckOverride.blast_id == blast.id, CheckOverride.check == check
        )
    )
    if known is None:
        known = CheckOverride(blast_id=blast.id, check=check, reason=reason, actor=actor)
        session.add(known)
    known.reason, known.actor = reason, actor
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="blast.override",
        subject=f"blast:{blast.id}",
        check=check,
        reason=reason,
    )


def _overridden(finding: Finding, word: CheckOverride | None) -> Finding:
    if finding.level != "stop" or word is None or not finding.can_override:
        return finding
    detail = f"{finding.detail} Overridden by {word.actor}: {word.reason}".strip()
    return replace(finding, level="look", detail=detail)
