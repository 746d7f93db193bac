"""Reports as PDF files."""

from __future__ import annotations

from pathlib import Path

from outreach.accounts.models import Organisation
from outreach.analytics import printed
from outreach.analytics.figures import BlastReport
from outreach.analytics.paper import paper_of
from outreach.core.errors import BadInput


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
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInput(
            f"{path} can’t be written: {error.strerror}.",
            hint="Check that the folder exists and that you may write there.",
        ) from None
