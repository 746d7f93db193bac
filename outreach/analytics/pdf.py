"""HTML as PDF, by WeasyPrint: the extra `pdf`, which needs Debian's pango; loaded on first use."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from outreach.analytics.bounded import bounded
from outreach.core.errors import Conflict

SECONDS = 60.0
_INSTALL = (
    "pip install weasyprint, and on Debian: "
    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
)


def as_pdf(html: str) -> bytes:
    """A tagged PDF of a page that holds all it needs: nothing is fetched.

    Raises Conflict where WeasyPrint or pango is missing, TryLater when it takes too long.
    """
    weasyprint = _weasyprint()

    def printed() -> bytes:
        fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"})
        page = weasyprint.HTML(string=html, url_fetcher=fetcher)
        return bytes(page.write_pdf(pdf_tags=True))

    return bounded(printed, seconds=SECONDS)


def prints() -> bool:
    """Whether the extra is installed; asking loads nothing, and does not look for pango."""
    return find_spec("weasyprint") is not None


def _weasyprint() -> Any:
    try:
        return importlib.import_module("weasyprint")
    except ImportError:
        missing = "WeasyPrint is not installed"
    except OSError:  # so it says that a library is not there
        missing = "WeasyPrint does not find pango"
    raise Conflict(f"Nothing can be printed here: {missing}. Nothing was written.", hint=_INSTALL)
