"""A petition that many come to at once: each sees their own page, and every press counts once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.consent.models import ConsentEntry
from outreach.mail.models import Delivery
from outreach.petitions import tally
from outreach.petitions.models import Petition, Signature, Tally
from outreach.supporters.models import Supporter
from outreach.tracking.models import Event
from outreach.web.public.desk import Desk
from tests.waiting_letters import waiting_letters
from tests.web.public.conftest import Public

PEOPLE = 64


def app_of(public: Public) -> Flask:
    app: Flask = public.browser.application
    return app


@pytest.fixture
def kept(public: Public) -> Public:
    """The same, where a page is kept for a minute."""
    app = app_of(public)
    app.extensions["outreach_desk"] = Desk(replace(app.extensions["outreach"], pages_keep_s=60))
    return public


def test_of_64_who_press_twice_at_once_none_is_lost_and_none_counts_double(public: Public) -> None:
    tokens = [
        public.recognise(public.letter_to(public.supporter(f"P{i} Rivera"))) for i in range(PEOPLE)
    ]

    def press(token: str) -> int:
        form = {"letter": token, "partner": "Lantern Project"}
        return app_of(public).test_client().post(f"{public.path}/sign", data=form).status_code

    with ThreadPoolExecutor(64) as threads:
        assert set(threads.map(press, tokens + tokens)) == {303}
    with public.db.transaction() as session:
        tally.advance(session)
        petition = session.get_one(Petition, public.petition.id)
        everybody = select(func.count()).select_from(Signature).where(Signature.is_new)
        assert session.scalar(everybody) == PEOPLE
        assert tally.count(session, petition.id) == tally.recount(session, petition.id) == PEOPLE
        for kind, column in (("thanks", Delivery.kind), ("signed", Event.kind)):
            query = select(func.count()).where(column == kind)
            assert session.scalar(query) == PEOPLE, kind
        agreed = select(func.count()).where(ConsentEntry.purpose == "email")
        assert session.scalar(agreed) == PEOPLE
        # Nothing of the petition or its tally is written by a signature.
        assert session.get_one(Tally, petition.id).signatures == 0


def test_a_kept_page_shows_each_their_own_name_and_nobody_elses(kept: Public) -> None:
    people = [kept.supporter("Jane Rivera"), kept.supporter("Tomas <b>Bold</b>")]
    people += [kept.supporter("Ann")]
    tokens = [kept.recognise(kept.letter_to(person)) for person in people]
    pages = [kept.browser.get(kept.path, query_string={"letter": token}).text for token in tokens]
    for page, person, token in zip(pages, people, tokens, strict=True):
        assert f"Welcome back, {person.first_name}" in page
        assert f'name="letter" value="{token}"' in page
        for other in people:
            assert person is other or other.first_name not in page
        for other_token in tokens:
            assert token == other_token or other_token not in page
        assert not re.search(r"zq[0-9a-f]{8}s", page)
    assert "&lt;b" not in pages[0]
    assert "<b>Bold" not in pages[1]
    stranger = kept.browser.get(kept.path).text
    assert "Welcome back" not in stranger
    assert 'name="letter"' not in stranger


def test_a_kept_page_of_one_place_is_not_that_of_another(kept: Public) -> None:
    desk: Desk = app_of(kept).extensions["outreach_desk"]
    made = []
    for i, country in enumerate(["US", "US", "DE"]):
        letter = kept.letter_to(kept.supporter(f"P{i} Q", country=country))
        kept.browser.get(kept.path, query_string={"letter": kept.recognise(letter)})
        made.append(len(desk._pages._found))
    assert made == [1, 1, 2]


def test_who_signed_sees_it_at_once(kept: Public) -> None:
    token = kept.recognise(kept.letter_to(kept.supporter()))
    query = {"letter": token}
    assert "Sign the petition" in kept.browser.get(kept.path, query_string=query).text
    kept.browser.post(f"{kept.path}/sign", data=query)
    assert "You have signed, Jane" in kept.browser.get(kept.path, query_string=query).text


def test_a_name_with_markup_is_text_in_a_page_and_in_the_letter_that_thanks(kept: Public) -> None:
    person = kept.supporter("<i>Eve</i> O'Hara")
    token = kept.recognise(kept.letter_to(person))
    page = kept.browser.get(kept.path, query_string={"letter": token}).text
    assert "Welcome back, &lt;i&gt;Eve&lt;/i&gt;" in page
    kept.browser.post(f"{kept.path}/sign", data={"letter": token})
    with kept.db.reading() as session:
        [letter] = waiting_letters(session)
        assert "Thank you, &lt;i&gt;Eve&lt;/i&gt;." in letter.html
        assert "Thank you, <i>Eve</i>." in letter.text
        assert session.get_one(Supporter, person.id).first_name == "<i>Eve</i>"
