"""What a signer may do with their own name, and that only a press does it."""

from __future__ import annotations

from sqlalchemy import select

from outreach.accounts.models import AuditEntry
from outreach.petitions import instalments, queries, tally, translations
from outreach.petitions.models import Petition, Signature
from tests.petitions.test_translations import SPANISH
from tests.web.public.conftest import Public
from tests.web.public.test_thanks import thanked


def standing(public: Public) -> tuple[Signature, int]:
    with public.db.reading() as session:
        signature = session.scalars(select(Signature).order_by(Signature.id)).first()
        assert signature is not None
        assert tally.count(session, public.petition.id) == tally.recount(
            session, public.petition.id
        )
        return signature, tally.count(session, public.petition.id)


def translate(public: Public) -> None:
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        translations.save(session, petition, "es", SPANISH, by="mara")


def press(public: Public, s: str, do: str) -> str:
    answer = public.browser.post(f"{public.path}/name", data={"s": s, "do": do})
    assert answer.status_code == 303
    return public.browser.get(answer.headers["Location"]).text


def test_a_signer_hides_the_name_and_shows_it_again(public: Public) -> None:
    thanks = thanked(public)
    s = thanks.partition("?s=")[2]
    assert f"{public.path}/name?s={s}" in public.browser.get(thanks).text
    assert "Jane R." in public.browser.get(public.path).text
    assert "Show my name" in press(public, s, "hide")
    assert standing(public)[0].is_hidden and standing(public)[1] == 1
    with public.db.reading() as session:
        petition = session.get_one(Petition, public.petition.id)
        assert [one.name for one in queries.recent_signers(session, petition)] == ["Someone"]
    assert "Hide my name" in press(public, s, "show")
    assert not standing(public)[0].is_hidden


def test_a_signer_takes_the_name_off_once_and_for_good(public: Public) -> None:
    thanks = thanked(public)
    s = thanks.partition("?s=")[2]
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        instalments.make(session, petition, target="the Transport Board", by="mara")
    page = press(public, s, "off")
    assert "Your name is off" in page and "It was delivered already" in page
    assert standing(public)[1] == 0
    assert press(public, s, "off") == page
    assert "Your name is off" in press(public, s, "show")
    assert standing(public)[0].state == "invalidated"
    assert public.browser.get(thanks).status_code == 404
    with public.db.transaction() as session:
        log = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert log is not None and (log.actor, log.action) == ("the signer", "signature.invalidate")
        petition = session.get_one(Petition, public.petition.id)
        made = instalments.make(session, petition, target="the Transport Board", by="mara")
        assert len(list(instalments.taken_off_since(session, made))) == 1


def test_scanners_and_strangers_change_nothing(public: Public) -> None:
    s = thanked(public).partition("?s=")[2]
    for method in ("get", "head"):
        for do in ("hide", "off"):
            getattr(public.browser, method)(f"{public.path}/name?s={s}&do={do}")
    assert standing(public)[0].state == "verified" and not standing(public)[0].is_hidden
    for wrong in ("", "x", s[:-2], public.tokens.seal("share", 1)):
        answer = public.browser.post(f"{public.path}/name", data={"s": wrong, "do": "off"})
        assert answer.status_code == 404
    assert public.browser.post(f"{public.path}/name", data={"s": s, "do": "x"}).status_code == 404
    assert standing(public)[1] == 1


def test_a_name_that_the_campaigner_took_off_has_no_such_page(public: Public) -> None:
    s = thanked(public).partition("?s=")[2]
    with public.db.transaction() as session:
        signature = session.scalars(select(Signature)).one()
        signature.state, signature.reason = "invalidated", "Made up"
    assert public.browser.get(f"{public.path}/name?s={s}").status_code == 404


def test_the_petition_for_paper_has_whole_addresses_and_no_form(public: Public) -> None:
    assert f"{public.path}/print" in public.browser.get(public.path).text
    page = public.browser.get(f"{public.path}/print").text
    assert "https://auditor.example/late" in page and "Keep every night bus" in page
    assert "<form" not in page and public.path in page


def test_the_language_of_the_person_goes_before_that_of_the_browser(public: Public) -> None:
    from_a_letter = public.recognise(public.letter_to(public.supporter(language="es")))
    asked = {"Accept-Language": "en"}

    def language(query: str, headers: dict[str, str]) -> str:
        page = public.browser.get(f"{public.path}?{query}", headers=headers).text
        return page.partition('<html lang="')[2][:2]

    translate(public)
    assert language(f"letter={from_a_letter}", asked) == "es"
    assert language(f"letter={from_a_letter}&lang=en", asked) == "en"
    assert language("", asked) == "en"
    assert language("", {"Accept-Language": "es"}) == "es"
    plain = public.recognise(public.letter_to(public.supporter("Ann Lee")))
    assert language(f"letter={plain}", {"Accept-Language": "es"}) == "es"
