"""What a mail system answered, as a reason that can be kept: one line, without personal data."""

from __future__ import annotations

import re

from outreach.mail.headers import one_line

_LONGEST = 300
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


def reason(text: str, address: str = "") -> str:
    """The text without addresses, and without the name part of `address` where it stands alone."""
    if "@" in text:
        text = _ADDRESS.sub("[address]", text)
    local = address.rpartition("@")[0].casefold()
    if local and local in text.casefold():
        text = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return one_line(text[:_LONGEST]).strip()
