"""When two web addresses are the same place."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

# What newsletters, advertisers and search engines add; no page needs it.
_TRACKING = re.compile(
    r"(utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|mc_[ce]id|fbclid|gclid|dclid|msclkid|yclid|igshid|twclid|"
    r"_hs\w+|ref_src|ref_url|cmpid|ncid|smid|ocid|guccounter|__twitter_impression)",
    re.IGNORECASE,
)
_FRONT_PAGE = re.compile(r"/*(index\.\w+|home|default\.\w+)?/*", re.IGNORECASE)


def normal(url: str) -> str:
    """The address without what does not tell places apart: scheme, “www.”, default port, fragment,
    closing slash, tracking parameters and their order. It is for comparing, not for opening."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:  # it can't be taken apart: compared as it was written
        return url.strip()
    host = host.removeprefix("www.").removeprefix("m.") if host.count(".") > 1 else host
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~").rstrip("/")
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name)
    )
    asked = "&".join(f"{name}={value}" for name, value in query)
    return f"{place}{path}?{asked}" if asked else f"{place}{path}"


def address_key(url: str) -> str:
    """A short key that is equal for equal places."""
    return hashlib.blake2b(normal(url).encode("utf-8", "replace"), digest_size=16).hexdigest()


def is_front_page(url: str) -> bool:
    """Whether an address is that of a whole site: pages that are gone often lead there."""
    parts = urlsplit(url)
    return _FRONT_PAGE.fullmatch(parts.path) is not None and not parts.query
