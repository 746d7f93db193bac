"""Signing in and out, what the cookie is, and what stops guessing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from outreach.app import create_app
from outreach.services import Services

EMAIL = "owner@harbourlights.example"


def _cookie(answer: Any) -> str:
    return next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("outreach_sign_in"))


def test_signing_in_leads_to_the_page_that_was_asked_for(
    app: Flask, enter: Callable[[str], Any], password: str
) -> None:
    browser = enter("owner")
    browser.post("/console/sign-out")
    asked = browser.get("/console/segments/new?x=1")
    assert asked.status_code == 302
    form = browser.get(asked.location)
    assert "/console/segments/new?x=1" in form.text
    answer = browser.post(
        "/console/sign-in",
        {"email": EMAIL, "password": password, "next": "/console/segments/new?x=1"},
    )
    assert answer.location == "/console/segments/new?x=1"
    assert browser.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/console",
        "//[",
        "/console\\@evil.example",
        "/console\r\nX-Mine: yes",
        "x",
    ],
)
def test_signing_in_never_leads_elsewhere(
    enter: Callable[[str], Any], password: str, elsewhere: str
) -> None:
    browser = enter("owner")
    answer = browser.post(
        "/console/sign-in", {"email": EMAIL, "password": password, "next": elsewhere}
    )
    assert answer.location == "/console/"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    enter: Callable[[str], Any], password: str
) -> None:
    browser = enter("owner")
    kept = _cookie(browser.post("/console/sign-in", {"email": EMAIL, "password": password}))
    assert "HttpOnly" in kept and "SameSite=Lax" in kept and "Path=/console" in kept
    assert "Secure" not in kept


def test_over_https_the_cookie_is_secure(
    services: Services, enter: Callable[[str], Any], password: str
) -> None:
    enter("owner")
    app = create_app(dataclasses.replace(services, base_url="https://act.example"))
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    answer = client.post("/console/sign-in", data={"email": EMAIL, "password": password})
    assert "Secure" in _cookie(answer)


def test_a_wrong_password_keeps_what_was_typed_but_not_the_password(
    enter: Callable[[str], Any],
) -> None:
    browser = enter("owner")
    browser.post("/console/sign-out")
    answer = browser.post("/console/sign-in", {"email": EMAIL, "password": "a wrong one indeed"})
    assert answer.status_code == 400
    assert "do not belong together" in answer.text
    assert EMAIL in answer.text
    assert "a wrong one indeed" not in answer.text
    assert browser.get("/console/").status_code == 302


def test_signing_out_ends_the_session_on_the_server(
    app: Flask, enter: Callable[[str], Any]
) -> None:
    browser = enter("owner")
    cookie = browser.client.get_cookie("outreach_sign_in", path="/console")
    assert cookie is not None
    browser.post("/console/sign-out")
    thief = app.test_client()
    thief.set_cookie("outreach_sign_in", cookie.value, path="/console")
    assert thief.get("/console/").status_code == 302


def test_guessing_is_stopped(app: Flask, enter: Callable[[str], Any], password: str) -> None:
    browser = enter("owner")
    for _ in range(9):
        assert (
            browser.post("/console/sign-in", {"email": EMAIL, "password": "x"}).status_code == 400
        )
    stopped = browser.post("/console/sign-in", {"email": EMAIL, "password": password})
    assert stopped.status_code == 429
    assert "Too many attempts" in stopped.text


def test_a_form_from_elsewhere_is_refused(enter: Callable[[str], Any]) -> None:
    browser = enter("owner")
    answer = browser.client.post("/console/sign-out")
    assert answer.status_code == 400
    assert browser.get("/console/").status_code == 200


def test_another_browser_can_be_signed_out_from_the_account(
    app: Flask, enter: Callable[[str], Any], password: str
) -> None:
    browser = enter("owner")
    other = type(browser)(app.test_client())
    other.post("/console/sign-in", {"email": EMAIL, "password": password})
    page = browser.get("/console/account/").text
    assert page.count("Sign out there") == 1
    path = page.split('/revoke"')[0].rpartition('action="')[2] + "/revoke"
    browser.post(path)
    assert other.get("/console/").status_code == 302
    assert browser.get("/console/").status_code == 200


def test_changing_the_password_asks_for_the_old_one(
    enter: Callable[[str], Any], password: str
) -> None:
    browser = enter("owner")
    new = "another lamp beside it"
    wrong = browser.post(
        "/console/account/password", {"old": "not it at all", "new": new, "again": new}
    )
    assert wrong.status_code == 400 and 'aria-invalid="true"' in wrong.text
    typo = browser.post("/console/account/password", {"old": password, "new": new, "again": "x"})
    assert typo.status_code == 400
    changed = browser.post("/console/account/password", {"old": password, "new": new, "again": new})
    assert changed.status_code == 302
    assert browser.get("/console/").status_code == 200
