"""The screens of a petition’s page, translations and comments, and of taking signatures off."""

from __future__ import annotations

from collections.abc import Callable

from outreach.core.db import Database
from outreach.petitions import page_settings, queries, signing, tally, translations
from outreach.petitions.models import Petition
from outreach.petitions.page_settings import PageSettings
from outreach.petitions.saying import Said
from outreach.supporters.models import Supporter
from tests.web.console.conftest import Browser

SETTINGS = {
    "comments": "at_once",
    "signers": "names",
    "state_text": "",
    "language": "",
    "partner_words": "",
    "embed_origins": "https://friends.example\n",
}
SPANISH = {
    "headline": "Salven el ferry",
    "targets": "la junta\nel alcalde",
    "statement": "Que siga el ferry nocturno todos los días del año.",
    "body": "Llevó a 412 personas.[^1] Va a parar.",
}


def stored(db: Database, petition: Petition) -> Petition:
    with db.reading() as session:
        return session.get_one(Petition, petition.id)


def sign(db: Database, petition: Petition, comment: str) -> None:
    with db.transaction() as session:
        page_settings.set_page(
            session,
            session.get_one(Petition, petition.id),
            PageSettings(comments="read_first"),
            by="mara",
        )
        signing.sign_recognised(
            session,
            session.get_one(Petition, petition.id),
            session.get_one(Supporter, 1),
            said=Said(comment=comment),
        )


def test_the_page_is_set_up(console: Browser, db: Database, petition: Petition) -> None:
    path = f"/console/petitions/{petition.slug}/page"
    wrong = console.post(path, {**SETTINGS, "embed_origins": "http://friends.example/form"})
    assert wrong.status_code == 400 and "is no origin" in wrong.text
    assert console.post(path, SETTINGS).status_code == 302
    found = stored(db, petition)
    assert (found.comments, found.signers) == ("at_once", "names")
    assert found.embed_origins == ["https://friends.example"]
    page = console.get(path).text
    assert "https://friends.example" in page and "&lt;iframe" in page


def test_a_petition_is_translated_and_back(
    console: Browser, db: Database, petition: Petition
) -> None:
    path = f"/console/petitions/{petition.slug}/translations/es"
    begun = console.post(path.removesuffix("/es"), {"language": "es"})
    assert begun.location == path
    assert 'lang="es"' in console.get(path).text
    wrong = console.post(path, {**SPANISH, "body": "Sin notas."})
    assert wrong.status_code == 400 and "It lacks marker [^1]." in wrong.text
    assert console.post(path, SPANISH).status_code == 302
    with db.reading() as session:
        found = session.get_one(Petition, petition.id)
        version = queries.current_version(session, found)
        assert translations.offered(session, found, version) == ["en", "es"]
    page = console.get(f"/console/petitions/{petition.slug}/page").text
    assert "Español" in page
    assert "Salven el ferry" in console.get(path).text
    assert console.post(path, {"do": "remove"}).status_code == 302
    with db.reading() as session:
        found = session.get_one(Petition, petition.id)
        version = queries.current_version(session, found)
        assert translations.offered(session, found, version) == ["en"]


def test_comments_are_read_shown_and_hidden(
    console: Browser, db: Database, petition: Petition
) -> None:
    sign(db, petition, "<i>I work nights.</i>")
    path = f"/console/petitions/{petition.slug}"
    assert "1 to read" in console.get(path).text
    page = console.get(f"{path}/comments").text
    assert "&lt;i&gt;I work nights.&lt;/i&gt;" in page
    for verb, state in (("show", "shown"), ("hide", "hidden")):
        assert console.post(f"{path}/comments/1/{verb}").status_code == 302
        assert "I work nights." in console.get(f"{path}/comments?state={state}").text
    assert "I work nights." not in console.get(f"{path}/comments").text


def test_a_signature_is_taken_off_with_a_reason(
    console: Browser, db: Database, petition: Petition
) -> None:
    sign(db, petition, "")
    path = f"/console/petitions/{petition.slug}/invalidate"
    without = console.post(path, {"email": "ana@example.org", "reason": ""})
    assert without.status_code == 400 and "Enter why" in without.text
    nobody = console.post(path, {"email": "no@example.org", "reason": "x"})
    assert nobody.status_code == 400 and "Nobody with this address" in nobody.text
    assert console.post(path, {"email": "ana@example.org", "reason": "not hers"}).status_code == 302
    with db.reading() as session:
        assert tally.count(session, petition.id) == 0 == tally.recount(session, petition.id)


def test_who_only_reads_changes_nothing(
    enter: Callable[[str], Browser], db: Database, petition: Petition
) -> None:
    sign(db, petition, "Hello.")
    analyst, path = enter("analyst"), f"/console/petitions/{petition.slug}"
    assert analyst.get(f"{path}/comments").status_code == 200
    for where in ("page", "invalidate", "translations/es", "comments/1/show"):
        assert analyst.post(f"{path}/{where}", SETTINGS).status_code == 403


def test_a_closed_petition_is_archived(console: Browser, db: Database, petition: Petition) -> None:
    path = f"/console/petitions/{petition.slug}"
    assert console.post(f"{path}/archive").status_code == 409
    console.post(f"{path}/close")
    assert ">Archive</button>" in console.get(path).text
    assert console.post(f"{path}/archive").status_code == 302
    assert stored(db, petition).state == "archived"
    console.post(f"{path}/publish")
    assert stored(db, petition).state == "published" and stored(db, petition).archived_at is None
