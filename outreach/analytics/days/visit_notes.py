"""Triggers that note the days whose visits to petitions' pages must be counted anew: a visit came,
or what became of it changed."""

from __future__ import annotations

from outreach.analytics.days.notes import function, make_with_tables, note

_VISITS = (
    "FROM page_visits AS visit WHERE (visit.signature_id = {0}.id "
    "OR visit.delivery_id = {0}.last_delivery_id)"
)


def _day(column: str) -> str:
    return f"substr({column}, 1, 10)"


def _of_signature(side: str) -> str:
    own = note("visits", _day(f"{side}.created_at"))
    return own + note("visits", _day("visit.at"), _VISITS.format(side))


_MOVED = "UPDATE OF state, last_delivery_id, shared_by_id ON signatures"
SQLITE = {
    name: f"CREATE TRIGGER {name} AFTER {after} BEGIN {said} END"
    for name, after, said in (
        ("visit_new", "INSERT ON page_visits", note("visits", _day("NEW.at"))),
        ("visit_other", "UPDATE OF signature_id ON page_visits", note("visits", _day("NEW.at"))),
        ("visit_new_signature", "INSERT ON signatures", _of_signature("NEW")),
        (
            "visit_other_signature",
            _MOVED,
            _of_signature("NEW") + note("visits", _day("visit.at"), _VISITS.format("OLD")),
        ),
        ("visit_gone_signature", "DELETE ON signatures", _of_signature("OLD")),
    )
}

_UTC = "to_char(timezone('UTC', {}), 'YYYY-MM-DD')"


def _notes(side: str) -> tuple[tuple[str, str, str], ...]:
    return (
        ("visits", _UTC.format(f"{side}.created_at"), ""),
        ("visits", _UTC.format("visit.at"), _VISITS.format(side)),
    )


POSTGRESQL_FUNCTIONS = {
    "visit_day": function("visit_day", ("visits", _UTC.format("NEW.at"), "")),
    "visit_new_signature": function("visit_new_signature", *_notes("NEW")),
    "visit_other_signature": function("visit_other_signature", *_notes("NEW"), _notes("OLD")[1]),
    "visit_gone_signature": function("visit_gone_signature", *_notes("OLD")),
}
POSTGRESQL = {
    name: f"CREATE TRIGGER {name} AFTER {after} FOR EACH ROW EXECUTE FUNCTION {called}()"
    for name, after, called in (
        ("visit_new", "INSERT OR UPDATE OF signature_id ON page_visits", "visit_day"),
        ("visit_new_signature", "INSERT ON signatures", "visit_new_signature"),
        ("visit_other_signature", _MOVED, "visit_other_signature"),
        ("visit_gone_signature", "DELETE ON signatures", "visit_gone_signature"),
    )
}

make_with_tables(SQLITE.values(), POSTGRESQL_FUNCTIONS.values(), POSTGRESQL.values())
