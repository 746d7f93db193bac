"""Requests from a log, one JSON object a line, each of a letter of its own: to try the rules on.

Of such a line it is known how many of the letter’s links its visitor followed, not when; what
`classify.judge` finds out from times is concluded from the counts here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from outreach.core.errors import BadInput
from outreach.tracking import origins, signs
from outreach.tracking.classify import weigh
from outreach.tracking.evidence import (
    BURST_PLACES,
    CLICKED,
    EVERY_LINK_FROM,
    OPENED,
    SIGNED,
    SOON_S,
    UNSUBSCRIBED,
    VIEWED,
    Facts,
)
from outreach.tracking.rules import AS_THEY_COME, Rules

# What was asked for, by GET or HEAD, and by POST.
_KINDS = {
    "open": (OPENED, OPENED),
    "click": (CLICKED, CLICKED),
    "view": (VIEWED, VIEWED),
    "unsubscribe": (VIEWED, UNSUBSCRIBED),
    "sign": (VIEWED, SIGNED),
}
_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_LINE_MAX = 100_000  # characters


@dataclass(frozen=True, slots=True)
class Judged:
    """What a line was held to be; `evidence` as it is stored with events, [{name, weight}]."""

    line: int
    id: str
    verdict: str
    evidence: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that could not be read, and why."""

    line: int
    reason: str


def judged(lines: Iterable[bytes], rules: Rules = AS_THEY_COME) -> Iterator[Judged | Refused]:
    """Each line that is not empty, in order; labels and what is not known here are passed over.

    Fields: `path` (open, click, view, unsubscribe, sign) and `user_agent` are needed; `method`,
    `delay_s`, `links_clicked`, `links_total`, `hidden_link_clicked`, `runs_js`, `ip_hint`,
    `headers`, `sg_machine_open` and `id` may be there.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _object(line)
            found = weigh(_facts(row, rules), rules)
        except BadInput as error:
            yield Refused(number, error.message)
        else:
            name = str(row.get("id") or number)
            yield Judged(number, name, found.verdict, found.as_json())


def _object(line: bytes) -> Mapping[str, Any]:
    if len(line) > _LINE_MAX:
        raise BadInput(f"The line is longer than {_LINE_MAX:,} bytes.")
    try:
        row = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise BadInput(f"This is no JSON: {error}.") from None
    if not isinstance(row, dict):
        raise BadInput("A line has to be one JSON object, such as {“path”: “click”, …}.")
    return row


def _facts(row: Mapping[str, Any], rules: Rules) -> Facts:
    path = _of(row, "path", str, "")
    if path not in _KINDS:
        raise BadInput(f"“path” has to be one of {', '.join(_KINDS)}, not “{path}”.")
    method = _of(row, "method", str, "GET").upper()
    if method not in _METHODS:
        raise BadInput(f"“method” has to be one of {', '.join(_METHODS)}, not “{method}”.")
    if not isinstance(row.get("user_agent"), str):
        raise BadInput("“user_agent” has to be there as text; empty where none was given.")
    agent = row["user_agent"].strip()
    kind = _KINDS[path][method == "POST"]
    delay = _of(row, "delay_s", (int, float), None)
    clicked = _of(row, "links_clicked", int, 1)
    links = _of(row, "links_total", int, 0)
    flags = {name: _of(row, name, bool, None) for name in ("runs_js", "sg_machine_open")}
    return Facts(
        kind=kind,
        agent=agent,
        delay_s=delay,
        head=method == "HEAD",
        hidden_link=bool(_of(row, "hidden_link_clicked", bool, False)),
        # All of them came since delivery, so within as many seconds of each other.
        burst=clicked >= BURST_PLACES and delay is not None and delay <= SOON_S,
        every_link=EVERY_LINK_FROM <= links <= clicked,
        acted=method == "POST" and kind in (UNSUBSCRIBED, SIGNED),
        signs=frozenset(signs.of_headers(_headers(row), agent, part=kind == OPENED)),
        origin=origins.of_words(_of(row, "ip_hint", str, "")),
        ran_script=flags["runs_js"],
        flagged=bool(flags["sg_machine_open"]),
        own_machine=rules.is_machine(agent),
        own_reader=rules.is_reader(agent),
    )


def _headers(row: Mapping[str, Any]) -> Mapping[str, str]:
    headers = _of(row, "headers", dict, {})
    if not all(isinstance(value, str) for value in headers.values()):
        raise BadInput("“headers” has to be an object of texts.")
    return headers  # type: ignore[no-any-return]


def _of(row: Mapping[str, Any], name: str, types: Any, default: Any) -> Any:
    """A field of one of these types, `default` where it is missing or null. Raises BadInput."""
    value = row.get(name)
    if value is None:
        return default
    if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
        words = {str: "text", bool: "true or false", dict: "an object", int: "a whole number"}
        raise BadInput(f"“{name}” has to be {words.get(types, 'a number')}.")
    return value
