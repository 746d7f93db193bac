"""Two hundred blasts with any number of events, made inside PostgreSQL for measuring figures.

Half of the letters did something: four events each, three quarters of them opens; people, proxies
and machines in a mixture that a report shows. Each fiftieth letter brought a signature, and each
tenth of those a share. Built without triggers and indexes, which are put back at the end.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from outreach.accounts.operations import create_organisation
from outreach.analytics.rollups import rollup
from outreach.core.bulk import count_anew
from outreach.core.db import Database
from outreach.tracking import partitions

BLASTS, PETITIONS, VARIANTS, LINKS = 200, 20, 2, 6
MAILBOXES, PLACES = 100, 60
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
BETWEEN = timedelta(days=1)  # a blast each day
EVENTS_OF_LETTER = 2  # on average; those who do anything do twice as much
NEW_AT_ONCE = 1_000
LOADED = ("deliveries", "events", "judgements", "signatures")

_PEOPLE = """
    INSERT INTO supporters (id, address, email, first_name, last_name, postal_code, country, region,
                            language, timezone, fields, created_at, updated_at)
    SELECT i, 'p' || i || '@example.org', 'p' || i || '@example.org', '', '', '', '', '', '', '',
           '{}', now(), now() FROM generate_series(1, :letters) AS i
"""
_PETITION = """
    WITH made AS (
        INSERT INTO petitions (id, organisation_id, slug, state, headline, targets, partners, goal,
                               consent_line, thanks, share_text, created_at)
        SELECT i, :organisation, 'petition-' || i, 'published', 'Petition ' || i, '[]', '[]', 0,
               '', '', '', now() FROM generate_series(1, :petitions) AS i RETURNING id
    )
    INSERT INTO petition_versions (id, petition_id, number, statement, body, notes, reason,
                                   created_at)
    SELECT id, id, 1, 'Keep them.', 'They matter.', '[]', '', now() FROM made
"""
_BLASTS = """
    WITH made AS (
        INSERT INTO blasts (id, organisation_id, petition_id, name, state, audience, sender_name,
                            sender_address, template, scheduled_for, late_limit_s, weight,
                            created_by, created_at, frozen_at, started_at, finished_at,
                            judged_after)
        SELECT b, :organisation, b % :petitions + 1, 'Blast ' || b, 'finished', '', 'Mara',
               'mara@benchmark.example', 'petition_ask', at, 3600, 1, '', at, at, at, at, 0
        FROM (SELECT b, CAST(:start AS timestamptz) + b * interval '1 day' AS at
              FROM generate_series(1, :blasts) AS b) AS days RETURNING id
    ), lettered AS (
        INSERT INTO variants (id, blast_id, letter, subject, preheader, body)
        SELECT id * :variants + v, id, chr(65 + v), 'Subject ' || v, '', '' FROM made,
               generate_series(0, :variants - 1) AS v
    )
    INSERT INTO links (id, blast_id, slot, kind, url, label)
    SELECT id * :links + slot, id, slot,
           (ARRAY['ask', 'ask', 'link', 'citation', 'citation', 'trap'])[slot + 1],
           'https://x.example/' || slot, '' FROM made, generate_series(0, :links - 1) AS slot
"""
_LETTERS = """
    INSERT INTO deliveries (id, blast_id, variant_id, supporter_id, kind, state, reason, attempts,
                            accepted_at, mailbox_id, place_id, segments)
    SELECT (b - 1) * CAST(:letters AS bigint) + j, b, b * :variants + j % :variants, j, 'blast',
           CASE j % 100 WHEN 0 THEN 'bounced' WHEN 1 THEN 'skipped' ELSE 'delivered' END,
           CASE WHEN j % 100 = 1 THEN 'no_consent' END, 0,
           CAST(:start AS timestamptz) + b * interval '1 day',
           1 + CAST(j AS bigint) * j % :mailboxes, 1001 + j * 7 % :places, j % 32
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS b,
         generate_series(1, CAST(:letters AS int)) AS j
