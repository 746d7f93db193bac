"""Letters to one person: a confirmation, thanks, a notice. They leave ahead of blasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core import languages
from outreach.core.bulk import insert_alike, reserve_ids
from outreach.core.clock import now
from outreach.core.db import Base
from outreach.mail.models import BATCHES, DELIVERIES, FIRST_TURN, Delivery
from outreach.mail.render import Rendered, render
from outreach.mail.shared import SharedText

LETTERS = Base.metadata.tables["single_letters"]


def write(letter: str, organisation: Organisation, **context: Any) -> Rendered:
    """One of our own letters in an organisation's name: its templates get the organisation's name,
    postal address on one line and language beside `context`, which may have another language; words
    of ours are said in it. Errors as `mail.render.render`."""
    given = {
        "organisation": {
            "name": organisation.name,
            "postal_address": ", ".join(organisation.postal_address.splitlines()),
        },
        "language": organisation.language,
        **context,
    }
    with languages.speaking(given["language"]):
        return render(letter, **given)


@dataclass(frozen=True, slots=True)
class Own:
    """What is one person's own of a text that many get: `values` in the order of its names."""

    to_address: str
    to_name: str
    supporter_id: int
    values: Sequence[str]


def post(
    session: Session,
    *,
    organisation_id: int,
    kind: str,
    to_address: str,
    to_name: str,
    rendered: Rendered,
    supporter_id: int | None = None,
    way_out: str = "",
) -> Delivery:
    """Put a letter to one person into the outbox, in the transaction of its cause.

    It leaves after the commit, ahead of blasts. `way_out`: where one POST ends letters of this
    kind, for the header that mail programs make a button of (RFC 8058).
    """
    letter: dict[str, Any] = {
        "to_address": to_address,
        "to_name": to_name,
        "subject": rendered.subject,
        "html": rendered.html,
        "text": rendered.text,
        "text_key": None,
        "own": [],
        "way_out": way_out,
    }
    [delivery_id] = _post(session, organisation_id, kind, [(supporter_id, letter)])
    return session.get_one(Delivery, delivery_id)


def post_alike(
    session: Session, text: SharedText, letters: Sequence[Own], *, organisation_id: int, kind: str
) -> list[int]:
    """The same for many who get the same text, in as many statements as for one; the ids of their
    deliveries. They wait, and leave, together."""
    if not letters:
        return []
    text.keep(session)
    shared = {"subject": "", "html": "", "text": "", "text_key": text.key, "way_out": ""}
    rows = [
        (
            each.supporter_id,
            shared
            | {"to_address": each.to_address, "to_name": each.to_name, "own": list(each.values)},
        )
        for each in letters
    ]
    return _post(session, organisation_id, kind, rows)


def _post(
    session: Session,
    organisation_id: int,
    kind: str,
    letters: Sequence[tuple[int | None, dict[str, Any]]],
) -> list[int]:
    """Letters of one text, or a single one: pairs of supporter id and columns."""
    ids = reserve_ids(session, DELIVERIES, len(letters))
    posted = list(zip(ids, letters, strict=True))
    pending = {"kind": kind, "state": "pending", "attempts": 0}
    insert_alike(
        session,
        DELIVERIES,
        [{"id": i, "supporter_id": supporter_id, **pending} for i, (supporter_id, _) in posted],
    )
    by = {"organisation_id": organisation_id}
    insert_alike(session, LETTERS, [{"delivery_id": i, **by, **row} for i, (_, row) in posted])
    waiting = {"state": "ready", "handed_after": 0, "handed_through": 0, "attempts": 0}
    waiting |= {"turn": FIRST_TURN, "created_at": now()}
    runs = [{"first_id": first, "last_id": last, **waiting} for first, last in _runs(ids)]
    insert_alike(session, BATCHES, runs)
    return ids


def _runs(ids: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of ids without a gap: between two of ours may be another's."""
    runs: list[tuple[int, int]] = []
    for number in ids:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
