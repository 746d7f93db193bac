"""SendGrid's own lists of addresses: bounces, spam reports, invalid addresses, unsubscribes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from outreach.consent.suppression import ASKED, BOUNCED, COMPLAINED
from outreach.mail.provider import ProviderDown
from outreach.providers.sendgrid_client import Answer, Client, Unanswered, failure
from outreach.providers.sendgrid_events import SOURCE

_PAGE = 500  # what SendGrid gives at a time, at most
# What hangs behind a list's name is the path under /v3/suppression/, too.
_REASONS = {
    "bounces": BOUNCED,
    "invalid_emails": BOUNCED,
    "spam_reports": COMPLAINED,
    "unsubscribes": ASKED,
}


class SendGridLists:
    """consent.exchange.SuppressionLists of one account.

    Every call raises ProviderDown for a later time, and ProviderRefuses for a key that may not.
    """

    source = SOURCE
    reasons = _REASONS

    def __init__(self, client: Client) -> None:
        self._client = client

    def added(self, name: str, since: datetime | None, until: datetime) -> Iterator[list[str]]:
        """Pages of addresses that came onto a list; the window is closed, so pages don't shift."""
        window = {"end_time": int(until.timestamp())}
        if since is not None:
            window["start_time"] = int(since.timestamp())
        offset, full = 0, True
        while full:
            query = {**window, "limit": _PAGE, "offset": offset}
            rows = _rows(self._call("get", f"suppression/{name}", query=query))
            yield [row["email"] for row in rows if isinstance(row.get("email"), str)]
            offset, full = offset + len(rows), len(rows) == _PAGE

    def add(self, addresses: Sequence[str]) -> None:
        """Put addresses on the global list of unsubscribes; those that are there stay."""
        body = orjson.dumps({"recipient_emails": list(addresses)})
        self._call("post", "asm/suppressions/global", body=body)

    def _call(self, verb: str, path: str, **request: Any) -> Answer:
        try:
            answer = self._client.call(verb, path, **request)
        except Unanswered:
            raise ProviderDown("SendGrid did not answer. Nothing is lost; try again.") from None
        if answer.status // 100 != 2:
            raise failure(answer)
        return answer


def _rows(answer: Answer) -> list[dict[str, Any]]:
    try:
        rows = json.loads(answer.body)
        assert isinstance(rows, list)
    except (ValueError, AssertionError):
        raise ProviderDown("SendGrid’s answer is no list. Nothing is lost; try again.") from None
    return [row for row in rows if isinstance(row, dict)]
