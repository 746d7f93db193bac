"""What a request's headers, and the network it comes from, say beside its agent.

Kept with an event as a few words instead of the headers: enough to judge by, and nothing to know a
person by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from outreach.tracking import agents, origins

PREFETCH = "prefetch"  # a browser that looks ahead says so
SCRIPT_FETCH = "script_fetch"  # not a page that is opened: fetched by a script, or as an image
HEADLESS = "headless"
NAMES_OWNER = "names_owner"
OTHER_PLATFORM = "other_platform"
ANY_ANSWER = "any_answer"
MAIL_PROGRAM = "mail_program"

_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
# All that is looked at; the rest of a request's headers need not be read.
NAMES = (*_AHEAD, "sec-fetch-mode", "sec-ch-ua", "sec-ch-ua-platform", "from", "accept",
         "x-native-host")  # fmt: skip
_LONGEST = 400  # of a header, so that what is remembered stays small
# Sec-CH-UA-Platform's words for what agents name.
_SYSTEMS = {"Windows": "windows", "Macintosh": "macos", "CrOS": "chromeos", "Android": "android"}


def of_headers(headers: Mapping[str, str], agent: str, *, part: bool = False) -> list[str]:
    """The words for a request's headers, sorted.

    `part`: it asked for an image, or by a script of ours, and not for a page.
    Missing headers say nothing: privacy extensions, old browsers and proxies leave them out.
    Sources: Fetch Metadata Request Headers, User-Agent Client Hints (W3C).
    """
    given = {name.lower(): str(value) for name, value in headers.items()}
    values = tuple(given.get(name, "")[:_LONGEST] for name in NAMES)
    return list(_words(values, agent[:_LONGEST], part))


@lru_cache(maxsize=4096)  # most browsers say the same
def _words(values: Sequence[str], agent: str, part: bool) -> Sequence[str]:
    given = dict(zip(NAMES, (value.strip().lower() for value in values), strict=True))
    found = set()
    if any(word in given[name] for name in _AHEAD for word in ("prefetch", "preview")):
        found.add(PREFETCH)
    if not part and given["sec-fetch-mode"] not in ("navigate", ""):
        found.add(SCRIPT_FETCH)
    if "headless" in given["sec-ch-ua"]:
        found.add(HEADLESS)
    if "@" in given["from"]:
        found.add(NAMES_OWNER)
    said = given["sec-ch-ua-platform"].strip('"')
    system = _SYSTEMS.get(agents.platform(agent))
    if said and system and said != system:
        found.add(OTHER_PLATFORM)
    # Internet Explorer alone of all browsers opened pages with this.
    old = "Trident/" in agent or "MSIE" in agent
    if not part and given["accept"] == "*/*" and not old:
        found.add(ANY_ANSWER)
    if given["x-native-host"]:
        found.add(MAIL_PROGRAM)
    return tuple(sorted(found))


def noted(
    headers: Mapping[str, str], agent: str, address: str | None, *, part: bool = False
) -> dict[str, Any]:
    """What an event keeps of its request in `detail`: `signs` and `origin`, each only if any."""
    kept = {
        "signs": of_headers(headers, agent, part=part),
        "origin": origins.of_address(address or ""),
    }
    return {name: value for name, value in kept.items() if value}
