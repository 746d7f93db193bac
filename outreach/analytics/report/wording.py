"""What a report says in words, the same at the terminal and on the screen."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from outreach.analytics.intervals import Rate
from outreach.analytics.report.figures import BlastReport, Figures
from outreach.petitions import grades
from outreach.petitions.models import Signature
from outreach.tracking.evidence import WHY

_REASONS = {
    "no_consent": "no consent",
    "unknown": "reason unknown",
}
_NOT_RUN = {
    "draft": "It is a draft: nobody has been written to.",
    "scheduled": "Nobody has been written to yet.",
    "freezing": "Its audience is being put together; nobody has been written to yet.",
    "paused": "It is paused and nobody has been written to.",
    "cancelled": "It was cancelled before anybody was written to.",
    "failed": "It failed before anybody was written to.",
}


def not_run(report: BlastReport) -> str:
    """Why a report has no figures, and when it will have some where that is known."""
    said = [f"This blast has not run. {_NOT_RUN.get(report.state, 'Nobody has been written to.')}"]
    if report.reason:
        said.append(report.reason)
    if report.state == "scheduled" and report.scheduled_for:
        said.append(f"It leaves on {instant(report.scheduled_for, report.zone)}.")
    return " ".join(said)


def caution(figures: Figures) -> list[str]:
    """What has to be known before the figures are used, a sentence for each."""
    letters, said = figures.letters, []
    if letters.pending:
        said.append(f"Still to go out: {letters.pending:,}. The figures will change.")
    if letters.unknown:
        said.append(
            f"Unknown whether sent: {letters.unknown:,}. These are not counted as delivered."
        )
    beyond = figures.people.clicked - figures.reached.clicked
    if beyond:
        said.append(
            f"Clicked in letters not counted as delivered: {beyond:,}. Rates leave them out."
        )
    if letters.reached and figures.small:
        said.append("Under 500 delivered: go by the counts and intervals, not by a rate.")
    return said


def skip_reason(name: str) -> str:
    """Why somebody was not written to: "no consent"."""
    return _REASONS.get(name, name.replace("_", " "))


def not_sent(figures: Figures) -> list[tuple[str, int]]:
    """Everybody of the audience who was not sent a letter, by what came between."""
    letters = figures.letters
    rest = {
        "refused": letters.refused,
        "unknown": letters.unknown,
        "cancelled": letters.cancelled,
        "still to go": letters.pending,
    }
    skipped = [(skip_reason(name), number) for name, number in letters.skipped.items()]
    skipped.sort(key=lambda item: -item[1])
    return skipped + [(name, number) for name, number in rest.items() if number]


def evidence(name: str) -> str:
    """What a piece of evidence says, as tracking words it."""
    return WHY.get(name, "No evidence was noted").rstrip(".")


def doubts(signature: Signature) -> list[str]:
    """Why a signature is suspicious, a sentence for each doubt."""
    why = {**WHY, **grades.WHY}
    return [why.get(doubt["name"], doubt["name"]) for doubt in signature.doubts]


def rate(of: Rate, noun: str) -> str:
    """28.1 % of delivered (95 % interval 27.7 to 28.5 %)."""
    if of.share is None:
        return f"no rate: nobody {noun}"
    return f"{of.percent} of {noun} (95 % interval {of.between})"


def instant(at: datetime, zone: str) -> str:
    """Tuesday 14 April 2026, 09:00 UTC; the zone is named."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M %Z}"


def sent_when(report: BlastReport) -> str:
    """Sent Tuesday 14 April 2026, 09:00 to 09:04 UTC; "" before the first letter."""
    if report.started_at is None:
        return ""
    zone = ZoneInfo(report.zone)
    start = report.started_at.astimezone(zone)
    day = f"{start:%A} {start.day} {start:%B %Y}"
    if report.finished_at is None:
        return f"Sending since {day}, {start:%H:%M %Z}"
    end = report.finished_at.astimezone(zone)
    if start.date() == end.date():
        return f"Sent {day}, {start:%H:%M} to {end:%H:%M %Z}"
    return f"Sent {day}, {start:%H:%M} to {end:%A} {end.day} {end:%B %Y, %H:%M %Z}"
