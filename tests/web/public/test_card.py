"""The picture beside a shared link."""

from __future__ import annotations

import html
import re

import pytest

from outreach.petitions import translations
from outreach.petitions.models import Petition
from outreach.web.public.card import lines_of
from tests.petitions.test_translations import SPANISH
from tests.web.public.conftest import BASE, Public
from tests.web.public.visits import everything


def address(page: str) -> str:
    found = re.search(r'property="og:image" content="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1]).removeprefix(BASE)


def test_the_page_names_a_picture_that_is_there(public: Public) -> None:
    pytest.importorskip("vl_convert", reason="left out: pictures need the extra")
    page = public.browser.get(public.path).text
    before = everything(public)
    answer = public.browser.get(address(page))
    assert answer.status_code == 200 and answer.mimetype == "image/png"
    assert answer.data[:8] == b"\x89PNG\r\n\x1a\n"
    size = int.from_bytes(answer.data[16:20], "big"), int.from_bytes(answer.data[20:24], "big")
    assert size == (1200, 630)
    assert "public" in answer.headers["Cache-Control"] and everything(public) == before


def test_its_address_changes_with_its_words_and_its_language(public: Public) -> None:
    pytest.importorskip("vl_convert", reason="left out: pictures need the extra")
    first = address(public.browser.get(public.path).text)
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        translations.save(session, petition, "es", SPANISH, by="mara")
    spanish = address(public.browser.get(f"{public.path}?lang=es").text)
    with public.db.transaction() as session:
        session.get_one(Petition, public.petition.id).headline = "Keep <them> & more"
    again = address(public.browser.get(f"{public.path}?lang=en").text)
    assert len({first, spanish, again}) == 3 and "lang=es" in spanish
    assert public.browser.get(again).data[:4] == b"\x89PNG"


def test_a_draft_has_no_picture(public: Public) -> None:
    assert public.browser.get("/petitions/no-such/card.png").status_code == 404


def test_words_are_broken_into_lines_and_long_ones_cut() -> None:
    assert lines_of("Keep the night buses", 76) == ["Keep the night buses"]
    assert len(lines_of("Keep every night bus that runs today and on Sundays, too", 76)) == 3
    assert all(len(line) <= 18 for line in lines_of("守" * 60, 76))
    assert "".join(lines_of("x" * 200, 76)) == "x" * 200
