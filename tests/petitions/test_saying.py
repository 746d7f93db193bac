"""Consent by country, one mailbox under many spellings, what is shown of a signer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.consent.models import ConsentEntry
from outreach.core.address import mailbox
from outreach.petitions import page_settings, queries, signing
from outreach.petitions.consent_rules import BOX, NOTE, RULES, rule_for
from outreach.petitions.models import Petition, Signature
from outreach.petitions.page_settings import PageSettings
from outreach.petitions.pages import Pages
from outreach.petitions.saying import Said
from outreach.supporters.models import Supporter
from outreach.supporters.values import COUNTRIES
from tests.petitions.worlds import World


def sign(world: World, person: Supporter, said: Said) -> Signature:
    with world.db.transaction() as session:
        return signing.sign_recognised(
            session,
            session.get_one(Petition, world.petition.id),
            session.get_one(Supporter, person.id),
            said=said,
        )


def granted(world: World) -> list[tuple[str, str]]:
    with world.db.reading() as session:
        rows = session.scalars(select(ConsentEntry).order_by(ConsentEntry.id))
        return [(row.basis, (row.wording or "")[:4]) for row in rows]


@pytest.mark.parametrize(
    ("country", "ticked", "agreed"),
    [
        ("US", False, [("signed petition", "By s")]),
        ("DE", False, []),
        ("DE", True, [("ticked box for updates", "Yes,")]),
        ("ZZ", False, [("signed petition", "By s")]),  # no country: the organisation's
    ],
)
def test_the_country_decides_what_signing_agrees_to(
    world: World, country: str, ticked: bool, agreed: list[tuple[str, str]]
) -> None:
    signature = sign(world, world.supporter(), Said(country=country, updates=ticked))
    assert signature.state == "verified"
    assert granted(world) == agreed


def test_what_is_known_of_a_person_counts_where_they_say_nothing(world: World) -> None:
    signature = sign(world, world.supporter(country="FR"), Said())
    assert (signature.country, signature.updates) == ("FR", False)
    assert granted(world) == []


def test_the_table_names_countries_and_only_two_rules() -> None:
    assert set(RULES) <= COUNTRIES
    assert {rule for rule, _ in RULES.values()} == {NOTE, BOX}
    assert all(law for _, law in RULES.values())
    assert (rule_for(""), rule_for("XX"), rule_for("US")) == (BOX, BOX, NOTE)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("jane.doe+x@gmail.com", "janedoe@googlemail.com", True),
        ("jane+news@example.org", "jane@example.org", True),
        ("j.doe@example.org", "jdoe@example.org", False),
        ("+@example.org", "x@example.org", False),
    ],
)
def test_one_mailbox_under_many_spellings(one: str, other: str, same: bool) -> None:
    assert (mailbox(one) == mailbox(other)) is same


def test_copies_of_an_address_sign_once(world: World, pages: Pages) -> None:
    for email in ("jane.doe@gmail.com", "JaneDoe+two@gmail.com", "j.a.n.e.doe@googlemail.com"):
        with world.db.transaction() as session:
            petition = session.get_one(Petition, world.petition.id)
            signing.sign_by_form(session, petition, email=email, name="Jane Doe", pages=pages)
    with world.db.reading() as session:
        [signature] = session.scalars(select(Signature))
        person = session.get_one(Supporter, signature.supporter_id)
        assert person.address == "jane.doe@gmail.com"


def test_recent_signers_are_shown_as_petition_and_person_allow(world: World) -> None:
    sign(world, world.supporter("Jane Rivera", region="Maine"), Said())
    sign(world, world.supporter("Ben Fox", region="Ohio"), Said(is_hidden=True))

    def shown(how: str) -> list[tuple[str, str]]:
        with world.db.transaction() as session:
            petition = session.get_one(Petition, world.petition.id)
            page_settings.set_page(session, petition, PageSettings(signers=how), by="mara")
            return [(one.name, one.place) for one in queries.recent_signers(session, petition)]

    assert shown("places") == [("Someone", "Ohio"), ("Jane R.", "Maine")]
    assert shown("names") == [("Someone", ""), ("Jane R.", "")]
    assert shown("nobody") == []
