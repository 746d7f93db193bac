"""Reports as PDF files."""

from __future__ import annotations

from pathlib import Path

from outreach.accounts.models import Organisation
from outreach.analytics.drawing import printed
from outreach.analytics.drawing.paper import paper_of
from outreach.analytics.report.figures import BlastReport
from outreach.core.files import whole


def write(report: BlastReport, organisation: Organisation, path: Path, paper: str | None) -> None:
    """Print a report into a file, whole or not at all; `paper` None: what is usual there.

    Raises as printed.report_pdf, and BadInput where the file can't be written.
    """
    content = printed.report_pdf(
        report,
        organisation=organisation.name,
        language=organisation.language,
        paper=paper or paper_of(organisation.language, organisation.timezone),
    )
    with whole(path) as file:
        file.write(content)
