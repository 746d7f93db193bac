"""One supporter at a time: found or made, tagged and untagged."""

from __future__ import annotations

from sqlalchemy import delete, literal, select
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.address import canonical
from outreach.core.bulk import insert_into
from outreach.core.errors import BadInput
from outreach.supporters.models import Supporter, SupporterTag, Tag
from outreach.supporters.values import clean, person_value

TAG_LENGTH = 80

SUPPORTER_ADDED = "supporter_added"

_log = log.get(__name__)


def find_or_create(
    session: Session,
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    postal_code: str = "",
    country: str = "",
    source: str,
) -> tuple[Supporter, bool]:
    """The person with this address, and whether they are new here.

    A known person's empty fields are filled, the others stay: whoever types an address into a
    form has not proved to be its owner. `source` says where they came from ("petition:ferry") and
    goes into the log. Raises BadInput with the field at fault.
    """
    address = canonical(email)
    given = {
        "first_name": person_value("first_name", first_name),
        "last_name": person_value("last_name", last_name),
        "postal_code": person_value("postal_code", postal_code),
        "country": person_value("country", country),
    }
    added = session.scalar(
        insert_into(session, Supporter)
        .values(address=address, email=email.strip(), **given)
        .on_conflict_do_nothing(index_elements=["address"])
        .returning(Supporter.id)
    )
    supporter = session.scalars(select(Supporter).where(Supporter.address == address)).one()
    if added is not None:
        _log.info(SUPPORTER_ADDED, supporter_id=added, source=source)
        return supporter, True
    for field, value in given.items():
        if value and not getattr(supporter, field):
            setattr(supporter, field, value)
    session.flush()
    return supporter, False


def tag(session: Session, supporter: Supporter, name: str) -> None:
    """Put a tag on a person; a tag that is there already stays. Raises BadInput."""
    name = clean("tag", name, limit=TAG_LENGTH)
    if not name:
        raise BadInput("A tag has a name. Nothing was changed.", field="tag")
    session.execute(
        insert_into(session, Tag).values(name=name).on_conflict_do_nothing(index_elements=["name"])
    )
    session.execute(
        insert_into(session, SupporterTag)
        .from_select(
            ["tag_id", "supporter_id"],
            select(Tag.id, literal(supporter.id)).where(Tag.name == name),
        )
        .on_conflict_do_nothing(index_elements=["tag_id", "supporter_id"])
    )


def untag(session: Session, supporter: Supporter, name: str) -> None:
    """Take a tag off a person; one that is not there is no error."""
    wanted = select(Tag.id).where(Tag.name == name.strip())
    session.execute(
        delete(SupporterTag).where(
            SupporterTag.supporter_id == supporter.id, SupporterTag.tag_id.in_(wanted)
        )
    )
