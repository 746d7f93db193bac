"""Variants: drafted, shared out, frozen, sent and followed up."""

from __future__ import annotations

from email import message_from_string
from email.policy import default

import pytest
from sqlalchemy import select

from outreach.blasts import compose, operations, preflight, queries, schedule, variants
from outreach.blasts.compose import compose_all
from outreach.blasts.followup import follow_up
from outreach.blasts.models import FrozenLetter, Variant
from outreach.consent import ledger
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.mail.models import Batch, Delivery, SingleLetter
from outreach.mail.plan import Plan
from outreach.supporters.models import Supporter
from outreach.tracking.models import Link
from tests.standins.world import BASE_URL, World

FIRST_LOT = [3, 5, 7, 8, 11, 12, 14, 18, 19, 21, 22, 24]
OTHER_BODY = """Hello,

See [the figures](https://figures.example.org/2026?a=1&b=2), or [more](https://more.example.org/).[^2]

[[Add your name]]

[[Sign the petition]]
"""


def with_b(world: World, **texts: str) -> None:
    """Give the blast a variant B that says this."""
    with world.db.transaction() as session:
        blast = world.blast(session)
        variants.add(session, blast, actor="test")
        operations.edit(session, blast, variant="B", actor="test", **texts)


def by_variant(world: World) -> dict[str, list[tuple[str, str]]]:
    """(address, state) of the blast's deliveries by the letter of their variant."""
    with world.db.reading() as session:
        rows = session.execute(
            select(Variant.letter, Supporter.address, Delivery.state)
            .join(Delivery, Delivery.variant_id == Variant.id)
            .join(Supporter, Supporter.id == Delivery.supporter_id)
            .where(Delivery.blast_id == world.blast_id)
            .order_by(Delivery.id)
        )
        found: dict[str, list[tuple[str, str]]] = {}
        for letter, address, state in rows:
            found.setdefault(letter, []).append((address, state))
        return found


def test_a_new_variant_says_what_the_first_says_until_it_is_written(world: World) -> None:
    with_b(world, subject="Count them!")
    with world.db.transaction() as session:
        blast = world.blast(session)
        operations.edit(session, blast, actor="test", preheader="A new line behind the subject")
        a, b = blast.variants
        assert (a.says("subject"), b.says("subject")) == (a.subject, "Count them!")
        assert b.says("preheader") == a.preheader == "A new line behind the subject"
        assert (b.says("body"), b.says("sender_name")) == (a.body, blast.sender_name)
        operations.edit(session, blast, variant="b", actor="test", sender_name="Ada", subject="")
        assert (b.says("subject"), b.says("sender_name")) == (a.subject, "Ada")
        assert a.says("sender_name") == blast.sender_name != "Ada"


def test_removing_the_first_keeps_what_the_others_took_over(world: World) -> None:
    with_b(world, subject="Second", sender_name="Ada")
    with world.db.transaction() as session:
        blast = world.blast(session)
        was = blast.variants[0].body, blast.sender_name
        variants.add(session, blast, actor="test")  # C, all as A
        third = blast.variants[0].subject
        variants.remove(session, blast, "A", actor="test")
    with world.db.reading() as session:
        blast = world.blast(session)
        a, b = blast.variants
        assert (a.letter, a.subject, a.body, blast.sender_name) == ("A", "Second", was[0], "Ada")
        assert (b.letter, b.subject, b.body, b.sender_name) == ("B", third, "", was[1])
    with world.db.transaction() as session, pytest.raises(NotFound):
        variants.remove(session, world.blast(session), "C", actor="test")
    with world.db.transaction() as session:
        variants.remove(session, world.blast(session), "b", actor="test")
    with world.db.transaction() as session, pytest.raises(Conflict, match="needs one"):
        variants.remove(session, world.blast(session), "A", actor="test")


def test_bad_shares_change_nothing(world: World) -> None:
    with_b(world)
    for shares, fault in (({"A": 3, "B": 0}, BadInput), ({"A": 3, "Z": 1}, NotFound)):
        with world.db.transaction() as session, pytest.raises(fault):
            variants.share(session, world.blast(session), shares, actor="test")
    with world.db.reading() as session:
        assert [one.share for one in world.blast(session).variants] == [1, 1]


