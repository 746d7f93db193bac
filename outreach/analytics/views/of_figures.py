"""Views of what is rolled up: numbers by blast and variant, hour, mailbox provider and so on."""

from __future__ import annotations

from outreach.analytics.rollups.cells import (
    ACTS,
    DEVICE,
    EVIDENCE,
    HOUR,
    LINK,
    SKIPPED,
    TRAFFIC,
    TRAIT_ACTS,
    TRAITS,
    WHOLE,
)
from outreach.analytics.views.view import FEW, OTHER, View, column

_DIMENSIONS = ", ".join(
    f"'{name}'" for name in (WHOLE, SKIPPED, HOUR, LINK, DEVICE, EVIDENCE, *TRAITS)
)


def _sum(name: str, measures: tuple[str, ...]) -> str:
    said = ", ".join(f"'{measure}'" for measure in measures)
    summed = f"sum(CASE WHEN measure IN ({said}) THEN number ELSE 0 END)"
    return f"CAST({summed} AS bigint) AS {name}"


_BOUNCED_TOO = ("accepted", "delivered", "bounced", "complained")
_ARRIVED = ("accepted", "delivered", "complained")
_STATES = (*_BOUNCED_TOO, "refused", "unknown", "cancelled", "pending", "skipped")
_FIGURES: dict[str, tuple[tuple[str, ...], str]] = {
    "audience": (_STATES, "everybody who was frozen into the blast"),
    "skipped": (("skipped",), "held back by the consent gate"),
    "sent": (_BOUNCED_TOO, "taken by the provider"),
    "refused": (("refused",), "the provider will not take it"),
    "unknown": (("unknown",), "it is not known whether it left"),
    "cancelled": (("cancelled",), "taken back before it left"),
    "pending": (("pending",), "still to go"),
    "bounced": (("bounced",), "sent, and came back"),
    "delivered": (_ARRIVED, "sent less bounced"),
    "complained": (("complained",), "delivered, and reported as spam"),
    "opened": (("opened",), "people who opened"),
    "clicked": (("clicked",), "people who followed the ask or a link of the text"),
    "signed": (("signatures",), "verified signatures that letters brought themselves"),
    "new": (("new",), "those of `signed` who had never signed before"),
    "shared": (("shared",), "signatures through shares of those, over all generations"),
    "unsubscribed": (("unsubscribed",), "people who left"),
    "raw_opened": (("raw_opened",), "`opened` with machines, proxies and the unknown"),
    "raw_clicked": (("raw_clicked",), "`clicked` with machines, proxies and the unknown"),
    "machine_events": (("machine_events",), "events held to be a machine’s"),
    **{
        f"delivered_{act}": ((f"reached_{act}",), f"letters of `delivered` that count as `{act}`")
        for act in ACTS
    },
    **{name: ((name,), f"events: {name.replace('_', ' judged ')}") for name in TRAFFIC},
}
FIGURES = View(
    "blast_figures",
    "A row for each blast and version with its figures, as the console shows them. Add versions "
    "up for the blast: a letter has one. Rates are `delivered_…` over `delivered`.",
    (
        column("blast_id", "its blast"),
        column("variant_id", "the version; empty: what no version can be said to have done"),
        *(column(name, meaning) for name, (_, meaning) in _FIGURES.items()),
    ),
    "SELECT blast_id, nullif(variant_id, 0), "
    + ", ".join(_sum(name, measures) for name, (measures, _) in _FIGURES.items())
    + " FROM rollups WHERE dimension = '' GROUP BY blast_id, variant_id",
)
HOURS = View(
    "hours",
    "People by the hour in which they clicked for the first time, and in which their signature "
    "became valid.",
    (
        column("blast_id", "its blast"),
        column("variant_id", "the version; empty: none"),
        column("hour", "when the hour begins, UTC"),
        column("clicked", "people"),
        column("signed", "people"),
    ),
    "SELECT blast_id, nullif(variant_id, 0), {instant}value{_instant}, "
    + f"{_sum('clicked', ('clicked',))}, {_sum('signed', ('signed',))} "
    + "FROM rollups WHERE dimension = 'hour' GROUP BY blast_id, variant_id, value",
)
_OF_TRAITS = (
    *("audience", "skipped", "sent", "refused", "bounced", "delivered", "complained"),
    *(f"delivered_{act}" for act in TRAIT_ACTS),
)
_TRAITS = ", ".join(f"'{name}'" for name in TRAITS)
OF_TRAITS = View(
    "trait_figures",
    "The figures by mailbox provider, place and segment, as they were when the blast was frozen. "
    "Rows of a kind add up to the blast, but for segments: a letter stands under each of its own.",
    (
        column("blast_id", "its blast"),
        column("variant_id", "the version"),
        column("trait", "mailbox, place or segment"),
        column(
            "name",
            "a provider or domain; a country, or country and region (`US-CA`); a segment. Empty: "
            "the rest, or not known",
        ),
        *(column(name, _FIGURES[name][1]) for name in _OF_TRAITS),
    ),
    "SELECT blast_id, nullif(variant_id, 0), dimension, value, "
    + ", ".join(_sum(name, _FIGURES[name][0]) for name in _OF_TRAITS)
    + f" FROM rollups WHERE dimension IN ({_TRAITS})"
    + " GROUP BY blast_id, variant_id, dimension, value",
)
PROVIDERS = View(
    "provider_figures",
    "Letters of blasts of the last months by what stands behind the @, counted each minute: fast, "
    "where the same from `deliveries` reads every letter.",
    (
        column("blast_id", "its blast"),
        column(
            "provider_domain",
            f"the domain; `{OTHER}` for those of fewer than {FEW} letters of the blast, or of "
            "fewer than one in 5,000",
        ),
        column("sent", "letters that the provider took"),
        column("bounced", "those of them that came back"),
        column("complained", "those of them that were reported as spam"),
    ),
    "SELECT blast_id, CASE WHEN domain = '' THEN {other} ELSE domain END, sent, bounced, "
    "complained FROM provider_figures",
)
ROLLUPS = View(
    "rollups",
    "Every number that screens read, one a row: fast whatever the number of events.",
    (
        column("blast_id", "its blast"),
        column("variant_id", "the version; empty: none"),
        column(
            "dimension",
            "empty (the whole), skipped, hour, link, device, evidence, mailbox, place, segment",
        ),
        column(
            "value",
            "the reason, hour, link_id, family of devices, or name of the evidence, mailbox "
            "provider, place or segment",
        ),
        column("measure", "what is counted: docs/figures.md"),
        column("number", "how many"),
    ),
    "SELECT blast_id, nullif(variant_id, 0), dimension, value, measure, number FROM rollups "
    f"WHERE dimension IN ({_DIMENSIONS})",
)
OF_FIGURES = (FIGURES, HOURS, OF_TRAITS, PROVIDERS, ROLLUPS)
