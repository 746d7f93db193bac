"""The letter of a blast: same numbers as the page, every link in one place, both parts whole."""

from __future__ import annotations

import re
from email import message_from_string
from email.policy import default
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry
from outreach.blasts import operations
from outreach.blasts.compose import as_sent, compose, preview
from outreach.core.errors import BadInput, Conflict, FormErrors
from outreach.core.tokens import TOKEN_CHARS, Slot
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter
from tests.standins.world import BASE_URL, World


def body_of(world: World, body: str, **more: str) -> None:
    """Change the draft's text."""
    with world.db.transaction() as session:
        operations.edit(session, world.blast(session), actor="test", body=body, **more)  # type: ignore[arg-type]


def supporter(session: Session) -> Supporter:
    """The first one."""
    return session.scalars(select(Supporter).order_by(Supporter.id)).first()  # type: ignore[return-value]


def test_notes_have_the_numbers_of_the_page(world: World) -> None:
    body_of(world, "Only the second.[^2]\n\n[[Sign]]\n\nAgain.[^2]")
    with world.db.reading() as session:
        blast = world.blast(session)
        shown = preview(session, blast, blast.variants[0], None, BASE_URL)
    assert re.findall(r'aria-label="Note (\d)"', shown.html) == ["2", "2"]
    assert '<li value="2"' in shown.html and "What a stamp costs" in shown.html
    assert "Letters, counted once" not in shown.html  # not cited, so not listed
    assert "Only the second.[2]" in shown.text
    assert "[2] Ada Okafor, “What a stamp costs,” Westhaven Courier, August 9, 2025." in shown.text


def test_every_link_is_kept_once_with_its_kind(world: World) -> None:
    with world.db.reading() as session:
        blast = world.blast(session)
        composed = compose(session, blast, blast.variants[0], BASE_URL)
    page = f"{BASE_URL}/petitions/tell-the-harbour-board-count-every-letter"
    assert {(link.slot, link.kind, link.url) for link in composed.links} == {
        (Slot.FIRST_LINK, "citation", f"{page}#n1"),
        (Slot.FIRST_LINK + 1, "link", "https://figures.example.org/2026?a=1&b=2"),
        (Slot.FIRST_LINK + 2, "ask", page),
        (Slot.FIRST_LINK + 3, "citation", "https://board.example.org/letters"),
        (Slot.TRAP, "trap", page),
    }


def test_both_parts_lead_to_the_same_places(world: World) -> None:
    world.add_people(1)
    world.start()
    world.send()
    (letter,) = world.provider.letters.values()
    message = message_from_string(letter, policy=default)
    html = unescape(message.get_body(("html",)).get_content())
    text = message.get_body(("plain",)).get_content()

    def slots(part: str, door: str) -> list[int]:
        tokens = re.findall(rf"{BASE_URL}/{door}/([\w-]{{{TOKEN_CHARS}}})", part)
        return [world.tokens.read_letter(token).slot for token in tokens]

    assert sorted(set(slots(html, "c")) - {Slot.TRAP}) == [8, 9, 10, 11]
    assert sorted(set(slots(text, "c"))) == [9, 10, 11]  # a marker in plain text has no link
    for part in (html, text):
        assert set(slots(part, "u")) == {Slot.UNSUBSCRIBE}
        assert set(slots(part, "v")) == {Slot.VIEW}
        assert "4 Quay Street, Westhaven 01234" in part
        reason = "You get this because you have been on our Westhaven list since"
        assert reason in " ".join(part.split())
        assert "Dear Pat1," in part
    assert slots(html, "o") == [Slot.OPEN]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith(f"<{BASE_URL}/u/")
    assert message["To"] == "Pat1 Reed <p0001@example.org>"


