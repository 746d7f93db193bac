"""What the deliverability score card says in words, the same at the terminal and on the screen."""

from __future__ import annotations

from outreach.analytics.deliverability.scorecard import AT_ONCE_S, Leaving, ProviderLine
from outreach.analytics.deliverability.sender_readings import LOOK, MISSING, OK, UNREAD
from outreach.analytics.deliverability.weeks import Sums
from outreach.tracking.leaving import BY_ONE_CLICK, ON_THE_PAGE

KINDS = {
    "spf": "SPF",
    "dkim": "DKIM",
    "dmarc": "DMARC",
    "mx": "MX",
    "return_path": "Return path",
}
LEVELS = {OK: "In order", LOOK: "Look at it", MISSING: "Missing", UNREAD: "Not read"}
VERDICTS = {
    "over": "Over 0.3 %",
    "perhaps": "Perhaps over 0.3 %",
    "above": "Over 0.1 %",
    "under": "Under 0.1 %",
    "open": "Too few to tell",
    "none": "No letters",
}
# How a verdict looks; the word says it, the colour repeats it.
LOOKS = {
    "over": "stop",
    "perhaps": "warn",
    "above": "warn",
    "under": "ok",
    OK: "ok",
    LOOK: "warn",
    MISSING: "stop",
}
REASONS = {
    "bounced": "Bounced",
    "complained": "Complained",
    "asked": "Asked for it",
    "manual": "By hand",
}
WAYS = {BY_ONE_CLICK: "The mailbox’s own button", ON_THE_PAGE: "The button on our page"}
OTHERS = "Domains of few people"


def domain(line: ProviderLine) -> str:
    """A mailbox domain, or what stands for the small ones."""
    return line.domain or OTHERS


def seconds(took: float) -> str:
    """How long something took: 0.2 s, 40 s, 3 min, 5 h."""
    if took < 10:
        return f"{took:.1f} s"
    if took < 120:
        return f"{took:.0f} s"
    return f"{took / 60:.0f} min" if took < 7200 else f"{took / 3600:.0f} h"


def leaving(one: Leaving) -> str:
    """Whether presses of a way took effect as they must."""
    if not one.presses:
        return "Nobody left this way."
    if one.at_once == one.presses:
        return f"All within {AT_ONCE_S} s."
    late = one.presses - one.at_once
    return f"{late:,} took longer than {AT_ONCE_S} s: the database was away, or slow."


def falling(line: ProviderLine) -> str:
    """The warning of a domain whose letters come back more often than before."""
    return (
        f"{domain(line)}: {line.week.bounce.percent} of {line.week.sent:,} letters of the last "
        f"7 days came back, {line.before.bounce.percent} of {line.before.sent:,} in the 90 days "
        "before. Chance does not explain it: the intervals lie apart."
    )


def complaint(sums: Sums) -> str:
    """A complaint rate with what it is of."""
    return f"{sums.complaint.percent} ({sums.complained:,} of {sums.complaint.of:,})"
