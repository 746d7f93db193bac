"""Writing a blast: drafted from its petition, then edited while it is a draft."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.audiences.rules import parse
from outreach.blasts.models import Blast, Variant
from outreach.core.address import canonical
from outreach.core.errors import BadInput, Conflict, FormErrors
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
            body=body if body is not None else drafted_body(session, organisation, petition),
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
    name: str | None = None,
    audience: str | None = None,
    subject: str | None = None,
    preheader: str | None = None,
    body: str | None = None,
    sender_name: str | None = None,
    sender_address: str | None = None,
) -> None:
    """Change a draft; None leaves a thing as it is.

    Raises Conflict when it is no draft any more, FormErrors naming each field at fault (then
    nothing was changed).
    """
    if blast.state != "draft":
        raise Conflict(
            f"This blast is {blast.state}: its text can’t change any more.",
            hint="Take it back to a draft first, or start a new one.",
        )
    faults: list[tuple[str, str]] = []
    with session.no_autoflush:
        for field, check in (
            ("name", lambda: name is not None and _name(session, name, blast.id)),
            ("audience", lambda: bool(audience and audience.strip()) and parse(audience or "")),
            ("subject", lambda: subject is not None and _one_line(subject, "subject")),
            ("preheader", lambda: preheader is not None and _one_line(preheader, "preheader")),
            ("sender_name", lambda: sender_name is not None and _one_line(sender_name, "name")),
            ("sender_address", lambda: sender_address is not None and canonical(sender_address)),
        ):
            try:
                check()
            except BadInput as error:
                faults.append((field, str(error)))
    if faults:
        raise FormErrors(faults)
    variant = blast.variants[0]
    blast.name = blast.name if name is None else name.strip()
    blast.audience = blast.audience if audience is None else audience.strip()
    blast.sender_name = blast.sender_name if sender_name is None else sender_name.strip()
    blast.sender_address = (
        blast.sender_address if sender_address is None else sender_address.strip()
    )
    variant.subject = variant.subject if subject is None else subject.strip()
    variant.preheader = variant.preheader if preheader is None else preheader.strip()
    variant.body = variant.body if body is None else body.replace("\r\n", "\n")
    session.flush()


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
