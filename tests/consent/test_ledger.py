"""The ledger keeps every word; the standing is the last one; nobody is re-subscribed by others."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.consent import ledger
from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.core.db import Database
from outreach.supporters.models import Supporter


def standing(session: Session, supporter: Supporter) -> ConsentStanding | None:
    return session.get(ConsentStanding, (supporter.id, "email"), populate_existing=True)


def statuses(session: Session, supporter: Supporter) -> list[str]:
    query = select(ConsentEntry.status).where(ConsentEntry.supporter_id == supporter.id)
    return list(session.scalars(query.order_by(ConsentEntry.id)))


def test_each_word_is_kept_and_the_last_one_stands(db: Database, ann: Supporter) -> None:
    with db.transaction() as session:
        ledger.grant(session, ann.id, basis="signed", source="petition:a", wording="Write to me.")
        ledger.withdraw(session, ann.id, basis="one-click", source="letter:1")
    with db.reading() as session:
        now_stands = standing(session, ann)
        assert now_stands is not None and now_stands.status == "withdrawn"
        assert statuses(session, ann) == ["granted", "withdrawn"]
    with db.transaction() as session:
        entry = ledger.grant(session, ann.id, basis="signed", source="petition:b")
    with db.reading() as session:
        now_stands = standing(session, ann)
        assert now_stands is not None
        assert (now_stands.status, now_stands.entry_id) == ("granted", entry.id)


def test_since_moves_only_when_the_status_does(db: Database, ann: Supporter) -> None:
    with db.transaction() as session:
        first = ledger.grant(session, ann.id, basis="signed", source="petition:a")
    with db.transaction() as session:
        second = ledger.grant(session, ann.id, basis="signed", source="petition:b")
    with db.reading() as session:
        now_stands = standing(session, ann)
        assert now_stands is not None
        assert (now_stands.since, now_stands.entry_id) == (first.at, second.id)


def test_purposes_stand_apart(db: Database, ann: Supporter) -> None:
    with db.transaction() as session:
        ledger.grant(session, ann.id, basis="signed", source="petition:a")
        ledger.withdraw(
            session, ann.id, basis="asked", source="petition:a", purpose="partner:Tide Watch"
        )
    with db.reading() as session:
        now_stands = standing(session, ann)
        assert now_stands is not None and now_stands.status == "granted"


def test_many_at_once_but_never_those_who_left(
    db: Database, ann: Supporter, ben: Supporter
) -> None:
    with db.transaction() as session:
        ledger.withdraw(session, ben.id, basis="one-click", source="letter:1")
        ledger.grant_many(
            session, select(Supporter.id), basis="fair", source="import:1", wording="Yes."
        )
    with db.reading() as session:
        anns, bens = standing(session, ann), standing(session, ben)
        assert anns is not None and anns.status == "granted"
        assert bens is not None and bens.status == "withdrawn"
        assert statuses(session, ben) == ["withdrawn"]
        entry = session.get_one(ConsentEntry, anns.entry_id)
        assert (entry.basis, entry.source, entry.wording) == ("fair", "import:1", "Yes.")


def test_a_disregarded_source_leaves_what_stood_without_it(
    db: Database, ann: Supporter, ben: Supporter
) -> None:
    with db.transaction() as session:
        kept = ledger.grant(session, ann.id, basis="signed", source="petition:a")
        for source in ("import:1", "import:2"):
            ledger.grant_many(session, select(Supporter.id), basis="fair", source=source)
    imports = select(ConsentEntry.source).where(ConsentEntry.source.startswith("import:"))
    with db.transaction() as session:
        ledger.disregard(session, [ann.id, ben.id], imports)
    with db.reading() as session:
        anns = standing(session, ann)
        assert anns is not None and anns.entry_id == kept.id
        assert standing(session, ben) is None
        assert statuses(session, ben) == ["granted", "granted"]


def test_leaving_outlives_a_disregarded_source(db: Database, ann: Supporter) -> None:
    with db.transaction() as session:
        ledger.grant_many(session, select(Supporter.id), basis="fair", source="import:1")
        ledger.withdraw(session, ann.id, basis="one-click", source="letter:1")
    imports = select(ConsentEntry.source).where(ConsentEntry.source == "import:1")
    with db.transaction() as session:
        ledger.disregard(session, [ann.id], imports)
    with db.reading() as session:
        now_stands = standing(session, ann)
        assert now_stands is not None and now_stands.status == "withdrawn"
