"""Writing a blast: drafted from its petition, then edited while it is a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.audiences.rules import parse
from outreach.blasts.models import PARTS, Blast, Variant
from outreach.blasts.variants import must_be_draft, named
from outreach.core.address import canonical
from outreach.core.errors import BadInput, FormErrors
from outreach.mail.plan import CONTROL
from outreach.petitions.models import Petition
from outreach.petitions.queries import current_version


def create(
    session: Session,
    *,
    organisation: Organisation,
    petition: Petition,
    name: str,
    audience: str,
    subject: str | None = None,
    preheader: str | None = None,
    body: str | None = None,
    late_limit_s: int = 3600,
    actor: str,
) -> Blast:
    """A draft; texts that are not given are drafted from the petition.

    Raises FormErrors / BadInput for a name that is taken, bad rules, or line breaks in a subject.
    """
    name = _name(session, name, None)
    if audience.strip():
        parse(audience)
    blast = Blast(
        organisation_id=organisation.id,
        petition_id=petition.id,
        name=name,
        audience=audience.strip(),
        sender_name=organisation.sender_name,
        sender_address=organisation.sender_address,
        late_limit_s=late_limit_s,
        created_by=actor,
    )
    blast.variants.append(
        Variant(
            subject=_one_line(subject if subject is not None else petition.headline, "subject"),
            preheader=_one_line(
                preheader if preheader is not None else drafted_preheader(petition), "preheader"
            ),
            body=_tidy(body) if body is not None else drafted_body(session, organisation, petition),
        )
    )
    session.add(blast)
    session.flush()
    audit.record(session, actor=actor, action="blast.create", subject=f"blast:{blast.id}")
    return blast


def edit(
    session: Session,
    blast: Blast,
    *,
    actor: str,
    variant: str | None = None,
    name: str | None = None,
    audience: str | None = None,
    subject: str | None = None,
    preheader: str | None = None,
    body: str | None = None,
    sender_name: str | None = None,
    sender_address: str | None = None,
) -> None:
    """Change a draft; None leaves a thing as it is. The audit log says what, not how it reads now.

    `variant`: the letter of whose texts are given (None: the first); "" has a later one say what
    the first says.
    Raises Conflict when it is no draft any more, FormErrors naming each field at fault (then
    nothing was changed).
    """
    must_be_draft(blast)
    given = {
        "name": name,
        "audience": audience,
        "subject": subject,
        "preheader": preheader,
        "body": body,
        "sender_name": sender_name,
        "sender_address": sender_address,
    }
    typed = {field: _tidy(value) for field, value in given.items() if value is not None}
    faults = _faults(session, blast, typed)
    if faults:
        raise FormErrors(faults)
    chosen = named(blast, variant)
    of_letter = set(PARTS) - ({"sender_name"} if chosen is blast.variants[0] else set())
    changed = []
    for field, value in typed.items():
        thing = chosen if field in of_letter else blast
        if value != getattr(thing, field):
            setattr(thing, field, value)
            changed.append(field)
    session.flush()
    if changed:
        audit.record(
            session,
            actor=actor,
            action="blast.edit",
            subject=f"blast:{blast.id}",
            changed=changed,
            **({} if chosen is blast.variants[0] else {"variant": chosen.letter}),
        )


def drafted_preheader(petition: Petition) -> str:
    """A line for the inbox that doesn't repeat the subject."""
    targets = ", ".join(petition.targets)
    return (
        f"It takes one press to add your name{f' to the letter to {targets}' if targets else ''}."[
            :90
        ]
    )


def drafted_body(session: Session, organisation: Organisation, petition: Petition) -> str:
    """A first draft of the ask, from the petition's own words with their notes."""
    version = current_version(session, petition)
    paragraphs = [part for part in version.body.split("\n\n") if part.strip()]
    reasons = [part for part in paragraphs if not part.startswith("#")]
    statement = "\n".join(f"> {line}".rstrip() for line in version.statement.splitlines())
    parts = [
        f"# {petition.headline}",
        'Dear {{ first_name or "friend" }},',
        *reasons[:2],
        "[[Sign the petition]]",
        *reasons[2:4],
        "This is what we ask:",
        statement,
        "[[Sign the petition]]",
        f"With thanks,\\\n{organisation.sender_name}",
    ]
    return "\n\n".join(parts)


def _faults(session: Session, blast: Blast, typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with fields of a draft, as pairs of field and sentence."""
    checks: Mapping[str, Callable[[str], object]] = {
        "name": lambda text: _name(session, text, blast.id),
        "audience": lambda text: text and parse(text),
        "subject": lambda text: _one_line(text, "subject"),
        "preheader": lambda text: _one_line(text, "preheader"),
        "sender_name": lambda text: _one_line(text, "name"),
        "sender_address": canonical,
    }
    faults = []
    for field, check in checks.items():
        try:
            if field in typed:
                check(typed[field])
        except BadInput as error:
            faults.append((field, str(error)))
    return faults


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _name(session: Session, name: str, blast_id: int | None) -> str:
    name = _one_line(name, "name")
    if not name:
        raise BadInput("Give the blast a name.", field="name")
    other = session.scalar(select(Blast.id).where(Blast.name == name))
    if other is not None and other != blast_id:
        raise BadInput(
            f"There is already a blast called “{name}”.",
            hint="Nothing was stored. Choose another name.",
            field="name",
        )
    return name


def _one_line(text: str, field: str) -> str:
    text = text.strip()
    if CONTROL.search(text):
        raise BadInput(f"The {field} must be one line without control characters.", field=field)
    if len(text) > 400:
        raise BadInput(f"The {field} has {len(text)} characters; 400 fit.", field=field)
    return text
