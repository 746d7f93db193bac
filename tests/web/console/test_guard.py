"""Closed by default: every view of the console says who may see it, and is held to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from outreach.accounts.roles import ALLOWED
from outreach.web import auth
from outreach.web.auth import EVERYONE, needs

PERMISSIONS = frozenset().union(*ALLOWED.values())


def _rules(app: Flask) -> list[tuple[str, str]]:
    return [
        (rule.endpoint, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/console")
    ]


def test_every_console_view_carries_a_permission(app: Flask) -> None:
    rules = _rules(app)
    assert len(rules) > 40
    for endpoint, rule in rules:
        permission = getattr(app.view_functions[endpoint], "permission", None)
        assert permission in PERMISSIONS or permission == EVERYONE, rule


def test_every_console_view_stands_behind_the_guard(app: Flask) -> None:
    for endpoint, rule in _rules(app):
        blueprint = endpoint.partition(".")[0]
        assert auth.guard in app.before_request_funcs[blueprint], rule


def test_only_signing_in_and_out_is_open_to_everyone(app: Flask) -> None:
    open_views = {
        rule
        for endpoint, rule in _rules(app)
        if getattr(app.view_functions[endpoint], "permission", None) == EVERYONE
    }
    assert open_views == {"/console/sign-in", "/console/sign-out"}


def test_views_that_change_something_are_not_open_to_analysts(app: Flask) -> None:
    shown_by_post = {
        "console_supporters.index",
        "console_mailbox.index",
        "console_segments.count",
        "console_compose.count",
        "console_compose.preview_as",
        "console_account.change_digest",
        "console_saved.keep",  # one’s own views of the reports
        "console_saved.share",
        "console_saved.delete",
        "console_account.change_password",
        "console_account.revoke",
        "console_sign_in.enter",
        "console_sign_in.leave",
    }
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/console") or "POST" not in (rule.methods or ()):
            continue
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        assert permission in ("draft", "send", "manage") or rule.endpoint in shown_by_post, rule


def test_a_view_without_a_permission_is_refused(app: Flask, enter: Callable) -> None:
    blueprint = app.blueprints["console_home"]
    app.add_url_rule("/console/forgotten", f"{blueprint.name}.forgotten", lambda: "secret")
    answer = enter("owner").get("/console/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_in_without_signing_in(app: Flask, organisation: object, method: str) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/console") or rule.arguments - {"act"}:
            continue
        if method.upper() not in (rule.methods or ()) or rule.endpoint.startswith(
            "console_sign_in"
        ):
            continue
        app.config["WTF_CSRF_ENABLED"] = False
        path = rule.rule.replace("<any(stop, resume, undo):act>", "stop")
        answer = getattr(client, method)(path)
        assert answer.status_code == 302, rule
        assert "/console/sign-in" in answer.location, rule


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("analyst", "/console/", 200),
        ("analyst", "/console/petitions/import", 403),
        ("analyst", "/console/supporters/imports/new", 403),
        ("approver", "/console/segments/new", 403),
        ("campaigner", "/console/segments/new", 200),
    ],
)
def test_roles_are_held_to_what_they_may(
    enter: Callable, role: str, path: str, status: int
) -> None:
    assert enter(role).get(path).status_code == status


def test_needs_leaves_the_view_as_it_is() -> None:
    def view() -> str:
        return "seen"

    assert needs("read")(view) is view
