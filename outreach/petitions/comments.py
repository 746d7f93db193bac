"""Comments of signers: written with a signature, shown as the petition allows, taken back."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, contains_eager

from outreach.accounts import audit
from outreach.core import log
from outreach.core.bulk import insert_into
from outreach.core.clock import now
from outreach.core.errors import FormErrors, NotFound
from outreach.core.languages import gettext as _
from outreach.petitions.comment_models import COMMENT_STATES, Comment, CommentReport
from outreach.petitions.models import Petition, Signature

TEXT_MAX = 1000  # characters
REASON_MAX = 400
SHOWN_AT_A_TIME = 10
DOUBT_FROM = 3  # so many who objected take a comment off until a person has read it

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A comment with its signer's name as it was signed."""

    comment: Comment
    signature: Signature

    @property
    def at(self) -> datetime:
        """When the signature counted."""
        return self.signature.verified_at or self.comment.created_at


def judged(text: str) -> str:
    """A typed comment, tidied; "" for none. Raises FormErrors where it is too long."""
    lines = [" ".join(_visible(line).split()) for line in text.splitlines()]
    found = "\n".join(lines).strip()
    while "\n\n\n" in found:
        found = found.replace("\n\n\n", "\n\n")
    if len(found) > TEXT_MAX:
        raise FormErrors(
            [("comment", _("Enter a comment of at most %(number)s characters.") % {"number": 1000})]
        )
    return found


def write(session: Session, petition: Petition, signature: Signature, text: str) -> None:
    """Keep what somebody said as they signed; a later word of a pending signer replaces it."""
    if not text or petition.comments == "off":
        return
    state = "shown" if petition.comments == "at_once" else "waiting"
    statement = insert_into(session, Comment).values(
        petition_id=petition.id, signature_id=signature.id, text=text, state=state
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["signature_id"], set_={"text": text, "state": state}
        )
    )


def shown(
    session: Session, petition: Petition, *, before: int = 0, limit: int = SHOWN_AT_A_TIME
) -> list[Heard]:
    """Comments that everybody may read, the newest first; `before`: older than this one."""
    if petition.comments == "off":
        return []
    query = _with_signature(petition, "shown").where(_counts())
    if before:
        query = query.where(Comment.id < before)
    return _heard(session, query.order_by(Comment.id.desc()).limit(limit))


def to_read(session: Session, petition: Petition, state: str) -> list[Heard]:
    """Comments in a state, for those who decide: what most objected to first, then the oldest."""
    order = (Comment.reports.desc(), Comment.id)
    return _heard(session, _with_signature(petition, state).order_by(*order).limit(200))


def counts(session: Session, petition: Petition) -> dict[str, int]:
    """How many comments there are, by state."""
    query = select(Comment.state, func.count()).where(Comment.petition_id == petition.id)
    return {row[0]: row[1] for row in session.execute(query.group_by(Comment.state))}


def by_id(session: Session, petition: Petition, comment_id: int) -> Comment:
    """A petition's comment; raises NotFound."""
    comment = session.get(Comment, comment_id)
    if comment is None or comment.petition_id != petition.id:
        raise NotFound("There is no such comment.", hint="Look at the petition’s comments.")
    return comment


def public(session: Session, petition: Petition, comment_id: int) -> Heard:
    """A comment that everybody may read; raises NotFound."""
    found = _heard(
        session, _with_signature(petition, "shown").where(_counts(), Comment.id == comment_id)
    )
    if not found:
        raise NotFound(_("This comment is not shown any more."), hint=_("Read the petition."))
    return found[0]


def decide(session: Session, comment: Comment, verb: str, *, by: str) -> None:
    """Show or hide a comment; objections until now are settled by it.

    Raises Conflict for a verb that its state does not allow.
    """
    before = comment.state
    comment.state = COMMENT_STATES.after(before, verb)
    comment.reports = 0
    comment.decided_by, comment.decided_at = by, now()
    session.flush()
    if before != comment.state:
        audit.record(session, actor=by, action=f"comment.{verb}", subject=f"comment:{comment.id}")
        _log.info("comment_decided", comment_id=comment.id, state=comment.state)


def object_to(session: Session, comment: Comment, *, reason: str, network: str) -> None:
    """Keep an objection; enough of them take the comment off until a person has read it.

    Whom a network says to be the same is counted once.
    """
    added = session.scalar(
        insert_into(session, CommentReport)
        .values(
            comment_id=comment.id, reason=_visible(reason)[:REASON_MAX], network=network or None
        )
        .on_conflict_do_nothing(index_elements=["comment_id", "network"])
        .returning(CommentReport.id)
    )
    if added is None:
        return
    comment.reports += 1
    if comment.reports >= DOUBT_FROM and COMMENT_STATES.allows(comment.state, "doubt"):
        comment.state = COMMENT_STATES.after(comment.state, "doubt")
        _log.info("comment_doubted", comment_id=comment.id, reports=comment.reports)
    session.flush()


def reasons(session: Session, comments: Sequence[Comment]) -> dict[int, list[str]]:
    """What people said against comments, by comment."""
    query = select(CommentReport.comment_id, CommentReport.reason).where(
        CommentReport.comment_id.in_([comment.id for comment in comments]),
        CommentReport.reason != "",
    )
    found: dict[int, list[str]] = {}
    for comment_id, reason in session.execute(query.order_by(CommentReport.id)):
        found.setdefault(comment_id, []).append(reason)
    return found


def _with_signature(petition: Petition, state: str) -> Select[Comment]:
    return (
        select(Comment)
        .join(Comment.signature)
        .options(contains_eager(Comment.signature))
        .where(Comment.petition_id == petition.id, Comment.state == state)
    )


def _heard(session: Session, query: Select[Comment]) -> list[Heard]:
    return [Heard(comment, comment.signature) for comment in session.scalars(query)]


def _counts() -> ColumnElement[bool]:
    return Signature.verified_at.is_not(None) & Signature.invalidated_at.is_(None)


def _visible(text: str) -> str:
    """Without control and direction marks, with which one comment could disfigure others."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)
