"""Comments: as the petition allows, while the signature counts, until people object."""

from __future__ import annotations

import pytest

from outreach.core.errors import FormErrors
from outreach.petitions import comments, page_settings, signing
from outreach.petitions.models import Petition, Signature
from outreach.petitions.page_settings import PageSettings
from outreach.petitions.saying import Said
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World


def takes(world: World, how: str) -> None:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        page_settings.set_page(session, petition, PageSettings(comments=how), by="mara")


def sign(world: World, text: str, name: str = "Jane Rivera") -> Signature:
    person = world.supporter(name)
    with world.db.transaction() as session:
        return signing.sign_recognised(
            session,
            session.get_one(Petition, world.petition.id),
            session.get_one(Supporter, person.id),
            said=Said(comment=text),
        )


def shown(world: World) -> list[str]:
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        return [one.comment.text for one in comments.shown(session, petition)]


def decide(world: World, verb: str, comment_id: int = 1) -> None:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        comment = comments.by_id(session, petition, comment_id)
        comments.decide(session, comment, verb, by="mara")


def test_none_is_kept_where_none_is_taken(world: World) -> None:
    sign(world, "Why not?")
    takes(world, "at_once")
    assert shown(world) == []


def test_one_that_is_read_first_is_shown_afterwards(world: World) -> None:
    takes(world, "read_first")
    sign(world, " I ride\tline 4.\r\n\r\n\r\n\r\nEvery\u202e night.\x00 ")
    assert shown(world) == []
    decide(world, "show")
    assert shown(world) == ["I ride line 4.\n\nEvery night."]
    decide(world, "hide")
    assert shown(world) == []


def test_three_who_object_take_it_off_until_it_was_read(world: World) -> None:
    takes(world, "at_once")
    sign(world, "Rude.")
    for network in ("a", "a", "b", "c"):
        assert shown(world) == ["Rude."]
        with world.db.transaction() as session:
            petition = session.get_one(Petition, world.petition.id)
            comment = comments.by_id(session, petition, 1)
            comments.object_to(session, comment, reason="rude", network=network)
    assert shown(world) == []
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        [one] = comments.to_read(session, petition, "waiting")
        assert one.comment.reports == 3
        assert comments.reasons(session, [one.comment]) == {1: ["rude"] * 3}
    decide(world, "show")
    assert shown(world) == ["Rude."]


def test_it_goes_with_its_signature(world: World) -> None:
    takes(world, "at_once")
    signature = sign(world, "Me too.")
    with world.db.transaction() as session:
        signing.invalidate(session, session.get_one(Signature, signature.id), "not theirs")
    assert shown(world) == []


def test_a_long_one_is_refused_and_nothing_signed(world: World) -> None:
    takes(world, "at_once")
    with pytest.raises(FormErrors) as refused:
        sign(world, "x" * 1001)
    assert [name for name, _ in refused.value.faults] == ["comment"]
    with world.db.reading() as session:
        assert session.get(Signature, 1) is None
