"""Which paper people print on where an organisation is."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache
from pathlib import Path

A4, LETTER = "A4", "Letter"
PAPERS = (A4, LETTER)
# Unicode CLDR, supplemental data, paperSize US-Letter.
_ON_LETTER = {
    "BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE",
}  # fmt: skip
_REGION = re.compile(r"-([A-Z]{2})(?:-|$)", re.IGNORECASE)


def paper_of(language: str, timezone: str) -> str:
    """By the region of a language tag (en-US), else by the country of a time zone; else A4."""
    region = _REGION.search(language)
    country = region[1].upper() if region else _countries().get(timezone, "")
    return LETTER if country in _ON_LETTER else A4


@cache
def _countries() -> dict[str, str]:
    """Country by time zone, of the zone.tab that comes with the system's zones; else empty."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder) / "zone.tab"
        if path.is_file():
            lines = path.read_text("utf-8").splitlines()
            parts = [line.split("\t") for line in lines if line and not line.startswith("#")]
            return {zone: country for country, _, zone, *_ in parts}
    return {}
