"""Views of what is counted by day and month: the list's growth, cohorts, visits to pages."""

from __future__ import annotations

from outreach.analytics.views.view import View, column


def _sum(*measures: str) -> str:
    said = ", ".join(f"'{measure}'" for measure in measures)
    return f"CAST(sum(CASE WHEN measure IN ({said}) THEN number ELSE 0 END) AS bigint)"


PEOPLE = View(
    "people_by_day",
    "How the list grew: people by day of the organisation’s clock, from the consent ledger.",
    (
        column("day", "the day"),
        column("change", "joined (for the first time), returned, or left"),
        column("source", "joined, returned: import, petition, share, blast, entry, other"),
        column("people", "how many"),
    ),
    "SELECT day, measure, source, number FROM day_figures WHERE subject = 'people'",
)
COHORTS = View(
    "cohorts",
    "People who joined in a month, and what those whom a letter reached in a later one did.",
    (
        column("joined_in", "the first day of the month of joining"),
        column("month", "the first day of the month in which the letters’ blasts began"),
        column("reached", "people to whom a letter was delivered"),
        column("opened", "those of them who opened one"),
        column("clicked", "those who followed the ask or a link of the text"),
        column("signed", "those who signed through one"),
    ),
    f"SELECT source, day, {_sum('reached')}, {_sum('opened')}, {_sum('clicked')}, {_sum('signed')} "
    "FROM day_figures WHERE subject = 'cohorts' GROUP BY source, day",
)
VISITS = View(
    "petition_visits",
    "Visits by people to petitions’ pages, and signatures, by day of the organisation’s clock.",
    (
        column("petition_id", "the petition"),
        column("day", "the day"),
        column("source", "letter, share, page (neither), embed (a form on another site)"),
        column("visits", "visits by people; of embed only those that signed are known"),
        column("signed", "verified signatures given on that day"),
        column("machines", "visits that are held to be a machine’s"),
    ),
    f"SELECT of_id, day, source, {_sum('seen', 'signed')}, {_sum('signed')}, {_sum('machine')} "
    "FROM day_figures WHERE subject = 'visits' GROUP BY of_id, day, source",
)
OF_DAYS = (PEOPLE, COHORTS, VISITS)
