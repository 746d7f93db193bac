"""Named views of the reports: kept, found again, shared with everybody here, deleted.

A view is its screen and the query of its address, which holds order, columns, span and comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Account
from outreach.analytics.overview.saved_models import SavedView
from outreach.core.errors import BadInput, Conflict, NotFound

REPORTS = "/console/reports/"
SCREENS = {
    "blasts": ("Blasts", ""),
    "compare": ("Compare two", "compare"),
    "segments": ("Compare segments", "compare/segments"),
    "times": ("Times and subjects", "times"),
    "petitions": ("Petitions", "petitions"),
    "growth": ("Growth", "growth"),
    "cohorts": ("Cohorts", "cohorts"),
    "leaving": ("Leaving", "leaving"),
    "deliverability": ("Deliverability", "deliverability/"),
}
NAME_LENGTH, QUERY_LENGTH = 120, 2_000
_NOT_KEPT = ("page", "notes")  # which page of a list is no view of it


@dataclass(frozen=True)
class View:
    """A view as it is listed; `mine`: it may be shared and deleted by who looks."""

    id: int
    name: str
    screen: str
    address: str
    by: str
    is_shared: bool
    mine: bool


def views(session: Session, account: Account) -> list[View]:
    """One's own and the shared ones of the organisation, by name."""
    colleagues = Account.organisation_id == account.organisation_id
    rows = session.execute(
        select(SavedView, Account.name)
        .join(Account, Account.id == SavedView.account_id)
        .where(or_(SavedView.account_id == account.id, colleagues & SavedView.is_shared))
    )
    found = [
        View(
            id=view.id,
            name=view.name,
            screen=SCREENS[view.screen][0],
            address=f"{REPORTS}{SCREENS[view.screen][1]}"
            + (f"?{view.query}" if view.query else ""),
            by=name,
            is_shared=view.is_shared,
            mine=view.account_id == account.id,
        )
        for view, name in rows
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def save(
    session: Session, account: Account, *, name: str, screen: str, query: str, shared: bool
) -> SavedView:
    """Keep a view under a name; one's own view of that name is replaced. Raises BadInput."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise BadInput(f"Enter a name of up to {NAME_LENGTH} characters.", field="name")
    if screen not in SCREENS:
        raise BadInput("There is no such screen.", hint=f"There are: {', '.join(SCREENS)}.")
    query = _kept(query)
    view = _own(session, account, name)
    if view is None:
        view = SavedView(account_id=account.id, name=name)
        session.add(view)
    view.screen, view.query, view.is_shared = screen, query, shared
    session.flush()
    return view


def named(session: Session, account: Account, name: str) -> SavedView:
    """One's own view of this name. Raises NotFound."""
    view = _own(session, account, name)
    if view is None:
        raise NotFound(
            f"{account.email} has no view “{name[:NAME_LENGTH]}”.",
            hint="See: outreach reports views list",
        )
    return view


def own(session: Session, account: Account, view_id: int) -> SavedView:
    """One's own view by its number. Raises NotFound, and Conflict for somebody else's."""
    view = session.get(SavedView, view_id)
    if view is None:
        raise NotFound("There is no such view any more.", hint="See the list of views.")
    if view.account_id != account.id:
        raise Conflict(
            "This view is somebody else’s. Nothing was changed.",
            hint="Open it and keep it under a name of your own.",
        )
    return view


def share(session: Session, view: SavedView, *, shared: bool) -> None:
    """Let everybody here find it, or only oneself."""
    view.is_shared = shared
    session.flush()


def delete(session: Session, view: SavedView) -> None:
    """Forget it; the screen that it was of stays."""
    session.delete(view)
    session.flush()


def _own(session: Session, account: Account, name: str) -> SavedView | None:
    mine = select(SavedView).where(SavedView.account_id == account.id, SavedView.name == name)
    return session.scalars(mine).one_or_none()


def _kept(query: str) -> str:
    pairs: Sequence[tuple[str, str]] = parse_qsl(query.lstrip("?"))
    kept = urlencode([(name, value) for name, value in pairs if name not in _NOT_KEPT])
    if len(kept) > QUERY_LENGTH:
        raise BadInput("This view says too much to be kept.", hint="Choose fewer blasts.")
    return kept