def test_nothing_changes_in_what_is_scheduled(world: World) -> None:
    world.add_people(2)
    with world.db.transaction() as session:
        schedule.schedule(session, world.blast(session), at=None, actor="test", base_url=BASE_URL)
    for change in (
        lambda session, blast: variants.add(session, blast, actor="test"),
        lambda session, blast: variants.remove(session, blast, "A", actor="test"),
        lambda session, blast: variants.share(session, blast, {"A": 2}, actor="test"),
    ):
        with world.db.transaction() as session, pytest.raises(Conflict, match="scheduled"):
            change(session, world.blast(session))


def test_the_audience_is_shared_out_to_the_letter_and_each_gets_their_own(world: World) -> None:
    addresses = world.add_people(203)
    with world.db.transaction() as session:
        for supporter in session.scalars(
            select(Supporter).where(Supporter.address.in_(addresses[:3]))
        ):
            ledger.withdraw(session, supporter.id, basis="asked", source="test")
    with_b(world, subject="The other subject", sender_name="Ada", body=OTHER_BODY)
    with world.db.transaction() as session:
        variants.share(session, world.blast(session), {"A": 30, "B": 70}, actor="test")
    world.batch_size = 16
    world.start()
    found = by_variant(world)
    waiting = {
        letter: [a for a, state in rows if state == "pending"] for letter, rows in found.items()
    }
    assert {letter: len(them) for letter, them in waiting.items()} == {"A": 60, "B": 140}
    assert sum(state == "skipped" for rows in found.values() for _, state in rows) == 3
    # By lot: neither the order of the people nor a step through it.
    places = [addresses.index(address) for address in waiting["A"]]
    assert len({place % 2 for place in places}) == 2
    assert 60 < sum(places) / len(places) < 142
    with world.db.reading() as session:
        wrong = select(Delivery.id).join(
            Batch,
            Delivery.id.between(Batch.first_id, Batch.last_id)
            & (Batch.blast_id == Delivery.blast_id)
            & (Batch.variant_id != Delivery.variant_id),
        )
        assert session.scalars(wrong).all() == []
    world.send()
    sent = world.provider.letters
    assert len(sent) == len(world.provider.taken) == 200
    assert {letter(sent[address]) for address in waiting["B"]} == {("The other subject", "Ada")}
    assert {letter(sent[address])[1] for address in waiting["A"]} == {"Mara, Harbour Lights Action"}


def test_the_lot_is_the_same_on_every_database_and_another_one_for_each_blast(
    world: World,
) -> None:
    world.add_people(24)
    with_b(world, subject="B")
    again = world.another_blast("Second ask")
    with world.db.transaction() as session:
        variants.add(session, queries.by_id(session, again), actor="test")
    world.start()
    world.start(again)
    with world.db.reading() as session:
        first, second = (
            session.scalars(
                select(Delivery.supporter_id)
                .where(Delivery.variant_id == queries.by_id(session, blast).variants[0].id)
                .order_by(Delivery.id)
            ).all()
            for blast in (world.blast_id, again)
        )
    assert len(first) == len(second) == 12
    assert first == FIRST_LOT
    assert first != second


def test_variants_leave_over_the_same_time_also_after_a_pause(world: World) -> None:
    world.add_people(60)
    world.batch_size = 5
    with_b(world, subject="The other")
    with world.db.transaction() as session:
        variants.share(session, world.blast(session), {"A": 1, "B": 2}, actor="test")
    world.start()
    with world.db.transaction() as session:
        schedule.pause(session, world.blast(session), actor="test")
        schedule.resume(session, world.blast(session), actor="test")
    with world.db.reading() as session:
        letters = session.scalars(
            select(Variant.letter)
            .join(Batch, Batch.variant_id == Variant.id)
            .order_by(Batch.turn, Batch.id)
        ).all()
    assert letters[:6].count("A") == letters[6:].count("A") == 2


def test_the_same_link_is_one_and_another_one_never_leads_elsewhere(world: World) -> None:
    with_b(world, body=OTHER_BODY)
    with world.db.reading() as session:
        first, second = compose_all(session, world.blast(session), BASE_URL)
    shared = {link.slot: (link.kind, link.url, link.label) for link in first.links}
    for link in second.links:
        assert shared.setdefault(link.slot, (link.kind, link.url, link.label)) == (
            link.kind,
            link.url,
            link.label,
        )
    labels = {label: slot for slot, (_, _, label) in shared.items()}
    assert {link.slot for link in first.links} & {link.slot for link in second.links} >= {
        labels["Sign the petition"],
        labels["the figures"],
    }
    world.add_people(4)
    world.start()
    with world.db.reading() as session:
        stored = {
            link.slot: (link.kind, link.url, link.label)
            for link in session.scalars(select(Link).where(Link.blast_id == world.blast_id))
        }
        plans = [Plan.from_json(kept.plan) for kept in session.scalars(select(FrozenLetter))]
    assert stored == shared
    assert {slot for plan in plans for slot in plan.links if slot >= 8} <= stored.keys()