"""
_TRAITS = """
    WITH known AS (
        INSERT INTO origins (id, dimension, key, value)
        SELECT i, 'mailbox', 'm' || i, 'm' || i FROM generate_series(1, :mailboxes) AS i UNION ALL
        SELECT 1000 + i, 'place', 'p' || i, 'p' || i FROM generate_series(1, :places) AS i
    )
    INSERT INTO frozen_segments (blast_id, bit, name)
    SELECT b, 1 << bit, 'Segment ' || bit
    FROM generate_series(1, :blasts) AS b, generate_series(0, 4) AS bit
"""
# Event number i of a blast; `n` is unique over all.
_EVENTS = """
    INSERT INTO events (id, key, kind, at, delivery_id, blast_id, supporter_id, link_id, method,
                        agent, network, detail)
    SELECT n, lpad(to_hex(n), 32, '0'),
           CASE WHEN n % 50 = 49 THEN 'unsubscribed' WHEN n % 4 = 3 THEN 'clicked'
                ELSE 'opened' END,
           CAST(:start AS timestamptz) + b * interval '1 day'
               + interval '1 second' * (30 + (i * 13) % 170000),
           (b - 1) * CAST(:letters AS bigint) + letter, b, letter,
           CASE WHEN n % 4 = 3 AND n % 50 <> 49 THEN b * :links + n / 4 % :links END, 'GET',
           (ARRAY['Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) Mobile/15E148',
                  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/132.0 Safari/537.36',
                  'Mozilla/5.0 (Linux; Android 15; Pixel 9) Mobile Safari/537.36'])[n % 3 + 1],
           '', '{}'
    FROM (
        SELECT b, i, :before + (b - :first) * CAST(:events AS bigint) + i AS n,
               1 + (i * CAST(7919 AS bigint)) % :acting * :apart AS letter
        FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS b,
             generate_series(1, CAST(:events AS int)) AS i
    ) AS numbered
"""
_JUDGEMENTS = """
    INSERT INTO judgements (event_id, delivery_id, verdict, evidence, judged_at)
    SELECT id, delivery_id,
           (ARRAY['human', 'human', 'human', 'machine', 'unknown'])[id / 7 % 5 + 1],
           CASE WHEN id / 7 % 5 = 3 THEN
               (ARRAY['[{"name": "head", "weight": 3}]',
                      '[{"name": "burst", "weight": 2}, {"name": "hidden_link", "weight": 4}]'
               ]::jsonb[])[id % 2 + 1]
           ELSE '[]' END, at
    FROM events WHERE id > :before AND kind <> 'unsubscribed'
"""
_SIGNATURES = """
    INSERT INTO signatures (petition_id, version_id, supporter_id, state, grade, doubts, network,
                            name, postal_code, partners, is_new, created_at, verified_at,
                            last_delivery_id)
    SELECT b % :petitions + 1, b % :petitions + 1, s, 'verified', 'recognised', '[]', '',
           'A person', '', '[]', s % 3 = 0, at, at,
           CASE WHEN m % 10 <> 9 THEN (b - 1) * CAST(:letters AS bigint) + s END
    FROM (SELECT b, m, 1 + b / :petitions * (:letters / 50) + m AS s,
                 CAST(:start AS timestamptz) + b * interval '1 day' + m * interval '1 minute' AS at
          FROM generate_series(1, :blasts) AS b, generate_series(0, :letters / 50 - 1) AS m) AS made
"""
_SHARES = """
    UPDATE signatures SET shared_by_id = id - 1
    WHERE last_delivery_id IS NULL AND (id - 1) % (:letters / 50) <> 0
"""


# Everybody joined on one of the days before the first blasts; each hundredth left since.
_LEDGER = """
    INSERT INTO consent_entries (supporter_id, purpose, status, basis, source, at)
    SELECT id, 'email', 'granted', 'benchmark', 'import:1',
           CAST(:start AS timestamptz) - id % 300 * interval '1 day' FROM supporters
    UNION ALL
    SELECT id, 'email', 'withdrawn', 'one-click', 'letter:1',
           CAST(:start AS timestamptz) + id % 150 * interval '1 day'
    FROM supporters WHERE id % 100 = 0
