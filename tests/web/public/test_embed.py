"""The form inside other sites' pages, and the petition for their programs."""

from __future__ import annotations

import pytest

from outreach.petitions import page_settings
from outreach.petitions.models import Petition
from outreach.petitions.page_settings import PageSettings
from tests.web.public.conftest import Public
from tests.web.public.visits import everything, hidden, signatures

FRIEND = "https://friends.example"
SIGNER = {"name": "Bea Lund", "email": "bea@example.org"}


@pytest.fixture
def friendly(public: Public) -> Public:
    """The petition lets one other site show its form."""
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        page_settings.set_page(session, petition, PageSettings(embed_origins=(FRIEND,)), by="mara")
    return public


def ancestors(policy: str) -> str:
    return next(part for part in policy.split("; ") if part.startswith("frame-ancestors"))


def test_only_the_embed_is_framed_and_only_by_named_origins(friendly: Public) -> None:
    embed = friendly.browser.get(f"/embed{friendly.path}")
    page = friendly.browser.get(friendly.path)
    assert ancestors(embed.headers["Content-Security-Policy"]) == f"frame-ancestors 'self' {FRIEND}"
    assert ancestors(page.headers["Content-Security-Policy"]) == "frame-ancestors 'self'"
    assert "<script" not in embed.text and 'name="email"' in embed.text


def test_nobody_is_recognised_in_a_frame(friendly: Public) -> None:
    letter = friendly.recognise(friendly.letter_to(friendly.supporter()))
    page = friendly.browser.get(f"/embed{friendly.path}", query_string={"letter": letter}).text
    assert "Jane" not in page
    data = {**hidden(page), "letter": letter}
    assert friendly.browser.post(f"/embed{friendly.path}/sign", data=data).status_code == 400
    assert signatures(friendly) == []


def test_one_signs_in_the_frame_and_is_answered_there(friendly: Public) -> None:
    page = friendly.browser.get(f"/embed{friendly.path}").text
    wrong = friendly.browser.post(f"/embed{friendly.path}/sign", data={**hidden(page), "name": "B"})
    assert wrong.status_code == 400 and "Enter an email address" in wrong.text
    assert FRIEND in ancestors(wrong.headers["Content-Security-Policy"])
    answer = friendly.browser.post(f"/embed{friendly.path}/sign", data={**hidden(page), **SIGNER})
    assert answer.status_code == 303 and answer.location.startswith(f"/embed{friendly.path}/check")
    told = friendly.browser.get(answer.location)
    assert "b•••@example.org" in told.text and "<script" not in told.text
    assert FRIEND in ancestors(told.headers["Content-Security-Policy"])
    assert [one.state for one in signatures(friendly)] == ["pending"]


@pytest.mark.parametrize("origin", [FRIEND, "https://others.example", None])
def test_programs_of_named_origins_read_it(friendly: Public, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    before = everything(friendly)
    answer = friendly.browser.get(f"/api{friendly.path}", headers=headers)
    assert answer.json is not None and answer.json["signatures"] == 0
    assert "[^" not in answer.json["statement"]
    allowed = answer.headers.get("Access-Control-Allow-Origin")
    assert allowed == (FRIEND if origin == FRIEND else None)
    assert "Origin" in answer.headers["Vary"]
    preflight = friendly.browser.options(f"/api{friendly.path}/signatures", headers=headers)
    assert preflight.status_code == 204
    assert ("Access-Control-Allow-Methods" in preflight.headers) is (origin == FRIEND)
    assert everything(friendly) == before


def test_programs_of_named_origins_sign_and_no_others(friendly: Public) -> None:
    where = f"/api{friendly.path}/signatures"
    wording = friendly.browser.get(f"/api{friendly.path}").json["wording"]  # type: ignore[index]
    sent = {**SIGNER, "wording": wording, "partners": ["Lantern Project"], "country": "US"}
    for origin in ("https://others.example", "null", ""):
        refused = friendly.browser.post(where, json=sent, headers={"Origin": origin})
        assert refused.status_code == 403
    friend = {"Origin": FRIEND}
    assert friendly.browser.post(where, data=b"[", headers=friend).status_code == 400
    wrong = friendly.browser.post(where, json={"name": "Bea"}, headers=friend)
    assert wrong.status_code == 400 and wrong.json is not None
    assert [one["field"] for one in wrong.json["error"]["fields"]] == ["email"]
    assert wrong.headers["Access-Control-Allow-Origin"] == FRIEND
    assert signatures(friendly) == []
    answer = friendly.browser.post(where, json=sent, headers=friend)
    assert (answer.status_code, answer.json) == (202, {"state": "pending"})
    [signature] = signatures(friendly)
    assert (signature.state, signature.partners) == ("pending", ["Lantern Project"])


def test_a_draft_is_nowhere(friendly: Public) -> None:
    for path in ("/embed/petitions/no-such", "/api/petitions/no-such"):
        assert friendly.browser.get(path).status_code == 404
