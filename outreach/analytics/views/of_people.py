"""Views of petitions, signatures and their credit, supporters without who they are, lists."""

from __future__ import annotations

from outreach.analytics.views.view import FEW, OTHER, View, column, person

DOMAINS = View(
    "provider_domains",
    f"What stands behind the @, where at least {FEW} supporters have it.",
    (column("domain", "the domain"), column("supporters", "people with an address there")),
    "SELECT {domain} AS domain, count(*) FROM supporters p GROUP BY {domain} "
    "HAVING count(*) >= {few}",
)
PETITIONS = View(
    "petitions",
    "A row for each petition.",
    (
        column("petition_id", "its number"),
        column("slug", "its address"),
        column("headline", "its headline"),
        column("state", "draft, published, paused, closed"),
        column("goal", "the goal that was set; 0: chosen by the count"),
        column("created_at", "when it was made"),
        column("published_at", "when it was opened"),
        column("closed_at", "when it was closed"),
    ),
    "SELECT id, slug, headline, state, goal, created_at, published_at, closed_at FROM petitions",
)
_OWN_LETTER = (
    "LEFT JOIN deliveries {d} ON {d}.id = s.{column} AND {d}.kind = 'blast' "
    "LEFT JOIN blasts {b} ON {b}.id = {d}.blast_id AND {b}.petition_id = s.petition_id "
)
SIGNATURES = View(
    "signatures",
    "A row for each signature, without name and place. Letters and blasts are those that asked "
    "for this petition.",
    (
        person("signature_id", "its number"),
        column("petition_id", "the petition"),
        column("version", "which wording was signed"),
        person("supporter_id", "who signed"),
        column("state", "pending, verified, invalidated"),
        column("grade", "recognised (by the letter’s link), confirmed, form"),
        column("is_new", "1: the first signature anywhere; else 0"),
        column("created_at", "when it was given"),
        column("verified_at", "when it became valid; empty: not yet"),
        column("invalidated_at", "when it was taken off"),
        column(
            "source",
            "letter (a link of one was followed last), share (somebody’s link), page (neither)",
        ),
        person("first_delivery_id", "the letter that was followed first"),
        column("first_blast_id", "its blast"),
        person("last_delivery_id", "the letter that was followed last: it has the credit"),
        column("last_blast_id", "its blast"),
        person("shared_by_id", "the signature whose share led here"),
    ),
    "SELECT s.id, s.petition_id, v.number, s.supporter_id, s.state, s.grade, "
    "CASE WHEN s.is_new THEN 1 ELSE 0 END, s.created_at, s.verified_at, s.invalidated_at, "
    "CASE WHEN bl.id IS NOT NULL THEN 'letter' WHEN s.shared_by_id IS NOT NULL THEN 'share' "
    "ELSE 'page' END, CASE WHEN bf.id IS NOT NULL THEN s.first_delivery_id END, bf.id, "
    "CASE WHEN bl.id IS NOT NULL THEN s.last_delivery_id END, bl.id, s.shared_by_id "
    "FROM signatures s JOIN petition_versions v ON v.id = s.version_id "
    + _OWN_LETTER.format(d="df", b="bf", column="first_delivery_id")
    + _OWN_LETTER.format(d="dl", b="bl", column="last_delivery_id"),
)
CREDITS = View(
    "credits",
    "A row for each verified signature and blast that is credited with it, as counted last. A "
    "signature may be credited to one blast through its letter, and to others through shares.",
    (
        person("signature_id", "the signature"),
        column("blast_id", "the blast"),
        column("variant_id", "the version; empty for those through shares"),
        column("through", "letter, or share (over all generations)"),
        person("delivery_id", "the letter; empty for those through shares"),
        column("is_new", "1: the first signature anywhere; else 0"),
        column("verified_at", "when it became valid"),
    ),
    "SELECT signature_id, blast_id, nullif(variant_id, 0), "
    "CASE WHEN delivery_id IS NULL THEN 'share' ELSE 'letter' END, delivery_id, is_new, "
    "verified_at FROM signature_credits",
)
SUPPORTERS = View(
    "supporters",
    "A row for each supporter, without name, address, postal code and fields of their own.",
    (
        person("supporter_id", "their number here"),
        column("joined_on", "the day (UTC) on which they came"),
        column("provider_domain", f"as in deliveries: `{OTHER}` where fewer than {FEW} have it"),
        column("country", "two letters, ISO 3166-1; empty: not known"),
        column("region", "as it was given"),
        column("language", "as it was given"),
        column("timezone", "as it was given"),
        column("consent", "granted or withdrawn, for letters; empty: nothing is known"),
        column("consent_since", "the day (UTC) since which that holds"),
        column("suppressed_because", "bounced, complained, asked, manual; empty: not suppressed"),
    ),
    "SELECT p.id, {day}p.created_at{_day}, coalesce(g.domain, {other}), p.country, p.region, "
    "p.language, p.timezone, c.status, {day}c.since{_day}, x.reason FROM supporters p "
    "LEFT JOIN {views}provider_domains g ON g.domain = {domain} "
    "LEFT JOIN consent_standings c ON c.supporter_id = p.id AND c.purpose = 'email' "
    "LEFT JOIN suppressions x ON x.address = p.address",
)
LISTS = View(
    "lists",
    "A row for each list.",
    (
        column("list_id", "its number"),
        column("name", "its name"),
        column("created_at", "when it was made"),
        column("members", "people who are on it now, whatever their consent"),
    ),
    "SELECT l.id, l.name, l.created_at, count(m.supporter_id) FROM lists l "
    "LEFT JOIN list_members m ON m.list_id = l.id GROUP BY l.id, l.name, l.created_at",
)
GROWTH = View(
    "list_growth",
    "How lists grew and shrank: people by day. Counted are those who are on the list now; who "
    "was taken off it or erased is in neither.",
    (
        column("list_id", "the list"),
        column("day", "the day, UTC"),
        column("change", "joined, or left (took their consent to letters back, and not again)"),
        column("source", "joined: where they joined; left: in which way"),
        column("people", "how many"),
    ),
    "SELECT list_id, {day}joined_at{_day}, 'joined', source, count(*) FROM list_members "
    "GROUP BY list_id, {day}joined_at{_day}, source UNION ALL "
    "SELECT m.list_id, {day}c.since{_day}, 'left', e.basis, count(*) FROM list_members m "
    "JOIN consent_standings c ON c.supporter_id = m.supporter_id AND c.purpose = 'email' "
    "AND c.status = 'withdrawn' JOIN consent_entries e ON e.id = c.entry_id "
    "GROUP BY m.list_id, {day}c.since{_day}, e.basis",
)
SUPPRESSIONS = View(
    "suppressions",
    "Addresses that must not be written to, by week and reason, without the addresses.",
    (
        column("week", "the Monday (UTC) of the week"),
        column("reason", "bounced, complained, asked, manual"),
        column("source", "where the word came from"),
        column("addresses", "how many"),
    ),
    "SELECT {week}at{_week}, reason, source, count(*) FROM suppressions "
    "GROUP BY {week}at{_week}, reason, source",
)
OF_PEOPLE = (PETITIONS, SIGNATURES, CREDITS, SUPPORTERS, LISTS, GROWTH, SUPPRESSIONS)
