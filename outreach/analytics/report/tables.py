"""A report's figures as rows, for files that people take away."""

from __future__ import annotations

from collections.abc import Iterable

from outreach.analytics.intervals import Rate
from outreach.analytics.report.figures import Figures

Row = tuple[str | int | float, ...]


def figure_rows(figures: Figures) -> list[Row]:
    """Each figure with its rate and interval (0 to 1) where it has one, as
    figure, count, of, rate, low, high.

    A rate's `count` is of delivered people; without a rate, `count` is everybody.
    """
    letters, people = figures.letters, figures.people
    plain: list[Row] = [
        ("audience", letters.audience),
        *((f"skipped: {reason}", number) for reason, number in letters.skipped.items()),
        ("sent", letters.sent),
        ("refused", letters.refused),
        ("unknown", letters.unknown),
        ("cancelled", letters.cancelled),
        ("pending", letters.pending),
        ("bounced", letters.bounced),
        ("opened", people.opened),
        ("clicked", people.clicked),
        ("signed", figures.signed.people),
        ("new signers", figures.signed.new),
        ("signed through shares", figures.shared),
        ("unsubscribed", people.unsubscribed),
        ("complained", letters.complained),
        ("machine events", figures.machine_events),
    ]
    return [*plain, _rate("delivery rate", figures.delivery), *_rates(figures)]


def _rates(figures: Figures) -> Iterable[Row]:
    for name, rate in figures.rates.items():
        yield _rate(f"{name} rate", rate)
    for name, rate in figures.raw_rates.items():
        yield _rate(f"{name} rate, raw", rate)


def _rate(name: str, rate: Rate) -> Row:
    if rate.share is None or rate.interval is None:
        return name, rate.count, rate.of
    return name, rate.count, rate.of, rate.share, *rate.interval
