"""What an agent string gives away: a crawler, a mail scanner, a bare program, a proxy, its age."""

from __future__ import annotations

import importlib
import re
from functools import lru_cache

_REMEMBERED = 16_384  # agents; a million people bring some thousands
APPLE, GOOGLE, YAHOO, ANOTHER = "apple", "google", "yahoo", "another"

# Software that looks at mail before its reader does, by the names that it gives itself or by what
# it says that it does, and Gmail's own prefetch, which names a browser twice.
_SCANNERS = re.compile(
    r"barracuda|proofpoint|mimecast|forti(?:mail|guard)|safe ?links|symantec|messagelabs"
    r"|trend ?micro|\btmes\b|sophos|iron ?port|cisco ?secure|fireeye|trellix|trustwave|spamtitan"
    r"|vade ?secure|zscaler|palo alto networks|bluecoat|forcepoint|websense|avanan|hornet ?security"
    r"|cloudmark|kaspersky|bitdefender|mcafee|skyhigh|cyren|webroot|mailmarshal|scmguard|virustotal"
    r"|urlscan|censys|zgrab|existence discovery|protocol discovery|webdav|content-sampling"
    r"|headless|phantomjs|selenium|puppeteer|playwright|cypress/|webdriver|lighthouse|synthetics"
    r"|(?:link|url|uri|bing|web)[ _-]?(?:preview|scan|check|extract|inspect|defen[cs]e)"
    r"|(?:mail|e-?mail|link|virus|malware|phish\w*|threat|url) ?(?:scan|secur|gateway|sandbox)"
    r"|https?://|(?<!cu)bot\b|crawler|spider|robot"  # Cubot makes phones
    r"|dataaccessd|powershell|safari/537\.36 edge/12\.246 mozilla/5\.0$",
    re.IGNORECASE,
)
# A browser introduces itself with platform details behind its name; a program does not.
_BROWSER = re.compile(r"(?:Mozilla/[45]\.0|Opera/\d+\.\d+) \(.{3}")
# “compatible” and then a name of its own: browsers that have ever done so, and mail programs.
_COMPATIBLE = re.compile(
    r"Mozilla/[45]\.0 \(compatible(?:\)|; (?!MSIE|Konqueror|Dillo|Lotus|ms-office|Win|Linux|X11"
    r"|Mac|Android|Intel|U;))",
    re.IGNORECASE,
)
# Browsers of people that look like programs: for the terminal, for small machines, of old phones.
_PLAIN_BROWSERS = re.compile(
    r"^(?:lynx|w3m|e?links|url/emacs|dillo|netsurf|edbrowse|retawq|ibrowse|aweb|qutebrowser"
    r"|nokia|blackberry|sonyericsson|samsung-|lg[-/]|mot-|sagem|sharp|docomo|kddi|ucweb|jphone"
    r"|vodafone|zte|alcatel|huawei|obigo|up\.browser|palm|j2me)|midp|cldc|netfront",
    re.IGNORECASE,
)
# Mail programs that fetch images themselves and are no browsers.
_MAIL_READERS = re.compile(
    r"outlook|microsoft office|ms-?office|thunderbird|airmail|spark|canary|postbox|em ?client"
    r"|mailmate|k-9|fairemail|aquamail|bluemail|^mail/|apple ?mail|lotus-notes|evolution|kmail"
    r"|claws mail|mailspring|sylpheed|geary|mutt|tutanota|readdle|edison",
    re.IGNORECASE,
)
_ENGINES = re.compile(r"Chrome/|Safari/|Firefox/|Trident/|Gecko/|AppleWebKit/")
# What mailbox providers call the server that fetches images when a letter is shown.
_IMAGE_PROXY = re.compile(r"(?:mail|image|img)[ ._-]?(?:image|img)?[ ._-]?(?:proxy|cache)", re.I)
# Apple's mail programs name their engine and no browser.
_APPLE_MAIL = re.compile(
    r"Mozilla/5\.0 \((?:Macintosh|iPhone|iPad)[^)]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\)"
    r"(?: Mobile/\w+)?"
)
_CHROME, _FIREFOX = re.compile(r"Chrome/(\d+)"), re.compile(r"Firefox/(\d+)")
_MSIE, _TRIDENT = re.compile(r"MSIE (\d+)"), re.compile(r"Trident/(\d+)")
_DESKTOP = re.compile(r"Windows NT (?:10|11)|Mac OS X 1\d_|Mac OS X 1\d\.")
_PHONE = re.compile(r"Mobile|Android|iPhone|iPad|Phone|TV|Kindle|Silk|PlayStation", re.IGNORECASE)
_PLATFORMS = re.compile(r"Windows|Android|iPhone|iPad|Macintosh|CrOS|Linux")

