"""Signatures are graded: recognised, confirmed, by form, or suspicious with the reason."""

from __future__ import annotations

import pytest

from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.petitions import grades, signing
from outreach.petitions.grades import Press
from outreach.petitions.models import Petition, Signature
from outreach.petitions.pages import Pages
from outreach.supporters.models import Supporter
from tests.standins.world import World

PAGES = Pages(Tokens("a secret of the tests, of some length"), "https://act.example")
MACHINE = [{"name": "scanner_agent", "weight": 4}]


def _sign(db: Database, world: World, number: int, press: Press = grades.UNSEEN) -> int:
    with db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        email = f"signer{number}@riverton.example"
        signed = signing.sign_by_form(
            session, petition, email=email, name="Ada Byron", press=press, pages=PAGES
        )
        return signed.id


def _grade(db: Database, signature_id: int) -> str:
    with db.reading() as session:
        return grades.grade_of(session.get_one(Signature, signature_id))


def test_a_form_is_a_form_until_its_letter_is_answered(db: Database, world: World) -> None:
    signature_id = _sign(db, world, 1)
    assert _grade(db, signature_id) == "form"
    with db.transaction() as session:
        signing.confirm(session, session.get_one(Signature, signature_id))
    assert _grade(db, signature_id) == "confirmed"


@pytest.mark.parametrize(("weight", "grade"), [(1, "form"), (2, "form"), (3, "suspicious")])
def test_doubts_add_up(db: Database, world: World, weight: int, grade: str) -> None:
    press = Press([{"name": "hosting_network", "weight": weight}])
    assert _grade(db, _sign(db, world, 1, press)) == grade


def test_the_link_of_a_letter_does_not_hide_a_machine(db: Database, world: World) -> None:
    with db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        for number, press in enumerate((grades.UNSEEN, Press(MACHINE))):
            address = f"reader{number}@riverton.example"
            person = Supporter(address=address, email=address, first_name="Ada")
            session.add(person)
            session.flush()
            signing.sign_recognised(session, petition, person, press=press)
    with db.reading() as session:
        assert grades.counts(session, world.petition) == {"recognised": 1, "suspicious": 1}
        [odd] = grades.suspicious(session, world.petition)
        assert odd.doubts == MACHINE
        assert odd.state == "verified"  # a doubt takes nothing away


def test_many_from_one_network_in_an_hour_are_a_crowd(db: Database, world: World) -> None:
    crowd = Press(network="one")
    ids = [_sign(db, world, n, crowd) for n in range(grades.CROWD_FROM + 1)]
    assert [_grade(db, ids[place]) for place in (0, -3, -1)] == ["form", "form", "suspicious"]
    assert _grade(db, _sign(db, world, 99, Press(network="another"))) == "form"
    assert _grade(db, _sign(db, world, 100)) == "form"  # networks are not kept: nobody is blamed


def test_what_was_taken_off_is_not_counted(db: Database, world: World) -> None:
    signature_id = _sign(db, world, 1, Press(MACHINE))
    with db.transaction() as session:
        signing.invalidate(session, session.get_one(Signature, signature_id), "A machine.")
    with db.reading() as session:
        assert grades.counts(session, world.petition) == {}
        assert grades.suspicious(session, world.petition) == []
