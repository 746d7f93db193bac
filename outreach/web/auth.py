"""Who is at the console, and what they may do there: cookie, permissions, the guard of each view.

Closed by default: `guard` runs before every console view and refuses one that does not carry its
permission on its own line (`@needs("read")`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts import queries, roles
from outreach.accounts.models import Account
from outreach.core import clock
from outreach.core.errors import NotAllowed
from outreach.web.context import services

COOKIE = "outreach_sign_in"
EVERYONE = "everyone"
STRANGERS_MAX_BYTES = 500_000
SIGN_IN_LIMIT = "10 per 5 minutes; 60 per day"

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def needs(permission: str) -> Callable[[View], View]:
    """Say on a console view's own line which permission of accounts.roles it asks for."""

    def mark(view: View) -> View:
        vars(view)["permission"] = permission
        return view

    return mark


def bound_body() -> None:
    """Before each request: only who is signed in may send files, everybody else a form."""
    size = request.content_length
    if request.method in ("GET", "HEAD") or (size is not None and size <= STRANGERS_MAX_BYTES):
        return
    if _account_of_cookie() is None:
        request.max_content_length = STRANGERS_MAX_BYTES


def guard() -> ResponseReturnValue | None:
    """Before each console view: let through, send to sign-in, or refuse.

    Raises NotAllowed for a role that may not, and for a view that names no permission.
    """
    permission = getattr(current_app.view_functions[request.endpoint or ""], "permission", None)
    if permission is None:
        raise NotAllowed(
            "This page is closed: it does not say who may see it.", hint="Tell the developers."
        )
    g.account = _account_of_cookie()
    if permission == EVERYONE:
        return None
    if g.account is None:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
        return redirect(url_for("console_sign_in.show", next=wanted or None))
    if not roles.may(g.account.role, permission):
        raise NotAllowed(
            f"Your role, {g.account.role}, does not allow this. Nothing was changed.",
            hint="An owner of the organisation can do it, or give you another role.",
        )
    return None


def _account_of_cookie() -> Account | None:
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    with services().db.reading() as session:
        return queries.account_of(session, cookie)


def current_account() -> Account:
    """Who is signed in; only to be asked in a view that needs a permission."""
    account: Account | None = g.get("account")
    if account is None:
        raise NotAllowed("Nobody is signed in here.", hint="Sign in and try again.")
    return account


def actor() -> str:
    """How the audit log names the person who does this."""
    return current_account().email


def allowed(permission: str) -> bool:
    """Whether the person who is signed in may do this; templates show buttons by it."""
    account: Account | None = g.get("account")
    return account is not None and roles.may(account.role, permission)


def zone() -> ZoneInfo:
    """The organisation's time zone: the one that the console's times are written in."""
    return ZoneInfo(current_account().organisation.timezone)


def keep_cookie(response: Response, value: str, expires: datetime) -> None:
    """Hand the browser its sign-in; over https it never travels without."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=int((expires - clock.now()).total_seconds()),
        path="/console",
        secure=services().base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: Response) -> None:
    """Take the sign-in back from the browser."""
    response.delete_cookie(COOKIE, path="/console")


def local_path(wanted: str) -> str:
    """Where to go after signing in: a path of this console, never another site."""
    ours = wanted.startswith("/console") and "\\" not in wanted and wanted.isprintable()
    return wanted if ours else url_for("console_home.show")
