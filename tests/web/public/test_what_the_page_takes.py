"""Languages, comments, consent by country, evidence and limits of a petition's page."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from outreach.core.clock import now
from outreach.petitions import comments, operations, page_settings, translations
from outreach.petitions.models import Petition
from outreach.petitions.page_settings import PageSettings
from tests.petitions.test_translations import SPANISH
from tests.waiting_letters import waiting_letters
from tests.web.public.conftest import Public
from tests.web.public.visits import confirm, everything, hidden, signatures, typed_in

SIGNER = {"name": "Bea Lund", "email": "bea@example.org"}


def set_page(public: Public, settings: PageSettings) -> None:
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        page_settings.set_page(session, petition, settings, by="mara")


@pytest.fixture
def spanish(public: Public) -> Public:
    """The petition speaks Spanish, too."""
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        given = replace(SPANISH, thanks="La junta decide el 5 de mayo.")
        translations.save(session, petition, "es", given, by="mara")
    return public


@pytest.mark.parametrize(
    ("asked", "query", "language"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "", "es"),
        ("de,en;q=0.5", "", "en"),
        ("en", "?lang=es", "es"),
        ("es", "?lang=en", "en"),
        ("es", "?lang=%00", "es"),
        ("", "", "en"),
    ],
)
def test_the_page_answers_in_the_reader_s_language(
    spanish: Public, asked: str, query: str, language: str
) -> None:
    page = spanish.browser.get(spanish.path + query, headers={"Accept-Language": asked}).text
    assert f'<html lang="{language}" dir="ltr">' in page
    assert ("Firmar la petición" in page) is (language == "es")
    assert (SPANISH.headline in page) is (language == "es")
    other = {"es": "en", "en": "es"}[language]
    assert f'hreflang="{other}">{ {"en": "English", "es": "Español"}[other] }</a>' in page


def test_one_signs_what_one_reads_in_the_language_of_the_page(spanish: Public) -> None:
    page = spanish.browser.get(f"{spanish.path}?lang=es").text
    answer = spanish.browser.post(f"{spanish.path}/sign", data={**hidden(page), **SIGNER})
    assert "Mire su correo" in spanish.browser.get(answer.location).text
    [signature] = signatures(spanish)
    assert signature.language == "es" and signature.translation_id is not None
    answer = confirm(spanish, signature)
    thanks = spanish.browser.get(answer.location).text
    assert "Gracias, Bea." in thanks and "La junta decide" in thanks
    assert "Que sigan todos." in thanks


def test_letters_to_a_signer_speak_the_language_that_was_signed(spanish: Public) -> None:
    page = spanish.browser.get(f"{spanish.path}?lang=es").text
    spanish.browser.post(f"{spanish.path}/sign", data={**hidden(page), **SIGNER})
    typed_in(spanish, "ann@example.org")
    for signature in signatures(spanish):
        confirm(spanish, signature)
    with spanish.db.reading() as session:
        asked, also_asked, thanked, also_thanked = waiting_letters(session)
    assert asked.subject == f"Confirme su firma: {SPANISH.headline}"
    assert thanked.subject == f"Ha firmado: {SPANISH.headline}"
    assert "Que sigan todos." in thanked.text and "Keep every" not in thanked.text
    assert also_asked.subject.startswith("Confirm your signature:")
    assert "Keep every night bus that runs today." in also_thanked.text


def test_a_fault_is_said_in_the_language_of_the_form(spanish: Public) -> None:
    page = spanish.browser.get(f"{spanish.path}?lang=es").text
    answer = spanish.browser.post(f"{spanish.path}/sign", data=hidden(page))
    assert answer.status_code == 400 and "Escriba su nombre." in answer.text


def test_arabic_is_written_from_the_right(public: Public) -> None:
    page = public.browser.get("/", headers={"Accept-Language": "ar"}).text
    assert '<html lang="ar" dir="rtl">' in page and "العرائض" in page


def test_comments_are_text_and_can_be_reported(public: Public) -> None:
    set_page(public, PageSettings(comments="at_once"))
    signature = typed_in(public, comment="<script>alert(1)</script>\nI ride line 4.")
    assert "line 4.</p>" not in public.browser.get(public.path).text
    confirm(public, signature)
    page = public.browser.get(public.path).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page
    assert "Bea L.</bdi>" in page and "Lund" not in page
    [where] = set(re.findall(r'href="(/petitions/[^"]+/comments/\d+)"', page))
    before = everything(public)
    assert "What is wrong with it?" in public.browser.get(where).text
    assert everything(public) == before
    for _ in range(comments.DOUBT_FROM):
        answer = public.browser.post(where, data={"reason": "rude"})
        assert answer.status_code == 303
    assert "it is reported" in public.browser.get(answer.location).text
    assert "I ride line 4." not in public.browser.get(public.path).text
    assert public.browser.get(where).status_code == 404


def test_a_hidden_name_is_shown_to_nobody(public: Public) -> None:
    set_page(public, PageSettings(comments="at_once"))
    confirm(public, typed_in(public, comment="For my mother.", hidden="yes"))
    page = public.browser.get(public.path).text
    assert "For my mother." in page and "Bea" not in page and "Someone" in page


def test_a_country_that_needs_it_gets_an_empty_box(public: Public) -> None:
    page = public.browser.get(public.path).text
    assert 'name="updates"' in page and "By signing you agree" in page
    assert not re.search(r'name="updates"[^>]*checked', page)
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        partner = {"Lantern Project": "Four letters a year."}
        page_settings.set_page(session, petition, PageSettings(partner_words=partner), by="mara")
    german = public.supporter("Uta Hahn", country="DE")
    letter = {"letter": public.recognise(public.letter_to(german))}
    page = public.browser.get(public.path, query_string=letter).text
    assert 'name="updates"' in page and "By signing you agree" not in page
    assert "Four letters a year." in page
    public.browser.post(f"{public.path}/sign", data=hidden(page))
    [signature] = signatures(public)
    assert (signature.country, signature.updates) == ("DE", False)


def test_what_a_form_tells_is_evidence_and_no_wall(public: Public) -> None:
    page = public.browser.get(public.path).text
    data = {**hidden(page), **SIGNER, "website": "http://x.example"}
    assert public.browser.post(f"{public.path}/sign", data=data).status_code == 303
    [signature] = signatures(public)
    names = {doubt["name"] for doubt in signature.doubts}
    assert {"filled_trap", "hasty"} <= names
    an_hour_ago = public.tokens.seal("shown", int(now().timestamp()) - 3600)
    later = {**data, "email": "cy@example.org", "website": "", "shown": an_hour_ago}
    public.browser.post(f"{public.path}/sign", data=later)
    assert not {"filled_trap", "hasty"} & {d["name"] for d in signatures(public)[-1].doubts}


def test_one_mailbox_is_not_pestered(public: Public) -> None:
    for i in range(6):
        data = {**SIGNER, "email": f"bea+{i}@example.org"}
        assert public.browser.post(f"{public.path}/sign", data=data).status_code == 303
    answer = public.browser.post(f"{public.path}/sign", data={**SIGNER, "email": "BEA@example.org"})
    assert answer.status_code == 429 and "Nothing was stored." in answer.text
    assert 'value="Bea Lund"' in answer.text  # what was typed stays
    assert len(signatures(public)) == 1


def test_one_visitor_signs_for_so_many_and_a_letter_s_reader_always(public: Public) -> None:
    for i in range(30):
        typed_in(public, f"p{i}@example.org")
    data = {**SIGNER, "email": "more@example.org"}
    assert public.browser.post(f"{public.path}/sign", data=data).status_code == 429
    letter = {"letter": public.recognise(public.letter_to(public.supporter()))}
    assert public.browser.post(f"{public.path}/sign", data=letter).status_code == 303


def test_an_ended_petition_says_what_has_become_of_it(public: Public) -> None:
    set_page(public, PageSettings(state_text="The board <kept> the buses."))
    confirm(public, typed_in(public))
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        operations.close(session, petition)
        operations.archive(session, petition)
    page = html.unescape(public.browser.get(public.path).text)
    assert "with 1 signature." in page and "The board <kept> the buses." in page
    assert "kept in the archive since" in page and 'content="noindex"' in page
    assert public.path not in public.browser.get("/").text


def test_an_open_letter_is_addressed_inside(public: Public) -> None:
    set_page(public, PageSettings(is_letter=True))
    page = public.browser.get(public.path).text
    letter = page[page.index('<section class="letter"') :]
    assert "Open letter, open since" in page and "Sign the letter" in page
    assert letter.index("To:") < letter.index("Keep every night bus") < letter.index("From:")
