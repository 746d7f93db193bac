"""The parts of a report that tell of groups: mailbox providers, places, segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.analytics.report import drawings
from outreach.analytics.report.drawings import Range
from outreach.analytics.report.figures import Figures
from outreach.analytics.report.groups import SHOWN, Group

_NOT_KEPT = "This blast was frozen before it was kept with each letter."


@dataclass(frozen=True)
class Section:
    """One of them; `name` as in report_tables.TABLES, `none` is said where there are no groups."""

    name: str
    title: str
    what: str
    groups: Sequence[Group]
    hint: str
    none: str
    marks: Sequence[Range | None]  # of each group's sign rate
    whole: float  # where the whole blast's stands

    @property
    def shown(self) -> Sequence[Group]:
        """The largest."""
        return self.groups[:SHOWN]

    @property
    def ceiling(self) -> float | None:
        """Where the scale of the marks ends."""
        return next((mark.ceiling for mark in self.marks if mark), None)


def sections(figures: Figures) -> list[Section]:
    """All three, whether a blast has them or not."""
    details = figures.details
    recorded = details.mailboxes or not figures.letters.audience
    return [
        _section(
            figures,
            "mailboxes",
            "Mailbox providers",
            "Provider",
            details.mailboxes,
            "Domains of few people stand together. A warning compares with the rest of this blast "
            "and with the provider’s last blasts, and leaves out what chance explains.",
            _NOT_KEPT,
        ),
        _section(
            figures,
            "places",
            "Places",
            "Place",
            details.places,
            "A country alone: the region is not known, or few people live there.",
            _NOT_KEPT,
        ),
        _section(
            figures,
            "segments",
            "Segments",
            "Segment",
            details.segments,
            "As they were when the blast was frozen; who was in two stands under both.",
            "No saved segment was recorded when this blast was frozen." if recorded else _NOT_KEPT,
        ),
    ]


def _section(
    figures: Figures,
    name: str,
    title: str,
    what: str,
    groups: Sequence[Group],
    hint: str,
    none: str,
) -> Section:
    signed = [one.rates["sign"] for one in groups]
    marks, whole = drawings.beside(signed, figures.rates["sign"])
    return Section(name, title, what, groups, hint, none, marks, whole)
