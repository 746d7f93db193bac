"""Lists: made, filled one by one, counted, and read from a definition file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.consent import ledger
from outreach.consent.suppression import suppression_of
from outreach.core import log
from outreach.core.address import canonical
from outreach.core.bulk import insert_into
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.supporters import operations
from outreach.supporters.models import ListMember, Supporter, SupporterList
from outreach.supporters.textfile import readable
from outreach.supporters.values import clean

NAME_LENGTH = 400
BASIS_LENGTH = 400

LIST_CREATED = "list_created"

_log = log.get(__name__)


@dataclass(frozen=True)
class ListSummary:
    """A list with the number of people on it."""

    supporter_list: SupporterList
    members: int


@dataclass(frozen=True)
class ListDefinition:
    """A list as a file: name, what people agree to, and the supporters that it starts with."""

    name: str
    wording: str
    file: Path
    basis: str


def create(
    session: Session, organisation: Organisation, name: str, wording: str = ""
) -> SupporterList:
    """Store a new list; `wording` is what people agree to when they join it.

    Raises BadInput for a name that is not one line, Conflict for a taken one.
    """
    name = _checked(name)
    if session.scalar(select(SupporterList.id).where(SupporterList.name == name)):
        raise Conflict(
            f"There is a list “{name}” already. Nothing was changed.",
            hint="Choose another name, or add people to that list.",
            field="name",
        )
    made = SupporterList(organisation_id=organisation.id, name=name, wording=wording.strip())
    session.add(made)
    session.flush()
    _log.info(LIST_CREATED, list_id=made.id)
    return made


def find_or_create(
    session: Session, organisation: Organisation, name: str, wording: str = ""
) -> SupporterList:
    """The list of this name, made where there is none; `wording`, where given, is its new one."""
    found = session.scalar(select(SupporterList).where(SupporterList.name == _checked(name)))
    if found is None:
        return create(session, organisation, name, wording)
    if wording.strip():
        found.wording = wording.strip()
        session.flush()
    return found


def by_name(session: Session, name: str) -> SupporterList:
    """The list of this name. Raises NotFound."""
    found = session.scalar(select(SupporterList).where(SupporterList.name == name.strip()))
    if found is None:
        raise NotFound(f"There is no list “{name}”.", hint="See all of them: outreach lists list")
    return found


def add_member(
    session: Session, supporter_list: SupporterList, supporter: Supporter, source: str
) -> None:
    """Put a person on a list; who is on it already keeps the day and source of joining.

    `source` is shown in letters: where the person joined.
    """
    session.execute(
        insert_into(session, ListMember)
        .values(
            list_id=supporter_list.id, supporter_id=supporter.id, joined_at=now(), source=source
        )
        .on_conflict_do_nothing(index_elements=["list_id", "supporter_id"])
    )


def add_by_hand(
    session: Session,
    supporter_list: SupporterList,
    *,
    basis: str,
    actor: str,
    **person: str,
) -> tuple[Supporter, bool]:
    """Put one person on a list with why they may be written to; returns also whether they are new.

    `person` is what operations.find_or_create takes: email, first_name … Raises BadInput at a
    field, Conflict for who must not be written to: then nothing was stored.
    """
    basis = clean("basis", basis, limit=BASIS_LENGTH)
    if not basis:
        raise BadInput("Enter why this person may be written to.", field="basis")
    address = canonical(person["email"])
    suppressed = suppression_of(session, address)
    if suppressed is not None:
        raise Conflict(
            f"This address is suppressed since {suppressed.at:%Y-%m-%d}: {suppressed.reason}. "
            "Nothing was stored.",
            hint="Whoever it belongs to gets no letters.",
            field="email",
        )
    left = select(ledger.has_withdrawn(Supporter.id.expression))
    if session.scalar(left.where(Supporter.address == address)):
        raise Conflict(
            "This person unsubscribed. Nothing was changed.",
            hint="Only they themselves can come back: by signing, or from a letter’s last page.",
            field="email",
        )
    source = f"list:{supporter_list.name}"[:NAME_LENGTH]
    supporter, is_new = operations.find_or_create(session, source=source, **person)
    add_member(session, supporter_list, supporter, basis)
    ledger.grant_many(
        session,
        select(Supporter.id).where(Supporter.id == supporter.id),
        basis=basis,
        source=source,
        wording=supporter_list.wording or None,
    )
    subject = f"supporter:{supporter.id}"
    audit.record(
        session, actor=actor, action="supporter.add", subject=subject, list=supporter_list.id
    )
    return supporter, is_new


def summaries(session: Session) -> Sequence[ListSummary]:
    """Every list by name, with the number of people on it."""
    members = (
        select(func.count())
        .where(ListMember.list_id == SupporterList.id)
        .correlate(SupporterList)
        .scalar_subquery()
    )
    found = session.execute(select(SupporterList, members).order_by(SupporterList.name))
    return [ListSummary(supporter_list, count) for supporter_list, count in found]


def read_definition(path: Path) -> ListDefinition:
    """A list's TOML file: `name`, `wording`, `file` (beside it), `basis`. Raises BadInput."""
    with readable(path):
        content = path.read_bytes()
    try:
        values = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path.name} is not TOML in UTF-8: {error}. Nothing was stored.",
            hint="See docs/importing.md for an example.",
        ) from None
    for key in ("name", "wording", "file", "basis"):
        if not isinstance(values.get(key), str) or not values[key].strip():
            raise BadInput(
                f"{path.name} does not say its “{key}”. Nothing was stored.",
                hint=f'Add a line {key} = "…".',
            )
    return ListDefinition(
        name=values["name"].strip(),
        wording=values["wording"].strip(),
        file=path.parent / values["file"],
        basis=values["basis"].strip(),
    )


def _checked(name: str) -> str:
    name = name.strip()
    if not name or not name.isprintable() or len(name) > NAME_LENGTH:
        raise BadInput(
            f"A list’s name is one line of 1 to {NAME_LENGTH} characters. Nothing was stored.",
            hint="Give it a name.",
            field="name",
        )
    return name
