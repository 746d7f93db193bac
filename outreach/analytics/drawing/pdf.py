"""HTML as PDF, by WeasyPrint: the extra `pdf`, which needs Debian's pango."""

from __future__ import annotations

from importlib.util import find_spec

from outreach.analytics.drawing.bounded import Missing, made
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
    missing = "WeasyPrint is not installed"
    try:
        if prints():
            return made([("pdf", html)], seconds=SECONDS)[0]
    except Missing:
        missing = "WeasyPrint does not find pango"
    raise Conflict(f"Nothing can be printed here: {missing}. Nothing was written.", hint=_INSTALL)


def prints() -> bool:
    """Whether the extra is installed; asking loads nothing, and does not look for pango."""
    return find_spec("weasyprint") is not None
