"""The read-only SQL layer for people who bring their own tool: all views, made and granted.

A migration makes them (0029). One that changes a table in a way that PostgreSQL refuses beneath a
view (drops or retypes a column), or adds views, calls `drop` before and `create` behind its
changes; as `create` makes the views of today, older ones must not: take the call out of them.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.analytics.views.of_days import OF_DAYS
from outreach.analytics.views.of_figures import OF_FIGURES
from outreach.analytics.views.of_letters import OF_LETTERS
from outreach.analytics.views.of_people import DOMAINS, OF_PEOPLE
from outreach.analytics.views.view import BEFORE, View
from outreach.core.errors import Conflict, NotFound

SCHEMA = BEFORE["postgresql"].rstrip(".")
# Others read from the first one.
VIEWS: tuple[View, ...] = (DOMAINS, *OF_LETTERS, *OF_FIGURES, *OF_DAYS, *OF_PEOPLE)


def create(connection: Connection) -> None:
    """Make every view; on PostgreSQL their schema, too."""
    database = connection.dialect.name
    if database == "postgresql":
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for view in VIEWS:
        connection.exec_driver_sql(view.create(database))


def drop(connection: Connection) -> None:
    """Take every view away; the schema stays, with what others were allowed in it."""
    for view in reversed(VIEWS):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view.called(connection.dialect.name)}")


def grant(session: Session, role: str, *, actor: str) -> None:
    """Let a role of PostgreSQL read the views, and those that replace them, and nothing else.

    A repeat changes nothing. Raises Conflict on SQLite, NotFound where there is no such role.
    """
    name = _known(session, role)
    _run(
        session,
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {name}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {name}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT ON TABLES TO {name}",
    )
    audit.record(session, actor=actor, action="views.grant", subject=f"role:{role}")


def revoke(session: Session, role: str, *, actor: str) -> None:
    """Take back what `grant` gave; raises as that does."""
    name = _known(session, role)
    _run(
        session,
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} REVOKE SELECT ON TABLES FROM {name}",
        f"REVOKE SELECT ON ALL TABLES IN SCHEMA {SCHEMA} FROM {name}",
        f"REVOKE USAGE ON SCHEMA {SCHEMA} FROM {name}",
    )
    audit.record(session, actor=actor, action="views.revoke", subject=f"role:{role}")


def _known(session: Session, role: str) -> str:
    """The role's name as SQL takes it."""
    dialect = session.get_bind().dialect
    if dialect.name != "postgresql":
        raise Conflict(
            "SQLite has no roles: who can read the file can read all of it. Nothing was changed.",
            hint="Hand out a copy that holds the views’ rows only, or move to PostgreSQL.",
        )
    known = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    if session.scalar(known, {"role": role}) is None:
        raise NotFound(
            f"The database has no role “{role}”. Nothing was changed.",
            hint="Make it in psql: CREATE ROLE … LOGIN; then \\password.",
        )
    return dialect.identifier_preparer.quote_identifier(role)


def _run(session: Session, *statements: str) -> None:
    for statement in statements:
        session.connection().exec_driver_sql(statement)
