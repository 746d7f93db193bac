"""Triggers that say what must be counted anew, in the transaction that changes it.

No mark over ids or instants could: those of a transaction that commits late lie behind it, and
deliveries and signatures have none. A statement writes one row however many letters it moves.
Nothing is said where old events are taken away: what was counted stays counted.
"""

from __future__ import annotations

from sqlalchemy import DDL, event

from outreach.analytics.rollups.models import SLICE
from outreach.core.db import Base

_SHIFT = SLICE.bit_length() - 1
_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
_COUNTED = "('opened', 'clicked', 'unsubscribed')"  # other kinds count once they are judged


def _note(kind: str, ids: str, rest: str = "") -> str:
    return (
        f"INSERT INTO rollup_changes (kind, ids, at) SELECT '{kind}', json_array({ids}), {_NOW}"
        f" {rest};"
    )


# A statement moves letters in the order of their ids: the newest note already says it of most.
_IS_NOTED = (
    "WHERE NOT EXISTS (SELECT 1 FROM rollup_changes WHERE kind = 'slice'"
    f" AND id = (SELECT max(id) FROM rollup_changes) AND ids = json_array(NEW.id >> {_SHIFT}))"
)
_SLICE_OF_NEW = _note("slice", f"NEW.id >> {_SHIFT}", _IS_NOTED)
_LETTER_OF_JUDGED = _note(
    "letter", "delivery_id", "FROM events WHERE id = NEW.event_id AND delivery_id IS NOT NULL"
)


def _signature(side: str) -> str:
    letter = f"WHERE {side}.last_delivery_id IS NOT NULL"
    return _note("signature", f"{side}.id") + _note("letter", f"{side}.last_delivery_id", letter)


# Name, what it follows, what it says.
SQLITE = {
    name: f"CREATE TRIGGER {name} AFTER {after} BEGIN {said} END"
    for name, after, said in (
        ("rollup_new_letter", "INSERT ON deliveries WHEN NEW.kind = 'blast'", _SLICE_OF_NEW),
        (
            "rollup_moved_letter",
            "UPDATE OF state, reason ON deliveries WHEN NEW.kind = 'blast'",
            _SLICE_OF_NEW,
        ),
        (
            "rollup_new_event",
            f"INSERT ON events WHEN NEW.kind IN {_COUNTED} AND NEW.delivery_id IS NOT NULL",
            _note("letter", "NEW.delivery_id"),
        ),
        ("rollup_new_judgement", "INSERT ON judgements", _LETTER_OF_JUDGED),
        ("rollup_other_judgement", "UPDATE ON judgements", _LETTER_OF_JUDGED),
        ("rollup_new_signature", "INSERT ON signatures", _signature("NEW")),
        (
            "rollup_other_signature",
            "UPDATE ON signatures",
            _signature("OLD") + _signature("NEW"),
        ),
        ("rollup_gone_signature", "DELETE ON signatures", _signature("OLD")),
    )
}


def _function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{body} RETURN NULL; END $$"
    )


def _note_all(kind: str, ids: str, source: str) -> str:
    return (
        "INSERT INTO rollup_changes (kind, ids, at) "
        f"SELECT '{kind}', array_agg(DISTINCT {ids}), now() {source} HAVING count(*) > 0;"
    )


_SIGNATURE = """
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO rollup_changes (kind, ids, at) VALUES ('signature', ARRAY[OLD.id], now());
        IF OLD.last_delivery_id IS NOT NULL THEN
            INSERT INTO rollup_changes (kind, ids, at)
            VALUES ('letter', ARRAY[OLD.last_delivery_id], now());
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO rollup_changes (kind, ids, at) VALUES ('signature', ARRAY[NEW.id], now());
        IF NEW.last_delivery_id IS NOT NULL THEN
            INSERT INTO rollup_changes (kind, ids, at)
            VALUES ('letter', ARRAY[NEW.last_delivery_id], now());
        END IF;
    END IF;
"""
# A judgement names its letter; where it does not, the event is looked up, by each month's index.
_JUDGED = _note_all("letter", "delivery_id", "FROM changed WHERE delivery_id IS NOT NULL")
_LOOKED_UP = _note_all(
    "letter",
    "event.delivery_id",
    "FROM changed CROSS JOIN LATERAL"
    " (SELECT delivery_id FROM events WHERE id = changed.event_id LIMIT 1) AS event"
    " WHERE changed.delivery_id IS NULL AND event.delivery_id IS NOT NULL",
)
_WITHOUT = "IF EXISTS (SELECT 1 FROM changed WHERE delivery_id IS NULL) THEN"
POSTGRESQL_FUNCTIONS = {
    name: _function(name, body)
    for name, body in (
        (
            "rollup_letters",
            _note_all("slice", f"id >> {_SHIFT}", "FROM changed WHERE kind = 'blast'"),
        ),
        (
            "rollup_events",
            _note_all(
                "letter",
                "delivery_id",
                f"FROM changed WHERE kind IN {_COUNTED} AND delivery_id IS NOT NULL",
            ),
        ),
        ("rollup_judgements", f"{_JUDGED} {_WITHOUT} {_LOOKED_UP} END IF;"),
        ("rollup_signatures", _SIGNATURE),
    )
}
# Name, table, function; with the rows of the statement, but for signatures.
_EACH = "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT"
POSTGRESQL = {
    name: f"CREATE TRIGGER {name} AFTER {after} ON {table} {rows} EXECUTE FUNCTION {function}()"
    for name, after, table, rows, function in (
        ("rollup_new_letter", "INSERT", "deliveries", _EACH, "rollup_letters"),
        ("rollup_moved_letter", "UPDATE", "deliveries", _EACH, "rollup_letters"),
        ("rollup_new_event", "INSERT", "events", _EACH, "rollup_events"),
        ("rollup_new_judgement", "INSERT", "judgements", _EACH, "rollup_judgements"),
        ("rollup_other_judgement", "UPDATE", "judgements", _EACH, "rollup_judgements"),
        (
            "rollup_signature",
            "INSERT OR UPDATE OR DELETE",
            "signatures",
            "FOR EACH ROW",
            "rollup_signatures",
        ),
    )
}


def _create(statement: str, dialect: str) -> None:
    ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
    event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


for _statement in SQLITE.values():
    _create(_statement, "sqlite")
for _statement in (*POSTGRESQL_FUNCTIONS.values(), *POSTGRESQL.values()):
    _create(_statement, "postgresql")
