"""Stretches whose digits are their own: web and mail addresses, links, code, telephone numbers."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    r"(?:https?://|www\.)[^\s<>“”\"]+|(?<=\])\([^()\s]*\)|`[^`\n]{1,200}`"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,99}",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w.])(?:\+?[0-9]{1,2}[-. ])?\(?[0-9]{3}\)?[-. ]?[0-9]{3}[-. ][0-9]{4}(?!\w)"
)
_DOMAIN = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9-]{1,60}\.){1,4}(?:com|org|net|gov|edu|io|info)(?:/[^\s)”\"]*)?(?!\w)",
    re.IGNORECASE,
)
_PHONE_END = re.compile(r"[0-9][-. ][0-9]{4}")


def hidden_stretches(text: str) -> list[tuple[int, int]]:
    """The stretches in which no marker is looked for, in order and apart from each other."""
    spans: list[tuple[int, int]] = []
    if any(sign in text for sign in ("://", "www.", "](", "`", "@")):
        spans += [m.span() for m in _HIDDEN.finditer(text)]
    more: list[tuple[int, int]] = []
    if _PHONE_END.search(text):
        more += [m.span() for m in _PHONE.finditer(text)]
    if any(ending in text for ending in (".com", ".org", ".net", ".gov", ".edu", ".io", ".info")):
        more += [m.span() for m in _DOMAIN.finditer(text)]
    if not more:
        return spans
    apart: list[tuple[int, int]] = []
    for span in sorted(spans + more):
        if not apart or span[0] >= apart[-1][1]:
            apart.append(span)
    return apart
