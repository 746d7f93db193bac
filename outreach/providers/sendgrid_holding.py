"""Letters that SendGrid takes at once and sends later, so that they can still be stopped.

A blast's requests carry a batch id and an instant to leave at. Until about ten minutes before it
SendGrid lets a batch be paused, cancelled or released. Each process has one batch for a blast: no
more than 100 can be stopped at a time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from datetime import timedelta
from time import time
from typing import Any

import orjson

from outreach.mail.provider import ProviderDown
from outreach.providers.sendgrid_client import Answer, Client, Unanswered, failure

_SCHEDULED = "user/scheduled_sends"
_STATUS = {"pause": "pause", "cancel": "cancel"}
LAST_WORD = timedelta(minutes=10)


class Holding:
    """The batches of one process, and the moves of anybody's."""

    def __init__(self, client: Client, minutes: int) -> None:
        self._client = client
        self.lasts = timedelta(minutes=minutes)
        self._batches: dict[int, str] = {}
        self._lock = threading.Lock()

    def fields(self, blast_id: int) -> dict[str, str | int]:
        """What a request of this blast says beside its letters; nothing where none is held.

        Raises ProviderDown or ProviderRefuses where SendGrid gives no batch id.
        """
        if not self.lasts or not blast_id:
            return {}
        with self._lock:
            if blast_id not in self._batches:
                self._batches[blast_id] = self._new_batch()
        leaves = int(time() + self.lasts.total_seconds())
        return {"batch_id": self._batches[blast_id], "send_at": leaves}

    def move(self, verb: str, refs: Collection[str]) -> None:
        """Pause, cancel or resume the batches that these references name; repeats change nothing.

        Raises ProviderDown or ProviderRefuses; what was moved until then stays so.
        """
        for batch in sorted({batch_of(ref) for ref in refs} - {""}):
            if verb == "resume":
                self._call("delete", f"{_SCHEDULED}/{batch}", fine=(404,))
                continue
            status = {"status": _STATUS[verb]}
            if self._call("patch", f"{_SCHEDULED}/{batch}", status, fine=(404,)).status == 404:
                self._call("post", _SCHEDULED, {"batch_id": batch, **status})

    def _new_batch(self) -> str:
        try:
            return str(json.loads(self._call("post", "mail/batch", {}).body)["batch_id"])
        except (ValueError, KeyError, TypeError):
            raise ProviderDown("SendGrid gave no batch id. Nothing was sent.") from None

    def _call(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        fine: Collection[int] = (),
    ) -> Answer:
        try:
            answer = self._client.call(
                verb, path, body=None if body is None else orjson.dumps(body)
            )
        except Unanswered:
            raise ProviderDown("SendGrid did not answer.") from None
        if answer.status // 100 != 2 and answer.status not in fine:
            raise failure(answer)
        return answer


def reference(message_id: str, batch: str) -> str:
    """What a delivery keeps of its request: the id, and the batch that it can be stopped by."""
    return f"{message_id} {batch}".strip()


def batch_of(ref: str) -> str:
    """The batch of a reference; "" for letters that were not held."""
    return ref.partition(" ")[2]
