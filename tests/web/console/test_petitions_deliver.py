"""The screen that delivers a petition's signatures, and the command that does the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select

import config
from outreach.cli.context import Context
from outreach.cli.petitions import petitions
from outreach.core.db import Database
from outreach.petitions import signing
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter


def _sign(db: Database, petition: Petition) -> None:
    with db.transaction() as session:
        person = session.scalars(select(Supporter).order_by(Supporter.id)).first()
        assert person is not None
        signing.sign_recognised(session, session.get_one(Petition, petition.id), person)


def test_a_press_makes_an_instalment_whose_files_can_be_taken(
    console: Any, db: Database, petition: Petition
) -> None:
    path = f"/console/petitions/{petition.slug}/delivery/"
    assert "Nothing waits for the next instalment." in console.get(path).text
    _sign(db, petition)
    page = console.get(path).text
    assert "Make instalment 1 with 1 signature" in page
    target = re.findall(r'name="target" value="([^"]*)"', page)[0]
    answer = console.post(path, {"target": target})
    assert answer.status_code == 302
    page = console.get(path).text
    assert "1 delivered, 0 waiting" in page
    files = re.findall(r'href="(/console/petitions/[^"]+\.(?:csv|pdf)[^"]*)"', page)
    csv, pdf = (console.get(file.replace("&amp;", "&")) for file in files)
    assert csv.text.splitlines()[0].startswith("number,name,postal_code,signed_at")
    assert "@" not in csv.text
    assert pdf.data.startswith(b"%PDF-")
    again = console.post(path, {"target": target})
    assert "Nothing to deliver" in again.text
    assert console.get(f"{path}999.csv").status_code == 404


def test_the_command_writes_the_same_files_and_again_after_it_was_stopped(
    db: Database, petition: Petition, tmp_path: Path
) -> None:
    _sign(db, petition)
    url = db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path))

    def typed(*words: str) -> str:
        result = CliRunner().invoke(petitions, ["deliver", petition.slug, *words], obj=context)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    assert "instalment 1: 1 signature" in typed("--folder", str(first))
    assert "Nothing to deliver" in typed("--folder", str(second))
    typed("--folder", str(second), "--again", "1")
    for folder in (first, second):
        assert sorted(path.suffix for path in folder.iterdir()) == [".csv", ".pdf"]
    one, other = (next(folder.glob("*.csv")).read_bytes() for folder in (first, second))
    assert one == other
    assert "1 delivered, 0 waiting" in typed("--list")
    context.close()


def test_the_screen_of_referrals_shows_sharers_and_a_tree(
    console: Any, db: Database, petition: Petition
) -> None:
    path = f"/console/petitions/{petition.slug}/referrals/"
    assert "Nobody has signed through a share yet." in console.get(path).text
    with db.transaction() as session:
        stored = session.get_one(Petition, petition.id)
        first, second = session.scalars(select(Supporter).order_by(Supporter.id).limit(2)).all()
        shared = signing.sign_recognised(session, stored, first)
        second.first_name = "<b>Ben</b>"
        credit = signing.Credit(shared_by_id=shared.id)
        signing.sign_recognised(session, stored, second, credit=credit)
    page = console.get(path).text
    assert "1 signature that counts came through share links, over 1 generation." in page
    assert "&lt;b&gt;Ben&lt;/b&gt;" in page
    assert "<b>Ben</b>" not in page
    assert console.get(f"{path}?of=999999").status_code == 404