def test_a_preview_shows_the_person_and_counts_nothing(world: World) -> None:
    world.add_people(1)
    with world.db.reading() as session:
        blast = world.blast(session)
        shown = preview(session, blast, blast.variants[0], supporter(session), BASE_URL)
        nobody = preview(session, blast, blast.variants[0], None, BASE_URL)
    assert "Dear Pat1," in shown.html and "Dear friend," in nobody.html
    assert "/c/" not in shown.html and "/o/" not in shown.html
    assert "https://figures.example.org/2026?a=1&amp;b=2" in shown.html
    assert shown.source.startswith("From: ")


def test_read_in_a_browser_names_nobody(world: World) -> None:
    with world.db.reading() as session:
        blast = world.blast(session)
        plan = compose(session, blast, blast.variants[0], BASE_URL).plan
    html = as_sent(plan, world.tokens, 77)
    assert "Dear friend," in html
    token = re.search(rf"/c/([\w-]{{{TOKEN_CHARS}}})", html)
    assert token and world.tokens.read_letter(token[1]).delivery_id == 77


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Hi {{ frist_name }}", "Body, line 1: there is no merge field “frist_name”"),
        ("Hi\n\n{% if x %}", "Body, line 3"),
        ("[here](/just/a/path)", "the link “/just/a/path” leads nowhere"),
        ("[me](https://a.example/?who={{ email }})", "the link “me” has a merge field"),
        ("[me](mailto:a@example.org?body={{ first_name }})", "has a merge field"),
    ],
)
def test_what_can_not_be_understood_is_named(world: World, body: str, said: str) -> None:
    body_of(world, body)
    with world.db.reading() as session, pytest.raises(BadInput, match=said):
        blast = world.blast(session)
        compose(session, blast, blast.variants[0], BASE_URL)


def test_a_link_s_name_is_kept_without_the_person_in_it(world: World) -> None:
    body_of(world, "[{{ first_name }}, see here](https://a.example/)\n\n[[Sign]]")
    with world.db.reading() as session:
        blast = world.blast(session)
        links = compose(session, blast, blast.variants[0], BASE_URL).links
    assert "…, see here" in [link.label for link in links]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "Hello\r\nBcc: everyone@example.org"}, "subject"),
        ({"sender_name": "Mara\nBcc: everyone@example.org"}, "sender_name"),
        ({"sender_address": "not an address"}, "sender_address"),
        ({"audience": "list and list"}, "audience"),
        ({"name": ""}, "name"),
    ],
)
def test_a_bad_field_changes_nothing(world: World, changes: dict[str, str], field: str) -> None:
    with world.db.transaction() as session, pytest.raises(FormErrors) as refused:
        operations.edit(session, world.blast(session), actor="test", preheader="new", **changes)  # type: ignore[arg-type]
    assert [name for name, _ in refused.value.faults] == [field]
    with world.db.reading() as session:
        assert world.blast(session).variants[0].preheader != "new"


def test_the_audit_log_says_who_changed_which_parts_but_not_their_words(world: World) -> None:
    with world.db.transaction() as session:
        blast = world.blast(session)
        same = blast.variants[0].body.replace("\n", "\r\n") + "\r\n"
        operations.edit(session, blast, actor="mara", body=same, name=blast.name)
        operations.edit(session, blast, actor="mara", body=same + "A secret.", subject="Another")
    with world.db.reading() as session:
        edits = select(AuditEntry).where(AuditEntry.action == "blast.edit")
        entry = session.scalars(edits).one()
    assert (entry.actor, entry.subject) == ("mara", f"blast:{world.blast_id}")
    assert entry.detail == {"changed": ["subject", "body"]}


def test_a_started_blast_does_not_change(world: World) -> None:
    world.add_people(1)
    world.start()
    with world.db.transaction() as session, pytest.raises(Conflict, match="is sending"):
        operations.edit(session, world.blast(session), actor="test", subject="Another")


def test_a_name_is_taken_once(world: World) -> None:
    with world.db.transaction() as session, pytest.raises(BadInput, match="already a blast"):
        blast = world.blast(session)
        operations.create(
            session,
            organisation=world.organisation,
            petition=session.get_one(Petition, blast.petition_id),
            name="First ask",
            audience="",
            actor="test",
        )
