"""The links of a blast on its report: a table, and a heat map over the letter."""

from __future__ import annotations

import re
from html import unescape

import pytest

from outreach.accounts.models import Organisation
from outreach.analytics.rollups import rollup
from outreach.blasts.compose import compose
from outreach.blasts.models import FrozenLetter
from outreach.core.db import Database
from outreach.tracking.models import Link
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser

BODY = "Read [the report](https://read.example/report?a=1&b=2), {{ first_name }}.\n\n[[Sign]]"


@pytest.fixture
def blast_id(db: Database, organisation: Organisation) -> int:
    """A letter with a report and a button: 5 delivered and one bounced; 3 and a scanner signed
    on, the bounced one among them; one read the report."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        variant = made.blast.variants[0]
        variant.body = BODY
        composed = compose(session, made.blast, variant, "https://harbourlights.example")
        session.add(FrozenLetter(variant_id=variant.id, plan=composed.plan.to_json()))
        for link in made.links.values():
            session.delete(link)
        session.flush()
        for new in composed.links:
            link = Link(
                blast_id=made.blast.id, slot=new.slot, kind=new.kind, url=new.url, label=new.label
            )
            session.add(link)
            made.links[new.label] = link
        session.flush()
        letters = [made.letter() for _ in range(5)]
        for letter in (*letters[:2], made.letter("bounced")):
            made.clicked(letter, link="Sign")
            made.clicked(letter, link="Sign")
        made.clicked(letters[2], "machine", link="Sign", evidence="hidden_link")
        made.clicked(letters[2], "machine", link="hidden link", evidence="hidden_link")
        made.clicked(letters[0], link="the report")
    rollup.advance(db)
    return made.blast.id


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_each_link_has_its_people_beside_raw_and_an_interval_over_delivered(
    console: Browser, blast_id: int
) -> None:
    said = words(console.get(f"/console/reports/{blast_id}").text)
    # Three people, one of whom in a letter that came back: the interval is of 2 of 5.
    assert re.search(r"Sign Ask, \S+ 3 4 12 to 77 %", said)
    assert "the report Other link, https://read.example/report?a=1&b=2 1 1 4 to 62 %" in said
    assert re.search(r"hidden link Hidden link, \S+ 0 1 0 to 43 %", said)


def test_the_letter_has_each_link_marked_and_nobody_is_counted_by_looking(
    console: Browser, blast_id: int
) -> None:
    assert "<iframe" in console.get(f"/console/reports/{blast_id}").text
    answer = console.get(f"/console/reports/{blast_id}/letter")
    letter = answer.text
    marks = re.findall(r'<a [^>]*href="([^"]+)" data-heat="(\d)".*?<span data-share>(.+?)<', letter)
    assert [(unescape(url), heat, share) for url, heat, share in marks] == [
        ("https://read.example/report?a=1&b=2", "2", "1"),
        (marks[1][0], "4", "3"),
    ]
    assert "/petitions/night-buses" in marks[1][0]
    assert "/o/" not in letter
    assert "/c/" not in letter.replace("/c/03preview", "")  # the trap's stays one of a trial
    assert "-slot-" not in letter
    assert 'data-heat="4"]' in letter  # the marks have their style
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert console.get(f"/console/reports/{blast_id}/letter").status_code == 200


def test_the_links_are_a_file_too(console: Browser, blast_id: int) -> None:
    rows = console.get(f"/console/reports/{blast_id}/links.csv").text.splitlines()
    assert rows[0] == "link,kind,url,people,raw,count,of,rate,low,high"
    assert re.match(r"Sign,ask,\S+,3,4,2,5,0\.4,0\.1176", rows[1])


def test_where_the_letter_is_not_kept_the_table_stands_alone(
    console: Browser, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = World(session, organisation.id)
        made.clicked(made.letter())
    rollup.advance(db)
    page = console.get(f"/console/reports/{made.blast.id}").text
    assert "<iframe" not in page
    assert "The letter as it went out is not kept here." in page
    assert console.get(f"/console/reports/{made.blast.id}/letter").status_code == 404


def test_before_anybody_was_written_to_there_is_nothing_to_mark(
    console: Browser, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = World(session, organisation.id, state="scheduled")
    answer = console.get(f"/console/reports/{made.blast.id}/letter")
    assert answer.status_code == 404
    assert "This blast has not run." in answer.text


def test_letters_that_came_back_stand_by_cause(console: Browser, blast_id: int) -> None:
    said = words(console.get(f"/console/reports/{blast_id}").text)
    assert "No reason was given Bounced 1 3 to 56 %" in said
    rows = console.get(f"/console/reports/{blast_id}/returned.csv").text.splitlines()
    assert rows[1].startswith("bounced,unknown,no reason was given,1,6,")
