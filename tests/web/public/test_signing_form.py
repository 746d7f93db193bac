"""Signing without a known link: the form, its faults, and the confirmation by letter."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from outreach.core.clock import now
from outreach.petitions import signing, tally
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter
from tests.web.public.conftest import BASE, Public
from tests.web.public.visits import (
    everything,
    mangled,
    signatures,
    typed_in,
)


@pytest.mark.parametrize(
    ("typed", "sentences"),
    [
        ({}, ["Enter your name.", "Enter an email address like name@example.org."]),
        (
            {
                "name": "Bea <b>",
                "email": "bea@",
                "postal_code": "01234",
                "partner": "Lantern Project",
            },
            ["Enter an email address like name@example.org."],
        ),
        (
            {"name": "Bea\r\nBcc: x", "email": "bea@example.org"},
            ["Enter your name on one line, without control characters."],
        ),
    ],
)
def test_a_form_with_faults_says_so_at_the_field_and_keeps_what_was_typed(
    public: Public, typed: dict[str, str], sentences: list[str]
) -> None:
    answer = public.browser.post(f"{public.path}/sign", data=typed)
    assert answer.status_code == 400
    page = html.unescape(answer.text)
    assert page.count('role="alert"') == 1
    for sentence in sentences:
        assert page.count(sentence) == 2  # on top, and at the field
    assert page.count('aria-invalid="true"') == len(sentences)
    assert typed.get("email", "") in page and typed.get("postal_code", "") in page
    assert ("checked" in page) == ("partner" in typed)
    assert "<b>" not in re.findall(r"<input[^>]*id=.name.[^>]*>", answer.text)[0]
    assert everything(public)["supporters"] == 0


def test_a_stranger_s_press_for_a_known_address_tells_nothing(public: Public) -> None:
    jane = public.supporter()
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        signing.sign_recognised(session, petition, session.get_one(Supporter, jane.id))
    pages = []
    for email in ("jane@example.org", "nobody@example.org"):
        answer = public.browser.post(
            f"{public.path}/sign", data={"name": "Rude Word", "email": email}
        )
        assert answer.status_code == 303 and "/check-mail?s=" in answer.location
        page = public.browser.get(answer.location.removeprefix(BASE)).text
        pages.append(page.replace("j•••", "•").replace("n•••", "•"))
    assert pages[0] == pages[1] and "Jane" not in pages[0]


def test_confirming_is_a_press_and_twice_does_no_harm(public: Public) -> None:
    signature = typed_in(public)
    url = f"/confirm/{public.tokens.seal('confirm', signature.id)}"
    page = public.browser.get(url)
    assert "Confirm my signature" in page.text and "as Bea L., b•••@example.org" in page.text
    assert signatures(public)[0].state == "pending"
    for _ in range(2):
        answer = public.browser.post(url)
        assert answer.status_code == 303 and "/thanks?s=" in answer.location
    assert signatures(public)[0].grade == "confirmed"
    assert "/thanks?s=" in public.browser.get(url).location
    with public.db.reading() as session:
        assert tally.count(session, public.petition.id) == 1


def test_whoever_confirms_sees_which_partners_it_lets_write(public: Public) -> None:
    signature = typed_in(public, partner="Lantern Project")
    url = f"/confirm/{public.tokens.seal('confirm', signature.id)}"
    assert "boxes were ticked: Lantern Project." in public.browser.get(url).text


def test_mangled_expired_or_foreign_tokens_are_not_found_and_record_nothing(
    public: Public,
) -> None:
    signature = typed_in(public)
    seal = public.tokens.seal
    before = everything(public)
    good = seal("confirm", signature.id)
    old = seal("confirm", signature.id, expires=now() - timedelta(seconds=5))
    for bad in [*mangled(good)[:4], old, seal("thanks", signature.id), seal("confirm", 999)]:
        for act in (public.browser.get, public.browser.post):
            assert act(f"/confirm/{bad}").status_code == 404
    for bad in ["", "x", good, seal("thanks", 999), seal("thanks", signature.id)]:
        assert public.browser.get(f"{public.path}/thanks?s={bad}").status_code == 404
    assert public.browser.get(f"/r/{good}").status_code == 404
    assert everything(public) == before
