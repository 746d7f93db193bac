"""One view of the SQL layer: its columns with their meaning, and its SQL on each database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import literal_column
from sqlalchemy.dialects import postgresql, sqlite

from outreach.analytics.definitions import CLASS_VERDICTS, DELIVERED_STATES, UNKNOWN
from outreach.analytics.rollups.hours import strongest_of
from outreach.mail.models import SENT_STATES

# PostgreSQL has a schema for them; SQLite has none, so their names begin alike.
BEFORE = {"postgresql": "analytics.", "sqlite": "analytics_"}
# A mailbox domain of fewer people could name one of them: it is shown as “other”.
FEW = 20
OTHER = "other"
_DIALECTS = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}


@dataclass(frozen=True)
class Column:
    """A column as docs/analytics-views.md tells of it. `pseudonymous`: it stands for one person,
    and leads back to them for whoever also has the tables."""

    name: str
    meaning: str
    pseudonymous: bool = False


@dataclass(frozen=True)
class View:
    """`sql` is a SELECT with a column for each of `columns`, in their order; what is written in
    braces stands for what the databases say differently (`_words`)."""

    name: str
    about: str
    columns: tuple[Column, ...]
    sql: str

    def called(self, database: str) -> str:
        """Its name on "postgresql" or "sqlite"."""
        return BEFORE[database] + self.name

    def create(self, database: str) -> str:
        """The statement that makes it."""
        names = ", ".join(f'"{column.name}"' for column in self.columns)
        return f"CREATE VIEW {self.called(database)} ({names}) AS {self.select(database)}"

    def select(self, database: str) -> str:
        """What it selects."""
        return self.sql.format_map(_words(database))

    def markdown(self) -> str:
        """Its part of docs/analytics-views.md."""
        rows = "\n".join(
            f"| `{column.name}`{' †' if column.pseudonymous else ''} | {column.meaning} |"
            for column in self.columns
        )
        return f"### {self.name}\n{self.about}\n\n| column | meaning |\n| --- | --- |\n{rows}\n"


def column(name: str, meaning: str) -> Column:
    """A column about no single person."""
    return Column(name, meaning)


def person(name: str, meaning: str) -> Column:
    """A pseudonymous column."""
    return Column(name, meaning, pseudonymous=True)


@cache
def _words(database: str) -> Mapping[str, str]:
    """The pieces of SQL that stand in braces; a pair like {day}…{_day} goes around an instant."""
    on_postgresql = database == "postgresql"
    verdicts = " ".join(
        f"WHEN j.verdict IN ({_quoted(names)}) THEN '{shown}'"
        for shown, names in CLASS_VERDICTS.items()
    )
    strongest = strongest_of(literal_column("j.evidence"))
    words = {
        "views": BEFORE[database],
        "few": str(FEW),
        "other": f"'{OTHER}'",
        "sent": _quoted(SENT_STATES),
        "delivered": _quoted(DELIVERED_STATES),
        "class": f"CASE {verdicts} ELSE '{UNKNOWN}' END",
        "strongest": str(strongest.compile(dialect=_DIALECTS[database]())),
    }
    if on_postgresql:
        return words | {
            "domain": "split_part(p.address, '@', 2)",
            "day": "CAST(timezone('UTC', ",
            "_day": ") AS date)",
            "week": "CAST(date_trunc('week', timezone('UTC', ",
            "_week": ")) AS date)",
            "instant": "CAST(",
            "_instant": " AS timestamptz)",
        }
    return words | {
        "domain": "substr(p.address, instr(p.address, '@') + 1)",
        "day": "date(",
        "_day": ")",
        "week": "date(",
        "_week": ", 'weekday 0', '-6 days')",
        "instant": "datetime(",
        "_instant": ")",
    }


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
