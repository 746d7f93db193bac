"""Acts, bills, codes and cases: sources that are called by name and number."""

from __future__ import annotations

import re

_LAW = re.compile(
    # 42 U.S.C. 7401, 40 CFR 141, 134 Stat. 281, 347 U.S. 483
    r"\b[0-9]+\s+(?:U\.\s?S\.(?:\s?C\.?(?:\s?A\.)?)?|USC|C\.\s?F\.\s?R\.|CFR|Stat\.|F\.(?:[23]d|4th|\s?Supp)"
    r"|S\.\s?Ct\.|Fed\.\s?Reg\.)\s"
    r"|§|\b(?:Pub(?:lic)?\.?\s+L(?:aw|\.)|P\.\s?L\.)\s*(?:No\.?\s*)?[0-9]"
    # H.R. 2307, S. 12, S.B. 4, House Bill 7, 117th Cong.
    r"|\b(?:H\.\s?R\.?|H\.?\s?B\.?|S\.?\s?B\.?|A\.?\s?B\.?|[HS]\.\s?(?:J\.|Con\.)?\s?Res\.|"
    r"(?:House|Senate|Assembly)\s+(?:Bill|File|Resolution))\s*(?:No\.?\s*)?[0-9]|^S\.\s?[0-9]"
    r"|\b[0-9]{2,3}(?:th|st|nd|rd)\s+Cong"
    # Water Act 1989, section 3; Smith v. Jones
    r"|\b(?:Act|Code|Regulations?|Directive|Treaty|Convention)\b[^.“\"]{0,30}"
    r"\b(?:articles?|arts?\.|sections?|secs?\.|s\.|ss\.|chapter|ch\.|c\.|cap\.)\s*[0-9]"
    r"|\b(?:Act|Regulations|Directive),?\s+(?:of\s+)?[12][0-9]{3}"
    r"(?:\s*\([A-Z][\w .]{1,20}\))?[\s.]*$"
    r"|[A-Z][\w.’']+\s+v\.?\s+[A-Z]"
)


def is_law(text: str) -> bool:
    """Whether words name an act, a bill, a regulation or a case."""
    return bool(_LAW.search(text))
