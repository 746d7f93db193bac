"""After signing: the own link everywhere, the next ask, and credit over generations."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.petitions import referrals, signing
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter
from tests.petitions.worlds import published
from tests.web.public.conftest import BASE, Public


def thanked(public: Public, name: str = "Jane Rivera") -> str:
    """Where a press of this person leads."""
    token = public.recognise(public.letter_to(public.supporter(name)))
    return public.browser.post(f"{public.path}/sign", data={"letter": token}).headers["Location"]


def test_the_own_link_can_be_passed_on_everywhere_without_a_script(public: Public) -> None:
    url = thanked(public)
    page = unescape(public.browser.get(url).text)
    own = re.search(rf"{BASE}/r/[\w-]+", page)
    assert own is not None
    link = quote(own[0], safe="")
    for start in (
        "mailto:?subject=",
        "sms:?&body=",
        "https://wa.me/?text=",
        "https://www.facebook.com/sharer/sharer.php?u=",
        "https://x.com/intent/post?text=",
        "https://bsky.app/intent/compose?text=",
    ):
        [found] = re.findall(rf'href="({re.escape(start)}[^"]*)"', page)
        assert link in found or quote(own[0]) in found, start
    there = f"{url}&server=Mastodon.Example"
    assert f"https://mastodon.example/share?text={quote('I signed', safe='')}" in unescape(
        public.browser.get(there).text
    )
    for bad in ("javascript:alert(1)", "evil.example/@x", '"><script>', "localhost"):
        path, _, token = url.partition("?s=")
        answer = public.browser.get(path, query_string={"s": token, "server": bad})
        assert "Enter the name of a server" in answer.text
        assert "<script>" not in answer.text
    assert "<svg" in page.partition("QR code of your own link")[2]


def test_thanks_name_another_petition_that_this_person_has_not_signed(public: Public) -> None:
    with public.db.transaction() as session:
        organisation = session.get_one(Organisation, public.organisation.id)
        other = published(session, organisation, headline="Keep <b>line 4</b>")
    url = thanked(public)
    assert "Keep &lt;b&gt;line 4&lt;/b&gt;" in public.browser.get(url).text
    with public.db.transaction() as session:
        person = session.scalars(select(Supporter)).one()
        signing.sign_recognised(session, session.get_one(Petition, other.id), person)
    assert "line 4" not in public.browser.get(url).text


def test_credit_flows_over_generations_and_nobody_is_named(public: Public) -> None:
    first = thanked(public, "Ann Lee")
    above = first
    for name in ("Bea Moss", "Cem Oz", "Dee Pym"):
        share = re.findall(rf"{BASE}/r/([\w-]+)", public.browser.get(above).text)[0]
        token = public.recognise(public.letter_to(public.supporter(name)))
        form = {"letter": token, "share": share}
        above = public.browser.post(f"{public.path}/sign", data=form).headers["Location"]
    page = public.browser.get(first).text
    assert "Your link has brought 3 people" in page
    assert "1 signed through it, and they brought 2 more" in page
    assert page.count("<li>signed ") == 3
    for name in ("Bea", "Cem", "Dee", "Moss"):
        assert name not in page
    with public.db.reading() as session:
        petition = session.get_one(Petition, public.petition.id)
        assert referrals.generations(session, petition) == [(1, 1), (2, 1), (3, 1)]
        found = referrals.most_effective(session, petition)
        assert [(one.name, one.directly, one.further) for one in found.rows] == [
            ("Ann Lee", 1, 2),
            ("Bea Moss", 1, 1),
            ("Cem Oz", 1, 0),
        ]
