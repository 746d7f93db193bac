"""Views of blasts, their letters, and what was observed of them."""

from __future__ import annotations

from outreach.analytics.views.view import FEW, OTHER, View, column, person

BLASTS = View(
    "blasts",
    "A row for each blast.",
    (
        column("blast_id", "its number"),
        column("name", "its name in the console"),
        column("state", "draft, scheduled, freezing, sending, paused, finished, cancelled, failed"),
        column("petition_id", "the petition that it asks for"),
        column("template", "the letter’s template"),
        column("created_at", "when it was drafted"),
        column("scheduled_for", "when it was to leave; empty: not scheduled"),
        column("frozen_at", "when its audience was fixed; empty: nobody has a letter yet"),
        column("started_at", "when the first letters could leave"),
        column("finished_at", "when nothing of it was open any more"),
    ),
    "SELECT id, name, state, petition_id, template, created_at, scheduled_for, frozen_at, "
    "started_at, finished_at FROM blasts",
)
VARIANTS = View(
    "variants",
    "A row for each version of a blast’s letter.",
    (
        column("variant_id", "its number"),
        column("blast_id", "its blast"),
        column("letter", "A, B, …"),
        column("subject", "the subject, with merge fields as they were written; empty: as in A"),
        column("preheader", "the line behind the subject in a list of letters; empty: as in A"),
    ),
    "SELECT id, blast_id, letter, subject, preheader FROM variants",
)
LINKS = View(
    "links",
    "A row for each place that a blast’s letters lead to.",
    (
        column("link_id", "its number"),
        column("blast_id", "its blast"),
        column("slot", "its place among the blast’s links"),
        column("kind", "ask (the petition), link, citation, or trap (hidden from people)"),
        column("is_ask", "1 where a click counts as *clicked*: ask and link; else 0"),
        column("label", "what it is called in reports"),
        column("url", "where it leads, the same for everybody"),
    ),
    "SELECT id, blast_id, slot, kind, CASE WHEN kind IN ('ask', 'link') THEN 1 ELSE 0 END, "
    "label, url FROM links",
)
DELIVERIES = View(
    "deliveries",
    "A row for each letter of a blast to one person. Tests, confirmations and thanks are left "
    "out. What its person did is as counted last: a second or two behind the events.",
    (
        person("delivery_id", "the letter’s number"),
        column("blast_id", "its blast"),
        column("variant_id", "the version that was sent"),
        person("supporter_id", "whose letter it is; empty: the person was erased"),
        column(
            "provider_domain",
            f"what stands behind the @; `{OTHER}` where fewer than {FEW} people have it; "
            "empty: erased",
        ),
        column(
            "state",
            "pending, accepted, delivered, bounced, complained, refused, unknown, cancelled, "
            "skipped",
        ),
        column("skipped_because", "the reason of those skipped"),
        column("sent", "1: taken by the provider; else 0"),
        column("delivered", "1: sent and not bounced; else 0"),
        column("accepted_at", "when the provider took it"),
        column("opened", "1: a person opened it; else 0"),
        column("clicked", "1: a person followed the ask or a link of the text; else 0"),
        column("signed", "1: it led to a verified signature; else 0"),
        column("unsubscribed", "1: somebody left through it; else 0"),
        column("raw_opened", "1: opened by whomever or whatever; else 0"),
        column("raw_clicked", "1: followed by whomever or whatever; else 0"),
        column("first_clicked_at", "when a person followed it first"),
    ),
    "SELECT d.id, d.blast_id, d.variant_id, d.supporter_id, "
    "CASE WHEN p.id IS NULL THEN NULL ELSE coalesce(g.domain, {other}) END, d.state, "
    "CASE WHEN d.state = 'skipped' THEN coalesce(d.reason, 'unknown') END, "
    "CASE WHEN d.state IN ({sent}) THEN 1 ELSE 0 END, "
    "CASE WHEN d.state IN ({delivered}) THEN 1 ELSE 0 END, d.accepted_at, "
    "coalesce(a.opened, 0), coalesce(a.clicked, 0), coalesce(a.signed, 0), "
    "coalesce(a.unsubscribed, 0), coalesce(a.raw_opened, 0), coalesce(a.raw_clicked, 0), "
    "a.clicked_at FROM deliveries d LEFT JOIN letter_acts a ON a.delivery_id = d.id "
    "LEFT JOIN supporters p ON p.id = d.supporter_id "
    "LEFT JOIN {views}provider_domains g ON g.domain = {domain} "
    "WHERE d.kind = 'blast' AND d.blast_id IS NOT NULL",
)

_SEEN = (
    column("event_id", "the event’s number"),
    column("at", "when it was observed"),
    column("blast_id", "its blast"),
    column("variant_id", "the version of the letter"),
    person("delivery_id", "its letter"),
)
_JUDGED = (
    column("class", "human, proxy, machine, or unknown (also: not judged yet)"),
    column("verdict", "what it is held to be, as docs/figures.md tells; empty: not judged yet"),
    column("why", "the name of the evidence that weighs most"),
    column("evidence", "all of it as JSON: `[{"
           '"name", "weight"}]`'),
)  # fmt: skip
_OF_LETTERS = (
    "FROM events e JOIN deliveries d ON d.id = e.delivery_id AND d.blast_id = e.blast_id "
    "AND d.kind = 'blast' LEFT JOIN judgements j ON j.event_id = e.id "
)
_VERDICT = "{class}, j.verdict, {strongest}, j.evidence "
EVENTS = View(
    "events",
    "A row for each thing observed of a blast’s letter. Addresses of networks and agents’ names "
    "are left out.",
    (
        *_SEEN,
        column(
            "kind",
            "opened, clicked, viewed (a page of the letter), signed, unsubscribed, and the "
            "provider’s: delivered, bounced, complained, …",
        ),
        *_JUDGED,
    ),
    "SELECT e.id, e.at, e.blast_id, d.variant_id, e.delivery_id, e.kind, " + _VERDICT + _OF_LETTERS,
)
OPENS = View(
    "opens",
    "The events of kind opened.",
    (*_SEEN, *_JUDGED),
    "SELECT e.id, e.at, e.blast_id, d.variant_id, e.delivery_id, "
    + _VERDICT
    + _OF_LETTERS
    + "WHERE e.kind = 'opened'",
)
CLICKS = View(
    "clicks",
    "The events of kind clicked.",
    (
        *_SEEN,
        column("link_id", "the link that was followed"),
        column("is_ask", "1 where it counts as *clicked*; else 0"),
        *_JUDGED,
    ),
    "SELECT e.id, e.at, e.blast_id, d.variant_id, e.delivery_id, e.link_id, "
    "CASE WHEN l.kind IN ('ask', 'link') THEN 1 ELSE 0 END, "
    + _VERDICT
    + _OF_LETTERS
    + "LEFT JOIN links l ON l.id = e.link_id AND l.blast_id = e.blast_id WHERE e.kind = 'clicked'",
)
OF_LETTERS = (BLASTS, VARIANTS, LINKS, DELIVERIES, EVENTS, OPENS, CLICKS)
