"""Triggers that note the months whose cohorts must be counted anew: letters of their blasts were
counted as something else (rollups/rollup.py stores that anew), or became another person's."""

from __future__ import annotations

from outreach.analytics.days.notes import function, make_with_tables, note

_COUNTED = ("letter_acts", "letter_slices")
_SIDES = (("insert", "NEW"), ("delete", "OLD"))
_UNDONE = "NEW.state = 'undone' AND OLD.state <> 'undone'"


def _blasts(which: str) -> str:
    return f"FROM blasts AS blast WHERE blast.id {which} AND blast.started_at IS NOT NULL"


_STARTED = "substr(blast.started_at, 1, 10)"
SQLITE = {
    f"month_{what}_{table}": (
        f"CREATE TRIGGER month_{what}_{table} AFTER {what.upper()} ON {table} BEGIN "
        f"{note('cohorts', _STARTED, _blasts(f'= {side}.blast_id'))} END"
    )
    for table in _COUNTED
    for what, side in _SIDES
}
SQLITE["month_other_person"] = (
    "CREATE TRIGGER month_other_person AFTER UPDATE OF supporter_id ON deliveries "
    "WHEN NEW.supporter_id IS NOT OLD.supporter_id AND NEW.blast_id IS NOT NULL BEGIN "
    f"{note('cohorts', _STARTED, _blasts('= NEW.blast_id'))} END"
)
SQLITE["month_undone_import"] = (
    f"CREATE TRIGGER month_undone_import AFTER UPDATE OF state ON imports WHEN {_UNDONE} BEGIN "
    f"{note('cohorts', chr(39) * 2)} END"
)

_UTC_DAY = "to_char(timezone('UTC', blast.started_at), 'YYYY-MM-DD')"
POSTGRESQL_FUNCTIONS = {
    name: function(name, ("cohorts", day, rows))
    for name, day, rows in (
        ("month_counted", _UTC_DAY, _blasts("IN (SELECT changed.blast_id FROM changed)")),
        ("month_person", _UTC_DAY, _blasts("= NEW.blast_id")),
        ("month_import", "''", ""),
    )
}
POSTGRESQL = {
    f"month_{what}_{table}": (
        f"CREATE TRIGGER month_{what}_{table} AFTER {what.upper()} ON {table} REFERENCING "
        f"{side} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION month_counted()"
    )
    for table in _COUNTED
    for what, side in _SIDES
}
POSTGRESQL["month_other_person"] = (
    "CREATE TRIGGER month_other_person AFTER UPDATE OF supporter_id ON deliveries FOR EACH ROW "
    "WHEN (NEW.supporter_id IS DISTINCT FROM OLD.supporter_id AND NEW.blast_id IS NOT NULL) "
    "EXECUTE FUNCTION month_person()"
)
POSTGRESQL["month_undone_import"] = (
    "CREATE TRIGGER month_undone_import AFTER UPDATE OF state ON imports FOR EACH ROW "
    f"WHEN ({_UNDONE}) EXECUTE FUNCTION month_import()"
)

make_with_tables(SQLITE.values(), POSTGRESQL_FUNCTIONS.values(), POSTGRESQL.values())
