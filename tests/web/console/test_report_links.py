"""The links of a blast on its report: a table, and a heat map over the letter."""

from __future__ import annotations

import re
from html import unescape

import pytest

from outreach.accounts.models import Organisation
from outreach.analytics.rollups import rollup
from outreach.blasts.compose import compose_all, links_of
from outreach.blasts.models import FrozenLetter
from outreach.core.db import Database
from outreach.tracking.models import Link
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser

BODY = "Read [the report](https://read.example/report?a=1&b=2), {{ first_name }}.\n\n[[Sign]]"


def freeze(made: World) -> None:
    """Keep the letter of each variant, and the links of all of them."""
    session = made.session
    for link in made.links.values():
        session.delete(link)
    session.flush()
    session.expire(made.blast)
    letters = compose_all(session, made.blast, "https://harbourlights.example")
    for variant, letter in zip(made.blast.variants, letters, strict=True):
        session.add(FrozenLetter(variant_id=variant.id, plan=letter.plan.to_json()))
    for new in links_of(letters):
        made.links[new.label] = Link(
            blast_id=made.blast.id, slot=new.slot, kind=new.kind, url=new.url, label=new.label
        )
        session.add(made.links[new.label])
    session.flush()


@pytest.fixture
def blast_id(db: Database, organisation: Organisation) -> int:
    """A letter with a report and a button: 5 delivered and one bounced; 3 and a scanner signed
    on, the bounced one among them; one read the report."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        made.blast.variants[0].body = BODY
        freeze(made)
        letters = [made.letter() for _ in range(5)]
        for letter in (*letters[:2], made.letter("bounced")):
            made.clicked(letter, link="Sign")
            made.clicked(letter, link="Sign")
        made.clicked(letters[2], "machine", link="Sign", evidence="hidden_link")
        made.clicked(letters[2], "machine", link="hidden link", evidence="hidden_link")
        made.clicked(letters[0], link="the report")
    rollup.advance(db)
    return made.blast.id


@pytest.fixture
def split_id(db: Database, organisation: Organisation) -> int:
    """Two variants that share the button: of A's 3 people one read the report, of B's 2 one read
    the timetable and both pressed."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        first, second = made.second_variant()
        first.body = BODY
        second.body = "Read [the timetable](https://read.example/timetable).\n\n[[Sign]]"
        freeze(made)
        of_a = [made.letter(variant=first) for _ in range(3)]
        of_b = [made.letter(variant=second) for _ in range(2)]
        made.clicked(of_a[0], link="the report")
        made.clicked(of_b[0], link="the timetable")
        for letter in of_b:
            made.clicked(letter, link="Sign")
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


def marks(letter: str) -> dict[str, str]:
    """What stands beside each link of the marked letter, by its words."""
    found = re.findall(r"<a [^>]*data-heat=[^>]*>(.*?)<span data-share>(.+?)<", letter, re.DOTALL)
    return {words(said): share for said, share in found}


def test_the_letter_of_each_variant_is_marked_by_its_own_people(
    console: Browser, split_id: int
) -> None:
    page = console.get(f"/console/reports/{split_id}").text
    assert f'/console/reports/{split_id}?variant=B#letter-links"' in page
    assert "the report Other link" in words(page) and "the timetable Other link" in words(page)
    letter = f"/console/reports/{split_id}/letter"
    assert marks(console.get(letter).text) == {"the report": "1", "Sign": "2"}
    assert marks(console.get(f"{letter}?variant=A").text) == {"the report": "1", "Sign": "0"}
    assert marks(console.get(f"{letter}?variant=B").text) == {"the timetable": "1", "Sign": "2"}
    page = console.get(f"/console/reports/{split_id}?variant=B").text
    assert f'src="{letter}?variant=B"' in page
    said = words(page)
    assert "the report Other link" not in said
    assert "the timetable Other link, https://read.example/timetable 1 1" in said
    assert "of 2 delivered in variant B" in said
    answer = console.get(f"/console/reports/{split_id}?variant=Z")
    assert answer.status_code == 404 and "There are: A, B." in answer.text


def test_a_blast_without_variants_has_none_to_choose(console: Browser, blast_id: int) -> None:
    assert "variant=" not in console.get(f"/console/reports/{blast_id}").text


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
