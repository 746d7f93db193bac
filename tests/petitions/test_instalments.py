"""Delivery to targets: each signature once to each, and what was taken off is said."""

from __future__ import annotations

import csv
import io
import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry
from outreach.analytics.drawing import petition_print
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.petitions import exports, instalments, signing
from outreach.petitions.comment_models import Comment
from outreach.petitions.instalment_models import DeliveredSignature, Instalment
from outreach.petitions.models import Petition, Signature
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World, revised

BOARD = "the Transport Board"


def signed(world: World, *names: str) -> list[int]:
    """These people sign; the ids of their signatures."""
    found = []
    for name in names:
        person = world.supporter(name)
        with world.db.transaction() as session:
            petition = session.get_one(Petition, world.petition.id)
            stored = session.get_one(Supporter, person.id)
            found.append(signing.sign_recognised(session, petition, stored).id)
    return found


def make(world: World, target: str = BOARD) -> Instalment:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        return instalments.make(session, petition, target=target, by="mara@example.org")


def rows(world: World, made: Instalment) -> list[dict[str, str]]:
    with world.db.reading() as session:
        text = "".join(exports.instalment_lines(session, made))
    return list(csv.DictReader(io.StringIO(text)))


def take_off(world: World, signature_id: int) -> None:
    with world.db.transaction() as session:
        signing.invalidate(session, session.get_one(Signature, signature_id), "asked")


def test_every_signature_is_in_exactly_one_instalment_and_places_go_on(world: World) -> None:
    signed(world, "Ann Lee", "Bea Moss")
    first = make(world)
    with pytest.raises(Conflict, match="Nothing to deliver"):
        make(world)
    signed(world, "Cem Oz")
    second = make(world)
    assert [(one.number, one.signatures) for one in (first, second)] == [(1, 2), (2, 1)]
    assert [(row["number"], row["name"]) for row in rows(world, first)] == [
        ("1", "Ann Lee"),
        ("2", "Bea Moss"),
    ]
    assert [(row["number"], row["name"]) for row in rows(world, second)] == [("3", "Cem Oz")]
    with world.db.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "petition.deliver"))
        assert [(one.actor, one.detail["instalment"]) for one in entries] == [
            ("mara@example.org", 1),
            ("mara@example.org", 2),
        ]


def test_one_that_is_taken_off_afterwards_is_named_once_as_such(world: World) -> None:
    ann, bea = signed(world, "Ann Lee", "Bea Moss")
    first = make(world)
    take_off(world, ann)
    signed(world, "Cem Oz")
    second = make(world)
    assert (second.signatures, second.taken_off) == (1, 1)
    cem, off = rows(world, second)
    assert (cem["name"], cem["taken_off_at"]) == ("Cem Oz", "")
    assert (off["name"], off["number"], off["instalment"]) == ("Ann Lee", "1", "1")
    assert off["taken_off_at"]
    assert [bool(row["taken_off_at"]) for row in rows(world, first)] == [True, False]
    take_off(world, bea)
    third = make(world)
    assert (third.signatures, third.taken_off) == (0, 1)
    assert [row["name"] for row in rows(world, third)] == ["Bea Moss"]


def test_one_that_is_taken_off_before_is_never_delivered(world: World) -> None:
    ann, _ = signed(world, "Ann Lee", "Bea Moss")
    take_off(world, ann)
    assert [row["name"] for row in rows(world, make(world))] == ["Bea Moss"]


def test_each_target_gets_everything_by_itself(world: World) -> None:
    signed(world, "Ann Lee")
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        revised(session, petition, targets=(BOARD, "the Mayor"))
    make(world)
    signed(world, "Bea Moss")
    assert make(world, "the Mayor").signatures == 2
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        found = {line.target: line for line in instalments.lines(session, petition)}
        assert {name: (one.delivered, one.waiting) for name, one in found.items()} == {
            BOARD: (1, 1),
            "the Mayor": (2, 0),
        }
        with pytest.raises(NotFound):
            instalments.one_of(session, petition, BOARD, 2)
    with pytest.raises(BadInput, match="not addressed to"):
        make(world, "the King")


def test_two_who_deliver_at_once_deliver_nothing_double(world: World) -> None:
    signed(world, *(f"P{i} Lee" for i in range(12)))
    together = threading.Barrier(4)
    made: list[int] = []

    def deliver() -> None:
        together.wait()
        try:
            made.append(make(world).signatures)
        except Conflict:
            made.append(0)

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 12]
    with world.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeliveredSignature)) == 12


def test_what_breaks_off_before_the_commit_has_delivered_nothing(world: World) -> None:
    signed(world, "Ann Lee")
    with pytest.raises(RuntimeError), world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        instalments.make(session, petition, target=BOARD, by="mara@example.org")
        raise RuntimeError("killed")
    assert make(world).number == 1


def test_the_page_to_print_holds_what_was_signed_and_names_and_comments_as_text(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = signed(world, "Ann <script>alert(1)</script>", "Bea Moss", "Cem Oz")
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        revised(session, petition, reason="The board asked", statement="Keep line 4.[^1]")
        for signature_id, state in zip(ids, ["shown", "waiting", "hidden"], strict=True):
            session.add(
                Comment(
                    petition_id=petition.id,
                    signature_id=signature_id,
                    text=f"<b>{state}</b> words",
                    state=state,
                )
            )
    signed(world, "Dee Late")
    made = make(world)
    monkeypatch.setattr(petition_print, "NAMES", 3)
    assert petition_print.volumes_of(made) == 2
    with world.db.reading() as session:
        first, second = (
            petition_print.volume_html(session, made, volume, paper="A4") for volume in (1, 2)
        )
        with pytest.raises(NotFound):
            petition_print.volume_html(session, made, 3, paper="A4")
    assert "Ann &lt;script&gt;alert(1)&lt;/script&gt;" in first
    assert "&lt;b&gt;shown&lt;/b&gt; words" in first
    assert "waiting" not in first
    assert "hidden" not in first
    assert "Keep every night bus that runs today." in first
    assert "Keep line 4." in first
    assert "What runs at night?" in first
    assert "3 under version 1" in first
    assert "Dee Late" not in first
    assert "Dee Late" in second
    assert "Names 4 to 4" in second


def test_a_cell_that_a_spreadsheet_would_run_is_text(world: World) -> None:
    signed(world, "=HYPERLINK(1) Lee")
    assert rows(world, make(world))[0]["name"] == "'=HYPERLINK(1) Lee"


def test_a_person_who_is_erased_leaves_the_others_in_their_places(world: World) -> None:
    ann, _ = signed(world, "Ann Lee", "Bea Moss")
    made = make(world)
    with world.db.transaction() as session:
        erase(session, ann)
    signed(world, "Cem Oz")
    assert [row["number"] for row in rows(world, made)] == ["2"]
    assert [row["number"] for row in rows(world, make(world))] == ["3"]


def erase(session: Session, signature_id: int) -> None:
    signature = session.get_one(Signature, signature_id)
    session.delete(session.get_one(Supporter, signature.supporter_id))
