"""Signing: once per person, verified by a letter's link or by letter, with consent and credit."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.consent import ledger, suppression
from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.core.clock import now
from outreach.core.errors import Conflict, FormErrors
from outreach.mail.models import Delivery, SingleLetter
from outreach.petitions import operations, queries, signing, tally, wording
from outreach.petitions.models import Petition, Signature
from outreach.petitions.pages import Pages
from outreach.petitions.signing import Credit
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World, published
from tests.waiting_letters import waiting_letters


def sign(session: Session, world: World, supporter_id: int, **options: object) -> Signature:
    petition = session.get_one(Petition, world.petition.id)
    person = session.get_one(Supporter, supporter_id)
    return signing.sign_recognised(session, petition, person, **options)  # type: ignore[arg-type]


def fill_in(
    session: Session, world: World, pages: Pages, email: str = "bea@example.org", **typed: object
) -> Signature:
    petition = session.get_one(Petition, world.petition.id)
    given = {"name": "Bea O’Neil", "postal_code": "01234", **typed}
    return signing.sign_by_form(session, petition, email=email, pages=pages, **given)  # type: ignore[arg-type]


def letters(session: Session) -> list[tuple[str, str]]:
    query = select(Delivery.kind).join(SingleLetter, SingleLetter.delivery_id == Delivery.id)
    kinds = session.scalars(query.order_by(Delivery.id))
    return [(k, each.text) for k, each in zip(kinds, waiting_letters(session), strict=True)]


def standing(session: Session, supporter_id: int) -> dict[str, str]:
    query = select(ConsentStanding.purpose, ConsentStanding.status).where(
        ConsentStanding.supporter_id == supporter_id
    )
    return {row.purpose: row.status for row in session.execute(query)}


def test_a_recognised_person_signs_at_once_and_agrees_in_the_words_of_the_page(
    world: World,
) -> None:
    jane = world.supporter()
    seen: list[int] = []
    with world.db.transaction() as session:
        signature = sign(
            session,
            world,
            jane.id,
            partners=["Lantern Project", "Somebody else"],
            on_verified=lambda _, signed: seen.append(signed.id),
        )
    assert (signature.state, signature.grade, signature.name) == (
        "verified",
        "recognised",
        "Jane Rivera",
    )
    assert signature.is_new and signature.partners == ["Lantern Project"]
    assert seen == [signature.id]
    with world.db.reading() as session:
        entries = session.scalars(select(ConsentEntry).order_by(ConsentEntry.id)).all()
        organisation = session.get_one(Organisation, world.organisation.id)
        assert [(e.purpose, e.status) for e in entries] == [
            ("email", "granted"),
            ("partner:Lantern Project", "granted"),
        ]
        consent = wording.consent(organisation, country="US", proven=False)
        assert entries[0].wording == consent.words and not consent.needs_box
        assert entries[0].source == f"petition:{world.petition.slug}"


def test_a_second_signature_counts_once_and_may_add_a_partner(world: World) -> None:
    jane = world.supporter()
    seen: list[int] = []
    for partners in ([], ["East Quay Neighbours"]):
        with world.db.transaction() as session:
            again = sign(
                session,
                world,
                jane.id,
                partners=partners,
                on_verified=lambda _, signed: seen.append(signed.id),
            )
    assert len(seen) == 1
    with world.db.reading() as session:
        assert tally.count(session, world.petition.id) == 1
        assert session.scalar(select(func.count()).select_from(Signature)) == 1
        assert again.partners == ["East Quay Neighbours"]
        assert standing(session, jane.id) == {
            "email": "granted",
            "partner:East Quay Neighbours": "granted",
        }


def test_boxes_that_a_stranger_ticked_do_not_count_for_the_recognised_person(
    world: World, pages: Pages
) -> None:
    jane = world.supporter()
    with world.db.transaction() as session:
        fill_in(session, world, pages, email=jane.email, partners=["Lantern Project"])
    with world.db.transaction() as session:
        assert sign(session, world, jane.id).partners == []
        assert standing(session, jane.id) == {"email": "granted"}


def test_a_second_press_brings_no_partner_back_whom_the_person_left(world: World) -> None:
    jane = world.supporter()
    left = "partner:Lantern Project"
    with world.db.transaction() as session:
        sign(session, world, jane.id, partners=["Lantern Project"])
        ledger.withdraw(session, jane.id, basis="asked", source="letter:1", purpose=left)
    with world.db.transaction() as session:
        sign(session, world, jane.id, partners=["East Quay Neighbours"])
        assert standing(session, jane.id)[left] == "withdrawn"
        assert standing(session, jane.id)["partner:East Quay Neighbours"] == "granted"


def test_a_letters_link_signs_for_a_person_who_had_left_but_does_not_bring_them_back(
    world: World,
) -> None:
    jane = world.supporter()
    with world.db.transaction() as session:
        ledger.withdraw(session, jane.id, basis="one-click", source="letter:1")
        assert sign(session, world, jane.id).state == "verified"
        assert standing(session, jane.id) == {"email": "withdrawn"}


def test_a_confirmed_signature_brings_back_a_person_who_had_left(
    world: World, pages: Pages
) -> None:
    with world.db.transaction() as session:
        signature = fill_in(session, world, pages)
        ledger.withdraw(session, signature.supporter_id, basis="one-click", source="letter:1")
        signing.confirm(session, signature)
        assert standing(session, signature.supporter_id) == {"email": "granted"}


def test_new_means_the_first_signature_anywhere(world: World) -> None:
    jane = world.supporter()
    with world.db.transaction() as session:
        other = published(session, world.organisation)
        assert sign(session, world, jane.id).is_new
        person = session.get_one(Supporter, jane.id)
        assert not signing.sign_recognised(session, other, person).is_new


def test_a_form_counts_only_after_its_letter_was_answered(world: World, pages: Pages) -> None:
    credit = Credit(shared_by_id=None)
    with world.db.transaction() as session:
        signature = fill_in(session, world, pages, credit=credit, partners=["Lantern Project"])
        assert signature.state == "pending"
        assert tally.count(session, world.petition.id) == 0
        assert standing(session, signature.supporter_id) == {}
        ((kind, text),) = letters(session)
    assert kind == "confirmation"
    token = re.search(r"https://harbour\.example/confirm/(\S+)", text)
    assert token is not None
    assert pages.tokens.unseal("confirm", token[1]) == (signature.id,)
    with world.db.transaction() as session:
        signature = session.get_one(Signature, signature.id)
        signing.confirm(session, signature)
        signing.confirm(session, signature)
        person = session.get_one(Supporter, signature.supporter_id)
        assert (signature.state, signature.grade) == ("verified", "confirmed")
        assert (person.first_name, person.last_name, person.postal_code) == (
            "Bea",
            "O’Neil",
            "01234",
        )
        assert standing(session, person.id) == {
            "email": "granted",
            "partner:Lantern Project": "granted",
        }
        assert tally.count(session, world.petition.id) == 1


def test_a_stranger_s_form_changes_and_tells_nothing_of_a_known_person(
    world: World, pages: Pages
) -> None:
    jane = world.supporter(postal_code="99999")
    with world.db.transaction() as session:
        sign(session, world, jane.id)
    with world.db.transaction() as session:
        found = fill_in(
            session,
            world,
            pages,
            "Jane@Example.org",
            name="Rude Word",
            partners=["Lantern Project"],
        )
        assert (found.name, found.state, found.partners) == ("Jane Rivera", "verified", [])
        person = session.get_one(Supporter, jane.id)
        assert (person.first_name, person.postal_code) == ("Jane", "99999")
        ((kind, text),) = letters(session)
    assert kind == "thanks" and "Thank you, Jane." in text


def test_whoever_confirms_confirms_what_was_typed_last(world: World, pages: Pages) -> None:
    with world.db.transaction() as session:
        first = fill_in(session, world, pages, name="Rude Word")
        second = fill_in(session, world, pages)
        assert (second.id, second.name) == (first.id, "Bea O’Neil")


def test_typing_an_address_again_and_again_sends_few_letters(world: World, pages: Pages) -> None:
    with world.db.transaction() as session:
        for _ in range(6):
            signature = fill_in(session, world, pages)
        assert len(letters(session)) == 3
        session.execute(
            update(Delivery).values(state="accepted", accepted_at=now() - timedelta(minutes=11))
        )
        session.execute(delete(SingleLetter))  # as the sender does
        fill_in(session, world, pages)
        assert len(letters(session)) == 1
        assert signature.state == "pending"


def test_a_suppressed_address_gets_no_letter(world: World, pages: Pages) -> None:
    with world.db.transaction() as session:
        suppression.suppress(session, "bea@example.org", reason="complained", source="test")
        fill_in(session, world, pages)
        assert letters(session) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Bea\r\nBcc: everyone@example.org"}, "name"),
        ({"name": "Bea\x00"}, "name"),
        ({"name": "Bea\u2028O"}, "name"),
        ({"name": "Win money https://bad.example"}, "name"),
        ({"name": "www.bad.example"}, "name"),
        ({"name": "Win-money-at bad.example/now"}, "name"),
        ({"name": "12345"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"email": "bea@"}, "email"),
        ({"email": "bea@example.org\nBcc: x@example.org"}, "email"),
        ({"email": ""}, "email"),
        ({"postal_code": "1" * 21}, "postal_code"),
        ({"postal_code": "1\r\n2"}, "postal_code"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_stored(
    world: World, pages: Pages, typed: dict[str, str], field: str
) -> None:
    with pytest.raises(FormErrors) as refused, world.db.transaction() as session:
        fill_in(session, world, pages, **{"email": "bea@example.org", **typed})  # type: ignore[arg-type]
    assert [at for at, _ in refused.value.faults] == [field]
    with world.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Supporter)) == 0


@pytest.mark.parametrize("name", ["J.R.R. Tolkien", "Ana St. John", "Kumar a/l Raj", "O. d’Arc"])
def test_names_with_dots_are_names(world: World, pages: Pages, name: str) -> None:
    with world.db.transaction() as session:
        assert fill_in(session, world, pages, name=name).name == name


@pytest.mark.parametrize("move", [operations.pause, operations.close])
def test_only_an_open_petition_is_signed(world: World, pages: Pages, move: object) -> None:
    jane = world.supporter()
    with world.db.transaction() as session:
        pending = fill_in(session, world, pages)
        move(session, session.get_one(Petition, world.petition.id))  # type: ignore[operator]
    for attempt in (
        lambda s: sign(s, world, jane.id),
        lambda s: fill_in(s, world, pages, "other@example.org"),
        lambda s: signing.confirm(s, s.get_one(Signature, pending.id)),
    ):
        with pytest.raises(Conflict), world.db.transaction() as session:
            attempt(session)


def test_a_signature_that_was_taken_off_stays_off(world: World, pages: Pages) -> None:
    jane = world.supporter()
    with world.db.transaction() as session:
        signing.invalidate(session, sign(session, world, jane.id), "not hers")
    with pytest.raises(Conflict), world.db.transaction() as session:
        sign(session, world, jane.id)
    with world.db.transaction() as session:
        assert fill_in(session, world, pages, "jane@example.org").state == "invalidated"
        assert letters(session) == []
        assert tally.count(session, world.petition.id) == 0


def test_credit_is_kept_and_nobody_brings_themselves(world: World, pages: Pages) -> None:
    jane = world.supporter()
    with world.db.transaction() as session:
        delivery = Delivery(supporter_id=jane.id)
        session.add(delivery)
        session.flush()
        first = sign(
            session,
            world,
            jane.id,
            credit=Credit(first_delivery_id=delivery.id, last_delivery_id=delivery.id),
        )
        assert (first.first_delivery_id, first.last_delivery_id) == (delivery.id, delivery.id)
        pending = fill_in(session, world, pages, credit=Credit(shared_by_id=first.id))
        assert pending.shared_by_id == first.id
        fill_in(session, world, pages, credit=Credit(shared_by_id=pending.id))
        assert pending.shared_by_id == first.id


def test_shares_are_followed_over_all_generations(world: World) -> None:
    with world.db.transaction() as session:
        root = sign(session, world, world.supporter("Root One").id)
    parent = root.id
    for i in range(3):
        person = world.supporter(f"P{i} Child")
        with world.db.transaction() as session:
            parent = sign(session, world, person.id, credit=Credit(shared_by_id=parent)).id
    with world.db.reading() as session:
        brought = queries.brought_by(session, session.get_one(Signature, root.id))
        assert (brought.directly, brought.further, brought.total) == (1, 2, 3)


def test_numbers_follow_the_order_of_signing(world: World) -> None:
    ids = []
    for name in ("Ann Lee", "Bo Fry", "Cy Oak"):
        person = world.supporter(name)
        with world.db.transaction() as session:
            ids.append(sign(session, world, person.id).id)
    with world.db.reading() as session:
        found = [queries.number_of(session, session.get_one(Signature, i)) for i in ids]
        assert found == [1, 2, 3]
        recent = queries.recent_signers(session, world.petition)
        assert [signer.name for signer in recent] == ["Cy O.", "Bo F.", "Ann L."]


def test_two_presses_at_once_are_one_signature(world: World, pages: Pages) -> None:
    jane = world.supporter()
    seen: list[int] = []
    together = threading.Barrier(4)

    def press(recognised: bool) -> None:
        together.wait()
        with world.db.transaction() as session:
            if recognised:
                sign(session, world, jane.id, on_verified=lambda _, signed: seen.append(signed.id))
            else:
                fill_in(session, world, pages)

    threads = [threading.Thread(target=press, args=(i % 2 == 0,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.db.reading() as session:
        states = session.scalars(select(Signature.state).order_by(Signature.state)).all()
    assert states == ["pending", "verified"] and len(seen) == 1
