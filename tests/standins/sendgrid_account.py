"""What SendGrid keeps of an account beside letters: lists of addresses, and batches that wait.

Sources: SendGrid's documentation of suppressions, batch ids and scheduled sends.
"""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]
Said = tuple[int, Any]  # status and JSON
LARGEST_PAGE = 500
MOST_HELD = 100  # batches paused or cancelled at a time


class Account:
    """Lists by name, each of rows with `created` and `email`; `held`: batch to pause or cancel."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Json]] = {
            "bounces": [],
            "invalid_emails": [],
            "spam_reports": [],
            "unsubscribes": [],
        }
        self.batches: set[str] = set()
        self.held: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self._numbers = count(1)
        self._lock = threading.Lock()

    def put(self, name: str, *addresses: str, created: int | None = None) -> None:
        """Put addresses on a list, as an event at SendGrid would."""
        at = int(time.time()) if created is None else created
        self.lists[name] += [{"created": at, "email": address} for address in addresses]

    def answer(self, verb: str, path: str, query: str, body: Json) -> Said:
        """What SendGrid says to a call that is no letter."""
        with self._lock:
            self.calls.append((verb, path))
            match path.removeprefix("/v3/").split("/"):
                case ["suppression", name] if verb == "GET" and name in self.lists:
                    return self._listed(name, dict(parse_qsl(query)))
                case ["asm", "suppressions", "global"] if verb == "POST":
                    return self._unsubscribe(body)
                case ["mail", "batch"] if verb == "POST":
                    batch = f"batch-{next(self._numbers)}"
                    self.batches.add(batch)
                    return 201, {"batch_id": batch}
                case ["user", "scheduled_sends"] if verb == "POST":
                    return self._hold(body.get("batch_id", ""), body.get("status", ""))
                case ["user", "scheduled_sends", batch] if verb in ("PATCH", "DELETE"):
                    return self._change(verb, batch, body.get("status", ""))
        return 404, {"errors": [{"field": None, "message": "not found"}]}

    def _listed(self, name: str, query: dict[str, str]) -> Said:
        limit, offset = int(query.get("limit", 500)), int(query.get("offset", 0))
        if limit > LARGEST_PAGE:
            return 400, {"errors": [{"field": "limit", "message": "limit exceeds maximum"}]}
        start, end = int(query.get("start_time", 0)), int(query.get("end_time", 2**40))
        rows = [row for row in self.lists[name] if start <= row["created"] <= end]
        rows.sort(key=lambda row: -row["created"])
        return 200, rows[offset : offset + limit]

    def _unsubscribe(self, body: Json) -> Said:
        known = {row["email"] for row in self.lists["unsubscribes"]}
        self.put("unsubscribes", *(a for a in body["recipient_emails"] if a not in known))
        return 201, {"recipient_emails": body["recipient_emails"]}

    def _hold(self, batch: str, status: str) -> Said:
        if batch not in self.batches or status not in ("pause", "cancel"):
            return 400, {"errors": [{"field": "batch_id", "message": "batch id not found"}]}
        if batch in self.held:
            message = "a status update for this batch id already exists"
            return 400, {"errors": [{"field": "batch_id", "message": message}]}
        if len(self.held) == MOST_HELD:
            return 400, {"errors": [{"field": None, "message": "too many batches"}]}
        self.held[batch] = status
        return 201, {"batch_id": batch, "status": status}

    def _change(self, verb: str, batch: str, status: str) -> Said:
        if batch not in self.held:
            return 404, {"errors": [{"field": None, "message": "batch id not found"}]}
        if verb == "DELETE":
            del self.held[batch]
        else:
            self.held[batch] = status
        return 204, None
