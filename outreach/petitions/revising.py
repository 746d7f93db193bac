"""A petition becomes another edition of itself; what was signed stays as it was signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.core import log
from outreach.core.errors import BadInput, Conflict, FormErrors
from outreach.mail.markdown import marker_labels
from outreach.petitions import citations, history, limits, sources
from outreach.petitions.edition import NAMES, Edition, edition_of
from outreach.petitions.intake.cited import cite
from outreach.petitions.intake.notes import Note
from outreach.petitions.library import styles
from outreach.petitions.models import Petition, PetitionVersion
from outreach.petitions.queries import current_version

_WORDING = ("statement", "body", "notes")

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a revision did: the fields it changed, and the version in force before and after.

    `signed` is what stands under the earlier version, `notes` the labels whose words changed or
    went, `doubts` what to look at in the new notes.
    """

    changed: tuple[str, ...]
    before: int
    version: int
    signed: history.Signed
    notes: frozenset[str]
    doubts: tuple[str, ...]

    @property
    def is_new_version(self) -> bool:
        """Whether somebody had signed what was changed."""
        return self.version != self.before

    @property
    def touches_wording(self) -> bool:
        """Whether statement, text or notes are other words than before."""
        return any(name in _WORDING for name in self.changed)

    @property
    def fields(self) -> str:
        """The changed fields as people call them: “statement, notes”."""
        return ", ".join(NAMES[name] for name in self.changed) or "nothing"

    @property
    def about_signatures(self) -> str:
        """What becomes of the signatures, in one or two sentences."""
        if not self.signed.ever:
            return f"Nobody has signed version {self.before} yet, so it is changed in place."
        stay = "stays" if self.signed.total == 1 else "stay"
        kept = f"{self.signed.words} {stay} under version {self.before}"
        if self.is_new_version:
            return (
                f"{kept}, as it was signed. Whoever signs from now on signs version {self.version}."
            )
        return f"{kept}: statement, text and the notes in use are the same words as before."


class ChangedMeanwhile(Conflict):
    """Somebody else saved since this edition was opened; nothing was stored.

    `edition` is what is stored now, `fields` what of it the other person changed.
    """

    def __init__(self, who: str, edition: Edition, fields: tuple[str, ...]) -> None:
        what = ", ".join(NAMES[name] for name in fields)
        super().__init__(
            f"{who} saved this petition while you were editing it ({what}). Nothing was stored.",
            hint="Put your changes and theirs together, then save again.",
        )
        self.edition = edition
        self.fields = fields


def revise(
    session: Session,
    petition: Petition,
    edition: Edition,
    *,
    by: str,
    reason: str = "",
    seen: str | None = None,
) -> Revision:
    """Make the petition this edition, and note who did.

    Statement, text or notes in use that change after the first signature make a new version; until
    then they change in place, as everything else always does. `seen` are the marks of the edition
    that was opened for editing. Raises FormErrors, naming the fields, or ChangedMeanwhile; then
    nothing is changed.
    """
    # Whoever signs at this moment holds the wording (signing.must_be_read), and so do we.
    session.refresh(petition, with_for_update=True)
    version = current_version(session, petition)
    session.refresh(version)
    stored, edition = edition_of(session, petition).tidied(), edition.tidied()
    if seen is not None and (theirs := stored.changed_since(seen)):
        raise ChangedMeanwhile(history.last_editor(session, petition), stored, theirs)
    changed = edition.changed_since(stored.marks)
    signed = history.signed_under(session, version)
    _must_hold(edition)
    doubts = _store(session, petition, edition, notes="notes" in changed)
    after = _reworded(session, petition, version, edition, signed, reason)
    revision = Revision(
        changed=changed,
        before=version.number,
        version=after.number,
        signed=signed,
        notes=_other_words(stored, edition),
        doubts=doubts,
    )
    if changed:
        _record(session, petition, stored, revision, by, reason)
    return revision


def _must_hold(edition: Edition) -> None:
    """Raises FormErrors with everything that is wrong with an edition."""
    known = {label for label, _ in edition.notes}
    rules: list[Callable[[], None]] = [
        partial(limits.must_be_headline, edition.headline),
        partial(limits.must_be_statement, edition.statement),
        partial(_must_lead_to_notes, "statement", edition.statement, known),
        partial(_must_lead_to_notes, "body", edition.body, known),
        partial(limits.must_be_goal, edition.goal),
    ]
    faults: list[tuple[str, str]] = []
    for rule in rules:
        try:
            rule()
        except BadInput as error:
            faults.append((error.field or "", str(error)))
    faults += [
        (name, f"The {NAMES[name]} can’t hold control characters.")
        for name in edition.unprintable()
    ]
    if faults:
        raise FormErrors(faults)


def _must_lead_to_notes(name: str, text: str, known: set[str]) -> None:
    missing = [label for label in dict.fromkeys(marker_labels(text)) if label not in known]
    if missing:
        raise BadInput(
            f"Not saved: no note belongs to {limits.markers(missing)}.",
            hint="Add the note, or take the marker out of the text.",
            field=name,
        )


def _store(
    session: Session, petition: Petition, edition: Edition, *, notes: bool
) -> tuple[str, ...]:
    """Write what is not kept in versions; returns the doubts about notes."""
    petition.headline = edition.headline
    petition.targets = list(edition.targets)
    petition.partners = list(edition.partners)
    petition.goal = edition.goal
    petition.consent_line = edition.consent_line
    petition.thanks = edition.thanks
    petition.share_text = edition.share_text
    if not notes:
        return ()
    read, doubts = cite([Note(int(label), words, 0) for label, words in edition.notes])
    sources.store_notes(session, petition, read)
    return tuple(words for _, words in doubts)


def _reworded(
    session: Session,
    petition: Petition,
    version: PetitionVersion,
    edition: Edition,
    signed: history.Signed,
    reason: str,
) -> PetitionVersion:
    """The version in force from now on: the same, the same changed in place, or a new one."""
    shown = [_words(note) for note in version.notes]
    notes = citations.notes_of(session, petition, edition.text, style=styles.PASTED)
    found = [_words(note.to_json()) for note in notes]
    words = (version.statement.strip(), version.body.strip(), shown)
    if words == (edition.statement, edition.body, found):
        return version
    if signed.ever:
        _must_have_reason(reason)
        version = PetitionVersion(petition_id=petition.id, number=version.number + 1, reason=reason)
        _log.info("petition_reworded", petition_id=petition.id, version=version.number)
    version.statement, version.body = edition.statement, edition.body
    citations.keep_in(session, petition, version)
    return version


def _must_have_reason(reason: str) -> None:
    """Raises FormErrors: people who signed, and who will, read why the words are others now."""
    if not reason.strip():
        raise FormErrors(
            [("reason", "Say why: people have signed the words as they were. The page shows it.")]
        )


def _words(note: dict[str, object]) -> tuple[object, ...]:
    return note["label"], note["raw"], note["same_as"]


def _other_words(stored: Edition, edition: Edition) -> frozenset[str]:
    now = dict(edition.notes)
    return frozenset(label for label, words in stored.notes if now.get(label) != words)


def _record(
    session: Session,
    petition: Petition,
    stored: Edition,
    revision: Revision,
    by: str,
    reason: str,
) -> None:
    """Versions keep the wording; what else was there before is kept with the deed."""
    session.flush()
    was = {name: getattr(stored, name) for name in revision.changed if name not in _WORDING}
    audit.record(
        session,
        actor=by,
        action=history.REVISED,
        subject=f"petition:{petition.slug}",
        version=revision.version,
        changed=list(revision.changed),
        was=was,
        reason=reason,
    )