"""
# Five looks at a page for each signature.
_VISITS = """
    INSERT INTO page_visits (petition_id, key, at, source, by_machine, delivery_id, signature_id)
    SELECT petition_id, 'v' || id || '-' || n, created_at + n * interval '1 minute',
           CASE WHEN last_delivery_id IS NOT NULL THEN 'letter'
                WHEN shared_by_id IS NOT NULL THEN 'share' ELSE 'page' END,
           n = 4, NULL, CASE WHEN n = 0 THEN id END
    FROM signatures, generate_series(0, 4) AS n
"""
_LOOKED_AT = "UPDATE links SET label = 'source ' || slot WHERE kind = 'citation'"


class ManyEvents:
    """The world of one measurement: `events` in all of BLASTS blasts."""

    def __init__(self, db: Database, events: int) -> None:
        self.db = db
        self.events = events // BLASTS
        self.letters = self.events // EVENTS_OF_LETTER
        self.values = {
            "letters": self.letters, "events": self.events, "blasts": BLASTS, "links": LINKS,
            "petitions": PETITIONS, "variants": VARIANTS, "start": START, "first": 1,
            "last": BLASTS, "before": 0, "acting": self.letters // 2, "apart": 2,
            "mailboxes": MAILBOXES, "places": PLACES,
        }  # fmt: skip

    def build(self) -> None:
        """Store everything and note all blasts as not counted yet."""
        for month in range(12):
            partitions.keep(self.db, partitions.month_of(START, month))
        with self.db.transaction() as session:
            self.values["organisation"] = create_organisation(
                session,
                name="Benchmark Action",
                postal_address="4 Quay Street, Westhaven 01234",
                sender_name="Mara",
                sender_address="mara@benchmark.example",
            ).id
        with self.db.connection() as connection:
            for table in LOADED:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            indexes = _without_indexes(connection, "events")
            for statement in (_PEOPLE, _PETITION, _BLASTS, _TRAITS, _LETTERS, _EVENTS, _JUDGEMENTS):
                connection.execute(text(statement), self.values)
            connection.execute(text(_SIGNATURES), self.values)
            for statement in (_SHARES, _LEDGER, _VISITS, _LOOKED_AT):
                connection.execute(text(statement), self.values)
            for statement in indexes:
                connection.execute(text(statement))
            for table in LOADED:
                connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            for table in ("events", "signatures"):
                name = f"pg_get_serial_sequence('{table}', 'id')"
                connection.execute(text(f"SELECT setval({name}, max(id)) FROM {table}"))
        with self.db.connection() as connection:
            count_anew(connection, (*LOADED, "supporters"))
        with self.db.transaction() as session:
            for blast_id in range(1, BLASTS + 1):
                rollup.note(session, "blast", [blast_id])

    def add(self, events: int, blasts: int) -> None:
        """New events on letters all over the last `blasts` blasts, in groups as a door stores
        them, each with its judgement."""
        each = NEW_AT_ONCE // blasts
        values = self.values | {"first": BLASTS - blasts + 1, "events": each, "apart": 1}
        with self.db.connection() as connection:
            before = connection.scalar(text("SELECT max(id) FROM events")) or 0
            for group in range(events // (each * blasts)):
                # Each group begins elsewhere among the letters.
                about = {"before": before + group * each * blasts, "acting": self.letters - group}
                connection.execute(text(_EVENTS), values | about)
                connection.execute(text(_JUDGEMENTS), about)


def _without_indexes(connection: Connection, table: str) -> list[str]:
    """Drop a table's indexes; the statements that make them again."""
    made = connection.execute(
        text("""
            SELECT indexname, replace(indexdef, ' ONLY ', ' ') FROM pg_indexes
            WHERE tablename = :table AND indexdef NOT LIKE 'CREATE UNIQUE%'
        """),
        {"table": table},
    ).all()
    for name, _ in made:
        connection.execute(text(f"DROP INDEX {name}"))
    return [definition for _, definition in made]
