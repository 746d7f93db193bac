"""What an agent string gives away: a crawler, a mail scanner, a bare program, a privacy proxy."""

from __future__ import annotations

import importlib
import re
from functools import lru_cache

APPLE, GOOGLE, YAHOO = "apple", "google", "yahoo"

# Software that looks at mail before its reader does, by the names that it gives itself, and Gmail's
# own prefetch, which names a browser twice.
_SCANNERS = re.compile(
    r"barracuda|proofpoint|mimecast|fortimail|safe ?links|symantec|messagelabs|trend ?micro|sophos"
    r"|ironport|fireeye|trellix|trustwave|spamtitan|vadesecure|zscaler|palo alto networks|bluecoat"
    r"|scmguard|virustotal|urlscan|censys|zgrab|headlesschrome|phantomjs|link ?preview|url ?preview"
    r"|dataaccessd|safari/537\.36 edge/12\.246 mozilla/5\.0$",
    re.IGNORECASE,
)
# A browser introduces itself with platform details behind its name; a program does not.
_BROWSER = re.compile(r"(?:Mozilla/[45]\.0|Opera/\d+\.\d+) \(.{3}")
# Mail programs that fetch images themselves and are no browsers.
_MAIL_READERS = re.compile(
    r"outlook|microsoft office|ms-?office|thunderbird|airmail|spark|canary|postbox|em ?client"
    r"|mailmate|k-9|fairemail|aquamail|bluemail|^mail/|apple ?mail|lotus-notes|evolution|kmail",
    re.IGNORECASE,
)


def privacy_proxy(agent: str) -> str:
    """Whose proxy fetched an image in the reader's place: APPLE, GOOGLE, YAHOO or "".

    Apple Mail Privacy Protection says `Mozilla/5.0` and nothing more.
    """
    if agent == "Mozilla/5.0":
        return APPLE
    if "GoogleImageProxy" in agent:
        return GOOGLE
    return YAHOO if "YahooMailProxy" in agent else ""


@lru_cache(maxsize=4096)
def is_crawler(agent: str) -> bool:
    """Whether the agent stands in crawler-user-agents; known privacy proxies do not count."""
    if not agent or privacy_proxy(agent):
        return False
    # Loaded on first use: 1,500 patterns take 0.2 s to read.
    return bool(importlib.import_module("crawleruseragents").is_crawler(agent))


def is_scanner(agent: str) -> bool:
    """Whether the agent names software that inspects mail and links."""
    return bool(_SCANNERS.search(agent))


def is_program(agent: str) -> bool:
    """Whether the agent is neither a browser nor a mail program: a script or an HTTP library."""
    if not agent or privacy_proxy(agent):
        return False
    return not _BROWSER.match(agent) and not _MAIL_READERS.search(agent)
