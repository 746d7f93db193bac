"""The weekly digest by its doors: asked for in the console, ended from the letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Flask
from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.analytics.digest import digest
from outreach.analytics.digest import pictures as digest_pictures
from outreach.analytics.digest.models import DigestPicture, DigestReader
from outreach.core.db import Database
from outreach.services import Services
from tests.web.console.conftest import Browser


def readers(db: Database) -> list[int]:
    with db.reading() as session:
        return list(session.scalars(select(DigestReader.account_id)))


def test_it_is_off_until_somebody_asks_and_whoever_may_read_may_ask(
    enter: Callable[[str], Browser], db: Database
) -> None:
    analyst = enter("analyst")
    page = analyst.get("/console/account/").text
    assert "You don’t get it." in page
    assert "08:00 in UTC" in page
    assert readers(db) == []
    for _ in range(2):
        analyst.post("/console/account/digest", {"wanted": "1"})
    assert len(readers(db)) == 1
    assert "You get it." in analyst.get("/console/account/").text
    analyst.post("/console/account/digest", {"wanted": "0"})
    assert readers(db) == []


def test_the_letters_link_ends_it_by_a_press_and_not_by_a_look(
    app: Flask, services: Services, enter: Callable[[str], Browser], db: Database
) -> None:
    enter("analyst").post("/console/account/digest", {"wanted": "1"})
    path = f"/digest/{services.tokens.seal(digest.OFF, readers(db)[0])}"
    stranger = app.test_client()
    page = stranger.get(path)
    assert page.status_code == 200
    assert "Send me no more of these" in page.text
    stranger.head(path)
    assert len(readers(db)) == 1
    for _ in range(2):
        assert "No more digests" in stranger.post(path).text
    assert readers(db) == []
    assert "No more digests" in stranger.get(path).text


def test_the_button_of_a_mail_program_ends_it(
    app: Flask, services: Services, enter: Callable[[str], Browser], db: Database
) -> None:
    enter("analyst").post("/console/account/digest", {"wanted": "1"})
    path = f"/digest/{services.tokens.seal(digest.OFF, readers(db)[0])}"
    answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert readers(db) == []


def test_other_tokens_end_nothing(app: Flask, services: Services) -> None:
    stranger = app.test_client()
    for token in (services.tokens.seal("another", 1), "nothing", services.tokens.seal(digest.OFF)):
        assert stranger.get(f"/digest/{token}").status_code == 404
        assert stranger.post(f"/digest/{token}").status_code == 404
        assert stranger.get(f"/digest/pictures/{token}.png").status_code == 404
    nobody = services.tokens.seal(digest.OFF, 4711)
    assert stranger.post(f"/digest/{nobody}").status_code in (200, 404)


def test_pictures_are_shown_to_who_has_the_letter(
    app: Flask, services: Services, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = DigestPicture(
            organisation_id=organisation.id, week=date(2026, 4, 13), name="growth", png=b"\x89PNG"
        )
        session.add(made)
        session.flush()
        number = made.id
    stranger = app.test_client()
    seal = services.tokens.seal
    answer = stranger.get(f"/digest/pictures/{seal(digest_pictures.SEAL, number)}.png")
    assert (answer.mimetype, answer.data) == ("image/png", b"\x89PNG")
    gone = stranger.get(f"/digest/pictures/{seal(digest_pictures.SEAL, number + 1)}.png")
    assert gone.status_code == 404
