"""Triggers that note which days must be counted anew, in the transaction that changes them.

Days are noted, not people: an import of a million people notes one. On PostgreSQL a transaction
notes a day once; on SQLite, where one writes at a time, a note that nobody has claimed is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import DDL, event

from outreach.core.db import Base

_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def note(subject: str, day: str, rest: str = "") -> str:
    """SQLite's statement that notes each day that `day` yields of the rows of `rest`."""
    return (
        f"INSERT INTO day_changes (subject, day, xact, claim, at) SELECT DISTINCT '{subject}', "
        f"{day}, 0, 0, {_NOW} {rest} {'AND' if 'WHERE' in rest else 'WHERE'} NOT EXISTS (SELECT 1 "
        f"FROM day_changes AS noted WHERE noted.subject = '{subject}' AND noted.day = {day} "
        "AND noted.claim = 0);"
    )


_DAY = "substr({}.at, 1, 10)"
_ENTRY = "ON consent_entries WHEN {}.purpose = 'email'"
_OF_PERSON = (
    "FROM consent_entries AS entry WHERE entry.purpose = 'email' AND entry.supporter_id = {}"
)
SQLITE = {
    name: f"CREATE TRIGGER {name} AFTER {after} BEGIN {said} END"
    for name, after, said in (
        (
            "day_new_entry",
            f"INSERT {_ENTRY.format('NEW')}",
            note("people", _DAY.format("NEW")),
        ),
        (
            "day_gone_entry",
            f"DELETE {_ENTRY.format('OLD')}",
            note("people", _DAY.format("OLD")),
        ),
        (
            "day_other_entry",
            f"UPDATE {_ENTRY.format('NEW')}",
            note("people", _DAY.format("OLD"))
            + note("people", _DAY.format("entry"), _OF_PERSON.format("NEW.supporter_id"))
            + note("people", _DAY.format("entry"), _OF_PERSON.format("OLD.supporter_id")),
        ),
        (
            "day_other_credit",
            "UPDATE OF last_delivery_id, shared_by_id ON signatures",
            note("people", _DAY.format("entry"), _OF_PERSON.format("NEW.supporter_id")),
        ),
        (
            "day_undone_import",
            "UPDATE OF state ON imports WHEN NEW.state = 'undone' AND OLD.state <> 'undone'",
            note("people", "''"),
        ),
    )
}


def function(name: str, *notes: tuple[str, str, str]) -> str:
    """PostgreSQL's function that notes the days of each (subject, day, rows)."""
    body = "".join(
        "INSERT INTO day_changes (subject, day, xact, claim, at) "
        f"SELECT DISTINCT '{subject}', {day}, pg_current_xact_id()::text::bigint, 0, now() {rows} "
        f"{'AND' if 'WHERE' in rows else 'WHERE'} NOT EXISTS (SELECT 1 FROM day_changes AS noted "
        f"WHERE noted.subject = '{subject}' AND noted.day = {day} AND noted.claim = 0 "
        "AND noted.xact = pg_current_xact_id()::text::bigint);"
        for subject, day, rows in notes
    )
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{body} RETURN NULL; END $$"
    )


_UTC_DAY = "to_char(timezone('UTC', {}.at), 'YYYY-MM-DD')"
POSTGRESQL_FUNCTIONS = {
    name: function(name, *notes)
    for name, *notes in (
        (
            "day_entries",
            ("people", _UTC_DAY.format("changed"), "FROM changed WHERE changed.purpose = 'email'"),
        ),
        (
            "day_moved_entry",
            ("people", _UTC_DAY.format("entry"), _OF_PERSON.format("NEW.supporter_id")),
            ("people", _UTC_DAY.format("entry"), _OF_PERSON.format("OLD.supporter_id")),
            ("people", _UTC_DAY.format("OLD"), ""),
        ),
        (
            "day_credit",
            ("people", _UTC_DAY.format("entry"), _OF_PERSON.format("NEW.supporter_id")),
        ),
        ("day_import", ("people", "''", "")),
    )
}
POSTGRESQL = {
    name: f"CREATE TRIGGER {name} AFTER {after} {rows} EXECUTE FUNCTION {function}()"
    for name, after, rows, function in (
        (
            "day_new_entry",
            "INSERT ON consent_entries",
            "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT",
            "day_entries",
        ),
        (
            "day_gone_entry",
            "DELETE ON consent_entries",
            "REFERENCING OLD TABLE AS changed FOR EACH STATEMENT",
            "day_entries",
        ),
        ("day_other_entry", "UPDATE ON consent_entries", "FOR EACH ROW", "day_moved_entry"),
        (
            "day_other_credit",
            "UPDATE OF last_delivery_id, shared_by_id ON signatures",
            "FOR EACH ROW",
            "day_credit",
        ),
        (
            "day_undone_import",
            "UPDATE OF state ON imports",
            "FOR EACH ROW WHEN (NEW.state = 'undone' AND OLD.state <> 'undone')",
            "day_import",
        ),
    )
}


def make_with_tables(
    sqlite: Iterable[str], functions: Iterable[str], postgresql: Iterable[str]
) -> None:
    """Have these triggers made where the tables are made from the models."""
    for statement in sqlite:
        _create(statement, "sqlite")
    for statement in (*functions, *postgresql):
        _create(statement, "postgresql")


def _create(statement: str, dialect: str) -> None:
    ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
    event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


make_with_tables(SQLITE.values(), POSTGRESQL_FUNCTIONS.values(), POSTGRESQL.values())