def test_a_marker_has_the_page_s_number_in_every_variant(world: World) -> None:
    with_b(world, body="More.[^2]\n\n[[Sign]]")
    with world.db.reading() as session:
        blast = world.blast(session)
        shown = compose.preview(session, blast, blast.variants[1], None, BASE_URL)
    assert "More.[2]" in shown.text
    assert "[1]" not in shown.text


def test_the_checks_name_the_variant_that_they_are_of(world: World) -> None:
    world.add_people(30)
    with_b(world, body="Nothing to press.[^9]")
    with world.db.transaction() as session:
        variants.add(session, world.blast(session), actor="test")
    with world.db.reading() as session:
        blast = world.blast(session)
        found = preflight.run(session, blast, BASE_URL)
    said = {(finding.key, finding.level): finding.title for finding in found}
    assert said["ask", "stop"] == "B: Nothing leads to the petition"
    assert said["ask", "ok"].startswith("A, C: ")
    assert said["citations.unresolved", "stop"].startswith("B: ")
    assert said["way_out", "ok"].startswith("Unsubscribe")  # of all alike
    assert said["variants.same", "look"] == "C says the same as A"
    assert said["variants", "look"] == "Letters by variant: A 10, B 10, C 10"
    with world.db.transaction() as session, pytest.raises(Conflict, match="B: Nothing leads"):
        schedule.schedule(session, world.blast(session), at=None, actor="test", base_url=BASE_URL)


def test_a_variant_that_cannot_be_read_stops_it_by_name(world: World) -> None:
    world.add_people(2)
    with_b(world, subject="{{ first_nam }}")
    with world.db.reading() as session:
        found = preflight.run(session, world.blast(session), BASE_URL)
    (fault,) = [finding for finding in found if finding.key == "letter.unreadable"]
    assert (fault.level, fault.title[:11]) == ("stop", "B: Subject,")


def test_a_test_letter_is_of_one_variant_and_says_which(world: World) -> None:
    with_b(world, subject="The other subject")
    for chosen in (None, "B"):
        with world.db.transaction() as session:
            schedule.send_test(
                session,
                world.blast(session),
                variant=chosen,
                address="mara@harbour.example",
                like=None,
                base_url=BASE_URL,
            )
    with world.db.reading() as session:
        subjects = session.scalars(select(SingleLetter.subject).order_by("delivery_id")).all()
    assert subjects == [
        "[Test A] Tell the Harbour Board: count every letter!",
        "[Test B] The other subject",
    ]


def test_a_follow_up_has_all_variants_and_their_shares(world: World) -> None:
    world.add_people(4)
    with_b(world, subject="The other subject", sender_name="Ada")
    with world.db.transaction() as session:
        variants.share(session, world.blast(session), {"B": 3}, actor="test")
    world.start()
    with world.db.transaction() as session:
        draft = follow_up(session, world.blast(session), actor="test")
        a, b = draft.variants
        assert (a.share, b.share) == (1, 3)
        assert (b.says("subject"), b.says("sender_name")) == ("The other subject", "Ada")
        assert (b.body, b.says("body")) == ("", a.body)
        assert (a.says("sender_name"), draft.sender_name) == (world.organisation.sender_name,) * 2


def test_what_a_frozen_variant_said_is_written_out(world: World) -> None:
    world.add_people(2)
    with_b(world, subject="The other subject")
    world.start()
    with world.db.reading() as session:
        a, b = world.blast(session).variants
        assert (b.body, b.preheader, b.sender_name) == (a.body, a.preheader, a.sender_name)
        assert a.body and a.sender_name


def letter(source: str) -> tuple[str, str]:
    """Subject and sender's name of a MIME letter."""
    parsed = message_from_string(source, policy=default)
    return parsed["Subject"], parsed["From"].addresses[0].display_name
