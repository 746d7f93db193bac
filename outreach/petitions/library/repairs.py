"""What mends a finding with one press: of a source by itself, or of a petition's text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.core.errors import Conflict, NotFound
from outreach.petitions import history
from outreach.petitions.edition import edition_of
from outreach.petitions.library import checks, operations, queries
from outreach.petitions.library.evidence import passage_for
from outreach.petitions.models import Petition, Source
from outreach.petitions.queries import current_version
from outreach.petitions.revising import Revision, revise


def mend(session: Session, source: Source, verb: str, *, by: str, other: int | None = None) -> None:
    """Do one of MENDING to a source, or merge it with another one.

    Raises Conflict where there is nothing (any more) that it could take.
    """
    if verb == "vouch":
        operations.vouch(session, source, by=by)
    elif verb == "merge" and other is not None:
        older, newer = sorted((source.id, other))
        into = queries.by_id(session, older, lock=True)
        operations.merge(session, into, queries.by_id(session, newer, lock=True), by=by)
    elif verb in MENDING:
        before = {name: getattr(source, name) for name in operations.FIELDS}
        MENDING[verb](source)
        was = {name: value for name, value in before.items() if getattr(source, name) != value}
        session.flush()
        audit.record(
            session, actor=by, action="source.edit", subject=f"source:{source.id}", was=was
        )
    else:
        raise NotFound(f"There is no repair “{verb}” of a source.")


def mend_text(session: Session, petition: Petition, verb: str, label: str, *, by: str) -> Revision:
    """Take a marker that leads nowhere out of a petition's text (unmark), a note that no marker
    leads to out of its list (drop), or say a quotation as its source does (requote).

    `label` is the note's, or the quoted words. A revision like any other; raises Conflict where it
    would be another wording than the one that people signed: that wants the editor, and a reason.
    """
    edition = edition_of(session, petition)
    if verb == "unmark":
        marker = re.compile(rf"\s?\[\^{re.escape(label)}\]")
        changed = replace(
            edition,
            statement=marker.sub("", edition.statement),
            body=marker.sub("", edition.body),
        )
    elif verb == "drop":
        changed = replace(edition, notes=tuple(n for n in edition.notes if n[0] != label))
    elif verb == "requote":
        cited = checks.cited_in(session, petition, [edition.text])
        passage = passage_for(session, [edition.text], cited, label) or label
        changed = replace(
            edition,
            statement=edition.statement.replace(label, passage),
            body=edition.body.replace(label, passage),
        )
    else:
        raise NotFound(f"There is no repair “{verb}” of a text.")
    if changed == edition:
        raise Conflict(
            "That is mended already, or has to be mended by hand.", hint="Edit the text."
        )
    version = current_version(session, petition)
    if changed.text != edition.text and history.signed_under(session, version).ever:
        raise Conflict(
            f"People have signed version {version.number} of this text; nothing was changed.",
            hint="Edit the petition: that makes a new version, and says why.",
        )
    return revise(session, petition, changed, by=by, reason=f"Repair: {verb} {label[:80]}")


def _move(source: Source) -> None:
    if not source.leads_to:
        raise Conflict("No new address is known of this source; look at it first.")
    source.url, source.leads_to = source.leads_to, None
    source.look, source.look_detail = "ok", ""


def _to_archive(source: Source) -> None:
    if not source.archived_url:
        raise Conflict("This source has no archived copy.", hint="Enter its address first.")
    source.url = source.archived_url
    operations.forget_look(source)


def _title(source: Source) -> None:
    title = str(source.says.get("title", ""))
    if not title:
        raise Conflict("Its page tells no title.")
    source.title = title


def _fill(source: Source) -> None:
    found = queries.fillings(source)
    if not found:
        raise Conflict("Its page tells nothing that is missing.")
    for part, value in found.items():
        setattr(source, part, value)


def _date(source: Source) -> None:
    date = str(source.says.get("published_on", ""))
    if not date:
        raise Conflict("Its page tells no date.")
    source.published_on = date[:10]


MENDING: dict[str, Callable[[Source], None]] = {
    "move": _move,
    "archived": _to_archive,
    "title": _title,
    "fill": _fill,
    "date": _date,
}
OF_TEXT = ("unmark", "drop", "requote")