# The last Chrome for Windows 7. Behind it, on Windows 10 or macOS, are those that update nothing.
OUTDATED_CHROME = 109
# The first that speak TLS 1.2, without which nobody gets through to a server of today.
_TLS_CHROME, _TLS_FIREFOX, _TLS_TRIDENT = 30, 27, 7
_XP_CHROME = 90  # Chrome itself ended with 49 there; others carried its engine on for some years


@lru_cache(maxsize=_REMEMBERED)
def privacy_proxy(agent: str) -> str:
    """Whose proxy fetched an image in the reader's place: APPLE, GOOGLE, YAHOO, ANOTHER or "".

    Apple Mail Privacy Protection says `Mozilla/5.0` and nothing more.
    """
    if agent == "Mozilla/5.0":
        return APPLE
    if "GoogleImageProxy" in agent:
        return GOOGLE
    if "YahooMailProxy" in agent or "YahooCacheSystem" in agent:
        return YAHOO
    return ANOTHER if _IMAGE_PROXY.search(agent) else ""


def is_apple_mail(agent: str) -> bool:
    """Whether Apple's mail program asks, which fetches for itself or through Apple's relay."""
    return bool(_APPLE_MAIL.fullmatch(agent))


@lru_cache(maxsize=_REMEMBERED)
def is_crawler(agent: str) -> bool:
    """Whether the agent stands in crawler-user-agents; known privacy proxies do not count."""
    if not agent or privacy_proxy(agent):
        return False
    # Loaded on first use: 1,500 patterns take 0.2 s to read.
    return bool(importlib.import_module("crawleruseragents").is_crawler(agent))


@lru_cache(maxsize=_REMEMBERED)
def is_scanner(agent: str) -> bool:
    """Whether the agent names software that inspects mail and links."""
    return not privacy_proxy(agent) and bool(_SCANNERS.search(agent))


@lru_cache(maxsize=_REMEMBERED)
def is_program(agent: str) -> bool:
    """Whether the agent is neither a browser nor a mail program: a script or an HTTP library."""
    if not agent or privacy_proxy(agent) or _PLAIN_BROWSERS.search(agent):
        return False
    if _MAIL_READERS.search(agent):
        return False
    return not _BROWSER.match(agent) or bool(_COMPATIBLE.match(agent))


@lru_cache(maxsize=_REMEMBERED)
def is_mail_reader(agent: str) -> bool:
    """Whether a mail or office program asks by itself, and no browser, not even one inside it."""
    return bool(_MAIL_READERS.search(agent)) and not _ENGINES.search(agent)


@lru_cache(maxsize=_REMEMBERED)
def is_impossible(agent: str) -> bool:
    """Whether no such browser gets here: too old for TLS 1.2, or never made for that system."""
    if any(each.search(agent) for each in (_PHONE, _MAIL_READERS, _PLAIN_BROWSERS)):
        return False
    if privacy_proxy(agent):
        return False
    chrome = _version(_CHROME, agent)
    if re.search(r"Windows NT (?:5|6\.0)", agent) and chrome and chrome >= _XP_CHROME:
        return True
    old = (
        (chrome is not None and chrome < _TLS_CHROME)
        or ((_version(_FIREFOX, agent) or _TLS_FIREFOX) < _TLS_FIREFOX)
        or bool(_MSIE.search(agent) and (_version(_TRIDENT, agent) or 0) < _TLS_TRIDENT)
    )
    return old or bool(re.match(r"Mozilla/[1-4]\.\d+ \[", agent)) or "Win9" in agent


def is_outdated(agent: str) -> bool:
    """Whether it is a desktop browser that updates itself, and has not for years: a frozen copy."""
    chrome = _version(_CHROME, agent)
    if chrome is None or chrome >= OUTDATED_CHROME or _PHONE.search(agent):
        return False
    return bool(_DESKTOP.search(agent))


def is_phone(agent: str) -> bool:
    """Whether it is a browser of a phone, a tablet or another thing to hold."""
    return bool(_PHONE.search(agent)) and bool(_BROWSER.match(agent))


def platform(agent: str) -> str:
    """The system that an agent names: Windows, Android, iPhone, …; "" for none."""
    found = _PLATFORMS.search(agent)
    return found[0] if found else ""


def _version(pattern: re.Pattern[str], agent: str) -> int | None:
    found = pattern.search(agent)
    return int(found[1]) if found else None
