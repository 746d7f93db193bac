"""A report as plain text, for a terminal or a letter."""

from __future__ import annotations

from collections.abc import Iterable

from outreach.analytics.intervals import SMALL
from outreach.analytics.report import report_groups, wording
from outreach.analytics.report.contest import MEASURES, Contest
from outreach.analytics.report.figures import BlastReport, Figures, Traffic


def as_text(report: BlastReport, *, by: str = "sign") -> str:
    """The whole report in lines of at most about 100 characters; `by`: what variants compare by."""
    lines = [
        f"{report.name} (blast {report.blast_id}, {report.state})",
        f"Petition: {report.petition}",
    ]
    if report.figures is None:
        return "\n".join([*lines, "", wording.not_run(report)])
    when = wording.sent_when(report)
    lines.append(f"{when}. As of {wording.instant(report.as_of, report.zone)}.".lstrip(". "))
    said = [*filter(None, [report.reason]), *wording.caution(report.figures)]
    return "\n".join([*lines, *said, "", *_body(report.figures, by)])


def _body(figures: Figures, by: str) -> Iterable[str]:
    letters, people, rates = figures.letters, figures.people, figures.rates
    raw = figures.raw_rates
    yield _row("Audience", letters.audience)
    yield _row("Not sent", letters.audience - letters.sent, _list(wording.not_sent(figures)))
    yield _row("Sent", letters.sent)
    yield _row("Delivered", letters.reached, wording.rate(figures.delivery, "sent"))
    yield ""
    yield "Unique people, machines left out"
    for label, count, name in (
        ("Opened", people.opened, "open"),
        ("Clicked", people.clicked, "click"),
        ("Signed", figures.signed.people, "sign"),
        ("Unsubscribed", people.unsubscribed, "unsubscribe"),
        ("Complained", letters.complained, "complaint"),
    ):
        yield _row(label, count, wording.rate(rates[name], "delivered"))
    yield _row("New signers", figures.signed.new, "had never signed before")
    yield _row("Through shares", figures.shared, "more signatures, over all generations")
    yield from _variants(figures.details.contest, by)
    yield from _groups(figures)
    yield ""
    yield "Events, with machines kept apart"
    yield _row("Opens", figures.opens.total, _traffic(figures.opens))
    yield _row("Clicks", figures.clicks.total, _traffic(figures.clicks))
    yield _row("By machines", figures.machine_events, "opens, clicks and page views")
    for name, events in figures.evidence:
        yield _row("", events, wording.evidence(name))
    yield (
        f"With machines counted in, the open rate would read {raw['open'].percent}, "
        f"the click rate {raw['click'].percent}."
    )


def _variants(contest: Contest, by: str) -> Iterable[str]:
    verdict = contest.by(by)
    if verdict is None:
        return
    yield ""
    yield f"Variants, by {by} rate"
    for place, one in enumerate(contest.variants):
        yield f"  {one.letter}  {one.subject}"
        rate = one.rates[by]
        note = wording.rate(rate, "delivered")
        if verdict.told:
            best, risk = verdict.told[place]
            note += f", best with {best}, risks {risk}"
        yield _row(f"   {MEASURES[by].split()[0]}", rate.count, note)
    yield f"  {verdict.said}"
    if contest.rest:
        yield f"  {contest.rest}"


def _groups(figures: Figures) -> Iterable[str]:
    for section in report_groups.sections(figures):
        if not section.groups:
            continue
        yield ""
        yield f"{section.title}: delivered"
        for one in section.shown:
            rates = one.rates
            said = ", ".join(
                f"{rate.percent if rate.of >= SMALL else format(rate.count, ',')} {word}"
                for word, rate in (
                    ("bounced", rates["bounce"]),
                    ("complained", rates["complaint"]),
                    ("signed", rates["sign"]),
                )
            )
            yield f"  {one.name:<26}{one.delivered:>10,}  {said}"
            yield from (f"    Look: {warning}" for warning in one.warnings)
        if more := len(section.groups) - len(section.shown):
            yield f"  {more:,} more: --json has all"


def _row(label: str, count: int, note: str = "") -> str:
    return f"  {label:<15}{count:>10,}  {note}".rstrip()


def _traffic(traffic: Traffic) -> str:
    return _list(
        [
            ("by people", traffic.human),
            ("by a mail proxy", traffic.proxy),
            ("by machines", traffic.machine),
            ("unknown", traffic.unknown),
        ]
    )


def _list(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts if number)
