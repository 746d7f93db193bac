"""A blast's way: checks that stop it, overrides with a name, times, tests, and its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from outreach.accounts.models import AuditEntry
from outreach.blasts import operations, preflight, schedule
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict
from outreach.mail import mime
from outreach.mail.models import Delivery, SingleLetter
from outreach.petitions.models import Petition, Source
from outreach.petitions.operations import pause
from outreach.supporters.models import Supporter
from tests.standins.world import BASE_URL, World


def stops(world: World) -> set[str]:
    """Keys of the checks that stop the blast."""
    with world.db.reading() as session:
        found = preflight.run(session, world.blast(session), BASE_URL)
        return {finding.key for finding in found if finding.level == "stop"}


def edited(world: World, **changes: str) -> None:
    """The draft with other texts."""
    with world.db.transaction() as session:
        operations.edit(session, world.blast(session), actor="test", **changes)  # type: ignore[arg-type]


def test_every_fault_of_a_letter_is_told_with_its_line_and_the_other_checks_still_run(
    world: World,
) -> None:
    edited(
        world,
        subject="{{ nick }}",
        body="Dear {{ frist_name }},\n\n{% if x %} {{ last_name | shout }}\n\n"
        "[[Sign]]\n\n[here](/just/a/path) {{ first_name }} {{ unclosed",
        audience="list Nowhere",
    )
    with world.db.reading() as session:
        found = preflight.run(session, world.blast(session), BASE_URL)
    assert [f.title for f in found if f.key == "letter.unreadable"] == [
        "Subject, line 1: there is no merge field “nick”",
        "Body, line 1: there is no merge field “frist_name”",
        "Body, line 3: in “{% if x %}”: at character 1: expected a question, such as list, tag, "
        "signed or field.NAME, found “x”",
        "Body, line 3: there is no filter “shout”",
        "Body, line 7: “{{” is not closed",
        "Body, line 3: this block is not ended",
        "Body, line 7: the link “/just/a/path” leads nowhere",
    ]
    assert sum(f.detail.startswith("Known: first_name") for f in found) == 1
    assert [(f.key, f.level) for f in found if f.key in ("petition", "audience")] == [
        ("audience", "stop"), ("petition", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("base_url", "provider", "said"),
    [
        ("http://127.0.0.1:8000", "smtp", "Every link leads to http://127.0.0.1:8000"),
        ("https://localhost", "sendgrid", "Every link leads to https://localhost"),
        ("http://192.168.1.4", "smtp", "Every link leads to http://192.168.1.4"),
        ("http://act.example.org", "sendgrid", "Links are not encrypted"),
        ("https://act.example.org", "smtp", None),
        ("http://127.0.0.1:8000", "mailbox", None),
    ],
)
def test_real_letters_with_links_that_lead_nowhere_are_to_be_looked_at(
    world: World, base_url: str, provider: str, said: str | None
) -> None:
    world.add_people(1)
    world.provider.name = provider
    with world.db.reading() as session:
        found = preflight.run(session, world.blast(session), base_url, provider=world.provider)
    assert [(f.level, f.title) for f in found if f.key == "base_url"] == (
        [("look", said)] if said else []
    )


@pytest.mark.parametrize("people", [0, 2])
@pytest.mark.parametrize("body", ["No ask.[^9]", "{{ nobody }}", "[[Sign]][^1]"])
def test_the_short_answer_is_what_the_whole_preflight_stops_for(
    world: World, body: str, people: int
) -> None:
    world.add_people(people)
    edited(world, body=body)
    with world.db.reading() as session:
        blast = world.blast(session)
        whole = preflight.run(session, blast, BASE_URL)
        assert preflight.stops(session, blast, BASE_URL) == [f for f in whole if f.level == "stop"]


def test_a_good_blast_passes(world: World) -> None:
    world.add_people(3)
    assert stops(world) == set()


def test_nobody_to_write_to(world: World) -> None:
    assert stops(world) == {"audience"}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("No ask at all.[^1]", "ask"),
        ("[[Sign]] A claim.[^9]", "ask"),
        ("A claim.[^9]\n\n[[Sign]]", "citations.unresolved"),
        ("{{ nobody }}", "letter.unreadable"),
    ],
)
def test_what_stops_a_blast(world: World, body: str, key: str) -> None:
    world.add_people(1)
    with world.db.transaction() as session:
        operations.edit(session, world.blast(session), actor="test", body=body)
    assert key in stops(world)
    with world.db.transaction() as session, pytest.raises(Conflict):
        schedule.schedule(session, world.blast(session), at=None, actor="x", base_url=BASE_URL)
    with world.db.reading() as session:
        assert world.blast(session).state == "draft"


def test_a_field_that_nobody_has_stops_it_where_everybody_would_read_a_gap(world: World) -> None:
    def stopped(body: str) -> bool:
        edited(world, body=f"{body}[^1]\n\n[[Sign]]")
        return "fields.unknown" in stops(world)

    assert not stopped("Dear {{ field.city }}")  # there is nobody yet
    world.add_people(2)
    assert stopped("Dear {{ field.city }}")
    assert not stopped('Dear {{ field.city or "all" }}')
    assert not stopped("Dear {% if field.city %}{{ field.city }}{% endif %}")
    with world.db.transaction() as session:
        session.scalars(select(Supporter)).first().fields = {"city": "Westhaven"}  # type: ignore[union-attr]
    assert not stopped("Dear {{ field.city }}")


def test_a_letter_that_no_mail_server_takes_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add_people(1)
    monkeypatch.setattr(mime, "MAX_LETTER_BYTES", 5_000)
    with world.db.transaction() as session:
        blast = world.blast(session)
        with pytest.raises(Conflict, match=r"The letter has .* bytes; mail servers take 5,000"):
            schedule.schedule(session, blast, at=None, actor="x", base_url=BASE_URL)
        assert blast.state == "draft"


def test_a_closed_petition_and_unchecked_sources_stop_it(world: World) -> None:
    world.add_people(1)
    with world.db.transaction() as session:
        pause(session, session.scalars(select(Petition)).one())
        for source in session.scalars(select(Source)):
            source.checked_at = None
    assert stops(world) == {"petition", "citations.unchecked"}


def test_an_override_carries_a_name_and_a_reason(world: World) -> None:
    world.add_people(1)
    with world.db.transaction() as session:
        for source in session.scalars(select(Source)):
            source.checked_at = None
    with world.db.transaction() as session, pytest.raises(BadInput):
        preflight.override(
            session, world.blast(session), check="citations.unchecked", reason=" ", actor="Mara"
        )
    with world.db.transaction() as session:
        preflight.override(
            session,
            world.blast(session),
            check="citations.unchecked",
            reason="I wrote the report myself",
            actor="Mara",
        )
    assert stops(world) == set()
    with world.db.reading() as session:
        found = preflight.run(session, world.blast(session), BASE_URL)
        (passed,) = [f for f in found if f.key == "citations.unchecked"]
        assert "Overridden by Mara: I wrote the report myself" in passed.detail
        logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "blast.override"))
        assert logged.one().detail["reason"] == "I wrote the report myself"


def test_some_checks_can_not_be_passed_over(world: World) -> None:
    with world.db.transaction() as session, pytest.raises(Conflict):
        preflight.override(
            session, world.blast(session), check="way_out", reason="please", actor="Mara"
        )


def test_a_time_in_the_past_is_refused(world: World) -> None:
    world.add_people(1)
    with world.db.transaction() as session, pytest.raises(BadInput, match="has passed") as refused:
        schedule.schedule(
            session,
            world.blast(session),
            at=now() - timedelta(hours=1),
            actor="x",
            base_url=BASE_URL,
        )
    assert refused.value.field == "at"


def test_a_scheduled_blast_is_due_at_its_time_and_can_be_taken_back(world: World) -> None:
    world.add_people(1)
    with world.db.transaction() as session:
        schedule.schedule(
            session,
            world.blast(session),
            at=now() + timedelta(hours=1),
            actor="x",
            base_url=BASE_URL,
        )
        assert schedule.due(session) == []
        schedule.unschedule(session, world.blast(session), actor="x")
        assert world.blast(session).state == "draft"
        schedule.schedule(session, world.blast(session), at=None, actor="x", base_url=BASE_URL)
        assert schedule.due(session) == [world.blast_id]


def test_a_test_letter_goes_to_one_address_and_is_not_counted(world: World) -> None:
    with world.db.transaction() as session:
        schedule.send_test(
            session, world.blast(session), address="Me@Example.org", like=None, base_url=BASE_URL
        )
    world.send()
    assert world.provider.taken == ["me@example.org"]
    letter = world.provider.letters["me@example.org"]
    assert "Subject: [Test] Tell the Harbour Board" in letter
    assert "/c/" not in letter and "List-Unsubscribe:" not in letter
    assert world.states() == {}
    with world.db.reading() as session:
        delivery = session.scalars(select(Delivery)).one()
        assert (delivery.kind, delivery.state) == ("test", "accepted")
        assert session.scalars(select(SingleLetter)).all() == []  # its text is not kept


def test_single_letters_overtake_a_blast(world: World) -> None:
    world.add_people(5)
    world.start()
    with world.db.transaction() as session:
        schedule.send_test(
            session, world.blast(session), address="me@example.org", like=None, base_url=BASE_URL
        )
    world.send()
    assert world.provider.taken[0] == "me@example.org"


def test_one_is_not_many_and_a_draft_is_a_draft(world: World) -> None:
    def titles() -> dict[str, tuple[str, str]]:
        with world.db.reading() as session:
            found = preflight.run(session, world.blast(session), BASE_URL)
            return {finding.key: (finding.title, finding.detail) for finding in found}

    edited(world, preheader="x")
    assert titles()["audience"] == ("Nobody would get it", "Chosen by the rules: 0.")
    world.add_people(1)
    with world.db.transaction() as session:
        session.scalars(select(Petition)).one().state = "draft"
    found = titles()
    assert found["audience"] == ("Would get it: 1", "Held back: 0")
    assert found["ask"][0] == "The letter leads to the petition once"
    assert found["preheader"][0] == "The preheader is short"
    assert found["petition"][0] == "The petition is a draft"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second late"), (59, "59 seconds late"), (125, "2 minutes late"), (7200, "120 minutes")],
)
def test_how_late_a_blast_is_is_said_in_its_unit(world: World, seconds: int, said: str) -> None:
    with world.db.transaction() as session, time_machine.travel(now(), tick=False):
        blast = world.blast(session)
        blast.state, blast.late_limit_s = "scheduled", 0
        blast.scheduled_for = now() - timedelta(seconds=seconds)
        assert schedule.hold_if_late(session, blast)
        assert blast.reason is not None and said in blast.reason
